//! Bytes in which a singular field occurs more than once, rewritten so that it occurs once: of scalars and oneofs
//! the last counts, and messages merge, which is what their bytes one after the other mean.
//!
//! The bytes have been walked before, so errors do not happen here; they are passed on all the same.

use std::collections::HashMap;

use prost::encoding::encode_varint;

use super::cursor::{Cursor, Tag, WireError, WireType};
use crate::plan::{Cardinality, FieldKind, FieldPlan, MessageId, Plans};

/// The same message, each singular field and each oneof at most once, on every level.
pub(super) fn rewrite(plans: &Plans, message: MessageId, body: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut out = Vec::with_capacity(body.len());
    write_message(plans, message, body, &mut out)?;
    Ok(out)
}

/// One tag with its value.
struct Occurrence<'a> {
    index: Option<usize>,
    tag: Tag,
    /// Tag and value.
    whole: &'a [u8],
    /// A message's body; else nothing.
    body: &'a [u8],
}

/// What a singular field holds in the end.
#[derive(Default)]
struct Held<'a> {
    /// The place of its last occurrence.
    last: usize,
    /// The bodies of a message, to be merged.
    bodies: Vec<&'a [u8]>,
}

fn write_message(plans: &Plans, id: MessageId, body: &[u8], out: &mut Vec<u8>) -> Result<(), WireError> {
    let plan = plans.message(id);
    let occurrences = occurrences(body, |number| plan.by_number(number))?;
    let mut held: HashMap<usize, Held<'_>> = HashMap::new();
    let mut members: HashMap<u16, usize> = HashMap::new();
    for (place, occurrence) in occurrences.iter().enumerate() {
        let Some((index, field)) = occurrence.index.and_then(|index| Some((index, plan.fields.get(index)?))) else {
            continue;
        };
        if is_singular(field) {
            if let Some(before) = field.oneof.and_then(|oneof| members.insert(oneof, index))
                && before != index
            {
                held.remove(&before);
            }
            let held = held.entry(index).or_default();
            held.last = place;
            held.bodies.push(occurrence.body);
        }
    }
    for (place, occurrence) in occurrences.iter().enumerate() {
        let Some((index, field)) = occurrence.index.and_then(|index| Some((index, plan.fields.get(index)?))) else {
            out.extend_from_slice(occurrence.whole);
            continue;
        };
        let held = held.get(&index);
        match (field.cardinality, &field.kind) {
            (Cardinality::Map(_), kind) => {
                let mut entry = Vec::with_capacity(occurrence.body.len());
                write_entry(plans, kind, occurrence.body, &mut entry)?;
                write_body(occurrence.tag, &entry, out);
            }
            (Cardinality::Repeated, FieldKind::Message(id) | FieldKind::Group(id)) => {
                write_body(occurrence.tag, &rewrite(plans, *id, occurrence.body)?, out);
            }
            (Cardinality::Repeated, _) => out.extend_from_slice(occurrence.whole),
            (_, kind) => {
                if let Some(held) = held.filter(|held| held.last == place) {
                    write_value(plans, kind, occurrence, held, out)?;
                }
            }
        }
    }
    Ok(())
}

/// A map's entry is a message of two singular fields.
fn write_entry(plans: &Plans, value: &FieldKind, body: &[u8], out: &mut Vec<u8>) -> Result<(), WireError> {
    let all = occurrences(body, |_| None)?;
    let mut value_held = Held::default();
    let mut key_last = None;
    for (place, occurrence) in all.iter().enumerate() {
        match occurrence.tag.number {
            1 => key_last = Some(place),
            2 => {
                value_held.last = place;
                value_held.bodies.push(occurrence.body);
            }
            _ => {}
        }
    }
    for (place, occurrence) in all.iter().enumerate() {
        match occurrence.tag.number {
            1 if key_last == Some(place) => out.extend_from_slice(occurrence.whole),
            2 if value_held.last == place => write_value(plans, value, occurrence, &value_held, out)?,
            1 | 2 => {}
            _ => out.extend_from_slice(occurrence.whole),
        }
    }
    Ok(())
}

fn write_value(
    plans: &Plans,
    kind: &FieldKind,
    last: &Occurrence<'_>,
    held: &Held<'_>,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    match kind {
        FieldKind::Message(id) | FieldKind::Group(id) => {
            write_body(last.tag, &rewrite(plans, *id, &held.bodies.concat())?, out);
        }
        FieldKind::Scalar(_) | FieldKind::Enum(_) => out.extend_from_slice(last.whole),
    }
    Ok(())
}

fn write_body(tag: Tag, body: &[u8], out: &mut Vec<u8>) {
    let key = |wire_type: WireType| u64::from(tag.number) << 3 | wire_type as u64;
    encode_varint(key(tag.wire_type), out);
    if tag.wire_type == WireType::StartGroup {
        out.extend_from_slice(body);
        encode_varint(key(WireType::EndGroup), out);
    } else {
        encode_varint(body.len() as u64, out);
        out.extend_from_slice(body);
    }
}

fn occurrences<'a, 'p>(
    body: &'a [u8],
    by_number: impl Fn(u32) -> Option<(usize, &'p FieldPlan)>,
) -> Result<Vec<Occurrence<'a>>, WireError> {
    let mut all = Vec::new();
    let mut cursor = Cursor::new(body);
    loop {
        let start = cursor;
        let Some(tag) = cursor.tag()? else { return Ok(all) };
        let body = match tag.wire_type {
            WireType::Len => cursor.bytes()?,
            WireType::StartGroup => cursor.group(tag.number, 0)?,
            _ => {
                cursor.skip(tag, 0)?;
                &[]
            }
        };
        let index = by_number(tag.number).map(|(index, _)| index);
        all.push(Occurrence { index, tag, whole: cursor.since(&start), body });
    }
}

fn is_singular(field: &FieldPlan) -> bool {
    matches!(field.cardinality, Cardinality::Implicit | Cardinality::Explicit)
}
