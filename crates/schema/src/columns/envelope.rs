//! The envelope's bytes into its columns, with no struct of owned text in between.
//!
//! Rows of one batch mostly come from one device and carry the same context, byte for byte. A context that equals
//! the row before's is not parsed again: its columns repeat their last cells.

use super::builder::Builder;
use crate::event_time::EventTime;
use crate::verdict::Violation;
use crate::wire::{Cursor, WireError, WireType};

/// Fields of `judi.v1.Context`, all text, numbered from 1.
const CONTEXT_FIELDS: usize = 20;
const MICROS_PER_DAY: i64 = 86_400_000_000;

// Places in `crate::layout::ENVELOPE_COLUMNS`; a test holds them to the names.
const EVENT_ID: usize = 0;
const EVENT: usize = 1;
const EVENT_TIME: usize = 2;
const RECEIVED_AT: usize = 3;
const OCCURRED_AT: usize = 4;
const SENT_AT: usize = 5;
const RECEIVED_DATE: usize = 6;
/// Where the context's fields 1 to 18 begin; 19 and 20 come after `is_bot`.
const CONTEXT: usize = 7;
const IS_BOT: usize = 25;
const SEQUENCE: usize = 28;
const SCHEMA_VERSION: usize = 29;
const EVENT_TIME_FLAG: usize = 30;
/// Where the payload's unknown fields go.
pub(super) const UNKNOWN: usize = 31;

/// An envelope whose text still stands in the record.
#[derive(Debug, Default)]
pub(super) struct EnvelopeView<'a> {
    event_id: &'a [u8],
    event: &'a [u8],
    event_time_us: i64,
    received_at_us: i64,
    occurred_at_us: Option<i64>,
    sent_at_us: Option<i64>,
    sequence: Option<u64>,
    schema_version: u64,
    event_time_flag: &'static str,
    is_bot: bool,
    context: ContextView<'a>,
}

#[derive(Debug, Default)]
enum ContextView<'a> {
    #[default]
    Absent,
    /// One message, as usual.
    Once(&'a [u8]),
    /// A singular message that occurs more than once is the merger of all.
    Merged(Box<ContextFields<'a>>),
}

/// Text, known to be UTF-8, by field number.
type ContextFields<'a> = [&'a [u8]; CONTEXT_FIELDS];

/// The context of the row before.
#[derive(Debug, Default)]
pub(super) struct ContextMemo {
    bytes: Vec<u8>,
    /// The row that may repeat it; `None`: there is none.
    next_row: Option<usize>,
}

impl<'a> EnvelopeView<'a> {
    /// Reads everything but the text of the context.
    ///
    /// # Errors
    /// `undecodable` when the bytes are not an envelope.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Violation> {
        Self::parse(bytes).map_err(|error| error.violation("envelope"))
    }

    /// With another time than it says itself.
    pub(super) fn timed(self, time: EventTime) -> Self {
        Self { event_time_us: time.us, event_time_flag: time.flag.map_or("", |flag| flag.as_str()), ..self }
    }

    fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut view = Self::default();
        let mut cursor = Cursor::new(bytes);
        while let Some(tag) = cursor.tag()? {
            match (tag.number, tag.wire_type) {
                (1, WireType::Len) => view.event_id = text(&mut cursor)?,
                (2, WireType::Len) => view.event = text(&mut cursor)?,
                (3, WireType::Varint) => view.event_time_us = cursor.varint()?.cast_signed(),
                (4, WireType::Varint) => view.received_at_us = cursor.varint()?.cast_signed(),
                (5, WireType::Varint) => view.occurred_at_us = Some(cursor.varint()?.cast_signed()),
                (6, WireType::Varint) => view.sent_at_us = Some(cursor.varint()?.cast_signed()),
                (7, WireType::Varint) => view.sequence = Some(cursor.varint()?),
                (9, WireType::Varint) => view.schema_version = cursor.varint()? & u64::from(u32::MAX),
                (10, WireType::Varint) => view.is_bot = cursor.varint()? != 0,
                (13, WireType::Len) => view.context.add(cursor.bytes()?)?,
                _ => cursor.skip(tag, 0)?,
            }
        }
        Ok(view)
    }

    /// Writes the envelope's columns of `row`.
    ///
    /// # Errors
    /// `undecodable` when the context's bytes are not a context; some columns are written then.
    pub(super) fn write(&self, columns: &mut [Builder], row: usize, memo: &mut ContextMemo) -> Result<(), Violation> {
        put_text(&mut columns[EVENT_ID], row, self.event_id);
        put_text(&mut columns[EVENT], row, self.event);
        columns[EVENT_TIME].put_integer(row, self.event_time_us);
        columns[RECEIVED_AT].put_integer(row, self.received_at_us);
        if let Some(time) = self.occurred_at_us {
            columns[OCCURRED_AT].put_integer(row, time);
        }
        if let Some(time) = self.sent_at_us {
            columns[SENT_AT].put_integer(row, time);
        }
        columns[RECEIVED_DATE].put_date(row, day_of(self.received_at_us));
        columns[IS_BOT].put_bool(row, self.is_bot);
        if let Some(sequence) = self.sequence {
            columns[SEQUENCE].put_unsigned(row, sequence);
        }
        columns[SCHEMA_VERSION].put_unsigned(row, self.schema_version);
        put_text(&mut columns[EVENT_TIME_FLAG], row, self.event_time_flag.as_bytes());
        self.context.write(columns, row, memo).map_err(|error| error.violation("envelope.context"))
    }
}

