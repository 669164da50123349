//! New values for some rows of a file: the file is read as a stream, changed batch by batch, and written anew. Rows stay
//! where they are, so the order of a sorted file must not depend on what changes.

use arrow::array::RecordBatch;
use serde_json::{Map, Value};

use crate::error::TableError;
use crate::read::read_file;
use crate::sink::{SORT_TAG, SinkOptions};
use crate::snapshot::{DataFile, Snapshot};
use crate::table::Table;
use crate::transaction::{Mode, Outcome, Transaction};

/// A file's rows with their new values, written and durable, and not yet in the table.
#[derive(Debug)]
pub struct Updated {
    transaction: Transaction,
}

impl Table {
    /// Writes the rows of `file`, which `snapshot` holds, through `change`: each batch has the snapshot's schema, and
    /// so must what it becomes, row for row. The file's columns that are sorted by keep their values.
    ///
    /// # Errors
    /// What `change` says; [`TableError`] from reading, writing, and for a batch of another shape.
    pub fn update_file<E: From<TableError>>(
        &self,
        snapshot: &Snapshot,
        file: &DataFile,
        options: &SinkOptions,
        mut change: impl FnMut(RecordBatch) -> Result<RecordBatch, E>,
    ) -> Result<Updated, E> {
        let sink = self.sink(snapshot.schema(), options_of(file, options))?;
        let stored = sink.stored_indices();
        let mut writer = sink.partition_writer(file.partition_values.clone());
        for batch in read_file(self.world.disk.as_ref(), &self.dir, snapshot, file, None)? {
            let batch = batch?;
            let (rows, schema) = (batch.num_rows(), batch.schema());
            let batch = change(batch)?;
            if batch.num_rows() != rows || batch.schema() != schema {
                let detail = format!("{rows} rows of {} became {} of another shape", file.path, batch.num_rows());
                return Err(TableError::Internal { detail }.into());
            }
            let columns = stored.iter().filter_map(|index| batch.columns().get(*index).cloned()).collect();
            writer.push(columns, rows)?;
        }
        let mut transaction = Transaction::append(writer.finish()?);
        transaction.operation = "UPDATE".to_owned();
        transaction.read_version = snapshot.version();
        transaction.mode = Mode::Update { removes: vec![file.path.clone()] };
        Ok(Updated { transaction })
    }

    /// Puts the new values into the table, with further facts for the commit's record.
    ///
    /// # Errors
    /// As [`Table::commit`].
    pub fn commit_update(&self, updated: Updated, info: Map<String, Value>) -> Result<Outcome, TableError> {
        self.commit(&Transaction { info, ..updated.transaction })
    }
}

/// The options with what the file says of itself: a file that is not sorted as the table is does not become so.
fn options_of(file: &DataFile, options: &SinkOptions) -> SinkOptions {
    let sorted_by = file.tags.get(SORT_TAG).and_then(Option::as_deref).unwrap_or_default();
    let is_sorted = sorted_by == options.sort.join(",");
    let tags = file.tags.iter().filter(|(key, _)| key.as_str() != SORT_TAG);
    SinkOptions {
        sort: if is_sorted { options.sort.clone() } else { Vec::new() },
        tags: tags.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect(),
        ..options.clone()
    }
}

#[cfg(test)]
mod tests;
