//! Calls of Segment's libraries as events of the schema: pure, and the same when a call arrives and when it is judged
//! again.
//!
//! ```text
//!   schema/segment.toml ──parse──► Mapping ──check──► fits the newest version
//!                                    │
//!   JSON of a call ──► Call ──────► map ──► event, payload in protobuf, more context
//!                        └──► context_of ──► who, where and with what
//! ```
//!
//! Other libraries that speak the same (RudderStack's, Jitsu's) send the same calls.

mod apply;
mod call;
mod check;
mod coerce;
mod context;
mod mapping;
mod names;
mod parse;
mod targets;

pub use apply::{Mapped, Unmapped, map};
pub use call::{Call, CallKind, Members, kept};
pub use check::check;
pub use coerce::time_of;
pub use context::{Arrived, arrived, shared_context};
pub use mapping::{Convert, MAPPING_BYTES_MAX, MAPPING_FILE, Mapping, Rule, Target};
pub use names::snake_case;
pub use parse::parse;
pub use targets::ContextField;

#[cfg(test)]
mod tests;
