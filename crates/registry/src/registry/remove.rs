//! Deleting versions and subjects: hidden first, and gone when it is asked for once more.

use std::sync::Arc;

use super::{Registry, applied, writable};
use crate::refusal::Refusal;
use crate::schema::Schema;
use crate::state::{Change, State};

impl Registry {
    /// Hides a version, or deletes one that is hidden.
    pub(crate) fn delete_version(&self, subject: &str, version: u32, permanent: bool) -> Result<u32, Refusal> {
        let mut writer = self.writer();
        let state = self.state_now();
        if state.versions(subject).next().is_none() {
            return Err(Refusal::NoSubject { subject: subject.to_owned() });
        }
        let found = state.version(subject, version).ok_or(Refusal::NoVersion { version })?;
        writable(&state, Some(subject))?;
        let subject = subject.to_owned();
        let change = match (found.deleted, permanent) {
            (true, false) => return Err(Refusal::VersionSoftDeleted { subject, version }),
            (false, true) => return Err(Refusal::VersionNotSoftDeleted { subject, version }),
            (false, false) => Change::SoftDeleted { subject, version },
            (true, true) => Change::Deleted { subject, version },
        };
        self.delete(&mut writer, &state, &[change])?;
        Ok(version)
    }

    /// Hides all versions of a subject, or deletes those of one whose versions are all hidden.
    pub(crate) fn delete_subject(&self, name: &str, permanent: bool) -> Result<Vec<u32>, Refusal> {
        let mut writer = self.writer();
        let state = self.state_now();
        let versions: Vec<_> = state.versions(name).collect();
        if versions.is_empty() {
            return Err(Refusal::NoSubject { subject: name.to_owned() });
        }
        writable(&state, Some(name))?;
        let subject = name.to_owned();
        let is_hidden = versions.iter().all(|(_, version)| version.deleted);
        match (is_hidden, permanent) {
            (true, false) => return Err(Refusal::SubjectSoftDeleted { subject }),
            (false, true) => return Err(Refusal::SubjectNotSoftDeleted { subject }),
            _ => {}
        }
        let concerned: Vec<u32> = versions
            .into_iter()
            .filter(|(_, version)| version.deleted == permanent)
            .map(|(number, _)| number)
            .collect();
        let mut changes: Vec<Change> = concerned
            .iter()
            .map(|&version| match permanent {
                true => Change::Deleted { subject: subject.clone(), version },
                false => Change::SoftDeleted { subject: subject.clone(), version },
            })
            .collect();
        if permanent {
            // Who makes the subject anew begins with the registry's level and mode.
            changes.push(Change::Level { subject: Some(subject.clone()), level: None });
            changes.push(Change::Mode { subject: Some(subject), mode: None });
        }
        self.delete(&mut writer, &state, &changes)?;
        Ok(concerned)
    }

    fn delete(&self, writer: &mut super::Writer, state: &Arc<State>, changes: &[Change]) -> Result<(), Refusal> {
        let next = applied(state, &[], changes).map_err(|detail| Refusal::Store { detail })?;
        for change in changes {
            let (subject, version, hidden_ones_too) = match change {
                Change::SoftDeleted { subject, version } => (subject, *version, false),
                Change::Deleted { subject, version } => (subject, *version, true),
                _ => continue,
            };
            // As it will be: a subject whose versions refer to each other can go as a whole.
            let by = next.referenced_by(subject, version, hidden_ones_too);
            if !by.is_empty() {
                return Err(Refusal::Referenced { subject: subject.clone(), version, by });
            }
        }
        let gone: Vec<Arc<Schema>> =
            state.schemas().filter(|schema| next.schema(schema.id).is_none()).cloned().collect();
        writer.store.commit(&[], changes)?;
        self.show(next);
        writer.store.remove(&gone);
        Ok(())
    }
}
