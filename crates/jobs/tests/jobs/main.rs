//! Jobs over real tables in a folder: what is published, what is not, and that twice is once.

#![expect(clippy::unwrap_used, reason = "a test's way to fail")]

mod failures;
mod fixture;
mod partitions;
mod templates;
