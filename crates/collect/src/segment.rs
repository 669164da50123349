//! Segment's tracking API, as its libraries, RudderStack's and Jitsu's speak it: the same front as `/v1/events`, with
//! other words.
//!
//! ```text
//!   POST /v1/track … /v1/b  ──► body: one call or a batch of them ──► read: Incoming ──► accept, which maps it
//!   GET  /v1/projects/KEY/settings ──► settings: what the browser's library asks before it sends
//! ```

mod body;
mod format;
mod read;
mod routes;
mod settings;

pub(crate) use read::read_call;
pub(crate) use routes::routes;
