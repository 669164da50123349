//! `COMMENT_*`: every declaration has a comment that says something.

use prost_types::field_descriptor_proto::Type;

use super::super::sink::Sink;
use super::super::subject::LintFile;
use super::super::walk;

const IGNORES: &str = "buf:lint:ignore";

pub(super) fn check(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    let proto = file.proto();
    for message in walk::messages(proto).into_iter().filter(|message| !walk::is_map_entry(message.item)) {
        check_one("COMMENT_MESSAGE", "Message", message.item.name(), file, &message.path, sink);
        for (index, oneof) in message.item.oneof_decl.iter().enumerate() {
            check_one("COMMENT_ONEOF", "Oneof", oneof.name(), file, &message.child(8, index), sink);
        }
    }
    for field in walk::fields(proto) {
        // A group's comment is its message's. In an edition a group is a message like any other.
        if field.item.r#type() != Type::Group || file.is_edition {
            check_one("COMMENT_FIELD", "Field", field.item.name(), file, &field.path, sink);
        }
    }
    for r#enum in walk::enums(proto) {
        check_one("COMMENT_ENUM", "Enum", r#enum.item.name(), file, &r#enum.path, sink);
        for (index, value) in r#enum.item.value.iter().enumerate() {
            check_one("COMMENT_ENUM_VALUE", "Enum value", value.name(), file, &r#enum.child(2, index), sink);
        }
    }
    for (index, service) in proto.service.iter().enumerate() {
        let path = [6, walk::number_of(index)];
        check_one("COMMENT_SERVICE", "Service", service.name(), file, &path, sink);
        for (index, method) in service.method.iter().enumerate() {
            let path = [path.as_slice(), &[2, walk::number_of(index)]].concat();
            check_one("COMMENT_RPC", "RPC", method.name(), file, &path, sink);
        }
    }
}

fn check_one(rule: &'static str, kind: &str, name: &str, file: &LintFile<'_>, path: &[i32], sink: &mut Sink<'_>) {
    let says_something = |line: &str| !line.trim().is_empty() && !line.trim().starts_with(IGNORES);
    // Nothing is written for the oneof of an `optional` field.
    if file.has(path) && !file.comment(path).lines().any(says_something) {
        sink.report(rule, file, path, format!("{kind} {name:?} should have a comment that says what it is."));
    }
}
