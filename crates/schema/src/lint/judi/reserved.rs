//! `RESERVED_REUSED`: a name that was given up and reserved is used again. protoc refuses it, as it refuses a number; the
//! compiler in the binary refuses only numbers.

use super::super::events::NAME;
use super::super::sink::Sink;
use super::super::subject::LintFile;
use super::super::walk;

const RULE: &str = "RESERVED_REUSED";

/// The numbers of `DescriptorProto.field` and `EnumDescriptorProto.value`.
const FIELD: i32 = 2;
const VALUE: i32 = 2;

pub(super) fn check(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    for message in walk::messages(file.proto()) {
        for (index, field) in message.item.field.iter().enumerate() {
            if message.item.reserved_name.iter().any(|name| name == field.name()) {
                let path = [message.child(FIELD, index).as_slice(), &[NAME]].concat();
                let text =
                    format!("Field name {:?} is reserved: somebody had it before. Take another one.", field.name());
                sink.report(RULE, file, &path, text);
            }
        }
    }
    for r#enum in walk::enums(file.proto()) {
        for (index, value) in r#enum.item.value.iter().enumerate() {
            if r#enum.item.reserved_name.iter().any(|name| name == value.name()) {
                let text = format!(
                    "Enum value name {:?} is reserved: somebody had it before. Take another one.",
                    value.name()
                );
                let path = [r#enum.child(VALUE, index).as_slice(), &[NAME]].concat();
                sink.report(RULE, file, &path, text);
            }
        }
    }
}
