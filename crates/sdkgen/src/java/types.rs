//! What Java has for each type of a field, and how a value of it is written.

use judi_schema::plan::ScalarKind;

use super::names::Classes;
use crate::library::{Field, Kind, Shape, WellKnown};

/// What Java has for the values of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Type {
    /// In lists and maps, and where it may be missing.
    pub(super) boxed: String,
    /// Where it may not; none: it is an object.
    pub(super) primitive: Option<&'static str>,
    /// The method of Values that checks or copies a value; none: it is good as it is.
    pub(super) check: Option<&'static str>,
    /// What else a setter takes: what the compiler does not widen by itself, and the large numbers of uint64.
    pub(super) also: Also,
}

/// What else than its boxed type a setter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Also {
    /// Nothing.
    Nothing,
    /// The primitive type.
    Primitive,
    /// Kept as bits; a setter takes a long, or a BigInteger.
    Unsigned,
}

/// The type of one value of the kind.
pub(super) fn value_type(kind: Kind, classes: &Classes) -> Type {
    let object = |boxed: &str, check| Type { boxed: boxed.to_owned(), primitive: None, check, also: Also::Nothing };
    match kind {
        Kind::Scalar(scalar) | Kind::WellKnown(WellKnown::Wrapper(scalar)) => scalar_type(scalar),
        Kind::Enum(at) => object(classes.enums.get(at).map_or("Object", |name| name), None),
        Kind::Message(at) | Kind::Group(at) => object(classes.messages.get(at).map_or("Object", |name| name), None),
        Kind::WellKnown(WellKnown::Timestamp) => object("Instant", None),
        Kind::WellKnown(WellKnown::Duration) => object("Duration", None),
        Kind::WellKnown(WellKnown::Struct) => object("Map<String, ?>", Some("object")),
        Kind::WellKnown(WellKnown::Value) => object("Object", Some("json")),
        Kind::WellKnown(WellKnown::ListValue) => object("List<?>", Some("array")),
        Kind::WellKnown(WellKnown::Any) => object("Any", None),
    }
}

fn scalar_type(scalar: ScalarKind) -> Type {
    let (boxed, primitive, check, also) = match scalar {
        ScalarKind::Double => ("Double", Some("double"), None, Also::Primitive),
        ScalarKind::Float => ("Float", Some("float"), None, Also::Primitive),
        ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => ("Integer", Some("int"), None, Also::Nothing),
        ScalarKind::Int64 | ScalarKind::Sint64 | ScalarKind::Sfixed64 => ("Long", Some("long"), None, Also::Primitive),
        ScalarKind::Uint32 | ScalarKind::Fixed32 => ("Long", Some("long"), Some("uint32"), Also::Primitive),
        ScalarKind::Uint64 | ScalarKind::Fixed64 => ("BigInteger", Some("long"), Some("uint64"), Also::Unsigned),
        ScalarKind::Bool => ("Boolean", Some("boolean"), None, Also::Nothing),
        ScalarKind::String => ("String", None, None, Also::Nothing),
        ScalarKind::Bytes => ("byte[]", None, Some("bytes"), Also::Nothing),
    };
    Type { boxed: boxed.to_owned(), primitive, check, also }
}

/// The boxed type, and the order of Values, of a map's keys.
pub(super) fn key_type(key: ScalarKind) -> (Type, &'static str) {
    let order = match key {
        ScalarKind::String => "Values.BY_UTF8",
        ScalarKind::Bool => "Values.BY_BOOLEAN",
        ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => "Values.BY_INT",
        ScalarKind::Uint64 | ScalarKind::Fixed64 => "Values.BY_UNSIGNED",
        _ => "Values.BY_LONG",
    };
    (scalar_type(key), order)
}

/// Whether null is a value.
pub(super) fn is_json(kind: Kind) -> bool {
    kind == Kind::WellKnown(WellKnown::Value)
}

/// The statement that writes `value`, an expression, behind its tag.
pub(super) fn write(number: u32, kind: Kind, value: &str) -> String {
    let tag = tag(number, kind);
    let method = match kind {
        Kind::Scalar(scalar) => scalar_method(scalar),
        Kind::Enum(_) => "enumeration",
        Kind::Message(_) => "message",
        Kind::Group(_) => "group",
        Kind::WellKnown(WellKnown::Timestamp) => "timestamp",
        Kind::WellKnown(WellKnown::Duration) => "duration",
        Kind::WellKnown(WellKnown::Struct) => "struct",
        Kind::WellKnown(WellKnown::Value) => "json",
        Kind::WellKnown(WellKnown::ListValue) => "listValue",
        Kind::WellKnown(WellKnown::Any) => "any",
        Kind::WellKnown(WellKnown::Wrapper(scalar)) => match scalar {
            ScalarKind::Double => "wrapDouble",
            ScalarKind::Float => "wrapFloat",
            ScalarKind::Bool => "wrapBool",
            ScalarKind::String => "wrapString",
            ScalarKind::Bytes => "wrapBytes",
            _ => "wrapInt",
        },
    };
    format!("out.{method}({tag}, {value});")
}

