//! What commits say about themselves.

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
    }
}
