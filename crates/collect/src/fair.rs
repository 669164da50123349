//! How senders share the server, so that one of them does not slow the others. Pure: no clock, no IO, no locks.
//!
//! | what is shared | how | module |
//! |---|---|---|
//! | a key's own allowance | a token bucket, and a count per UTC day | [`allowance`] |
//! | memory | a key holds at most twice what is left free | [`room`] |
//! | the log and the processors | turns, by deficit round robin over the keys | [`rounds`] |
//! | the way back | who is told to wait is told a moment of its own | [`allowance::Promised`] |

pub(crate) mod allowance;
pub(crate) mod drain;
pub(crate) mod room;
pub(crate) mod rounds;
