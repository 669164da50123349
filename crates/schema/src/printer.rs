//! Descriptors as `.proto` text: what a registry hands to readers that compile schemas themselves.
//!
//! The text compiles back to an equal descriptor: fields, nested messages, oneofs and extensions stand in the order
//! of their lists, names of types and of custom options are written in full with a leading dot, so that no scope
//! can catch them. Comments and layout are not in descriptors and so not in the text; the features of an edition,
//! which [`crate::compile`] says in proto2 and proto3, are left out. The same descriptor gives the same text.
//!
//! ```text
//!   FileDescriptor ──► syntax, package, imports, options
//!                  ──► enums, messages (body), extensions, services
//!                        options and custom options by reflection ──► literals
//! ```

mod body;
mod fields;
mod literals;
mod options;

use std::fmt::{self, Write as _};

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FileDescriptor, MethodDescriptor, ServiceDescriptor, Syntax,
};

use body::Body;
use options::statements;

/// Why a descriptor has no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// An option is set that no file in reach defines.
    #[error("{of} sets the option number {number}, which neither the file nor its imports define")]
    UnknownOption {
        /// What carries the options.
        of: String,
        /// The field number in the options message.
        number: u32,
    },
    /// An option of an enum type has a number that the enum does not name; text knows only names.
    #[error("{of} sets {option} to the number {number}, which its enum does not name")]
    UnnamedValue {
        /// What carries the options.
        of: String,
        /// The option.
        option: String,
        /// The number.
        number: i32,
    },
    /// A field of an edition is delimited and no group: proto2 has no text for it.
    #[error("{of} is delimited, which text in proto2 says only of groups; make it length-prefixed")]
    Delimited {
        /// The field.
        of: String,
    },
    /// The descriptor's options are of bytes that their definitions do not fit.
    #[error("{of} is malformed: {cause}")]
    Malformed {
        /// The file.
        of: String,
        /// The decoder's words.
        cause: String,
    },
    /// A message or a group is declared deeper than any reader of `.proto` files goes.
    #[error("{of} is declared more than {DEPTH_MAX} levels deep")]
    TooDeep {
        /// The message.
        of: String,
    },
}

/// How deep messages may be declared in each other, as protobuf's own parsers bound it.
pub const DEPTH_MAX: usize = 32;

/// The file as `.proto` text.
///
/// # Errors
/// [`PrintError`] for what text cannot say.
pub fn print_file(file: &FileDescriptor) -> Result<String, PrintError> {
    let mut printer = Printer { raw: Some(raw(file)?), ..Printer::default() };
    let proto = file.file_descriptor_proto();
    printer.line(match file.syntax() {
        Syntax::Proto2 => "syntax = \"proto2\";",
        Syntax::Proto3 => "syntax = \"proto3\";",
    });
    if !file.package_name().is_empty() {
        printer.blank();
        printer.line(format_args!("package {};", file.package_name()));
    }
    printer.imports(&proto.dependency, &proto.public_dependency, &proto.weak_dependency);
    let options = statements(&file.options(), &|| file.name().to_owned())?;
    if !options.is_empty() {
        printer.blank();
        printer.option_statements(&options);
    }
    for enumeration in file.enums() {
        printer.blank();
        printer.enumeration(&enumeration)?;
    }
    Body::of_file(file).print(&mut printer)?;
    for service in file.services() {
        printer.blank();
        printer.service(&service)?;
    }
    Ok(printer.text)
}

/// The descriptor as a message. The library decodes options only when they are asked for, and trusts them then;
/// those of descriptors from strangers may be of any bytes, so they are decoded here once, where it can fail.
fn raw(file: &FileDescriptor) -> Result<DynamicMessage, PrintError> {
    const DESCRIPTOR: &str = "google.protobuf.FileDescriptorProto";
    let malformed = |cause: String| PrintError::Malformed { of: file.name().to_owned(), cause };
    let own = file.parent_pool().get_message_by_name(DESCRIPTOR);
    let descriptor = own.or_else(|| DescriptorPool::global().get_message_by_name(DESCRIPTOR));
    let descriptor = descriptor.ok_or_else(|| malformed(format!("{DESCRIPTOR} is not known")))?;
    DynamicMessage::decode(descriptor, file.encode_to_vec().as_slice()).map_err(|error| malformed(error.to_string()))
}

/// The text so far. Writing to a `String` cannot fail.
#[derive(Debug, Default)]
struct Printer {
    text: String,
    /// Levels; two blanks each.
    indent: usize,
    /// The descriptor as a message, for what the library does not show.
    raw: Option<DynamicMessage>,
}

