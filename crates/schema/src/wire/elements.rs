//! The elements of one repeated field in a message's bytes, packed or not, and sets of fields.

use super::cursor::{Cursor, Scalar, Tag, WireType};
use crate::plan::{Cardinality, FieldKind, FieldPlan, ScalarKind};

/// The elements of one repeated field or map, each as a cursor at its value (of a map: at its entry). It ends early
/// where bytes are malformed, which whoever needs to know has found out before.
#[derive(Debug)]
pub(crate) struct Elements<'a> {
    field: &'a FieldPlan,
    message: Cursor<'a>,
    packed: Cursor<'a>,
}

impl<'a> Elements<'a> {
    pub(crate) const fn of(field: &'a FieldPlan, message: &'a [u8]) -> Self {
        Self { field, message: Cursor::new(message), packed: Cursor::new(&[]) }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Cursor<'a>;

    fn next(&mut self) -> Option<Cursor<'a>> {
        let wire_type = self.field.kind.wire_type();
        loop {
            if !self.packed.is_empty() {
                let element = self.packed;
                self.packed.skip(Tag { number: self.field.number, wire_type }, 0).ok()?;
                return Some(element);
            }
            let tag = self.message.tag().ok()??;
            let element = self.message;
            if tag.number == self.field.number && tag.wire_type == WireType::Len && is_packed(self.field, tag) {
                self.packed = Cursor::new(self.message.bytes().ok()?);
                continue;
            }
            self.message.skip(tag, 0).ok()?;
            if tag.number == self.field.number {
                return Some(element);
            }
        }
    }
}

/// Whether a tag of the field announces several values.
pub(crate) fn is_packed(field: &FieldPlan, tag: Tag) -> bool {
    tag.wire_type == WireType::Len && field.cardinality == Cardinality::Repeated && field.kind.packable()
}

/// A value by which elements are told apart. Floats are compared as numbers, so zeros are equal whatever their sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity<'a> {
    Int(i64),
    Uint(u64),
    Bool(bool),
    Bytes(&'a [u8]),
}

impl<'a> Identity<'a> {
    /// `None` for a NaN, which equals nothing, and for what cannot be read.
    pub(crate) fn of(kind: &FieldKind, mut value: Cursor<'a>) -> Option<Self> {
        match kind {
            FieldKind::Scalar(kind) => value.scalar(*kind).ok().and_then(Self::of_scalar),
            FieldKind::Enum(_) => value.enum_number().ok().map(|number| Self::Int(i64::from(number))),
            FieldKind::Message(_) => value.bytes().ok().map(Self::Bytes),
            FieldKind::Group(_) => None,
        }
    }

    pub(crate) fn of_scalar(value: Scalar<'a>) -> Option<Self> {
        let float = |value: f64| (!value.is_nan()).then(|| Self::Uint((value + 0.0).to_bits()));
        match value {
            Scalar::Int(value) => Some(Self::Int(value)),
            Scalar::Uint(value) => Some(Self::Uint(value)),
            Scalar::Bool(value) => Some(Self::Bool(value)),
            Scalar::Text(value) => Some(Self::Bytes(value.as_bytes())),
            Scalar::Bytes(value) => Some(Self::Bytes(value)),
            Scalar::Float(value) => float(f64::from(value)),
            Scalar::Double(value) => float(value),
        }
    }
}

/// How many fields a [`FieldSet`] holds without allocation.
const INLINE: usize = 128;

/// A set of fields by their place in a plan.
#[derive(Debug, Default)]
pub(crate) struct FieldSet {
    inline: [u64; INLINE / 64],
    spill: Vec<u64>,
}

impl FieldSet {
    /// Adds a field; whether it was not there before.
    #[inline]
    pub(crate) fn insert(&mut self, index: usize) -> bool {
        let bit = 1 << (index % 64);
        let word = match self.inline.get_mut(index / 64) {
            Some(word) => word,
            None => {
                let place = index / 64 - self.inline.len();
                if self.spill.len() <= place {
                    self.spill.resize(place + 1, 0);
                }
                &mut self.spill[place]
            }
        };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    #[inline]
    pub(crate) fn contains(&self, index: usize) -> bool {
        let word = self.inline.iter().chain(&self.spill).nth(index / 64);
        word.is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}

impl ScalarKind {
    /// The value that a field of this kind has when it is not set.
    #[must_use]
    pub const fn zero(self) -> Scalar<'static> {
        match self {
            Self::Double => Scalar::Double(0.0),
            Self::Float => Scalar::Float(0.0),
            Self::Int32 | Self::Int64 | Self::Sint32 | Self::Sint64 | Self::Sfixed32 | Self::Sfixed64 => Scalar::Int(0),
            Self::Uint32 | Self::Uint64 | Self::Fixed32 | Self::Fixed64 => Scalar::Uint(0),
            Self::Bool => Scalar::Bool(false),
            Self::String => Scalar::Text(""),
            Self::Bytes => Scalar::Bytes(b""),
        }
    }
}
