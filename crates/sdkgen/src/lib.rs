//! Typed event libraries: one schema version becomes a package in each language, with the typed tracker, an encoder of
//! its own and the hand-written runtime beside it.
//!
//! ```text
//!   Model ──Library::of──► Library ──┬──► js     ┐
//!                                    ├──► go     ├──► Vec<GeneratedFile>: the same bytes for the same schema
//!                                    ├──► java   │
//!                                    └──► swift  ┘
//! ```
//!
//! What an emitter writes is docs/sdk/wire.md, and what a runtime does docs/sdk/behaviour.md: one for all languages.

pub mod canonical;
mod digest;
pub mod go;
pub mod java;
pub mod js;
pub mod library;
pub mod naming;
pub mod registry;
pub mod swift;
mod zip;

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Relative to the package's folder, with `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}
