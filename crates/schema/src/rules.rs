//! `buf.validate` rules of a field, compiled: what a value must satisfy beyond its type.

/// The standard rules of one field.
#[derive(Debug, Default)]
pub struct Rules {}
