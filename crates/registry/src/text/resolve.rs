//! The files that a schema refers to, and those that they refer to, within bounds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::invalid;
use crate::refusal::Refusal;
use crate::schema::{Reference, Schema};
use crate::state::State;

/// How many files a schema may bring in, over all its references.
const IMPORTS_MAX: usize = 10_000;
/// How long a chain of references may be.
const DEPTH_MAX: usize = 64;

/// Files by their import names.
#[derive(Debug, Default)]
pub(super) struct Imports {
    files: BTreeMap<String, (Reference, Arc<Schema>)>,
}

impl Imports {
    /// What `references` of a new schema bring in: versions that are not hidden.
    pub(super) fn resolve(state: &State, references: &[Reference]) -> Result<Self, Refusal> {
        Self::collected(state, references, false)
    }

    /// What the references of a kept schema bring in; they may have been hidden since.
    pub(super) fn resolve_kept(state: &State, references: &[Reference]) -> Result<Self, Refusal> {
        Self::collected(state, references, true)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(|(_, schema)| schema.text.as_str())
    }

    /// All files by their import names.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, (_, schema))| (name.as_str(), schema.text.as_str()))
    }

    fn collected(state: &State, references: &[Reference], deleted: bool) -> Result<Self, Refusal> {
        let mut imports = Self::default();
        for reference in references {
            imports.add(state, reference, deleted, 0)?;
        }
        Ok(imports)
    }

    fn add(&mut self, state: &State, reference: &Reference, deleted: bool, depth: usize) -> Result<(), Refusal> {
        let Reference { name, subject, version } = reference;
        if depth == DEPTH_MAX {
            return Err(invalid(format!("references go more than {DEPTH_MAX} deep")));
        }
        if let Some((there, _)) = self.files.get(name) {
            return if there == reference {
                Ok(())
            } else {
                Err(invalid(format!(
                    "{name} is referred to as version {} of {} and as version {version} of {subject}; a file has one text",
                    there.version, there.subject
                )))
            };
        }
        let found = state.version(subject, *version).filter(|version| deleted || !version.deleted);
        let schema = found.and_then(|version| state.schema(version.id));
        let schema = schema
            .ok_or_else(|| invalid(format!("the reference {name}: there is no version {version} of {subject}")))?;
        if self.files.len() == IMPORTS_MAX {
            return Err(invalid(format!("references bring in more than {IMPORTS_MAX} files")));
        }
        self.files.insert(name.clone(), (reference.clone(), Arc::clone(schema)));
        for next in &schema.references {
            // What lies below was taken in when it was not hidden.
            self.add(state, next, true, depth + 1)?;
        }
        Ok(())
    }
}
