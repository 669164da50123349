//! The one versioned definition of the events, and everything that is derived from it.
//!
//! ```text
//!   schema/**/*.proto ──compile──► descriptors ──► Model (events, versions) ──► Plans ──► wire   validate, walk
//!                                       │                                          ├────► json   JSON ⇄ wire
//!                                       ▼                                          └────► columns wire → Arrow
//!                                  ledger.json: event id + field path → column, for ever
//! ```

pub mod catalogue;
pub mod columns;
pub mod comments;
pub mod compile;
pub mod derived;
pub mod embedded;
pub mod envelope;
pub mod error;
pub mod finding;
pub mod json;
pub mod layout;
pub mod ledger;
pub mod model;
pub mod nearest;
pub mod options;
pub mod plan;
pub mod record;
pub mod refit;
pub mod rules;
pub mod schemas;
pub mod verdict;
pub mod view;
pub mod wire;
