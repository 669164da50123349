//! What people look at: pages rendered on the server, and SQL for programs.
//!
//! ```text
//!   request ──► period ──► questions (SQL) ──► engine ──► figures ──► sentence, chart, table ──► page
//!                              └── kept for a moment, so that a hundred readers cost one query
//! ```
//! Pages need no script: one small one refreshes the live part where there is one. No event is named here: the
//! names come with [`PageOptions`].

mod figures;
mod presenter;
mod questions;

mod chart;
mod format;
mod period;
mod summary;

mod layout;

mod article_page;
mod front_page;
mod quarantine_page;
mod sql_page;

mod router;
mod sql_api;

pub use presenter::{CatalogSource, PageOptions, Presenter};
pub use router::router;
