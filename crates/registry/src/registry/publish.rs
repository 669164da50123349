//! Taking the project's published versions into the registry.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use judi_schema::model::Model;
use judi_schema::schemas::Schemas;

use super::{Registry, Writer};
use crate::published::{Fixed, PublishedFile, files_of, own_files, quarantine_files};
use crate::refusal::RegistryError;
use crate::schema::{Hash, Reference, Schema};
use crate::state::{Change, State};
use crate::text::{identity, parse_any_length};

/// Changes that are not durable yet, and the state behind them.
struct Draft {
    state: State,
    schemas: Vec<Arc<Schema>>,
    changes: Vec<Change>,
}

impl Registry {
    pub(super) fn publish(&self, writer: &mut Writer, schemas: Arc<Schemas>) -> Result<(), RegistryError> {
        let published = self.try_publish(writer, &schemas);
        let waits = published.as_ref().is_err_and(RegistryError::retry);
        writer.waiting = waits.then_some(schemas);
        self.inner.waiting.store(waits, Ordering::Release);
        published
    }

    /// Tries again what the disk had no room for.
    pub(super) fn publish_waiting(&self) {
        let mut writer = self.writer();
        let Some(schemas) = writer.waiting.take() else { return };
        if let Err(error) = self.publish(&mut writer, schemas) {
            tracing::debug!(%error, "the registry still cannot take the published versions");
        }
    }

    fn try_publish(&self, writer: &mut Writer, schemas: &Schemas) -> Result<(), RegistryError> {
        let mut state = self.state_now().as_ref().clone();
        let own: BTreeSet<String> = schemas.versions().flat_map(|model| own_files(model).cloned()).collect();
        state.own = Arc::new(own);
        state = self.carry_out(writer, Draft::of_quarantine(state)?)?;
        for model in schemas.versions() {
            match state.published(model.version) {
                Some(known) if known == model.fingerprint => continue,
                Some(known) => {
                    return Err(RegistryError::ForeignVersion {
                        version: model.version,
                        known: known.to_owned(),
                        fingerprint: model.fingerprint.clone(),
                    });
                }
                None => {}
            }
            match Draft::of(state.clone(), model) {
                Ok(draft) => state = self.carry_out(writer, draft)?,
                // Events are taken and judged all the same; only others cannot be told what they are.
                Err(error) => tracing::warn!(version = model.version, %error, "the registry does not show a version"),
            }
        }
        Ok(())
    }

    fn carry_out(&self, writer: &mut Writer, draft: Draft) -> Result<State, RegistryError> {
        if !draft.changes.is_empty() {
            writer.store.commit(&draft.schemas, &draft.changes)?;
        }
        self.show(draft.state.clone());
        Ok(draft.state)
    }
}

impl Draft {
    fn of_quarantine(state: State) -> Result<Self, RegistryError> {
        let mut draft = Self { state, schemas: Vec::new(), changes: Vec::new() };
        for file in quarantine_files()? {
            draft.add(&file)?;
        }
        Ok(draft)
    }

    /// What it takes to show a version.
    fn of(state: State, model: &Model) -> Result<Self, RegistryError> {
        let mut draft = Self { state, schemas: Vec::new(), changes: Vec::new() };
        for file in files_of(model)? {
            draft.add(&file)?;
        }
        draft.change(
            Change::Published { version: model.version, fingerprint: model.fingerprint.clone() },
            None,
            "the version",
        )?;
        Ok(draft)
    }

    fn add(&mut self, file: &PublishedFile) -> Result<(), RegistryError> {
        let unpublishable = |cause: String| RegistryError::Unpublishable { file: file.subject.clone(), cause };
        let references = file.imports.iter().map(|import| {
            let newest = self.state.versions(import).rev().find(|(_, version)| !version.deleted);
            let (version, _) = newest.ok_or_else(|| unpublishable(format!("{import} is not there")))?;
            Ok(Reference { name: import.clone(), subject: import.clone(), version })
        });
        let references = references.collect::<Result<Vec<_>, RegistryError>>()?;
        let identity = match &file.canonical {
            Some(canonical) => identity(canonical, &references),
            None => {
                let parsed = parse_any_length(&self.state, &file.text, references.clone(), false);
                parsed.map_err(|refusal| unpublishable(refusal.to_string()))?.identity
            }
        };
        let newest = self.state.versions(&file.subject).rev().find(|(_, version)| !version.deleted);
        let shown = newest.and_then(|(number, version)| Some((number, self.state.schema(version.id)?)));
        if shown.is_some_and(|(number, schema)| {
            schema.identity == identity && file.fixed.is_none_or(|fixed| fixed.version == number)
        }) {
            return Ok(());
        }
        let Fixed { id, version } = self.place(file, identity);
        if self.state.schema(id).is_none_or(|schema| schema.identity != identity) {
            let schema = Arc::new(Schema::new(id, identity, file.text.clone(), references));
            let change = Change::Schema { id, content: schema.content, identity };
            self.change(change, Some(schema), &file.subject)?;
        }
        self.change(Change::Version { subject: file.subject.clone(), version, id }, None, &file.subject)
    }

    /// The id and the version that a file gets.
    fn place(&self, file: &PublishedFile, identity: Hash) -> Fixed {
        file.fixed.unwrap_or_else(|| Fixed {
            id: self.state.by_identity(identity).map_or_else(|| self.state.next_id(), |schema| schema.id),
            version: self.state.next_version(&file.subject),
        })
    }

    fn change(&mut self, change: Change, schema: Option<Arc<Schema>>, file: &str) -> Result<(), RegistryError> {
        self.state
            .apply(&change, schema.clone())
            .map_err(|cause| RegistryError::Unpublishable { file: file.to_owned(), cause })?;
        self.schemas.extend(schema);
        self.changes.push(change);
        Ok(())
    }
}
