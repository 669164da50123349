//! What a payload holds that its schema does not know: the payload with everything known left out.
//!
//! The result is a message of the same type, so that a later schema reads it by the same numbers. Nesting is kept:
//! a parent's tag stands where a child has something unknown. An element of a repeated message keeps its place by
//! empty elements before it, and a map's entry by its key.

use crate::json::{self, UNKNOWN_JSON_FIELD};
use crate::plan::{Cardinality, FieldKind, MessageId, MessageKind, Plans, ScalarKind};
use crate::wire::{Cursor, DEPTH_MAX, Tag, WireError, WireType};

/// Appends to `out` what `message` does not know of `bytes`; whether there was anything.
///
/// # Errors
/// Whatever is wrong with bytes that were not checked.
pub(super) fn unknown_fields(
    plans: &Plans,
    message: MessageId,
    bytes: &[u8],
    out: &mut Vec<u8>,
) -> Result<bool, WireError> {
    let plan = plans.message(message);
    let before = out.len();
    // Elements without anything unknown, by field, that only stand if one with something follows.
    let mut skipped: Vec<(u32, usize)> = Vec::new();
    let mut cursor = Cursor::new(bytes);
    let mut mark = cursor;
    while let Some(tag) = cursor.tag()? {
        let Some((_, field)) = plan.by_number(tag.number) else {
            cursor.skip(tag, 0)?;
            out.extend_from_slice(cursor.since(&mark));
            mark = cursor;
            continue;
        };
        match (&field.kind, field.cardinality) {
            (kind, Cardinality::Map(key)) => unknown_of_entry(plans, kind, key, cursor.bytes()?, tag, out)?,
            (FieldKind::Message(child) | FieldKind::Group(child), cardinality) => {
                let body = if tag.wire_type == WireType::StartGroup {
                    cursor.group(tag.number, 0)?
                } else {
                    cursor.bytes()?
                };
                let mut inner = Vec::new();
                let found = unknown_fields(plans, *child, body, &mut inner)?;
                if cardinality == Cardinality::Repeated {
                    let pending = pending(&mut skipped, tag.number);
                    if !found {
                        *pending += 1;
                        mark = cursor;
                        continue;
                    }
                    for _ in 0..std::mem::take(pending) {
                        put_message(tag, &[], out);
                    }
                }
                if found {
                    put_message(tag, &inner, out);
                }
            }
            _ => cursor.skip(tag, 0)?,
        }
        mark = cursor;
    }
    Ok(out.len() > before)
}

/// Whether a message knows any field of `bytes`, or only ones that it does not.
///
/// # Errors
/// As [`unknown_fields`].
pub(super) fn has_known_fields(plans: &Plans, message: MessageId, bytes: &[u8]) -> Result<bool, WireError> {
    let plan = plans.message(message);
    let mut cursor = Cursor::new(bytes);
    while let Some(tag) = cursor.tag()? {
        if plan.by_number(tag.number).is_some() {
            return Ok(true);
        }
        cursor.skip(tag, 0)?;
    }
    Ok(false)
}

/// The same bytes with JSON members that an older schema could not read turned into fields, as far as this one can.
///
/// # Errors
/// Bytes that are no message.
pub(super) fn with_json_read(
    plans: &Plans,
    message: MessageId,
    bytes: &[u8],
    depth: u32,
) -> Result<Vec<u8>, WireError> {
    if depth > DEPTH_MAX {
        return Err(WireError::TooDeep);
    }
    let plan = plans.message(message);
    let mut out = Vec::with_capacity(bytes.len());
    let mut cursor = Cursor::new(bytes);
    let mut mark = cursor;
    while let Some(tag) = cursor.tag()? {
        let field = plan.by_number(tag.number).map(|(_, field)| field);
        match field.map(|field| (&field.kind, field.cardinality)) {
            None if tag == (Tag { number: UNKNOWN_JSON_FIELD, wire_type: WireType::Len }) => {
                let text = cursor.bytes()?;
                let read = std::str::from_utf8(text).ok().and_then(|t| json::known_members(plans, message, t).ok());
                match read {
                    Some((known, rest)) => {
                        out.extend_from_slice(&known);
                        if let Some(rest) = rest {
                            put_message(tag, rest.as_bytes(), &mut out);
                        }
                    }
                    None => put_message(tag, text, &mut out),
                }
            }
            Some((FieldKind::Message(child), Cardinality::Map(_))) if tag.wire_type == WireType::Len => {
                let entry = entry_with_json_read(plans, *child, cursor.bytes()?, depth + 1)?;
                put_message(tag, &entry, &mut out);
            }
            Some((FieldKind::Message(child) | FieldKind::Group(child), cardinality))
                if !matches!(cardinality, Cardinality::Map(_))
                    && plans.message(*child).kind == MessageKind::Plain
                    && matches!(tag.wire_type, WireType::Len | WireType::StartGroup) =>
            {
                let body = match tag.wire_type {
                    WireType::StartGroup => cursor.group(tag.number, depth)?,
                    _ => cursor.bytes()?,
                };
                put_message(tag, &with_json_read(plans, *child, body, depth + 1)?, &mut out);
            }
            _ => {
                cursor.skip(tag, depth)?;
                out.extend_from_slice(cursor.since(&mark));
            }
        }
        mark = cursor;
    }
    Ok(out)
}

