//! Tables as others see them: read by independent readers, crashed at every step, contended by random writers.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a test fails by panicking, and its numbers are small and not negative"
)]

#[path = "table/crashes.rs"]
mod crashes;
#[path = "table/data.rs"]
mod data;
#[path = "table/readers.rs"]
mod readers;
#[path = "table/writers.rs"]
mod writers;
