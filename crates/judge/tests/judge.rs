//! The judge on real logs and tables: step by step, as a service, and on a disk that fails at any moment.

#![expect(clippy::unwrap_used, reason = "the functions that tests share fail a test as its own lines do")]

#[path = "judge/again.rs"]
mod again;
#[path = "judge/clocks.rs"]
mod clocks;
#[path = "judge/replays.rs"]
mod replays;
#[path = "judge/service.rs"]
mod service;
#[path = "judge/setting.rs"]
mod setting;
#[path = "judge/simulation.rs"]
mod simulation;
#[path = "judge/steps.rs"]
mod steps;
