//! The cursor: tags, varints, fixed widths, slices and skips, each bounded by the bytes that are there.

use crate::plan::{FieldKind, ScalarKind};
use crate::verdict::{Reason, Violation};

/// How many messages may stand inside each other, the outermost not counted: what protobuf's runtimes allow.
pub const DEPTH_MAX: u32 = 100;

/// The highest field number.
const NUMBER_MAX: u32 = (1 << 29) - 1;

/// A place in a message's bytes. Copies are cheap and mark a place to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

/// What stands before every value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// 1 to 2^29-1.
    pub number: u32,
    /// How the value is written.
    pub wire_type: WireType,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are protobuf's")]
pub enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Len = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

/// A scalar as it was read; text and bytes borrow from the message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    /// All signed kinds, and enums.
    Int(i64),
    /// All unsigned kinds.
    Uint(u64),
    /// float.
    Float(f32),
    /// double.
    Double(f64),
    /// bool.
    Bool(bool),
    /// string, known to be UTF-8.
    Text(&'a str),
    /// bytes.
    Bytes(&'a [u8]),
}

/// Why bytes are not a protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A value says it is longer than what is left.
    #[error("the bytes end in the middle of a value")]
    Truncated,
    /// More than ten bytes, or more than 64 bits.
    #[error("a varint is longer than 64 bits")]
    VarintTooLong,
    /// Zero, or above 2^29-1.
    #[error("a field has a number that protobuf does not allow")]
    FieldNumber,
    /// 6 or 7.
    #[error("a field has wire type {0}, which protobuf does not have")]
    UnknownWireType(u8),
    /// An end-group tag without its start, or of another number.
    #[error("a group ends that did not begin")]
    UnmatchedEndGroup,
    /// Messages or groups inside each other.
    #[error("messages are nested more than {DEPTH_MAX} deep")]
    TooDeep,
    /// Text is checked where it is read.
    #[error("the text is not UTF-8")]
    NotUtf8,
}

impl WireError {
    /// This error as the verdict on `field` (a dotted path; empty for the whole message).
    #[must_use]
    pub fn violation(self, field: impl Into<String>) -> Violation {
        Violation { reason: Reason::Undecodable, field: field.into(), detail: self.to_string() }
    }
}

