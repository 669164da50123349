//! The lines of a commit: what a decision looks like in the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use serde_json::{Map, Value, json};

use crate::error::TableError;
use crate::schema::to_delta;
use crate::sink::AddFile;
use crate::snapshot::{READER_VERSION, Snapshot, WRITER_VERSION};
use crate::table::TableSpec;
use crate::transaction::{Mode, Plan, Transaction};
use crate::wire::{Add, Format, Line, MetaData, Protocol, Remove, Txn, encode_path};

/// Who wrote a commit.
const ENGINE_INFO: &str = concat!("judi/", env!("CARGO_PKG_VERSION"));

/// One JSON object a line.
pub(crate) fn to_bytes(lines: &[Line]) -> Result<Vec<u8>, TableError> {
    let mut bytes = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut bytes, line)
            .map_err(|error| TableError::Internal { detail: format!("an action: {error}") })?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// The lines of version 0.
pub(crate) fn creation(spec: &TableSpec, schema: &Schema, id: String, now_ms: i64) -> Vec<Line> {
    let info = commit_info("CREATE TABLE", json!({"partitionBy": spec.partition_columns}), now_ms, &Map::new());
    let protocol = Protocol { min_reader_version: READER_VERSION, min_writer_version: WRITER_VERSION };
    let meta_data = MetaData {
        id,
        name: Some(spec.name.clone()),
        description: None,
        format: Format::default(),
        schema_string: to_delta(schema),
        partition_columns: spec.partition_columns.clone(),
        configuration: spec.properties.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect(),
        created_time: Some(now_ms),
    };
    vec![
        Line { commit_info: Some(info), ..Line::default() },
        Line { protocol: Some(protocol), ..Line::default() },
        Line { meta_data: Some(meta_data), ..Line::default() },
    ]
}

/// The lines that turn `current` into the next version.
pub(crate) fn commit(
    current: &Snapshot,
    plan: &Plan,
    transaction: &Transaction,
    schema: &SchemaRef,
    now_ms: i64,
) -> Vec<Line> {
    let parameters = match &transaction.mode {
        Mode::Append => json!({"mode": "Append"}),
        Mode::ReplacePartitions(partitions) => json!({"mode": "Overwrite", "partitions": partitions}),
        Mode::Rewrite { .. } | Mode::Update { .. } => json!({}),
    };
    let mut info = commit_info(&transaction.operation, parameters, now_ms, &transaction.info);
    info.insert("readVersion".into(), current.version.into());
    info.insert("isBlindAppend".into(), matches!(transaction.mode, Mode::Append).into());
    let mut lines = vec![Line { commit_info: Some(info), ..Line::default() }];
    if !Arc::ptr_eq(schema, &current.schema) && *schema != current.schema {
        let meta_data = MetaData { schema_string: to_delta(schema), ..(*current.metadata).clone() };
        lines.push(Line { meta_data: Some(meta_data), ..Line::default() });
    }
    lines.extend(transaction.txns.iter().map(|(app_id, version)| {
        let txn = Txn { app_id: app_id.clone(), version: *version, last_updated: Some(now_ms) };
        Line { txn: Some(txn), ..Line::default() }
    }));
    lines.extend(plan.removes.iter().map(|path| {
        let remove = remove(current, path, plan.data_change, now_ms);
        Line { remove: Some(remove), ..Line::default() }
    }));
    lines.extend(plan.adds.iter().map(|file| Line { add: Some(add(file, plan.data_change)), ..Line::default() }));
    lines
}

fn commit_info(operation: &str, parameters: Value, now_ms: i64, extra: &Map<String, Value>) -> Map<String, Value> {
    let mut info = extra.clone();
    info.insert("timestamp".into(), now_ms.into());
    info.insert("operation".into(), operation.into());
    info.insert("operationParameters".into(), text_parameters(parameters));
    info.insert("engineInfo".into(), ENGINE_INFO.into());
    info
}

/// Readers expect each parameter as a string, JSON inside where it is more than one.
fn text_parameters(parameters: Value) -> Value {
    let Value::Object(parameters) = parameters else { return parameters };
    let text = |value: Value| match value {
        Value::String(_) => value,
        other => Value::String(other.to_string()),
    };
    parameters.into_iter().map(|(key, value)| (key, text(value))).collect::<Map<_, _>>().into()
}

fn add(file: &AddFile, data_change: bool) -> Add {
    let tags: BTreeMap<_, _> = file.tags.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
    Add {
        path: encode_path(&file.path),
        partition_values: file.partition_values.clone(),
        size: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
        modification_time: file.modification_time_ms,
        data_change,
        stats: Some(file.stats_json.clone()),
        tags: (!tags.is_empty()).then_some(tags),
        deletion_vector: None,
    }
}

fn remove(current: &Snapshot, path: &str, data_change: bool, now_ms: i64) -> Remove {
    let file = current.files.get(path);
    Remove {
        path: encode_path(path),
        deletion_timestamp: Some(now_ms),
        data_change,
        extended_file_metadata: Some(file.is_some()),
        partition_values: file.map(|file| file.partition_values.clone()),
        size: file.map(|file| i64::try_from(file.size_bytes).unwrap_or(i64::MAX)),
    }
}
