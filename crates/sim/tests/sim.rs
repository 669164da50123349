//! The simulator finds nothing in ten thousand worlds, and finds what is broken on purpose.

#![expect(clippy::unwrap_used, reason = "the functions that tests share fail a test as its own lines do")]

#[path = "sim/broken.rs"]
mod broken;
#[path = "sim/kept.rs"]
mod kept;
#[path = "sim/seeds.rs"]
mod seeds;
