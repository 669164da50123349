//! The schema crate from the outside, on data that others made.

#[path = "schema/buf_suite.rs"]
mod buf_suite;
