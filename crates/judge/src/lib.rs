//! The judge: the one subscriber that turns the log into the `events` and `quarantine` tables, exactly once.

pub mod dedup;
