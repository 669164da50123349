//! The one versioned definition of the events, and everything that is derived from it.
//!
//! ```text
//!   schema/**/*.proto ──compile──► descriptors ──► Model (events, versions) ──► Plans ──► wire   validate, walk
//!                                       │                                          ├────► json   JSON ⇄ wire
//!                                       ▼                                          └────► columns wire → Arrow
//!                                  ledger.json: event id + field path → column, for ever
//! ```

pub mod compile;
pub mod embedded;
pub mod envelope;
pub mod error;
pub mod layout;
pub mod model;
pub mod options;
pub mod plan;
pub mod rules;
pub mod verdict;
pub mod wire;
