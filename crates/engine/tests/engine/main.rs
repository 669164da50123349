//! SQL over real tables in a folder, with the rows that are expected.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's way to fail")]

mod evolution;
mod fixture;
mod loss;
mod queries;
mod refusals;
mod windows;
