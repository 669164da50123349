//! What a payload holds that its schema does not know: the payload with everything known left out.
//!
//! The result is a message of the same type, so that a later schema reads it by the same numbers. Nesting is kept:
//! a parent's tag stands where a child has something unknown. An element of a repeated message keeps its place by
//! empty elements before it, and a map's entry by its key.

use crate::plan::{Cardinality, FieldKind, MessageId, Plans, ScalarKind};
use crate::wire::{Cursor, Tag, WireError, WireType};

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
