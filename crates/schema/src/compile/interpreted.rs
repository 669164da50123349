//! The paths of options, once their names are known: `(judi.event).owner` → `[7, 50500, 2]`.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use prost_types::uninterpreted_option::NamePart;
use prost_types::{DescriptorProto, FileDescriptorProto};

/// Finds the paths of one file's options.
pub(super) struct Interpreter<'a> {
    pool: &'a DescriptorPool,
    file: Option<FileDescriptorProto>,
    /// How many values each repeated option has had so far.
    counts: HashMap<Vec<i32>, i32>,
}

/// What an options message belongs to.
struct Owner {
    /// Where the names of extensions are looked up from.
    scope: String,
    options: &'static str,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(pool: &'a DescriptorPool, file: &str) -> Self {
        let file = pool.get_file_by_name(file).map(|file| file.file_descriptor_proto().clone());
        Self { pool, file, counts: HashMap::new() }
    }

    /// The path of the option `name` of the options message at `owner`; nothing where it is not known.
    pub(super) fn path(&mut self, owner: &[i32], name: &[NamePart]) -> Option<Vec<i32>> {
        let Owner { scope, options } = owner_of(self.file.as_ref()?, owner)?;
        let mut message = self.options_message(options)?;
        let mut path = owner.to_vec();
        for (index, part) in name.iter().enumerate() {
            let (number, kind, is_list) = if part.is_extension {
                let found = self.extension(&scope, &part.name_part)?;
                (found.number(), found.kind(), found.is_list())
            } else {
                let found = message.get_field_by_name(&part.name_part)?;
                (found.number(), found.kind(), found.is_list())
            };
            path.push(i32::try_from(number).ok()?);
            if index + 1 < name.len() {
                let Kind::Message(inner) = kind else { return None };
                message = inner;
            } else if is_list {
                let count = self.counts.entry(path.clone()).or_default();
                path.push(*count);
                *count += 1;
            }
        }
        Some(path)
    }

    fn options_message(&self, name: &str) -> Option<MessageDescriptor> {
        let name = format!("google.protobuf.{name}");
        self.pool.get_message_by_name(&name).or_else(|| DescriptorPool::global().get_message_by_name(&name))
    }

    fn extension(&self, scope: &str, name: &str) -> Option<prost_reflect::ExtensionDescriptor> {
        if let Some(absolute) = name.strip_prefix('.') {
            return self.pool.get_extension_by_name(absolute);
        }
        let mut scope = scope;
        loop {
            let candidate = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
            if let Some(found) = self.pool.get_extension_by_name(&candidate) {
                return Some(found);
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }
}

/// Follows a path, as `SourceCodeInfo` has them, to the options message that it ends in.
fn owner_of(file: &FileDescriptorProto, path: &[i32]) -> Option<Owner> {
    let package = file.package();
    let index = |index: &i32| usize::try_from(*index).ok();
    match path {
        [8] => Some(Owner { scope: package.to_owned(), options: "FileOptions" }),
        [4, at, rest @ ..] => of_message(file.message_type.get(index(at)?)?, package, rest),
        [5, at, rest @ ..] => of_enum(file.enum_type.get(index(at)?)?.name(), package, rest),
        [6, at, rest @ ..] => {
            let scope = joined(package, file.service.get(index(at)?)?.name());
            match rest {
                [3] => Some(Owner { scope, options: "ServiceOptions" }),
                [2, _, 4] => Some(Owner { scope, options: "MethodOptions" }),
                _ => None,
            }
        }
        [7, _, 8] => Some(Owner { scope: package.to_owned(), options: "FieldOptions" }),
        _ => None,
    }
}

fn of_message(message: &DescriptorProto, outer: &str, path: &[i32]) -> Option<Owner> {
    let (mut message, mut path) = (message, path);
    let mut scope = joined(outer, message.name());
    while let [3, at, rest @ ..] = path {
        message = message.nested_type.get(usize::try_from(*at).ok()?)?;
        scope = joined(&scope, message.name());
        path = rest;
    }
    let options = match path {
        [7] => "MessageOptions",
        [2 | 6, _, 8] => "FieldOptions",
        [8, _, 2] => "OneofOptions",
        [5, _, 3] => "ExtensionRangeOptions",
        [4, at, rest @ ..] => {
            let declared = message.enum_type.get(usize::try_from(*at).ok()?)?;
            return of_enum(declared.name(), &scope, rest);
        }
        _ => return None,
    };
    Some(Owner { scope, options })
}

fn of_enum(name: &str, outer: &str, path: &[i32]) -> Option<Owner> {
    let options = match path {
        [3] => "EnumOptions",
        [2, _, 3] => "EnumValueOptions",
        _ => return None,
    };
    Some(Owner { scope: joined(outer, name), options })
}

fn joined(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}
