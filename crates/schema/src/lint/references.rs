//! What a file names of other files: types, and the extensions that its options are.

use std::collections::{BTreeSet, HashSet};

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
    ReflectMessage, Value,
};

/// The indexes of the imports that a file names nothing of: of several that lead to what it names, the file's own import
/// is used, else the first.
/// Public ones are meant for others, and are never unused.
pub(super) fn unused_imports(file: &FileDescriptor) -> Vec<usize> {
    let public: HashSet<String> = file.public_dependencies().map(|import| import.name().to_owned()).collect();
    let imports: Vec<FileDescriptor> = file.dependencies().collect();
    let provided: Vec<BTreeSet<String>> = imports.iter().map(provided_by).collect();
    let first = |name: &String| {
        let direct = imports.iter().position(|import| import.name() == name);
        direct.or_else(|| provided.iter().position(|provided| provided.contains(name)))
    };
    let used: BTreeSet<usize> = files_named_by(file).iter().filter_map(first).collect();
    let is_unused =
        |(index, import): &(usize, &FileDescriptor)| !used.contains(index) && !public.contains(import.name());
    imports.iter().enumerate().filter(is_unused).map(|(index, _)| index).collect()
}

/// The names of the files whose types and extensions a file names.
fn files_named_by(file: &FileDescriptor) -> BTreeSet<String> {
    let mut named = Named { pool: file.parent_pool().clone(), files: BTreeSet::new() };
    named.options(&file.options());
    file.messages().for_each(|message| named.message(&message));
    file.enums().for_each(|it| named.r#enum(&it));
    for extension in file.extensions() {
        named.files.insert(extension.containing_message().parent_file().name().to_owned());
        named.kind(&extension.kind());
        named.options(&extension.options());
    }
    for service in file.services() {
        named.options(&service.options());
        for method in service.methods() {
            named.kind(&Kind::Message(method.input()));
            named.kind(&Kind::Message(method.output()));
            named.options(&method.options());
        }
    }
    named.files.remove(file.name());
    named.files
}

/// An import's own name and those of what it imports publicly.
fn provided_by(import: &FileDescriptor) -> BTreeSet<String> {
    let mut provided = BTreeSet::new();
    let mut waiting = vec![import.clone()];
    while let Some(file) = waiting.pop() {
        if provided.insert(file.name().to_owned()) {
            waiting.extend(file.public_dependencies());
        }
    }
    provided
}

struct Named {
    pool: DescriptorPool,
    files: BTreeSet<String>,
}

impl Named {
    fn message(&mut self, message: &MessageDescriptor) {
        self.options(&message.options());
        message.fields().for_each(|field| self.field(&field));
        message.oneofs().for_each(|oneof| self.options(&oneof.options()));
        message.child_enums().for_each(|it| self.r#enum(&it));
        message.child_messages().for_each(|it| self.message(&it));
        for extension in message.child_extensions() {
            self.files.insert(extension.containing_message().parent_file().name().to_owned());
            self.kind(&extension.kind());
            self.options(&extension.options());
        }
    }

    fn field(&mut self, field: &FieldDescriptor) {
        self.kind(&field.kind());
        self.options(&field.options());
    }

    fn r#enum(&mut self, it: &EnumDescriptor) {
        self.options(&it.options());
        it.values().for_each(|value| self.options(&value.options()));
    }

    fn kind(&mut self, kind: &Kind) {
        let file = match kind {
            Kind::Message(message) => message.parent_file(),
            Kind::Enum(it) => it.parent_file(),
            _ => return,
        };
        self.files.insert(file.name().to_owned());
    }

    /// The extensions that are set, also within their values, and the types that an Any in them holds.
    fn options(&mut self, options: &DynamicMessage) {
        for (extension, value) in options.extensions() {
            self.files.insert(extension.parent_file().name().to_owned());
            self.value(value);
        }
        for (_, value) in options.fields() {
            self.value(value);
        }
        if options.descriptor().full_name() == "google.protobuf.Any"
            && let Some(url) = options.get_field_by_name("type_url").as_deref().and_then(Value::as_str)
            && let Some(message) = url.rsplit('/').next().and_then(|name| self.pool.get_message_by_name(name))
        {
            self.files.insert(message.parent_file().name().to_owned());
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Message(message) => self.options(message),
            Value::List(values) => values.iter().for_each(|value| self.value(value)),
            Value::Map(entries) => entries.values().for_each(|value| self.value(value)),
            _ => {}
        }
    }
}