impl<'a> ContextView<'a> {
    fn add(&mut self, bytes: &'a [u8]) -> Result<(), WireError> {
        *self = match std::mem::take(self) {
            Self::Absent => Self::Once(bytes),
            Self::Once(first) => {
                let mut fields = Box::new(ContextFields::default());
                read_context(first, &mut fields)?;
                read_context(bytes, &mut fields)?;
                Self::Merged(fields)
            }
            Self::Merged(mut fields) => {
                read_context(bytes, &mut fields)?;
                Self::Merged(fields)
            }
        };
        Ok(())
    }

    fn write(&self, columns: &mut [Builder], row: usize, memo: &mut ContextMemo) -> Result<(), WireError> {
        match self {
            Self::Absent => {}
            Self::Once(bytes) if memo.next_row == Some(row) && memo.bytes == *bytes => {
                for column in 0..CONTEXT_FIELDS {
                    columns[context_column(column)].repeat_previous(row);
                }
                memo.next_row = Some(row + 1);
            }
            Self::Once(bytes) => {
                let mut fields = ContextFields::default();
                read_context(bytes, &mut fields)?;
                write_context(columns, row, &fields);
                memo.bytes.clear();
                memo.bytes.extend_from_slice(bytes);
                memo.next_row = Some(row + 1);
            }
            Self::Merged(fields) => write_context(columns, row, fields),
        }
        Ok(())
    }
}

impl ContextMemo {
    /// The next row repeats nothing.
    pub(super) fn forget(&mut self) {
        self.next_row = None;
    }
}

/// The UTC day of a time in microseconds, in days since 1970.
pub(super) fn day_of(time_us: i64) -> i32 {
    // The quotient of any 64-bit time stands far inside 32 bits.
    i32::try_from(time_us.div_euclid(MICROS_PER_DAY)).unwrap_or_default()
}

fn read_context<'a>(bytes: &'a [u8], fields: &mut ContextFields<'a>) -> Result<(), WireError> {
    let mut cursor = Cursor::new(bytes);
    while let Some(tag) = cursor.tag()? {
        let place = usize::try_from(tag.number).unwrap_or_default().wrapping_sub(1);
        match fields.get_mut(place) {
            Some(field) if tag.wire_type == WireType::Len => *field = text(&mut cursor)?,
            _ => cursor.skip(tag, 1)?,
        }
    }
    Ok(())
}

fn write_context(columns: &mut [Builder], row: usize, fields: &ContextFields<'_>) {
    for (place, text) in fields.iter().enumerate() {
        put_text(&mut columns[context_column(place)], row, text);
    }
}

/// The column of the context's field, counted from 0.
const fn context_column(place: usize) -> usize {
    let column = CONTEXT + place;
    if column < IS_BOT { column } else { column + 1 }
}

/// Bytes that are UTF-8. Most text here is ASCII, which is told faster.
#[inline]
fn text<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], WireError> {
    let bytes = cursor.bytes()?;
    if is_ascii(bytes) || std::str::from_utf8(bytes).is_ok() { Ok(bytes) } else { Err(WireError::NotUtf8) }
}

/// As the standard library's, but eight bytes at a time also where there are few.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let Some(last) = bytes.last_chunk::<8>() else { return bytes.iter().fold(0, |all, byte| all | byte) < 0x80 };
    // The last eight overlap with the chunk before them where the length is no multiple.
    let (chunks, _) = bytes.as_chunks::<8>();
    let all = chunks.iter().fold(u64::from_ne_bytes(*last), |all, chunk| all | u64::from_ne_bytes(*chunk));
    all & HIGH_BITS == 0
}

#[inline]
fn put_text(column: &mut Builder, row: usize, text: &[u8]) {
    if !text.is_empty() {
        column.put_bytes(row, text);
    }
}
