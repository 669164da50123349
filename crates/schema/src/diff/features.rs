//! What a file says by its syntax, or, where it is of an edition, by its features.
//!
//! Files of editions are said in proto2 or proto3 ([`crate::compile`]), which have no words for two things that change
//! no byte: whether an enum is closed, and whether a list is packed. Their options say it still.

use std::collections::BTreeMap;

use prost::Message;
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, Syntax};

use crate::wire::{Cursor, WireType};

/// `features` of the options of a file, a field and an enum.
const OF_FILE: u32 = 50;
const OF_FIELD: u32 = 21;
const OF_ENUM: u32 = 7;

/// Members of `google.protobuf.FeatureSet`, and the values that are not the editions' defaults.
const ENUM_TYPE: u32 = 2;
const CLOSED: u64 = 2;
const REPEATED_FIELD_ENCODING: u32 = 3;
const EXPANDED: u64 = 2;

/// Whether runtimes put numbers aside that the enum does not have.
pub(super) fn is_closed(enumeration: &EnumDescriptor, editions: &BTreeMap<String, i32>) -> bool {
    let file = enumeration.parent_file();
    if !editions.contains_key(file.name()) {
        return file.syntax() == Syntax::Proto2;
    }
    let own = feature(&enumeration.options(), OF_ENUM, ENUM_TYPE);
    own.or_else(|| of_file(&file, ENUM_TYPE)) == Some(CLOSED)
}

/// Whether a list's numbers are written as one value. The descriptor's own answer does not know the options of a file
/// that was compiled from its text.
pub(super) fn is_packed(field: &FieldDescriptor, editions: &BTreeMap<String, i32>) -> bool {
    if !field.is_list() || matches!(field.kind(), Kind::Message(_) | Kind::String | Kind::Bytes) {
        return false;
    }
    let file = field.parent_file();
    if editions.contains_key(file.name()) {
        let own = feature(&field.options(), OF_FIELD, REPEATED_FIELD_ENCODING);
        return own.or_else(|| of_file(&file, REPEATED_FIELD_ENCODING)) != Some(EXPANDED);
    }
    let options = field.field_descriptor_proto().options.as_ref();
    options.and_then(|options| options.packed).unwrap_or(file.syntax() == Syntax::Proto3)
}

fn of_file(file: &FileDescriptor, member: u32) -> Option<u64> {
    feature(&file.options(), OF_FILE, member)
}

/// A feature that options state. They are read as bytes: descriptors that know no features keep them as unknown.
fn feature(options: &DynamicMessage, features: u32, member: u32) -> Option<u64> {
    let bytes = options.encode_to_vec();
    let (mut cursor, mut found) = (Cursor::new(&bytes), None);
    while let Ok(Some(tag)) = cursor.tag() {
        if tag.number == features && tag.wire_type == WireType::Len {
            found = number(cursor.bytes().ok()?, member).or(found);
        } else {
            cursor.skip(tag, 0).ok()?;
        }
    }
    found
}

fn number(message: &[u8], wanted: u32) -> Option<u64> {
    let (mut cursor, mut found) = (Cursor::new(message), None);
    while let Ok(Some(tag)) = cursor.tag() {
        if tag.number == wanted && tag.wire_type == WireType::Varint {
            found = cursor.varint().ok();
        } else {
            cursor.skip(tag, 0).ok()?;
        }
    }
    found
}
