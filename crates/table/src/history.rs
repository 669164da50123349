//! What commits say about themselves.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::delta_log;
use crate::error::TableError;
use crate::table::Table;

impl Table {
    /// The record (`commitInfo`) of the commit that made `version`, with what [`crate::Transaction::info`] gave it;
    /// `None` when the log does not keep that commit any more, or it has none.
    ///
    /// # Errors
    /// [`TableError::CorruptLog`], else the disk's own.
    pub fn commit_info(&self, version: i64) -> Result<Option<Map<String, Value>>, TableError> {
        let lines = delta_log::read_commit(self.world.disk.as_ref(), &self.dir, version)?;
        Ok(lines.into_iter().flatten().find_map(|line| line.commit_info))
    }

    /// When the commit that made `version` was made, and how far it brought each application; `None` when the log does
    /// not keep it any more.
    ///
    /// # Errors
    /// [`TableError::CorruptLog`], else the disk's own.
    pub fn commit_record(&self, version: i64) -> Result<Option<CommitRecord>, TableError> {
        let Some(lines) = delta_log::read_commit(self.world.disk.as_ref(), &self.dir, version)? else {
            return Ok(None);
        };
        let mut record = CommitRecord { version, committed_at_ms: 0, txns: BTreeMap::new() };
        for line in lines {
            if let Some(at) = line.commit_info.as_ref().and_then(|info| info.get("timestamp")).and_then(Value::as_i64) {
                record.committed_at_ms = at;
            }
            if let Some(txn) = line.txn {
                record.txns.insert(txn.app_id, txn.version);
            }
        }
        Ok(Some(record))
    }

    /// The commit that brought the application `app_id` to `reached` or beyond, if the log still keeps it. It was made
    /// at `not_before_ms` (since 1970) or later: knowing when spares reading what is older.
    ///
    /// # Errors
    /// [`TableError::CorruptLog`], else the disk's own.
    pub fn commit_that_reached(
        &self,
        app_id: &str,
        reached: i64,
        not_before_ms: i64,
    ) -> Result<Option<CommitRecord>, TableError> {
        let newest = self.snapshot()?.version();
        // Commits are made one after another, and what the log no longer keeps is older than what it does.
        let (mut from, mut to) = (0, newest);
        while from < to {
            let middle = from + (to - from) / 2;
            match self.commit_record(middle)? {
                Some(record) if record.committed_at_ms >= not_before_ms => to = middle,
                _ => from = middle + 1,
            }
        }
        for version in from..=newest {
            if let Some(record) = self.commit_record(version)?
                && record.txns.get(app_id).is_some_and(|at| *at >= reached)
            {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

/// What a commit says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRecord {
    /// The table's version that it made.
    pub version: i64,
    /// Milliseconds since 1970, by the clock of the process that committed.
    pub committed_at_ms: i64,
    /// How far it brought each application that it names.
    pub txns: BTreeMap<String, i64>,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Field, Schema};
    use judi_world::World;

    use crate::{Table, TableSpec, Transaction};

    #[test]
    fn a_commit_keeps_the_facts_that_it_was_given() {
        let dir = tempfile::tempdir().unwrap();
        let spec = TableSpec {
            name: "t".to_owned(),
            schema: Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)])),
            partition_columns: Vec::new(),
            properties: [].into(),
        };
        let table = Table::create(&World::system(), dir.path(), &spec).unwrap();
        table.commit(&Transaction::append(Vec::new()).with_txn("app", 1).with_info("judi.counts", 7)).unwrap();
        assert_eq!(table.commit_info(1).unwrap().unwrap().get("judi.counts"), Some(&7.into()));
        assert_eq!(table.commit_info(2).unwrap(), None);
        assert_eq!(table.commit_record(2).unwrap(), None);
    }

    #[test]
    fn the_commit_that_reached_an_offset_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let spec = TableSpec {
            name: "t".to_owned(),
            schema: Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)])),
            partition_columns: Vec::new(),
            properties: [].into(),
        };
        let table = Table::create(&World::system(), dir.path(), &spec).unwrap();
        // Every other commit is of another application.
        for last in 0..40 {
            let (app, at) = if last % 2 == 0 { ("app", last * 10) } else { ("other", last) };
            table.commit(&Transaction::append(Vec::new()).with_txn(app, at)).unwrap();
        }
        let found = |reached, not_before| {
            table.commit_that_reached("app", reached, not_before).unwrap().map(|record| record.version)
        };
        assert_eq!(found(0, 0), Some(1));
        assert_eq!(found(101, 0), Some(13));
        assert_eq!(found(380, 0), Some(39));
        assert_eq!(found(381, 0), None);
        assert_eq!(found(101, i64::MAX), None);
    }
}
