//! Rules of messages, fields and oneofs.

use prost_types::field_descriptor_proto::Label;

use super::super::names::{lower_snake_case, pascal_case};
use super::super::sink::Sink;
use super::super::subject::LintFile;
use super::super::walk;

pub(super) fn check(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    for message in walk::messages(file.proto()).into_iter().filter(|message| !walk::is_map_entry(message.item)) {
        let name = message.item.name();
        let pascal = pascal_case(name);
        if name != pascal {
            let text = format!("Message name {name:?} should be PascalCase, such as {pascal:?}.");
            sink.report("MESSAGE_PASCAL_CASE", file, &message.part(1), text);
        }
        for (index, oneof) in message.item.oneof_decl.iter().enumerate() {
            let members = message.item.field.iter().filter(|it| it.oneof_index == Some(walk::number_of(index)));
            let is_optional_field = members.clone().count() == 1 && members.clone().all(|it| it.proto3_optional());
            let name = oneof.name();
            let snake = lower_snake_case(name);
            if name != snake && !is_optional_field {
                let path = [message.child(8, index).as_slice(), &[1]].concat();
                let text = format!("Oneof name {name:?} should be lower_snake_case, such as {snake:?}.");
                sink.report("ONEOF_LOWER_SNAKE_CASE", file, &path, text);
            }
        }
    }
    check_fields(file, sink);
}

fn check_fields(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    for field in walk::fields(file.proto()) {
        let name = field.item.name();
        let at = field.part(1);
        let snake = lower_snake_case(name);
        if name != snake {
            let text = format!("Field name {name:?} should be lower_snake_case, such as {snake:?}.");
            sink.report("FIELD_LOWER_SNAKE_CASE", file, &at, text);
        }
        if name.trim_matches('_').eq_ignore_ascii_case("descriptor") {
            let text = format!("Field name {name:?} must not be \"descriptor\", however it is written.");
            sink.report("FIELD_NO_DESCRIPTOR", file, &at, text);
        }
        if field.item.label() == Label::Required {
            let text = format!("Field named {name:?} should not be required.");
            sink.report("FIELD_NOT_REQUIRED", file, &at, text);
        }
    }
}