impl From<WireError> for Violation {
    fn from(error: WireError) -> Self {
        error.violation("")
    }
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether the message ends here.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The bytes between `mark`, an earlier copy of this cursor, and here.
    #[must_use]
    pub fn since(&self, mark: &Self) -> &'a [u8] {
        let length = mark.rest.len().saturating_sub(self.rest.len());
        mark.rest.get(..length).unwrap_or_default()
    }

    /// The next tag; `None` at the end.
    ///
    /// # Errors
    /// Truncated, a number out of range, or a wire type that does not exist.
    #[inline]
    pub fn tag(&mut self) -> Result<Option<Tag>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let raw = u32::try_from(self.varint()?).map_err(|_| WireError::FieldNumber)?;
        let number = raw >> 3;
        if number == 0 || number > NUMBER_MAX {
            return Err(WireError::FieldNumber);
        }
        let wire_type = match raw & 7 {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Len,
            3 => WireType::StartGroup,
            4 => WireType::EndGroup,
            5 => WireType::Fixed32,
            other => return Err(WireError::UnknownWireType(other as u8)),
        };
        Ok(Some(Tag { number, wire_type }))
    }

    /// A base-128 varint. Padding with zero groups is legal; more than 64 bits is not.
    ///
    /// # Errors
    /// Truncated, or too long.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, WireError> {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for (place, &byte) in self.rest.iter().take(10).enumerate() {
            // The tenth byte holds the last of the 64 bits.
            if place == 9 && byte > 1 {
                return Err(WireError::VarintTooLong);
            }
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                self.rest = self.rest.get(place + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err(WireError::Truncated)
    }

    /// Four bytes, little-endian.
    ///
    /// # Errors
    /// Truncated.
    #[inline]
    pub fn fixed32(&mut self) -> Result<u32, WireError> {
        let (head, rest) = self.rest.split_first_chunk::<4>().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*head))
    }

    /// Eight bytes, little-endian.
    ///
    /// # Errors
    /// Truncated.
    #[inline]
    pub fn fixed64(&mut self) -> Result<u64, WireError> {
        let (head, rest) = self.rest.split_first_chunk::<8>().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*head))
    }

    /// A length and that many bytes.
    ///
    /// # Errors
    /// Truncated, or a length that is not a varint.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let length = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
        let (head, rest) = self.rest.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// A length and that much UTF-8.
    ///
    /// # Errors
    /// As [`Self::bytes`]; not UTF-8.
    #[inline]
    pub fn text(&mut self) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| WireError::NotUtf8)
    }

    /// The body of the group whose start tag was just read; its end tag is consumed. `depth` is how many
    /// messages stand around the group.
    ///
    /// # Errors
    /// Whatever is wrong inside it, and an end that is missing or another group's.
    pub fn group(&mut self, number: u32, depth: u32) -> Result<&'a [u8], WireError> {
        if depth >= DEPTH_MAX {
            return Err(WireError::TooDeep);
        }
        let start = *self;
        loop {
            let before = *self;
            let tag = self.tag()?.ok_or(WireError::Truncated)?;
            if tag.wire_type == WireType::EndGroup {
                return if tag.number == number { Ok(before.since(&start)) } else { Err(WireError::UnmatchedEndGroup) };
            }
            self.skip(tag, depth + 1)?;
        }
    }

    /// Passes over the value of `tag`, which was just read in a message that stands `depth` deep.
    ///
    /// # Errors
    /// Whatever is wrong with the value; nothing is read of a length-delimited one.
    pub fn skip(&mut self, tag: Tag, depth: u32) -> Result<(), WireError> {
        match tag.wire_type {
            WireType::Varint => self.varint().map(drop),
            WireType::Fixed64 => self.fixed64().map(drop),
            WireType::Len => self.bytes().map(drop),
            WireType::StartGroup => self.group(tag.number, depth).map(drop),
            WireType::EndGroup => Err(WireError::UnmatchedEndGroup),
            WireType::Fixed32 => self.fixed32().map(drop),
        }
    }

    /// One value of `kind`, without its tag: what follows a tag, and what stands in a packed field. Integers
    /// are cut to their kind's width, as every protobuf runtime does.
    ///
    /// # Errors
    /// Truncated, or text that is not UTF-8.
    #[inline]
    pub fn scalar(&mut self, kind: ScalarKind) -> Result<Scalar<'a>, WireError> {
        Ok(match kind {
            ScalarKind::Double => Scalar::Double(f64::from_bits(self.fixed64()?)),
            ScalarKind::Float => Scalar::Float(f32::from_bits(self.fixed32()?)),
            ScalarKind::Int32 => Scalar::Int(i64::from(low_word(self.varint()?).cast_signed())),
            ScalarKind::Int64 => Scalar::Int(self.varint()?.cast_signed()),
            ScalarKind::Uint32 => Scalar::Uint(u64::from(low_word(self.varint()?))),
            ScalarKind::Uint64 => Scalar::Uint(self.varint()?),
            ScalarKind::Sint32 => Scalar::Int(unzigzag(u64::from(low_word(self.varint()?)))),
            ScalarKind::Sint64 => Scalar::Int(unzigzag(self.varint()?)),
            ScalarKind::Fixed32 => Scalar::Uint(u64::from(self.fixed32()?)),
            ScalarKind::Fixed64 => Scalar::Uint(self.fixed64()?),
            ScalarKind::Sfixed32 => Scalar::Int(i64::from(self.fixed32()?.cast_signed())),
            ScalarKind::Sfixed64 => Scalar::Int(self.fixed64()?.cast_signed()),
            ScalarKind::Bool => Scalar::Bool(self.varint()? != 0),
            ScalarKind::String => Scalar::Text(self.text()?),
            ScalarKind::Bytes => Scalar::Bytes(self.bytes()?),
        })
    }

    /// An enum's number: 32 bits, whether the enum knows it or not.
    ///
    /// # Errors
    /// Truncated.
    #[inline]
    pub fn enum_number(&mut self) -> Result<i32, WireError> {
        Ok(low_word(self.varint()?).cast_signed())
    }
}

impl Scalar<'_> {
    /// Whether this is its type's zero, which implicit presence cannot tell from absence. A negative zero is not.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        match self {
            Self::Int(value) => *value == 0,
            Self::Uint(value) => *value == 0,
            Self::Float(value) => value.to_bits() == 0,
            Self::Double(value) => value.to_bits() == 0,
            Self::Bool(value) => !*value,
            Self::Text(value) => value.is_empty(),
            Self::Bytes(value) => value.is_empty(),
        }
    }
}

impl ScalarKind {
    /// How one value of this kind is written.
    #[must_use]
    pub const fn wire_type(self) -> WireType {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => WireType::Fixed64,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => WireType::Fixed32,
            Self::String | Self::Bytes => WireType::Len,
            _ => WireType::Varint,
        }
    }

    /// Whether repeated values may share one length-delimited field.
    #[must_use]
    pub const fn packable(self) -> bool {
        !matches!(self, Self::String | Self::Bytes)
    }
}

impl FieldKind {
    /// How one value of this kind is written.
    #[must_use]
    pub const fn wire_type(&self) -> WireType {
        match self {
            Self::Scalar(kind) => kind.wire_type(),
            Self::Enum(_) => WireType::Varint,
            Self::Message(_) => WireType::Len,
            Self::Group(_) => WireType::StartGroup,
        }
    }

    /// Whether repeated values may share one length-delimited field.
    #[must_use]
    pub const fn packable(&self) -> bool {
        match self {
            Self::Scalar(kind) => kind.packable(),
            Self::Enum(_) => true,
            Self::Message(_) | Self::Group(_) => false,
        }
    }
}

/// The signed integer that a zigzag varint stands for.
#[must_use]
pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// The zigzag varint of a signed integer.
#[must_use]
pub const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// The low 32 bits: how protobuf reads a varint into a narrower field.
const fn low_word(value: u64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests;
