//! A checked payload's bytes into the cells of one row.
//!
//! [`crate::wire::checked`] stands before this: fields have their types' wire form, text is UTF-8, and no singular field
//! occurs twice. So values go into their columns as they come by, in one pass, and what did not come by gets its default
//! at the end.

use super::builder::Builder;
use super::nested::StructBuilder;
use super::program::{Absent, Program, Shape, Step, Value};
use crate::json;
use crate::plan::{Plans, ScalarKind};
use crate::verdict::{Reason, Violation};
use crate::wire::{Cursor, Scalar, Tag, WireError, WireType, unzigzag};

/// Decodes payloads of one schema version.
#[derive(Debug)]
pub(super) struct Decoder<'p> {
    plans: &'p Plans,
    /// Whether something came by that no column holds, or that was not looked into.
    pub(super) unknown_possible: bool,
    /// Whether fields that do not come by stay NULL, whatever their default: of a part of a message, absence says
    /// nothing.
    partial: bool,
}

/// A verdict in one word, so that results of the inner loop stay in registers.
#[derive(Debug)]
pub(super) struct Refused(Box<Violation>);

/// A map's key as it sorts: numbers by size, text by code point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Text(&'a [u8]),
}

impl From<Refused> for Violation {
    fn from(refused: Refused) -> Self {
        *refused.0
    }
}

impl From<Violation> for Refused {
    #[cold]
    fn from(violation: Violation) -> Self {
        Self(Box::new(violation))
    }
}

impl From<WireError> for Refused {
    #[cold]
    fn from(error: WireError) -> Self {
        Violation::from(error).into()
    }
}

impl<'p> Decoder<'p> {
    /// A decoder for one payload.
    pub(super) fn new(plans: &'p Plans) -> Self {
        Self { plans, unknown_possible: false, partial: false }
    }

    /// A decoder for a part of a payload.
    pub(super) fn of_part(plans: &'p Plans) -> Self {
        Self { plans, unknown_possible: false, partial: true }
    }

    /// Writes the message `bytes` as `row` of `out`.
    ///
    /// # Errors
    /// `undecodable` for bytes that were not checked; some cells are written then.
    pub(super) fn message(
        &mut self,
        program: &Program,
        out: &mut StructBuilder,
        row: usize,
        bytes: &[u8],
    ) -> Result<(), Refused> {
        out.set(row);
        if let Some(present) = program.present {
            out.children[present].put_bool(row, true);
        }
        let plan = self.plans.message(program.message);
        let mut entries: Vec<(usize, &[u8])> = Vec::new();
        let mut cursor = Cursor::new(bytes);
        while let Some(tag) = cursor.tag()? {
            let step = plan.by_number(tag.number).and_then(|(index, _)| program.steps.get(index));
            let Some(step) = step else {
                self.unknown_possible = true;
                cursor.skip(tag, 0)?;
                continue;
            };
            match &step.shape {
                Shape::Single(value) => self.single(step, value, out, row, &mut cursor, tag)?,
                Shape::List(value) => self.elements(value, &mut out.children[step.column], &mut cursor, tag)?,
                Shape::Map(..) => entries.push((step.column, cursor.bytes()?)),
                Shape::Unstored => cursor.skip(tag, 0)?,
            }
        }
        self.close(program, out, row, &mut entries)
    }

    fn single(
        &mut self,
        step: &Step,
        value: &Value,
        out: &mut StructBuilder,
        row: usize,
        cursor: &mut Cursor<'_>,
        tag: Tag,
    ) -> Result<(), Refused> {
        if let Some(number) = self.value(value, &mut out.children[step.column], row, cursor, tag)?
            && let Some(sibling) = step.number
        {
            out.children[sibling].put_integer(row, i64::from(number));
        }
        if let Some((column, name)) = &step.case {
            out.children[*column].put_bytes(row, name.as_bytes());
        }
        Ok(())
    }

