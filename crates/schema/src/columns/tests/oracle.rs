//! The same bytes through prost-reflect, which shares no code with the decoder: every cell is equal.

use arrow::datatypes::{DataType, Fields};
use proptest::prelude::*;
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value};

use super::cell::{Cell, cell_of};
use super::project::Project;
use super::random::{Choices, message};

/// The row that a message must become.
fn expected(message: &DynamicMessage, fields: &Fields) -> Cell {
    let members = fields.iter().map(|field| {
        let cell = expected_member(message, field.name(), field.data_type());
        (field.name().clone(), cell)
    });
    Cell::Struct(members.collect())
}

fn expected_member(message: &DynamicMessage, name: &str, data_type: &DataType) -> Cell {
    let descriptor = message.descriptor();
    if name == "_present" {
        return Cell::Bool(true);
    }
    if let Some(oneof) = name.strip_suffix("__case") {
        let oneof = descriptor.oneofs().find(|own| own.name() == oneof).expect("a oneof");
        let set = oneof.fields().find(|field| message.has_field(field));
        return set.map_or(Cell::Null, |field| Cell::text(field.name()));
    }
    if let Some(of) = name.strip_suffix("__number") {
        let field = descriptor.get_field_by_name(of).expect("an enum");
        let (Kind::Enum(kind), Value::EnumNumber(number)) = (field.kind(), message.get_field(&field).into_owned())
        else {
            panic!("{of} is an enum");
        };
        let there = !field.supports_presence() || message.has_field(&field);
        let unknown = there && kind.get_value(number).is_none();
        return if unknown { Cell::Integer(number.into()) } else { Cell::Null };
    }
    let field = descriptor.get_field_by_name(name).expect("a field");
    if field.supports_presence() && !message.has_field(&field) {
        return Cell::Null;
    }
    match (message.get_field(&field).into_owned(), data_type) {
        (Value::List(values), DataType::List(item)) => {
            Cell::List(values.iter().map(|value| expected_value(value, &field.kind(), item.data_type())).collect())
        }
        (Value::Map(pairs), DataType::Map(entries, _)) => {
            expected_map(&pairs.into_iter().collect::<Vec<_>>(), &field, entries)
        }
        (value, data_type) => expected_value(&value, &field.kind(), data_type),
    }
}

fn expected_map(pairs: &[(MapKey, Value)], field: &FieldDescriptor, entries: &arrow::datatypes::Field) -> Cell {
    let Kind::Message(entry) = field.kind() else { panic!("a map has entries") };
    let DataType::Struct(columns) = entries.data_type() else { panic!("entries are structs") };
    let mut cells: Vec<(MapKey, Cell)> = pairs
        .iter()
        .map(|(key, value)| {
            (key.clone(), expected_value(value, &entry.map_entry_value_field().kind(), columns[1].data_type()))
        })
        .collect();
    cells.sort_by(|(left, _), (right, _)| left.cmp(right));
    let key = |key: MapKey| match key {
        MapKey::Bool(value) => Cell::Bool(value),
        MapKey::I32(value) => Cell::Integer(value.into()),
        MapKey::I64(value) => Cell::Integer(value.into()),
        MapKey::U32(value) => Cell::Integer(value.into()),
        MapKey::U64(value) => Cell::Integer(value.into()),
        MapKey::String(value) => Cell::Text(value),
    };
    Cell::Map(cells.into_iter().map(|(own, value)| (key(own), value)).collect())
}

fn expected_value(value: &Value, kind: &Kind, data_type: &DataType) -> Cell {
    match (value, kind) {
        (Value::Bool(value), _) => Cell::Bool(*value),
        (Value::I32(value), _) => Cell::Integer((*value).into()),
        (Value::I64(value), _) => Cell::Integer((*value).into()),
        (Value::U32(value), _) => Cell::Integer((*value).into()),
        (Value::U64(value), _) => Cell::Integer((*value).into()),
        (Value::F32(value), _) => Cell::Float(value.to_bits()),
        (Value::F64(value), _) => Cell::Double(value.to_bits()),
        (Value::String(value), _) => Cell::text(value),
        (Value::Bytes(value), _) => Cell::Bytes(value.to_vec()),
        (Value::EnumNumber(number), Kind::Enum(kind)) => {
            let name = kind.get_value(*number).map(|value| value.name().to_owned());
            Cell::Text(name.unwrap_or_else(|| format!("UNKNOWN({number})")))
        }
        (Value::Message(message), _) => expected_message(message, data_type),
        other => panic!("{other:?} is no single value"),
    }
}

