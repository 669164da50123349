//! The Event API: HTTP in, durable records out.
//!
//! ```text
//!   POST /v1/events ──► body ──► inflate ──► json | protobuf ──► accept ──► batch ──► log ──► answer
//!     keys, CORS       bounded    bounded     events as slices    pure       by        one      one result
//!                                                                           partition  fsync    per event
//! ```
//!
//! [`accept`] is the pure core and is shared with imports; [`Collector`] is the shell around it; [`router()`]
//! and [`serve()`] put it on the network. A body's memory is counted from its first byte to its answer, and
//! the sum of all is bounded, so that load becomes a 429 and never a crash.

pub mod accept;
mod answer;
mod batch;
mod body;
pub mod bots;
mod collector;
mod cors;
mod fair;
mod format;
mod in_flight;
pub mod incoming;
mod inflate;
mod json;
mod keys;
pub mod moment;
mod options;
mod parameters;
mod pixel;
mod protobuf;
mod recent;
mod refusal;
mod router;
mod seen;
mod segment;
mod serve;
mod telemetry;
mod tenant;
mod tls;
mod turns;
mod usage;
mod visitor;

pub use accept::{Accepted, Acceptor, EventResult, Facts, Status};
pub use collector::{Collector, CollectorParts, JudgeLag, MetricsText};
pub use options::{CollectOptions, CookieOptions, Key, Limits, PathPrefix, SegmentLimits};
pub use recent::RecentRefusal;
pub use router::{not_found, router, under_prefix};
pub use serve::{ServeOptions, serve};
pub use tls::{Tls, TlsError};
