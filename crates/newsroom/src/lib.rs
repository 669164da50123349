//! The example that `judi init` writes and `judi demo` brings to life: a newsroom's project and its readers.
//!
//! ```text
//!   template/   judi.toml, conventions.toml, schema, jobs ──► Template ──► a project's folder
//!   scenario.toml (names) + seed + minute ──► Newsroom ──► sessions ──► events ──► history (JSON lines)
//!                                                                            └───► live (batches to send)
//! ```
//! Everything that happens in a minute follows from the seed and the minute alone, so that history that is made
//! again, or a demo that goes on after a stop, gives the same events with the same ids.

mod articles;
mod history;
mod live;
mod readers;
mod rhythm;
mod scenario;
mod template;

pub use history::history_lines;
pub use live::{Live, Request};
pub use readers::{Newsroom, ReaderEvent};
pub use template::{TemplateFile, template};