    fn elements(
        &mut self,
        value: &Value,
        column: &mut Builder,
        cursor: &mut Cursor<'_>,
        tag: Tag,
    ) -> Result<(), Refused> {
        let Builder::List(list) = column else {
            column.mismatch("a list");
            return Ok(cursor.skip(tag, 0)?);
        };
        if tag.wire_type == WireType::Len && value.packable() {
            let mut packed = Cursor::new(cursor.bytes()?);
            while !packed.is_empty() {
                self.value(value, &mut list.values, list.elements, &mut packed, tag)?;
                list.elements += 1;
            }
            return Ok(());
        }
        self.value(value, &mut list.values, list.elements, cursor, tag)?;
        list.elements += 1;
        Ok(())
    }

    /// Reads one value and writes it; an enum's number comes back where the enum does not know it.
    fn value(
        &mut self,
        value: &Value,
        cell: &mut Builder,
        row: usize,
        cursor: &mut Cursor<'_>,
        tag: Tag,
    ) -> Result<Option<i32>, Refused> {
        match value {
            Value::Scalar(kind) => put_scalar(*kind, cell, row, cursor)?,
            Value::Enum(names) => {
                let number = cursor.enum_number()?;
                if let Some(name) = names.get(number) {
                    cell.put_bytes(row, name.as_bytes());
                } else {
                    cell.put_bytes(row, format!("UNKNOWN({number})").as_bytes());
                    return Ok(Some(number));
                }
            }
            Value::Time => {
                let micros = self.time(body(cursor, tag)?)?;
                cell.put_integer(row, micros);
            }
            Value::Span => {
                let micros = self.span(body(cursor, tag)?)?;
                cell.put_integer(row, micros);
            }
            Value::Wrapper(kind) => self.wrapper(*kind, cell, row, body(cursor, tag)?)?,
            Value::Json(message) => {
                self.unknown_possible = true;
                let text = json::to_json(self.plans, *message, body(cursor, tag)?)?;
                cell.put_bytes(row, text.as_bytes());
            }
            Value::Bytes => {
                self.unknown_possible = true;
                cell.put_bytes(row, body(cursor, tag)?);
            }
            Value::Struct(program) => match cell {
                Builder::Struct(members) => self.message(program, members, row, body(cursor, tag)?)?,
                other => {
                    other.mismatch("a struct");
                    cursor.skip(tag, 0)?;
                }
            },
        }
        Ok(None)
    }

