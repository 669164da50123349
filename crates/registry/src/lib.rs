//! The schema registry: the project's published versions and other people's schemas, over HTTP in the form of
//! Confluent Schema Registry, so that its stock clients work unmodified.
//!
//! ```text
//!   Schemas ──publish──► subjects of the project, read-only   ┐
//!                                                             ├─ state ◄── index, a line a commit, synced
//!   clients ──POST─────► other subjects ──► compile, compare ─┘              schemas by their hashes
//! ```
//!
//! A record on the event log names the writer's schema version as its schema id, and its message by the place in
//! that version's derived file. So version `n` has the id `n` here, and ids that the registry gives begin far above.
//!
//! [`compat`] (may a reader read what a writer wrote), `state` (what follows from a change) and the index's
//! recovery are pure; [`Registry`] is the shell around them, [`router`] puts it on the network.

mod answers;
mod ask;
pub mod compat;
mod published;
mod refusal;
mod registry;
mod router;
mod schema;
mod settings;
mod state;
mod store;
mod text;
mod wire;

pub use refusal::RegistryError;
pub use registry::Registry;
pub use router::router;
