//! The schema crate from the outside, on data that others made.

#![expect(clippy::unwrap_used, reason = "the functions that tests share fail a test as its own lines do")]

#[path = "schema/buf_suite.rs"]
mod buf_suite;
