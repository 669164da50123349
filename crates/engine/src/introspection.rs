//! `SHOW TABLES` and `DESCRIBE`: what there is, in words for people.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream;

use crate::catalog::{Catalog, Kind};
use crate::error::EngineError;
use crate::pinned::Pinned;
use crate::sql::Mention;

/// Columns `name` and `kind`, by name.
pub(crate) fn show_tables(catalog: &Catalog) -> Result<SendableRecordBatchStream, EngineError> {
    let kind = |kind| match kind {
        Kind::Table => "table",
        Kind::View => "view",
    };
    texts("name", "kind", catalog.names().map(|(name, of)| (name.to_owned(), kind(of).to_owned())).collect())
}

/// Columns `column` and `type`, in the table's order.
pub(crate) fn describe(pinned: &Pinned, table: &Mention) -> Result<SendableRecordBatchStream, EngineError> {
    let provider = pinned.provider(&table.name)?.ok_or_else(|| EngineError::UnknownTable {
        name: table.name.clone(),
        place: table.place,
        nearest: None,
    })?;
    let schema = provider.schema();
    texts(
        "column",
        "type",
        schema.fields().iter().map(|field| (field.name().clone(), type_name(field.data_type()))).collect(),
    )
}

/// A type as SQL has it.
fn type_name(data_type: &DataType) -> String {
    let fields = |fields: &arrow::datatypes::Fields| {
        let parts: Vec<String> =
            fields.iter().map(|field| format!("{} {}", field.name(), type_name(field.data_type()))).collect();
        parts.join(", ")
    };
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "bytes".into(),
        DataType::Boolean => "boolean".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Int32 => "int".into(),
        DataType::Int16 => "smallint".into(),
        DataType::Int8 => "tinyint".into(),
        DataType::Float64 => "double".into(),
        DataType::Float32 => "float".into(),
        DataType::Date32 => "date".into(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if zone.as_ref() == "UTC" => "timestamp".into(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision}, {scale})"),
        DataType::Struct(children) => format!("struct({})", fields(children)),
        DataType::List(element) | DataType::LargeList(element) => format!("list({})", type_name(element.data_type())),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(children) => {
                let parts: Vec<String> = children.iter().map(|field| type_name(field.data_type())).collect();
                format!("map({})", parts.join(", "))
            }
            other => format!("map({})", type_name(other)),
        },
        other => other.to_string().to_lowercase(),
    }
}

fn texts(first: &str, second: &str, rows: Vec<(String, String)>) -> Result<SendableRecordBatchStream, EngineError> {
    let field = |name: &str| Field::new(name, DataType::Utf8, false);
    let schema = Arc::new(Schema::new(vec![field(first), field(second)]));
    let (left, right): (Vec<String>, Vec<String>) = rows.into_iter().unzip();
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![Arc::new(StringArray::from(left)), Arc::new(StringArray::from(right))],
    )
    .map_err(|error| EngineError::Internal { message: error.to_string() })?;
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter([Ok(batch)]))))
}
