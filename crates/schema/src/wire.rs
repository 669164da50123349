//! Protobuf's wire format, read by plan: one cursor for all that read payloads, and one verdict on them.
//!
//! [`validate`] and [`checked`] are the only judges of a payload's bytes. Whoever turns bytes into something
//! else (columns, JSON) calls [`checked`] first and walks what it returns: those bytes are well-formed, their
//! text is UTF-8, required fields are there, rules hold, and **every singular field and every oneof occurs at
//! most once**, so a walker needs neither merge logic nor a second opinion. The bytes are borrowed as they came
//! unless a sender wrote a singular field twice, which is legal, rare, and rewritten.
//!
//! What is refused, and why:
//!
//! | bytes | reason |
//! |---|---|
//! | truncated, a varint over 64 bits, field number 0 or over 2^29-1, wire types 6 and 7, an end-group without its start | `undecodable` |
//! | more than [`DEPTH_MAX`] messages inside each other | `undecodable` |
//! | a known number with another wire type than its type's (packed and unpacked are both right) | `undecodable` |
//! | text that is not UTF-8 | `undecodable` |
//! | a required field that is not set; a Timestamp or Duration out of its range; a number beyond 32 bits in an int32, uint32 or sint32 | `invalid_payload` |
//! | a value that breaks a `buf.validate` rule | `constraint` |

mod cursor;
mod elements;
mod judge;
pub(crate) mod place;
#[cfg(test)]
pub(crate) mod sample;
mod single;
pub mod time;

pub use cursor::{Cursor, DEPTH_MAX, Scalar, Tag, WireError, WireType, unzigzag, zigzag};
pub(crate) use elements::FieldSet;
pub(crate) use judge::in_range;
pub use judge::{checked, validate, well_formed};

#[cfg(test)]
mod tests;
