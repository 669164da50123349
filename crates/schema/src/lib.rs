//! The one versioned definition of the events, and everything that is derived from it.
//!
//! ```text
//!   schema/**/*.proto ──compile──► descriptors ──► Model (events, versions) ──► Plans ──► wire   validate, walk
//!                                       │                                          ├────► json   JSON ⇄ wire
//!                                       ▼                                          └────► columns wire → Arrow
//!                                  ledger.json: event id + field path → column, for ever
//! ```

pub mod breaking;
pub mod catalogue;
pub mod columns;
pub mod comments;
pub mod compile;
pub mod derived;
pub mod diff;
pub mod embedded;
pub mod envelope;
pub mod error;
pub mod event_time;
pub mod finding;
pub mod front;
pub mod infer;
pub mod json;
mod json_name;
pub mod layout;
pub mod ledger;
pub mod lint;
pub mod model;
pub mod nearest;
pub mod options;
pub mod page;
pub mod plan;
pub mod printer;
pub mod record;
pub mod refit;
pub mod rules;
pub mod schemas;
pub mod segment;
pub mod verdict;
pub mod view;
pub mod wire;
