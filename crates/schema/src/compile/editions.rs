//! Editions, said in proto2 or proto3: the descriptors that follow know no features.
//!
//! An edition's features resolve, field by field, to what the older syntaxes could say: presence, required,
//! delimited. A file whose fields all track presence becomes proto2 (which also keeps closed enums as they are);
//! one with a field of implicit presence becomes proto3, its other fields `optional`. What is dropped changes no
//! byte on the wire: whether repeated fields are packed (both are read), UTF-8 verification (always on).
//!
//! Files are rewritten as bytes, so that options, which are extensions, pass through untouched.

use prost::encoding::{encode_key, encode_varint};

use crate::wire::{Cursor, Tag, WireError, WireType};

mod file {
    pub(super) const MESSAGE_TYPE: u32 = 4;
    pub(super) const EXTENSION: u32 = 7;
    pub(super) const OPTIONS: u32 = 8;
    pub(super) const SYNTAX: u32 = 12;
    pub(super) const EDITION: u32 = 14;
    /// `FileOptions.features`.
    pub(super) const FEATURES: u32 = 50;
}

mod message {
    pub(super) const FIELD: u32 = 2;
    pub(super) const NESTED_TYPE: u32 = 3;
    pub(super) const EXTENSION: u32 = 6;
    pub(super) const OPTIONS: u32 = 7;
    /// `MessageOptions.map_entry` and `.features`.
    pub(super) const MAP_ENTRY: u32 = 7;
    pub(super) const FEATURES: u32 = 12;
    pub(super) const NAME: u32 = 1;
}

mod field {
    pub(super) const LABEL: u32 = 4;
    pub(super) const TYPE: u32 = 5;
    pub(super) const TYPE_NAME: u32 = 6;
    pub(super) const OPTIONS: u32 = 8;
    pub(super) const ONEOF_INDEX: u32 = 9;
    pub(super) const PROTO3_OPTIONAL: u32 = 17;
    /// `FieldOptions.features`.
    pub(super) const FEATURES: u32 = 21;
    pub(super) const LABEL_REQUIRED: u64 = 2;
    pub(super) const LABEL_REPEATED: u64 = 3;
    pub(super) const TYPE_GROUP: u64 = 10;
    pub(super) const TYPE_MESSAGE: u64 = 11;
}

/// Fields of `google.protobuf.FeatureSet`.
const FIELD_PRESENCE: u32 = 1;
const MESSAGE_ENCODING: u32 = 5;

/// How deep messages may be declared in each other; the parsers of protobuf have the same bound or a lower one.
const DECLARED_DEPTH_MAX: u32 = 100;

/// The features that change the wire form or presence; the defaults are those of every edition so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Features {
    presence: Presence,
    is_delimited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Explicit,
    Implicit,
    Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Proto2,
    Proto3,
}

/// A `FileDescriptorProto` of an edition as one of proto2 or proto3; `None` where it is one already.
///
/// # Errors
/// Bytes that are no descriptor.
pub(super) fn without_editions(descriptor: &[u8]) -> Result<Option<Vec<u8>>, WireError> {
    if text_of(descriptor, file::SYNTAX)? != "editions" {
        return Ok(None);
    }
    let mut rewriter = Rewriter { syntax: Syntax::Proto2, has_implicit: false };
    let rewritten = rewriter.file(descriptor)?;
    if !rewriter.has_implicit {
        return Ok(Some(rewritten));
    }
    Rewriter { syntax: Syntax::Proto3, has_implicit: false }.file(descriptor).map(Some)
}

/// The edition of a file, also of one that is said in proto2 or proto3 already.
///
/// # Errors
/// Bytes that are no descriptor.
pub(super) fn edition_of(descriptor: &[u8]) -> Result<Option<i32>, WireError> {
    Ok(number_of(descriptor, file::EDITION)?.and_then(|edition| i32::try_from(edition).ok()))
}

