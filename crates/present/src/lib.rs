//! What people look at: pages rendered on the server, and SQL for programs.
//!
//! ```text
//!   request ──► period ──► questions (SQL) ──► engine ──► figures ──► sentence, chart, table ──► page
//!                              └── kept for a moment, so that a hundred readers cost one query
//! ```
//! Pages need no script: a small one refreshes the live part and the search where they are. No event is named here: the
//! names come with [`PageOptions`], and the catalogue of all events with [`Definitions`]. The catalogue can also be had
//! as files ([`static_site`]).

mod figures;
mod presenter;
mod questions;

mod chart;
mod format;
mod links;
mod period;
mod summary;

mod layout;

mod article_page;
mod front_page;
mod inspect_page;
mod loss_page;
mod quarantine_page;
mod sql_page;

mod catalogue;

mod adoption;
mod volume;

mod adoption_page;
mod event_fields;
mod event_page;
mod events_page;
mod static_site;

mod router;
mod sql_api;

pub use catalogue::{Definitions, ProjectUses};
pub use inspect_page::{Inspected, Inspection, inspect_router};
pub use presenter::{CatalogSource, PageOptions, Presenter};
pub use router::router;
pub use static_site::{StaticFile, StaticSiteError, static_site};
