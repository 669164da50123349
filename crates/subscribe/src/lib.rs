//! The log for people and programs: what was received, as JSON, while it comes.
//!
//! ```text
//!   log ──► feed ──► shown ──► GET /v1/subscribe     server-sent events, from an offset or a time
//!           from a   one JSON  GET /inspect/…        what an app under test has sent since the last reset
//!           cursor   object    trace                 every record of one event_id
//! ```
//!
//! Readers here only read: they commit no offsets, so retention does not wait for them, and a subscriber that does
//! not take what it asked for is cut off. What they show is what is durable, at once, whether or not the judge has
//! come to it.

mod cursor;
mod feed;
mod filter;
mod shown;

mod expect;
mod inspect;
mod trace;

mod options;
mod router;
mod stream;

pub use cursor::{Cursor, CursorError, From};
pub use expect::{Expectations, ExpectationsError, Unmet};
pub use feed::{Feed, FeedError};
pub use filter::{Filter, FilterError};
pub use inspect::{Inspected, Inspector, Refused, RefusedSource};
pub use options::SubscribeOptions;
pub use router::{MetricsText, SubscribeParts, inspect_router, no_inspector_router, subscribe_router};
pub use shown::Shown;
pub use trace::{Hop, MATCHES_MAX, find};
