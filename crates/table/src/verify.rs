//! What a partition's rows are, from the hashes that its files' writers noted, or from the rows themselves.

use std::collections::BTreeMap;

use arrow::array::ArrayRef;

use crate::content::{ContentHash, RowHasher};
use crate::error::TableError;
use crate::read::read_file;
use crate::snapshot::{DataFile, Snapshot};
use crate::table::Table;

impl Table {
    /// The hash of the rows that the partition with exactly these values has in `snapshot`. Reads only files whose
    /// writer noted no hash.
    ///
    /// # Errors
    /// As [`crate::read_file`].
    pub fn content_hash(
        &self,
        snapshot: &Snapshot,
        partition: &BTreeMap<String, Option<String>>,
    ) -> Result<ContentHash, TableError> {
        let files = snapshot.files_of(partition).map(|file| match file.content_hash() {
            Some(noted) => Ok(noted),
            None => self.hash_rows(snapshot, file),
        });
        files.sum()
    }

    /// [`Table::content_hash`] from the rows themselves, each file's compared with what its writer noted.
    ///
    /// # Errors
    /// [`TableError::ContentChanged`] for the first file whose rows are not those that were written; else as
    /// [`crate::read_file`].
    pub fn verify_content(
        &self,
        snapshot: &Snapshot,
        partition: &BTreeMap<String, Option<String>>,
    ) -> Result<ContentHash, TableError> {
        snapshot.files_of(partition).map(|file| self.verified_rows(snapshot, file)).sum()
    }

    /// The hash of a file's rows as they are read.
    ///
    /// # Errors
    /// [`TableError::ContentChanged`] when its writer noted another.
    pub(crate) fn verified_rows(&self, snapshot: &Snapshot, file: &DataFile) -> Result<ContentHash, TableError> {
        let found = self.hash_rows(snapshot, file)?;
        match file.content_hash() {
            Some(noted) if noted != found => Err(TableError::ContentChanged {
                path: self.dir.join(&file.path),
                noted: noted.to_string(),
                found: found.to_string(),
            }),
            _ => Ok(found),
        }
    }

    /// The hash of a file's rows as they are read, whatever was noted.
    pub(crate) fn hash_rows(&self, snapshot: &Snapshot, file: &DataFile) -> Result<ContentHash, TableError> {
        let schema = snapshot.schema();
        let stored: Vec<usize> = (0..schema.fields().len())
            .filter(|index| !snapshot.partition_columns().contains(schema.field(*index).name()))
            .collect();
        let stored_schema = schema.project(&stored).map_err(TableError::arrow("choose columns"))?;
        let mut hasher = RowHasher::new(&stored_schema, &file.partition_values);
        for batch in read_file(self.world.disk.as_ref(), &self.dir, snapshot, file, None)? {
            let batch = batch?;
            let columns: Vec<ArrayRef> =
                stored.iter().filter_map(|index| batch.columns().get(*index).cloned()).collect();
            hasher.update(&columns, batch.num_rows())?;
        }
        Ok(hasher.finish())
    }
}