fn scalar_method(scalar: ScalarKind) -> &'static str {
    match scalar {
        ScalarKind::Double => "float64",
        ScalarKind::Float => "float32",
        ScalarKind::Int32 | ScalarKind::Int64 | ScalarKind::Uint32 | ScalarKind::Uint64 => "int64",
        ScalarKind::Sint32 | ScalarKind::Sint64 => "sint",
        ScalarKind::Fixed32 | ScalarKind::Sfixed32 => "fixed32",
        ScalarKind::Fixed64 | ScalarKind::Sfixed64 => "fixed64",
        ScalarKind::Bool => "bool",
        ScalarKind::String => "string",
        ScalarKind::Bytes => "bytes",
    }
}

/// The statement that writes `value` without a tag, as in a packed list.
pub(super) fn put(kind: Kind, value: &str) -> String {
    let method = match kind {
        Kind::Scalar(ScalarKind::Double) => "putDouble",
        Kind::Scalar(ScalarKind::Float) => "putFloat",
        Kind::Scalar(ScalarKind::Sint32 | ScalarKind::Sint64) => "putSint",
        Kind::Scalar(ScalarKind::Fixed32 | ScalarKind::Sfixed32) => "putFixed32",
        Kind::Scalar(ScalarKind::Fixed64 | ScalarKind::Sfixed64) => "putFixed64",
        Kind::Scalar(ScalarKind::Bool) => "putBool",
        Kind::Enum(_) => "putEnum",
        _ => "putInt",
    };
    format!("out.{method}({value});")
}

/// The tag of a field of this number, as the number that a varint holds.
pub(super) fn tag(number: u32, kind: Kind) -> i64 {
    let wire = match kind {
        Kind::Scalar(ScalarKind::Double | ScalarKind::Fixed64 | ScalarKind::Sfixed64) => 1,
        Kind::Scalar(ScalarKind::Float | ScalarKind::Fixed32 | ScalarKind::Sfixed32) => 5,
        Kind::Scalar(ScalarKind::String | ScalarKind::Bytes) | Kind::Message(_) | Kind::WellKnown(_) => 2,
        Kind::Group(_) => 3,
        Kind::Scalar(_) | Kind::Enum(_) => 0,
    };
    as_int(number, wire)
}

/// The tag of what has its length before it.
pub(super) fn delimited_tag(number: u32) -> i64 {
    as_int(number, 2)
}

/// Numbers above 2^28 make tags above an int's positives: the same bits.
fn as_int(number: u32, wire: u32) -> i64 {
    i64::from(((number << 3) | wire).cast_signed())
}

/// The condition under which an implicit field is written.
pub(super) fn is_set(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Scalar(ScalarKind::Bool) => value.to_owned(),
        Kind::Scalar(ScalarKind::String) => format!("!{value}.isEmpty()"),
        Kind::Scalar(ScalarKind::Bytes) => format!("{value}.length != 0"),
        Kind::Scalar(ScalarKind::Double) => format!("Double.doubleToRawLongBits({value}) != 0"),
        Kind::Scalar(ScalarKind::Float) => format!("Float.floatToRawIntBits({value}) != 0"),
        Kind::Enum(_) => format!("{value}.number() != 0"),
        _ => format!("{value} != 0"),
    }
}

/// The value of an implicit field that nobody set.
pub(super) fn zero(kind: Kind, of: &Type) -> String {
    match (kind, of.primitive) {
        (_, Some("boolean")) => "false".to_owned(),
        (_, Some(_)) => "0".to_owned(),
        (Kind::Scalar(ScalarKind::Bytes), _) => "new byte[0]".to_owned(),
        (Kind::Enum(_), _) => format!("{}.of(0)", of.boxed),
        _ => "\"\"".to_owned(),
    }
}

/// The type in which a message keeps the field.
pub(super) fn kept_type(field: &Field, of: &Type) -> String {
    match field.shape {
        Shape::Implicit => of.primitive.map_or_else(|| of.boxed.clone(), str::to_owned),
        Shape::Optional if of.also == Also::Unsigned => "Long".to_owned(),
        Shape::Optional => of.boxed.clone(),
        Shape::Repeated { .. } => format!("List<{}>", of.boxed),
        Shape::Map(key) => format!("Map<{}, {}>", key_type(key).0.boxed, of.boxed),
    }
}
