//! The encoder of a message: a straight line through its fields in the order of their numbers.

use judi_schema::plan::ScalarKind;

use super::message::word;
use super::names::Plan;
use super::text::{Text, quoted};
use crate::library::{Field, Kind, Shape, WellKnown};

/// Wire types.
const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;
const GROUP_START: u32 = 3;
const GROUP_END: u32 = 4;
const FIXED32: u32 = 5;

pub(super) fn encode(plan: &Plan<'_>, at: usize, text: &mut Text) {
    let (message, names) = (&plan.library.messages[at], &plan.messages[at]);
    text.line(0, &format!("func (m *{}) encode(e *wire.Encoder) {{", names.type_name));
    text.line(1, "if m == nil {");
    text.line(2, &format!("e.Fail(wire.InvalidValue, \"\", {})", quoted(&format!("a nil *{}", names.type_name))));
    text.line(2, "return");
    text.line(1, "}");
    required(plan, at, text);
    for place in 0..message.fields.len() {
        field(plan, at, place, text);
    }
    text.line(0, "}");
}

/// What the server would miss: the constructor was not called, or was given nothing.
fn required(plan: &Plan<'_>, at: usize, text: &mut Text) {
    let (message, names) = (&plan.library.messages[at], &plan.messages[at]);
    let missing = |condition: &str, name: &str, text: &mut Text| {
        text.line(1, &format!("if {condition} {{"));
        text.line(2, &format!("e.Missing({})", quoted(name)));
        text.line(2, "return");
        text.line(1, "}");
    };
    for (field, named) in message.fields.iter().zip(&names.fields).filter(|(field, _)| field.is_required) {
        let store = format!("m.{}", named.store);
        let condition = match (field.shape, named.bit) {
            (_, Some(bit)) => format!("{}&(1<<{}) == 0", word(bit, names.bits), bit % 64),
            (Shape::Implicit, None) => is_zero(field.kind, &store),
            (Shape::Optional, None) => format!("{store} == nil"),
            (Shape::Repeated { .. } | Shape::Map(_), None) => format!("len({store}) == 0"),
        };
        missing(&condition, &field.name, text);
    }
    for oneof in message.oneofs.iter().filter(|oneof| oneof.is_required) {
        let bits = oneof.fields.iter().filter_map(|&field| names.fields[field].bit);
        let unset: Vec<String> = bits.map(|bit| format!("{}&(1<<{}) == 0", word(bit, names.bits), bit % 64)).collect();
        missing(&unset.join(" && "), &oneof.name, text);
    }
}

fn field(plan: &Plan<'_>, at: usize, place: usize, text: &mut Text) {
    let (message, names) = (&plan.library.messages[at], &plan.messages[at]);
    let (field, named) = (&message.fields[place], &names.fields[place]);
    let store = format!("m.{}", named.store);
    match field.shape {
        Shape::Implicit => {
            text.line(1, &format!("if {} {{", is_set(field.kind, &store)));
            value(field, field.number, &store, 2, text);
            text.line(1, "}");
        }
        Shape::Optional => {
            let condition = match named.bit {
                Some(bit) => format!("{}&(1<<{}) != 0", word(bit, names.bits), bit % 64),
                None => format!("{store} != nil"),
            };
            text.line(1, &format!("if {condition} {{"));
            value(field, field.number, &store, 2, text);
            text.line(1, "}");
        }
        Shape::Repeated { is_packed: true } => {
            let tag = tag(field.number, BYTES);
            text.line(1, &format!("if len({store}) > 0 {{"));
            text.line(2, &format!("mark := e.BeginPacked({tag}, {})", quoted(&field.name)));
            text.line(2, &format!("for _, item := range {store} {{"));
            text.line(3, &raw(field.kind, &field.name, "item"));
            text.line(2, "}");
            text.line(2, "e.EndPacked(mark)");
            text.line(1, "}");
        }
        Shape::Repeated { is_packed: false } => {
            text.line(1, &format!("for _, item := range {store} {{"));
            value(field, field.number, "item", 2, text);
            text.line(1, "}");
        }
        Shape::Map(key) => map(field, key, &store, text),
    }
}

/// Entries by key; each has a key and a value, zeros too.
fn map(field: &Field, key: ScalarKind, store: &str, text: &mut Text) {
    let keys = if key == ScalarKind::Bool { "BoolKeys" } else { "Keys" };
    text.line(1, &format!("for _, key := range wire.{keys}({store}) {{"));
    text.line(2, &format!("if mark, ok := e.Begin({}, {}); ok {{", tag(field.number, BYTES), quoted(&field.name)));
    text.line(3, &format!("e.Tag({})", tag(1, wire_type(Kind::Scalar(key)))));
    text.line(3, &raw(Kind::Scalar(key), "key", "key"));
    let inner = Field { name: "value".into(), ..field.clone() };
    value(&inner, 2, &format!("{store}[key]"), 3, text);
    text.line(3, "e.End(mark)");
    text.line(2, "}");
    text.line(1, "}");
}