/// [`with_json_read`] of the value in a map's entry.
fn entry_with_json_read(plans: &Plans, value: MessageId, entry: &[u8], depth: u32) -> Result<Vec<u8>, WireError> {
    let mut out = Vec::with_capacity(entry.len());
    let mut cursor = Cursor::new(entry);
    let mut mark = cursor;
    while let Some(tag) = cursor.tag()? {
        if tag == (Tag { number: 2, wire_type: WireType::Len }) && plans.message(value).kind == MessageKind::Plain {
            let body = with_json_read(plans, value, cursor.bytes()?, depth)?;
            put_message(tag, &body, &mut out);
        } else {
            cursor.skip(tag, depth)?;
            out.extend_from_slice(cursor.since(&mark));
        }
        mark = cursor;
    }
    Ok(out)
}

/// What is unknown in a map's entry: fields beside key and value, and what the value does not know.
fn unknown_of_entry(
    plans: &Plans,
    value: &FieldKind,
    key: ScalarKind,
    entry: &[u8],
    entry_tag: Tag,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let mut key_record: &[u8] = &[];
    let mut inner = Vec::new();
    let mut cursor = Cursor::new(entry);
    let mut mark = cursor;
    while let Some(tag) = cursor.tag()? {
        match (tag.number, value) {
            (1, _) if tag.wire_type == key.wire_type() => {
                cursor.skip(tag, 0)?;
                key_record = cursor.since(&mark);
            }
            (2, FieldKind::Message(child) | FieldKind::Group(child)) if tag.wire_type == value.wire_type() => {
                let body = if tag.wire_type == WireType::StartGroup {
                    cursor.group(tag.number, 0)?
                } else {
                    cursor.bytes()?
                };
                let mut found = Vec::new();
                if unknown_fields(plans, *child, body, &mut found)? {
                    put_message(tag, &found, &mut inner);
                }
            }
            (1 | 2, _) => cursor.skip(tag, 0)?,
            _ => {
                cursor.skip(tag, 0)?;
                inner.extend_from_slice(cursor.since(&mark));
            }
        }
        mark = cursor;
    }
    if !inner.is_empty() {
        inner.splice(..0, key_record.iter().copied());
        put_message(entry_tag, &inner, out);
    }
    Ok(())
}

fn pending(skipped: &mut Vec<(u32, usize)>, number: u32) -> &mut usize {
    let place = skipped.iter().position(|(of, _)| *of == number).unwrap_or_else(|| {
        skipped.push((number, 0));
        skipped.len() - 1
    });
    &mut skipped[place].1
}

fn put_message(tag: Tag, body: &[u8], out: &mut Vec<u8>) {
    put_tag(tag.number, tag.wire_type, out);
    if tag.wire_type == WireType::StartGroup {
        out.extend_from_slice(body);
        put_tag(tag.number, WireType::EndGroup, out);
    } else {
        put_varint(body.len() as u64, out);
        out.extend_from_slice(body);
    }
}

fn put_tag(number: u32, wire_type: WireType, out: &mut Vec<u8>) {
    put_varint(u64::from(number) << 3 | wire_type as u64, out);
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
