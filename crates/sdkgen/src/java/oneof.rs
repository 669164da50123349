//! A oneof's class: a factory for each of its fields.

use super::docs;
use super::file::{Scope, file};
use super::names::Members;
use super::text::{Text, literal};
use super::types::{Also, is_json, value_type, write as write_value};
use crate::library::{Field, Message};

/// The file of the oneof at `at` in the message at `message_at`.
pub(super) fn write(scope: &Scope<'_>, message_at: usize, at: usize, message: &Message) -> Vec<u8> {
    let members = Members::of(message);
    let name = scope.classes.oneofs.get(message_at).and_then(|names| names.get(at)).map_or("", |name| name);
    let of = scope.classes.messages.get(message_at).map_or("", |name| name);
    let oneof = message.oneofs.get(at);
    let places = oneof.map_or(&[][..], |oneof| &oneof.fields);
    let fields: Vec<(&Field, &String)> =
        places.iter().filter_map(|&place| message.fields.get(place).zip(members.fields.get(place))).collect();
    let mut text = Text::default();
    let called = oneof.map_or("", |oneof| &oneof.name);
    text.javadoc(0, &[format!("{{@code {called}}} of {{@link {of}}}: one of several fields.")], &[]);
    if scope.uses_deprecated(message) {
        text.line(0, "@SuppressWarnings(\"deprecation\")");
    }
    text.line(0, &format!("public final class {name} extends OneofValue {{"));
    text.line(1, &format!("private {name}(int number, String field, Object value) {{"));
    text.line(2, "super(number, field, value);");
    text.line(1, "}");
    for (field, member) in &fields {
        factories(&mut text, scope, name, field, member);
    }
    text.gap();
    text.lines(1, ["@Override", "public void writeTo(@NonNull Writer out) {"]);
    text.line(2, "switch (number()) {");
    for (field, _) in &fields {
        let of = value_type(field.kind, scope.classes);
        let kept = match &*of.boxed {
            "Object" => "kept()".to_owned(),
            "Map<String, ?>" => "(Map<?, ?>) kept()".to_owned(),
            "BigInteger" => "((BigInteger) kept()).longValue()".to_owned(),
            boxed => format!("({boxed}) kept()"),
        };
        text.line(3, &format!("case {}:", field.number));
        text.line(4, &write_value(field.number, field.kind, &kept));
        text.line(4, "break;");
    }
    text.line(3, "default:");
    text.line(4, "break;");
    text.line(2, "}");
    text.line(1, "}");
    text.line(0, "}");
    file(scope, text)
}

fn factories(text: &mut Text, scope: &Scope<'_>, class: &str, field: &Field, member: &str) {
    let of = value_type(field.kind, scope.classes);
    let checked = |value: String| of.check.map_or(value.clone(), |check| format!("Values.{check}({value})"));
    let required = format!("Values.required(value, {})", literal(&field.name));
    let mut takes = match of.primitive {
        _ if is_json(field.kind) => vec![("@Nullable Object".to_owned(), "Values.json(value)".to_owned())],
        Some(primitive) if of.also == Also::Unsigned => {
            vec![(primitive.to_owned(), format!("Values.unsigned({})", checked("value".to_owned())))]
        }
        Some(primitive) => vec![(primitive.to_owned(), checked("value".to_owned()))],
        None => vec![(format!("@NonNull {}", of.boxed), checked(required.clone()))],
    };
    if of.also == Also::Unsigned {
        takes.push(("@NonNull BigInteger".to_owned(), checked(required)));
    }
    for (taken, kept) in takes {
        text.gap();
        text.javadoc(1, &docs::of_field(field), &docs::deprecation(field, None));
        if field.is_deprecated {
            text.line(1, "@Deprecated");
        }
        text.line(1, "@NonNull");
        text.call(1, &format!("public static {class} {member}"), &[format!("{taken} value")], " {");
        let number = field.number.to_string();
        text.call(2, &format!("return new {class}"), &[number, literal(&field.name), kept], ";");
        text.line(1, "}");
    }
}
