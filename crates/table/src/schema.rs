//! Arrow schema <-> Delta schema. One canonical Arrow form per Delta schema; whatever Delta lacks is refused by name.
//!
//! Source: Delta protocol, "Schema Serialization Format". Lists name their child `element`, maps their entries
//! `key_value`, as the protocol's Parquet layout does, so that a file's own schema reads back as the canonical one.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use serde_json::{Map, Value, json};

use crate::error::TableError;

/// The zone of every timestamp in a table.
const UTC: &str = "UTC";

/// The canonical form of `schema`: dictionaries and views as plain strings, children of lists and maps under
/// Delta's names, no metadata. Data of the given schema can be written under it.
///
/// # Errors
/// [`TableError::UnsupportedType`] for a type that Delta (1,2) lacks; [`TableError::IncompatibleSchema`] when two
/// columns differ only in case, which Delta forbids.
pub fn canonical_schema(schema: &Schema) -> Result<SchemaRef, TableError> {
    Ok(Arc::new(Schema::new(canonical_fields(schema.fields(), "")?)))
}

fn canonical_fields(fields: &Fields, path: &str) -> Result<Vec<FieldRef>, TableError> {
    let mut seen = std::collections::HashSet::new();
    let mut out = Vec::with_capacity(fields.len());
    for field in fields {
        let path = join(path, field.name());
        if !seen.insert(field.name().to_lowercase()) {
            return Err(TableError::IncompatibleSchema {
                column: path,
                detail: "another column has the same name, apart from case".into(),
            });
        }
        let data_type = canonical_type(field.data_type(), &path)?;
        out.push(Arc::new(Field::new(field.name(), data_type, field.is_nullable())));
    }
    Ok(out)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn canonical_type(data_type: &DataType, path: &str) -> Result<DataType, TableError> {
    let refuse =
        |hint| Err(TableError::UnsupportedType { column: path.to_owned(), data_type: data_type.clone(), hint });
    Ok(match data_type {
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8
        | DataType::Binary
        | DataType::Date32
        | DataType::Decimal128(_, 0..) => data_type.clone(),
        DataType::Dictionary(_, values) if matches!(**values, DataType::Utf8) => DataType::Utf8,
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if matches!(&**zone, "UTC" | "+00:00" | "Z") => {
            DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))
        }
        DataType::Struct(fields) if !fields.is_empty() => DataType::Struct(canonical_fields(fields, path)?.into()),
        DataType::List(child) => {
            let element = canonical_type(child.data_type(), &join(path, "element"))?;
            DataType::List(Arc::new(Field::new("element", element, child.is_nullable())))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => map_type(
                canonical_type(pair[0].data_type(), &join(path, "key"))?,
                canonical_type(pair[1].data_type(), &join(path, "value"))?,
                pair[1].is_nullable(),
            ),
            _ => return refuse("a map has a key and a value"),
        },
        DataType::Struct(_) => return refuse("a struct needs at least one field"),
        DataType::Timestamp(_, None) => return refuse("use a UTC timestamp: naive ones need protocol (3,7)"),
        DataType::Timestamp(..) => return refuse("use microseconds in UTC"),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            return refuse("cast to a signed integer that is wide enough");
        }
        DataType::LargeUtf8 | DataType::Utf8View => return refuse("cast to Utf8"),
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => return refuse("cast to Binary"),
        DataType::Date64 => return refuse("cast to Date32"),
        _ => return refuse("cast to a type that Delta has"),
    })
}

fn map_type(key: DataType, value: DataType, value_nullable: bool) -> DataType {
    let pair = vec![Field::new("key", key, false), Field::new("value", value, value_nullable)];
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(pair.into()), false)), false)
}

/// The `schemaString` of a canonical schema.
pub(crate) fn to_delta(schema: &Schema) -> String {
    struct_json(schema.fields()).to_string()
}

fn struct_json(fields: &Fields) -> Value {
    let fields: Vec<Value> = fields
        .iter()
        .map(|field| {
            json!({
                "name": field.name(), "type": type_json(field.data_type()),
                "nullable": field.is_nullable(), "metadata": {}
            })
        })
        .collect();
    json!({"type": "struct", "fields": fields})
}

fn type_json(data_type: &DataType) -> Value {
    match data_type {
        DataType::Boolean => "boolean".into(),
        DataType::Int8 => "byte".into(),
        DataType::Int16 => "short".into(),
        DataType::Int32 => "integer".into(),
        DataType::Int64 => "long".into(),
        DataType::Float32 => "float".into(),
        DataType::Float64 => "double".into(),
        DataType::Binary => "binary".into(),
        DataType::Date32 => "date".into(),
        DataType::Timestamp(..) => "timestamp".into(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})").into(),
        DataType::Struct(fields) => struct_json(fields),
        DataType::List(child) => json!({
            "type": "array", "elementType": type_json(child.data_type()), "containsNull": child.is_nullable()
        }),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => json!({
                "type": "map", "keyType": type_json(pair[0].data_type()), "valueType": type_json(pair[1].data_type()),
                "valueContainsNull": pair[1].is_nullable()
            }),
            _ => Value::Null,
        },
        // Canonical schemas hold nothing else than these and strings.
        _ => "string".into(),
    }
}

/// The canonical Arrow schema of a `schemaString`; what is wrong with it otherwise.
pub(crate) fn from_delta(schema_string: &str) -> Result<SchemaRef, String> {
    let value: Value = serde_json::from_str(schema_string).map_err(|error| format!("schemaString: {error}"))?;
    Ok(Arc::new(Schema::new(struct_fields(&value)?)))
}

