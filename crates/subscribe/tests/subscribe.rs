//! The log's readers over HTTP on loopback, above a log on a simulated disk.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's way to fail")]

#[path = "subscribe/bed.rs"]
mod bed;
#[path = "subscribe/inspector.rs"]
mod inspector;
#[path = "subscribe/streams.rs"]
mod streams;
#[path = "subscribe/tracing.rs"]
mod tracing;