/// A value with its tag.
fn value(field: &Field, number: u32, value: &str, tabs: usize, text: &mut Text) {
    let name = quoted(&field.name);
    let tagged = tag(number, wire_type(field.kind));
    match field.kind {
        Kind::Scalar(_) | Kind::Enum(_) => {
            text.line(tabs, &format!("e.Tag({tagged})"));
            text.line(tabs, &raw(field.kind, &field.name, value));
        }
        Kind::Message(_) => {
            text.line(tabs, &format!("if mark, ok := e.Begin({tagged}, {name}); ok {{"));
            text.line(tabs + 1, &format!("{value}.encode(e)"));
            text.line(tabs + 1, "e.End(mark)");
            text.line(tabs, "}");
        }
        Kind::Group(_) => {
            text.line(tabs, &format!("if e.BeginGroup({tagged}, {name}) {{"));
            text.line(tabs + 1, &format!("{value}.encode(e)"));
            text.line(tabs + 1, &format!("e.EndGroup({}, {name})", tag(number, GROUP_END)));
            text.line(tabs, "}");
        }
        Kind::WellKnown(WellKnown::Wrapper(scalar)) => wrapper(scalar, &tagged, &name, value, tabs, text),
        Kind::WellKnown(known) => {
            let call = match known {
                WellKnown::Timestamp => "Timestamp",
                WellKnown::Duration => "Duration",
                WellKnown::Struct => "Struct",
                WellKnown::ListValue => "List",
                WellKnown::Any => "Any",
                WellKnown::Value | WellKnown::Wrapper(_) => "Value",
            };
            text.line(tabs, &format!("e.{call}({tagged}, {name}, {value})"));
        }
    }
}

/// A message of one field, which is left out where it is its type's zero.
fn wrapper(scalar: ScalarKind, tagged: &str, name: &str, value: &str, tabs: usize, text: &mut Text) {
    let kind = Kind::Scalar(scalar);
    text.line(tabs, &format!("if mark, ok := e.Begin({tagged}, {name}); ok {{"));
    text.line(tabs + 1, &format!("if {} {{", is_set(kind, value)));
    text.line(tabs + 2, &format!("e.Tag({})", tag(1, wire_type(kind))));
    text.line(tabs + 2, &raw(kind, "", value));
    text.line(tabs + 1, "}");
    text.line(tabs + 1, "e.End(mark)");
    text.line(tabs, "}");
}

/// The statement that writes a value without its tag.
fn raw(kind: Kind, name: &str, value: &str) -> String {
    let Kind::Scalar(scalar) = kind else { return format!("e.Int32(int32({value}))") };
    let call = match scalar {
        ScalarKind::String => return format!("e.Text({}, {value})", quoted(name)),
        ScalarKind::Double => "Double",
        ScalarKind::Float => "Float",
        ScalarKind::Int32 => "Int32",
        ScalarKind::Int64 => "Int64",
        ScalarKind::Uint32 => "Uint32",
        ScalarKind::Uint64 => "Uint64",
        ScalarKind::Sint32 => "Sint32",
        ScalarKind::Sint64 => "Sint64",
        ScalarKind::Fixed32 => "Fixed32",
        ScalarKind::Fixed64 => "Fixed64",
        ScalarKind::Sfixed32 => "Sfixed32",
        ScalarKind::Sfixed64 => "Sfixed64",
        ScalarKind::Bool => "Bool",
        ScalarKind::Bytes => "Data",
    };
    format!("e.{call}({value})")
}

/// Whether a value is its type's zero.
fn is_zero(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Scalar(ScalarKind::Bool) => format!("!{value}"),
        Kind::Scalar(ScalarKind::String) => format!("{value} == \"\""),
        Kind::Scalar(ScalarKind::Bytes) => format!("len({value}) == 0"),
        Kind::Scalar(ScalarKind::Float) => format!("wire.IsZero32({value})"),
        Kind::Scalar(ScalarKind::Double) => format!("wire.IsZero64({value})"),
        _ => format!("{value} == 0"),
    }
}

/// Whether a value is not its type's zero.
fn is_set(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Scalar(ScalarKind::Bool) => value.to_owned(),
        Kind::Scalar(ScalarKind::String) => format!("{value} != \"\""),
        Kind::Scalar(ScalarKind::Bytes) => format!("len({value}) > 0"),
        Kind::Scalar(ScalarKind::Float) => format!("!wire.IsZero32({value})"),
        Kind::Scalar(ScalarKind::Double) => format!("!wire.IsZero64({value})"),
        _ => format!("{value} != 0"),
    }
}

fn wire_type(kind: Kind) -> u32 {
    match kind {
        Kind::Enum(_) => VARINT,
        Kind::Message(_) | Kind::WellKnown(_) => BYTES,
        Kind::Group(_) => GROUP_START,
        Kind::Scalar(scalar) => match scalar {
            ScalarKind::String | ScalarKind::Bytes => BYTES,
            ScalarKind::Double | ScalarKind::Fixed64 | ScalarKind::Sfixed64 => FIXED64,
            ScalarKind::Float | ScalarKind::Fixed32 | ScalarKind::Sfixed32 => FIXED32,
            _ => VARINT,
        },
    }
}

fn tag(number: u32, wire_type: u32) -> String {
    (u64::from(number) << 3 | u64::from(wire_type)).to_string()
}
