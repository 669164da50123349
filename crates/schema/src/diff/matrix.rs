//! Which type may become which: by what the bytes on the wire decode to, what JSON says, and what column it has.
//!
//! A change of type is [`Fit::Column`] only where every old value on the wire reads as the same value under the new
//! type and the column holds both; [`Fit::Generation`] where a second column is needed. Everything else is neither:
//!
//! | from | to | why |
//! |---|---|---|
//! | int32 | int64 | negative numbers are ten bytes in both |
//! | uint32 | int64 | every 32-bit number is a positive 64-bit one; both columns are BIGINT |
//! | uint32 | uint64 | DECIMAL(20,0) is a column of its own |
//! | sint32 | sint64 | zigzag is the same for both |
//!
//! Not int64 to int32 (cut off), int32 to uint32 (negative numbers turn), sint32 and int32 (zigzag), fixed32 and
//! sfixed32 (the sign turns), fixed32 and fixed64, float and double (other wire types), bool or an enum and integers
//! (true is no 1, a name is no number), string and bytes (text is no bytes in a column), a message and bytes.

use prost_reflect::{FieldDescriptor, Kind};

use super::kind::Fit;
use crate::layout::{ColumnType, Element};
use crate::plan::ScalarKind;

/// How values of one scalar type stand to those of another.
pub(super) fn scalar_fit(from: ScalarKind, to: ScalarKind, column: impl Fn(Element) -> ColumnType) -> Fit {
    use ScalarKind::{Int32, Int64, Sint32, Sint64, Uint32, Uint64};
    if from == to {
        return Fit::Column;
    }
    let reads_the_same = matches!((from, to), (Int32 | Uint32, Int64) | (Uint32, Uint64) | (Sint32, Sint64));
    let (before, after) = (column(Element::of_scalar(from)), column(Element::of_scalar(to)));
    match reads_the_same {
        true if before == after => Fit::Column,
        true if before.widens_to(after) => Fit::Generation,
        _ => Fit::Neither,
    }
}

/// The scalar that a kind is.
pub(super) const fn scalar(kind: &Kind) -> Option<ScalarKind> {
    Some(match kind {
        Kind::Double => ScalarKind::Double,
        Kind::Float => ScalarKind::Float,
        Kind::Int32 => ScalarKind::Int32,
        Kind::Int64 => ScalarKind::Int64,
        Kind::Uint32 => ScalarKind::Uint32,
        Kind::Uint64 => ScalarKind::Uint64,
        Kind::Sint32 => ScalarKind::Sint32,
        Kind::Sint64 => ScalarKind::Sint64,
        Kind::Fixed32 => ScalarKind::Fixed32,
        Kind::Fixed64 => ScalarKind::Fixed64,
        Kind::Sfixed32 => ScalarKind::Sfixed32,
        Kind::Sfixed64 => ScalarKind::Sfixed64,
        Kind::Bool => ScalarKind::Bool,
        Kind::String => ScalarKind::String,
        Kind::Bytes => ScalarKind::Bytes,
        Kind::Message(_) | Kind::Enum(_) => return None,
    })
}

/// The type of values as a `.proto` file has it: `int32`, `p.Message`.
pub(super) fn type_text(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(enumeration) => enumeration.full_name().to_owned(),
        other => scalar(other).map(|scalar| format!("{scalar:?}").to_lowercase()).unwrap_or_default(),
    }
}

/// The type of a field as a `.proto` file has it: `repeated string`, `map<string, p.Message>`.
pub(super) fn field_text(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let key = type_text(&entry.map_entry_key_field().kind());
            format!("map<{key}, {}>", type_text(&entry.map_entry_value_field().kind()))
        }
        kind if field.is_list() => format!("repeated {}", type_text(&kind)),
        kind => type_text(&kind),
    }
}