impl Printer {
    fn line(&mut self, line: impl fmt::Display) {
        let _ = writeln!(self.text, "{:width$}{line}", "", width = self.indent * 2);
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// `head {`, what `inside` prints, `}`; `head {}` when it prints nothing.
    fn block(
        &mut self,
        head: impl fmt::Display,
        inside: impl FnOnce(&mut Self) -> Result<(), PrintError>,
    ) -> Result<(), PrintError> {
        self.line(format_args!("{head} {{"));
        let empty = self.text.len();
        self.indent += 1;
        let printed = inside(self);
        self.indent -= 1;
        if self.text.len() == empty {
            self.text.truncate(empty - 1);
            self.text.push_str("}\n");
        } else {
            self.line("}");
        }
        printed
    }

    fn imports(&mut self, names: &[String], public: &[i32], weak: &[i32]) {
        if !names.is_empty() {
            self.blank();
        }
        for (index, name) in (0i32..).zip(names) {
            let kind = match (public.contains(&index), weak.contains(&index)) {
                (true, _) => "public ",
                (false, true) => "weak ",
                (false, false) => "",
            };
            self.line(format_args!("import {kind}{};", literals::quoted(name.as_bytes())));
        }
    }

    fn option_statements(&mut self, options: &[String]) {
        for option in options {
            self.line(format_args!("option {option};"));
        }
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptor) -> Result<(), PrintError> {
        let proto = enumeration.enum_descriptor_proto();
        let options = statements(&enumeration.options(), &|| enumeration.full_name().to_owned())?;
        self.block(format_args!("enum {}", enumeration.name()), |printer| {
            printer.option_statements(&options);
            let ranges = proto.reserved_range.iter().map(|range| (range.start(), range.end()));
            printer.reserved(ranges, i32::MAX, &proto.reserved_name);
            // The library lists values by number, and of aliases in any order; a path ends in the place in the list.
            let mut values: Vec<_> = enumeration.values().collect();
            values.sort_by_key(|value| value.path().last().copied());
            for value in values {
                let options = statements(&value.options(), &|| value.full_name().to_owned())?;
                printer.line(format_args!("{} = {}{};", value.name(), value.number(), in_brackets(&options)));
            }
            Ok(())
        })
    }

    /// `reserved 2, 9 to 11, 40 to max;` and `reserved "a", "b";`; `ranges` are inclusive.
    fn reserved(&mut self, ranges: impl Iterator<Item = (i32, i32)>, max: i32, names: &[String]) {
        let numbers: Vec<String> = ranges.map(|(start, end)| range_text(start, end, max)).collect();
        if !numbers.is_empty() {
            self.line(format_args!("reserved {};", numbers.join(", ")));
        }
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| literals::quoted(name.as_bytes())).collect();
            self.line(format_args!("reserved {};", names.join(", ")));
        }
    }

    fn service(&mut self, service: &ServiceDescriptor) -> Result<(), PrintError> {
        let options = statements(&service.options(), &|| service.full_name().to_owned())?;
        self.block(format_args!("service {}", service.name()), |printer| {
            printer.option_statements(&options);
            for method in service.methods() {
                printer.method(&method)?;
            }
            Ok(())
        })
    }

    fn method(&mut self, method: &MethodDescriptor) -> Result<(), PrintError> {
        let stream = |is_streaming: bool| if is_streaming { "stream " } else { "" };
        let head = format!(
            "rpc {}({}.{}) returns ({}.{})",
            method.name(),
            stream(method.is_client_streaming()),
            method.input().full_name(),
            stream(method.is_server_streaming()),
            method.output().full_name(),
        );
        let options = statements(&method.options(), &|| method.full_name().to_owned())?;
        if options.is_empty() {
            self.line(format_args!("{head};"));
            return Ok(());
        }
        self.block(head, |printer| {
            printer.option_statements(&options);
            Ok(())
        })
    }
}

/// A range of numbers, both ends in it.
fn range_text(start: i32, end: i32, max: i32) -> String {
    match (start == end, end >= max) {
        (true, _) => start.to_string(),
        (false, true) => format!("{start} to max"),
        (false, false) => format!("{start} to {end}"),
    }
}

/// ` [a = 1, b = 2]`, or nothing.
fn in_brackets(options: &[String]) -> String {
    if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) }
}

#[cfg(test)]
mod tests;