fn expected_message(message: &DynamicMessage, data_type: &DataType) -> Cell {
    let member = |name: &str| message.get_field_by_name(name).expect(name).into_owned();
    let integer = |name: &str| match member(name) {
        Value::I64(value) => value,
        Value::I32(value) => value.into(),
        other => panic!("{other:?} is no integer"),
    };
    match message.descriptor().full_name() {
        "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
            Cell::Integer((integer("seconds") * 1_000_000 + integer("nanos") / 1000).into())
        }
        "google.protobuf.Struct" | "google.protobuf.Value" | "google.protobuf.ListValue" => {
            Cell::Text(json(&Value::Message(message.clone())).to_string())
        }
        // The random ones are empty.
        "google.protobuf.Any" => Cell::text("{}"),
        name if name.starts_with("google.protobuf.") => {
            let field = message.descriptor().get_field_by_name("value").expect("a wrapper");
            expected_value(&member("value"), &field.kind(), data_type)
        }
        _ => match data_type {
            DataType::Struct(fields) => expected(message, fields),
            DataType::Binary => Cell::Message(message.clone()),
            other => panic!("a message cannot be {other}"),
        },
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::F64(value) => (*value).into(),
        Value::String(value) => value.as_str().into(),
        Value::EnumNumber(_) => serde_json::Value::Null,
        Value::List(values) => values.iter().map(json).collect(),
        Value::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| (key.as_str().expect("Struct's keys are text").to_owned(), json(value)))
            .collect(),
        Value::Message(message) => match message.descriptor().full_name() {
            "google.protobuf.Struct" => json(&message.get_field_by_name("fields").expect("fields")),
            "google.protobuf.ListValue" => json(&message.get_field_by_name("values").expect("values")),
            _ => message.fields().next().map_or(serde_json::Value::Null, |(_, value)| json(value)),
        },
        other => panic!("{other:?} is not JSON"),
    }
}

/// Text that is JSON compares as JSON: numbers and the order of members have several forms.
fn json_alike(cell: &Cell) -> Cell {
    match cell {
        Cell::Text(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => Cell::Text(normal(&value).to_string()),
            Err(_) => cell.clone(),
        },
        other => other.clone(),
    }
}

fn normal(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) => number.as_f64().into(),
        serde_json::Value::Array(values) => values.iter().map(normal).collect(),
        serde_json::Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), normal(value))).collect(),
        other => other.clone(),
    }
}

fn assert_same(project: &Project, event: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let batch = project.batch(event, bytes);
    let schema = batch.schema();
    let DataType::Struct(fields) = schema.field_with_name(event).expect("the event's column").data_type() else {
        panic!("an event is a struct")
    };
    let oracle = DynamicMessage::decode(project.descriptor(event), bytes).expect("the bytes are a message");
    let (Cell::Struct(expected), Cell::Struct(actual)) = (expected(&oracle, fields), cell_of(&batch, event, 0)) else {
        panic!("rows are structs")
    };
    for ((name, expected), (_, actual)) in expected.iter().zip(&actual) {
        if name.starts_with("json") {
            prop_assert_eq!(json_alike(expected), json_alike(actual), "{}", name);
        } else {
            prop_assert_eq!(expected, actual, "{}", name);
        }
    }
    prop_assert_eq!(cell_of(&batch, "_unknown", 0), Cell::Null);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// One message, as an encoder writes it.
    #[test]
    fn every_cell_is_what_another_implementation_reads(choices in proptest::collection::vec(any::<u8>(), 0..1500)) {
        let project = Project::wide();
        for event in ["wide", "old"] {
            let mut message = message(&project.descriptor(event), &mut Choices::new(&choices), 5);
            project.complete(event, &mut message);
            assert_same(project, event, &message.encode_to_vec())?;
        }
    }

    /// Two messages after each other are their merger: singular messages merge, lists grow, the last of a oneof stays.
    #[test]
    fn a_merger_is_what_another_implementation_reads(
        first in proptest::collection::vec(any::<u8>(), 0..800),
        second in proptest::collection::vec(any::<u8>(), 0..800),
    ) {
        let project = Project::wide();
        for event in ["wide", "old"] {
            let mut bytes = Vec::new();
            for choices in [&first, &second] {
                let mut message = message(&project.descriptor(event), &mut Choices::new(choices), 4);
                project.complete(event, &mut message);
                bytes.extend(message.encode_to_vec());
            }
            assert_same(project, event, &bytes)?;
        }
    }
}