/// Appends the edition to a file's descriptor.
pub(super) fn put_edition(descriptor: &mut Vec<u8>, edition: i32) {
    put_number(descriptor, file::EDITION, u64::from(edition.unsigned_abs()));
}

/// A `FileDescriptorProto` with another `syntax`.
///
/// # Errors
/// Bytes that are no descriptor.
pub(super) fn with_syntax(descriptor: &[u8], syntax: &str) -> Result<Vec<u8>, WireError> {
    let mut out = Vec::with_capacity(descriptor.len() + 10);
    each(descriptor, |tag, _, whole| {
        if tag.number != file::SYNTAX {
            out.extend_from_slice(whole);
        }
        Ok(())
    })?;
    put(&mut out, file::SYNTAX, syntax.as_bytes());
    Ok(out)
}

struct Rewriter {
    syntax: Syntax,
    has_implicit: bool,
}

impl Rewriter {
    fn file(&mut self, descriptor: &[u8]) -> Result<Vec<u8>, WireError> {
        let features = Features { presence: Presence::Explicit, is_delimited: false };
        let features = features.overridden(bytes_of(descriptor, file::OPTIONS)?, file::FEATURES)?;
        let mut out = Vec::with_capacity(descriptor.len() + 64);
        each(descriptor, |tag, value, whole| {
            match (tag.number, value) {
                (file::MESSAGE_TYPE, Some(message)) => put(&mut out, tag.number, &self.message(message, features, 0)?),
                (file::EXTENSION, Some(field)) => put(&mut out, tag.number, &self.field(field, features, &[])?),
                (file::SYNTAX | file::EDITION, _) => {}
                _ => out.extend_from_slice(whole),
            }
            Ok(())
        })?;
        let syntax: &[u8] = match self.syntax {
            Syntax::Proto2 => b"proto2",
            Syntax::Proto3 => b"proto3",
        };
        put(&mut out, file::SYNTAX, syntax);
        Ok(out)
    }

    fn message(&mut self, descriptor: &[u8], outer: Features, depth: u32) -> Result<Vec<u8>, WireError> {
        if depth > DECLARED_DEPTH_MAX {
            return Err(WireError::TooDeep);
        }
        let options = bytes_of(descriptor, message::OPTIONS)?;
        if is_map_entry(options)? {
            // A map's entries are the compiler's own, the same in every syntax.
            return Ok(descriptor.to_vec());
        }
        let features = outer.overridden(options, message::FEATURES)?;
        let maps = map_entries(descriptor)?;
        let mut out = Vec::with_capacity(descriptor.len() + 16);
        each(descriptor, |tag, value, whole| {
            match (tag.number, value) {
                (message::FIELD, Some(field)) => put(&mut out, tag.number, &self.field(field, features, &maps)?),
                (message::EXTENSION, Some(field)) => put(&mut out, tag.number, &self.field(field, features, &[])?),
                (message::NESTED_TYPE, Some(nested)) => {
                    put(&mut out, tag.number, &self.message(nested, features, depth + 1)?);
                }
                _ => out.extend_from_slice(whole),
            }
            Ok(())
        })?;
        Ok(out)
    }

    fn field(&mut self, descriptor: &[u8], outer: Features, maps: &[String]) -> Result<Vec<u8>, WireError> {
        let features = outer.overridden(bytes_of(descriptor, field::OPTIONS)?, field::FEATURES)?;
        let is_repeated = number_of(descriptor, field::LABEL)? == Some(field::LABEL_REPEATED);
        let is_message = number_of(descriptor, field::TYPE)? == Some(field::TYPE_MESSAGE);
        let in_oneof = number_of(descriptor, field::ONEOF_INDEX)?.is_some();
        let type_name = text_of(descriptor, field::TYPE_NAME)?;
        let is_map = is_repeated && maps.iter().any(|entry| type_name.rsplit('.').next() == Some(entry));
        let mut out = descriptor.to_vec();
        // Of a scalar that is there twice the last counts, so what changes is appended.
        if features.is_delimited && is_message && !is_map {
            put_number(&mut out, field::TYPE, field::TYPE_GROUP);
        }
        if is_repeated || in_oneof {
            return Ok(out);
        }
        match features.presence {
            Presence::Required => put_number(&mut out, field::LABEL, field::LABEL_REQUIRED),
            Presence::Implicit if !is_message => self.has_implicit = true,
            Presence::Explicit if !is_message && self.syntax == Syntax::Proto3 => {
                put_number(&mut out, field::PROTO3_OPTIONAL, 1);
            }
            Presence::Explicit | Presence::Implicit => {}
        }
        Ok(out)
    }
}

