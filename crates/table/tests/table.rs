//! Tables as others see them: read by independent readers, crashed at every step, contended by random writers.

#[path = "table/crashes.rs"]
mod crashes;
#[path = "table/data.rs"]
mod data;
#[path = "table/readers.rs"]
mod readers;
#[path = "table/writers.rs"]
mod writers;