fn struct_fields(value: &Value) -> Result<Vec<Field>, String> {
    let fields = value.get("fields").and_then(Value::as_array).ok_or("schemaString: a struct without fields")?;
    fields
        .iter()
        .map(|field| {
            let name = field.get("name").and_then(Value::as_str).ok_or("schemaString: a field without a name")?;
            let data_type = field.get("type").ok_or_else(|| format!("schemaString: {name} has no type"))?;
            let nullable = field.get("nullable").and_then(Value::as_bool).unwrap_or(true);
            Ok(Field::new(name, type_from_json(data_type)?, nullable))
        })
        .collect()
}

fn type_from_json(value: &Value) -> Result<DataType, String> {
    match value {
        Value::String(name) => primitive_type(name),
        Value::Object(object) => nested_type(object),
        other => Err(format!("schemaString: {other} is no type")),
    }
}

fn primitive_type(name: &str) -> Result<DataType, String> {
    Ok(match name {
        "boolean" => DataType::Boolean,
        "byte" => DataType::Int8,
        "short" => DataType::Int16,
        "integer" => DataType::Int32,
        "long" => DataType::Int64,
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "string" => DataType::Utf8,
        "binary" => DataType::Binary,
        "date" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        decimal => {
            let numbers = decimal.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')'));
            let parsed = numbers.and_then(|numbers| {
                let (precision, scale) = numbers.split_once(',')?;
                Some((precision.trim().parse::<u8>().ok()?, scale.trim().parse::<i8>().ok()?))
            });
            match parsed {
                Some((precision @ 1..=38, scale @ 0..)) if scale.unsigned_abs() <= precision => {
                    DataType::Decimal128(precision, scale)
                }
                _ => return Err(format!("schemaString: unknown type {name}")),
            }
        }
    })
}

fn nested_type(object: &Map<String, Value>) -> Result<DataType, String> {
    let part = |name: &str| object.get(name).ok_or_else(|| format!("schemaString: a nested type without {name}"));
    let flag = |name: &str| object.get(name).and_then(Value::as_bool).unwrap_or(true);
    match object.get("type").and_then(Value::as_str) {
        Some("struct") => Ok(DataType::Struct(struct_fields(&Value::Object(object.clone()))?.into())),
        Some("array") => {
            let element = type_from_json(part("elementType")?)?;
            Ok(DataType::List(Arc::new(Field::new("element", element, flag("containsNull")))))
        }
        Some("map") => {
            let key = type_from_json(part("keyType")?)?;
            Ok(map_type(key, type_from_json(part("valueType")?)?, flag("valueContainsNull")))
        }
        other => Err(format!("schemaString: unknown nested type {other:?}")),
    }
}

/// `current` with the columns and nested fields that `wanted` has more, appended in `wanted`'s order. Columns that
/// `wanted` lacks stay. What is added is nullable, since older files do not have it.
///
/// # Errors
/// [`TableError::IncompatibleSchema`] when a column changes its type.
pub fn evolved_schema(current: &Schema, wanted: &Schema) -> Result<SchemaRef, TableError> {
    Ok(Arc::new(Schema::new(evolved_fields(current.fields(), wanted.fields(), "")?)))
}

fn evolved_fields(current: &Fields, wanted: &Fields, path: &str) -> Result<Vec<FieldRef>, TableError> {
    let mut out = Vec::with_capacity(wanted.len().max(current.len()));
    for field in current {
        match wanted.find(field.name()) {
            Some((_, other)) => {
                let data_type = evolved_type(field.data_type(), other.data_type(), &join(path, field.name()))?;
                out.push(Arc::new(field.as_ref().clone().with_data_type(data_type)));
            }
            None => out.push(Arc::clone(field)),
        }
    }
    for field in wanted {
        if current.find(field.name()).is_some() {
            continue;
        }
        if current.iter().any(|known| known.name().eq_ignore_ascii_case(field.name())) {
            return Err(TableError::IncompatibleSchema {
                column: join(path, field.name()),
                detail: "the table has a column of this name, apart from case".into(),
            });
        }
        out.push(Arc::new(field.as_ref().clone().with_nullable(true)));
    }
    Ok(out)
}

fn evolved_type(current: &DataType, wanted: &DataType, path: &str) -> Result<DataType, TableError> {
    match (current, wanted) {
        (DataType::Struct(current), DataType::Struct(wanted)) => {
            Ok(DataType::Struct(evolved_fields(current, wanted, path)?.into()))
        }
        (DataType::List(current), DataType::List(wanted)) => {
            let element = evolved_type(current.data_type(), wanted.data_type(), &join(path, "element"))?;
            Ok(DataType::List(Arc::new(current.as_ref().clone().with_data_type(element))))
        }
        (DataType::Map(current_entries, _), DataType::Map(wanted_entries, _)) => {
            match (current_entries.data_type(), wanted_entries.data_type()) {
                (DataType::Struct(current), DataType::Struct(wanted)) if current.len() == 2 && wanted.len() == 2 => {
                    Ok(map_type(
                        evolved_type(current[0].data_type(), wanted[0].data_type(), &join(path, "key"))?,
                        evolved_type(current[1].data_type(), wanted[1].data_type(), &join(path, "value"))?,
                        current[1].is_nullable(),
                    ))
                }
                _ => Err(changed(path, current, wanted)),
            }
        }
        (current, wanted) if current == wanted => Ok(current.clone()),
        _ => Err(changed(path, current, wanted)),
    }
}

fn changed(path: &str, current: &DataType, wanted: &DataType) -> TableError {
    TableError::IncompatibleSchema {
        column: path.to_owned(),
        detail: format!("is {current} in the table and {wanted} in the data; a column keeps its type"),
    }
}

#[cfg(test)]
mod tests;