impl Features {
    /// These features with those of an options message, whose features are field `number`, taken over them.
    fn overridden(mut self, options: &[u8], number: u32) -> Result<Self, WireError> {
        let features = bytes_of(options, number)?;
        match number_of(features, FIELD_PRESENCE)? {
            Some(1) => self.presence = Presence::Explicit,
            Some(2) => self.presence = Presence::Implicit,
            Some(3) => self.presence = Presence::Required,
            _ => {}
        }
        match number_of(features, MESSAGE_ENCODING)? {
            Some(1) => self.is_delimited = false,
            Some(2) => self.is_delimited = true,
            _ => {}
        }
        Ok(self)
    }
}

fn map_entries(descriptor: &[u8]) -> Result<Vec<String>, WireError> {
    let mut names = Vec::new();
    each(descriptor, |tag, value, _| {
        if let (message::NESTED_TYPE, Some(nested)) = (tag.number, value)
            && is_map_entry(bytes_of(nested, message::OPTIONS)?)?
        {
            names.push(text_of(nested, message::NAME)?.to_owned());
        }
        Ok(())
    })?;
    Ok(names)
}

fn is_map_entry(options: &[u8]) -> Result<bool, WireError> {
    Ok(number_of(options, message::MAP_ENTRY)? == Some(1))
}

/// Calls `f` with each field: its tag, the bytes of a length-delimited value, and the whole with its tag.
fn each<'a>(
    message: &'a [u8],
    mut f: impl FnMut(Tag, Option<&'a [u8]>, &'a [u8]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let mut cursor = Cursor::new(message);
    loop {
        let mark = cursor;
        let Some(tag) = cursor.tag()? else { return Ok(()) };
        let value = match tag.wire_type {
            WireType::Len => Some(cursor.bytes()?),
            _ => {
                cursor.skip(tag, 0)?;
                None
            }
        };
        f(tag, value, cursor.since(&mark))?;
    }
}

/// The last value of a length-delimited field; empty where there is none.
fn bytes_of(message: &[u8], number: u32) -> Result<&[u8], WireError> {
    let mut found: &[u8] = &[];
    each(message, |tag, value, _| {
        if let Some(value) = value.filter(|_| tag.number == number) {
            found = value;
        }
        Ok(())
    })?;
    Ok(found)
}

fn text_of(message: &[u8], number: u32) -> Result<&str, WireError> {
    std::str::from_utf8(bytes_of(message, number)?).map_err(|_| WireError::NotUtf8)
}

/// The last value of a varint field.
fn number_of(message: &[u8], number: u32) -> Result<Option<u64>, WireError> {
    let mut cursor = Cursor::new(message);
    let mut found = None;
    while let Some(tag) = cursor.tag()? {
        match tag.wire_type {
            WireType::Varint if tag.number == number => found = Some(cursor.varint()?),
            _ => cursor.skip(tag, 0)?,
        }
    }
    Ok(found)
}

fn put(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    encode_key(number, prost::encoding::WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn put_number(out: &mut Vec<u8>, number: u32, value: u64) {
    encode_key(number, prost::encoding::WireType::Varint, out);
    encode_varint(value, out);
}

#[cfg(test)]
mod tests;