    /// Ends a row: lists and maps get their elements, implicit fields that did not come by their default.
    fn close(
        &mut self,
        program: &Program,
        out: &mut StructBuilder,
        row: usize,
        entries: &mut Vec<(usize, &[u8])>,
    ) -> Result<(), Refused> {
        for absent in &program.absent {
            match absent {
                Absent::Zero(_) | Absent::FirstName { .. } if self.partial => {}
                Absent::Zero(column) => out.children[*column].put_zero_if_unset(row),
                Absent::FirstName { column, name, number } => {
                    if out.children[*column].len() <= row {
                        out.children[*column].put_bytes(row, name.as_bytes());
                        if let Some(sibling) = number {
                            out.children[*sibling].put_integer(row, 0);
                        }
                    }
                }
                Absent::EmptyList(column) => match &mut out.children[*column] {
                    Builder::List(list) if self.partial && !list.is_open() => {}
                    Builder::List(list) => list.close(row),
                    other => other.mismatch("a list"),
                },
                Absent::EmptyMap(step) if self.partial && !has_entries(program, *step, entries) => {}
                Absent::EmptyMap(step) => {
                    if let Some(Step { column, shape: Shape::Map(key, value), .. }) = program.steps.get(*step) {
                        let own = entries.iter().filter(|(of, _)| of == column).map(|(_, entry)| *entry);
                        self.map(*key, value, &mut out.children[*column], row, own)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the entries of one map, sorted by key; of equal keys the last counts.
    fn map<'a>(
        &mut self,
        key: ScalarKind,
        value: &Value,
        column: &mut Builder,
        row: usize,
        entries: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), Refused> {
        let Builder::Map(map) = column else {
            column.mismatch("a map");
            return Ok(());
        };
        let mut sorted = Vec::new();
        for entry in entries {
            sorted.push(read_entry(key, entry)?);
            self.unknown_possible |= matches!(value, Value::Struct(_)) || entry_has_unknown(entry)?;
        }
        // Stable: equal keys stay in the order of the wire.
        sorted.sort_by_key(|(key, _)| *key);
        for (place, (key, held)) in sorted.iter().enumerate() {
            if sorted.get(place + 1).is_some_and(|(next, _)| next == key) {
                continue;
            }
            let at = map.elements;
            put_key(*key, &mut map.keys, at);
            match held {
                &Some((mut cursor, tag)) => {
                    self.value(value, &mut map.values, at, &mut cursor, tag)?;
                }
                None => self.default_value(value, &mut map.values, at)?,
            }
            map.elements += 1;
        }
        map.close(row);
        Ok(())
    }

    /// What a map's entry without a value holds.
    fn default_value(&mut self, value: &Value, cell: &mut Builder, row: usize) -> Result<(), Refused> {
        let wire_type = match value {
            Value::Scalar(_) => {
                cell.put_zero_if_unset(row);
                return Ok(());
            }
            Value::Enum(_) => WireType::Varint,
            _ => WireType::Len,
        };
        // One zero byte: an enum's number, or the length of an empty message.
        self.value(value, cell, row, &mut Cursor::new(&[0]), Tag { number: 2, wire_type }).map(drop)
    }

    fn time(&mut self, bytes: &[u8]) -> Result<i64, Refused> {
        let (seconds, nanos) = self.seconds_and_nanos(bytes)?;
        micros(seconds, nanos.div_euclid(1000))
    }

    fn span(&mut self, bytes: &[u8]) -> Result<i64, Refused> {
        let (seconds, nanos) = self.seconds_and_nanos(bytes)?;
        micros(seconds, nanos / 1000)
    }

    fn seconds_and_nanos(&mut self, bytes: &[u8]) -> Result<(i64, i64), Refused> {
        let (mut seconds, mut nanos) = (0, 0);
        let mut cursor = Cursor::new(bytes);
        while let Some(tag) = cursor.tag()? {
            match (tag.number, tag.wire_type) {
                (1, WireType::Varint) => seconds = cursor.varint()?.cast_signed(),
                (2, WireType::Varint) => nanos = i64::from(cursor.enum_number()?),
                _ => {
                    self.unknown_possible = true;
                    cursor.skip(tag, 0)?;
                }
            }
        }
        Ok((seconds, nanos))
    }

    fn wrapper(&mut self, kind: ScalarKind, cell: &mut Builder, row: usize, bytes: &[u8]) -> Result<(), Refused> {
        let mut cursor = Cursor::new(bytes);
        while let Some(tag) = cursor.tag()? {
            if tag.number == 1 && tag.wire_type == kind.wire_type() && cell.len() <= row {
                put_scalar(kind, cell, row, &mut cursor)?;
            } else {
                self.unknown_possible = true;
                cursor.skip(tag, 0)?;
            }
        }
        cell.put_zero_if_unset(row);
        Ok(())
    }
}

/// Whether entries of the map that step number `step` fills came by.
fn has_entries(program: &Program, step: usize, entries: &[(usize, &[u8])]) -> bool {
    program.steps.get(step).is_some_and(|step| entries.iter().any(|(column, _)| *column == step.column))
}

/// The bytes of a message: after its length, or up to its group's end.
#[inline]
fn body<'a>(cursor: &mut Cursor<'a>, tag: Tag) -> Result<&'a [u8], Refused> {
    Ok(if tag.wire_type == WireType::StartGroup { cursor.group(tag.number, 0)? } else { cursor.bytes()? })
}

#[inline]
fn put_scalar(kind: ScalarKind, cell: &mut Builder, row: usize, cursor: &mut Cursor<'_>) -> Result<(), Refused> {
    match kind {
        // Text is known to be UTF-8 by now.
        ScalarKind::String | ScalarKind::Bytes => cell.put_bytes(row, cursor.bytes()?),
        ScalarKind::Int64 => cell.put_integer(row, cursor.varint()?.cast_signed()),
        ScalarKind::Int32 => cell.put_integer(row, i64::from(cursor.enum_number()?)),
        ScalarKind::Uint32 => cell.put_integer(row, i64::from(cursor.enum_number()?.cast_unsigned())),
        ScalarKind::Uint64 => cell.put_unsigned(row, cursor.varint()?),
        ScalarKind::Sint32 => {
            let word = cursor.enum_number()?.cast_unsigned();
            cell.put_integer(row, unzigzag(u64::from(word)));
        }
        ScalarKind::Sint64 => cell.put_integer(row, unzigzag(cursor.varint()?)),
        ScalarKind::Fixed32 => cell.put_integer(row, i64::from(cursor.fixed32()?)),
        ScalarKind::Fixed64 => cell.put_unsigned(row, cursor.fixed64()?),
        ScalarKind::Sfixed32 => cell.put_integer(row, i64::from(cursor.fixed32()?.cast_signed())),
        ScalarKind::Sfixed64 => cell.put_integer(row, cursor.fixed64()?.cast_signed()),
        ScalarKind::Bool => cell.put_bool(row, cursor.varint()? != 0),
        ScalarKind::Float => cell.put_float(row, f32::from_bits(cursor.fixed32()?)),
        ScalarKind::Double => cell.put_double(row, f64::from_bits(cursor.fixed64()?)),
    }
    Ok(())
}

fn micros(seconds: i64, micros: i64) -> Result<i64, Refused> {
    seconds.checked_mul(1_000_000).and_then(|whole| whole.checked_add(micros)).ok_or_else(|| {
        let detail = format!("{seconds} seconds are outside the range of a time");
        Violation { reason: Reason::InvalidPayload, field: String::new(), detail }.into()
    })
}

type Held<'a> = Option<(Cursor<'a>, Tag)>;

/// The key of a map's entry, and where its value stands.
fn read_entry(kind: ScalarKind, entry: &[u8]) -> Result<(Key<'_>, Held<'_>), Refused> {
    let mut key = None;
    let mut held = None;
    let mut cursor = Cursor::new(entry);
    while let Some(tag) = cursor.tag()? {
        if tag.number == 1 && tag.wire_type == kind.wire_type() {
            key = Some(match cursor.scalar(kind)? {
                Scalar::Int(value) => Key::Int(value),
                Scalar::Uint(value) => Key::Uint(value),
                Scalar::Bool(value) => Key::Bool(value),
                Scalar::Text(value) => Key::Text(value.as_bytes()),
                Scalar::Bytes(value) => Key::Text(value),
                Scalar::Float(_) | Scalar::Double(_) => continue,
            });
            continue;
        }
        if tag.number == 2 {
            held = Some((cursor, tag));
        }
        cursor.skip(tag, 0)?;
    }
    Ok((key.unwrap_or_else(|| zero_key(kind)), held))
}

fn entry_has_unknown(entry: &[u8]) -> Result<bool, Refused> {
    let mut cursor = Cursor::new(entry);
    while let Some(tag) = cursor.tag()? {
        if tag.number > 2 {
            return Ok(true);
        }
        cursor.skip(tag, 0)?;
    }
    Ok(false)
}

fn zero_key(kind: ScalarKind) -> Key<'static> {
    match kind {
        ScalarKind::Bool => Key::Bool(false),
        ScalarKind::String | ScalarKind::Bytes => Key::Text(b""),
        ScalarKind::Uint32 | ScalarKind::Uint64 | ScalarKind::Fixed32 | ScalarKind::Fixed64 => Key::Uint(0),
        _ => Key::Int(0),
    }
}

fn put_key(key: Key<'_>, keys: &mut Builder, row: usize) {
    match key {
        Key::Bool(value) => keys.put_bool(row, value),
        Key::Int(value) => keys.put_integer(row, value),
        Key::Uint(value) => keys.put_unsigned(row, value),
        Key::Text(value) => keys.put_bytes(row, value),
    }
}
