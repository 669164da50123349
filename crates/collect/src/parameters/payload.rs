//! Parameters as a payload: dots go into messages, the same name twice is a list, and text becomes what its field is.

use std::collections::BTreeMap;

use judi_schema::plan::{Cardinality, FieldKind, FieldPlan, MessageId, MessageKind, Plans, ScalarKind};
use judi_schema::schemas::Schemas;
use serde_json::value::Number;
use serde_json::{Map, Value};

/// How deep dots go; the text of a deeper name is one name.
const DEPTH_MAX: usize = 8;

/// Parameters by the first part of their name.
#[derive(Default)]
struct Node {
    values: Vec<String>,
    members: BTreeMap<String, Self>,
}

/// The payload of `event`: the JSON in `whole`, where there is any, with `fields` in it. `None`: there is nothing.
pub(super) fn of(
    schemas: &Schemas,
    event: &Map<String, Value>,
    whole: Option<String>,
    fields: &BTreeMap<String, Vec<String>>,
) -> Option<Value> {
    let mut payload = match whole.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))) {
        None if fields.is_empty() => return None,
        None => Map::new(),
        Some(Value::Object(members)) => members,
        // Not an object: the verdict will say so.
        Some(other) => return Some(other),
    };
    let mut root = Node::default();
    for (name, values) in fields {
        root.insert(name, values, DEPTH_MAX);
    }
    let (plans, message) = plan_of(schemas, event);
    payload.extend(members(plans, message, root));
    Some(Value::Object(payload))
}

/// The message of the event in the version that it names, where there is such a one.
fn plan_of<'s>(schemas: &'s Schemas, event: &Map<String, Value>) -> (&'s Plans, Option<MessageId>) {
    let text = |names: [&str; 2]| names.iter().find_map(|name| event.get(*name)?.as_str());
    let version = text(["schema_version", "schemaVersion"]).and_then(|number| number.parse().ok());
    let model = version.and_then(|number| schemas.version(number)).unwrap_or_else(|| schemas.current());
    let found = text(["event", "event"]).and_then(|name| model.event(name));
    (&model.plans, found.map(|event| event.message))
}

impl Node {
    fn insert(&mut self, name: &str, values: &[String], depth: usize) {
        match name.split_once('.') {
            Some((first, rest)) if depth > 0 => {
                self.members.entry(first.to_owned()).or_default().insert(rest, values, depth - 1);
            }
            _ => self.members.entry(name.to_owned()).or_default().values.extend_from_slice(values),
        }
    }
}

fn members(plans: &Plans, message: Option<MessageId>, node: Node) -> Map<String, Value> {
    let plan = message.map(|id| plans.message(id));
    let member = |(name, node): (String, Node)| {
        let field = plan.and_then(|plan| plan.by_name(&name)).map(|(_, field)| field);
        let value = value(plans, field, node);
        (name, value)
    };
    node.members.into_iter().map(member).collect()
}

fn value(plans: &Plans, field: Option<&FieldPlan>, node: Node) -> Value {
    if !node.members.is_empty() {
        let (kind, is_map) = match field {
            Some(field) => (Some(&field.kind), matches!(field.cardinality, Cardinality::Map(_))),
            None => (None, false),
        };
        return Value::Object(match kind {
            Some(kind) if is_map => {
                let entry = |(name, node): (String, Node)| (name, last(plans, Some(kind), node.values));
                node.members.into_iter().map(entry).collect()
            }
            Some(FieldKind::Message(id) | FieldKind::Group(id)) => members(plans, Some(*id), node),
            _ => members(plans, None, node),
        });
    }
    let kind = field.map(|field| &field.kind);
    let is_list = match field {
        Some(field) => field.cardinality == Cardinality::Repeated,
        None => node.values.len() > 1,
    };
    if is_list {
        return node.values.into_iter().map(|text| scalar(plans, kind, text)).collect();
    }
    last(plans, kind, node.values)
}

/// Of a parameter that is given twice where one is taken, the last.
fn last(plans: &Plans, kind: Option<&FieldKind>, mut values: Vec<String>) -> Value {
    values.pop().map_or(Value::Null, |text| scalar(plans, kind, text))
}

fn scalar(plans: &Plans, kind: Option<&FieldKind>, text: String) -> Value {
    let Some(kind) = kind else {
        return Value::String(text);
    };
    match kind {
        FieldKind::Scalar(ScalarKind::String | ScalarKind::Bytes) => Value::String(text),
        // A template that had nothing to fill in.
        _ if text.is_empty() => Value::Null,
        FieldKind::Scalar(ScalarKind::Bool) => match text.as_str() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => Value::String(text),
        },
        FieldKind::Scalar(_) | FieldKind::Enum(_) => number(text),
        FieldKind::Message(id) | FieldKind::Group(id) => match plans.message(*id).kind {
            MessageKind::Timestamp => super::moment(text),
            MessageKind::Duration => Value::String(text),
            MessageKind::Wrapper => {
                let wrapped = plans.message(*id).by_name("value").map(|(_, field)| &field.kind);
                scalar(plans, wrapped, text)
            }
            MessageKind::Plain | MessageKind::Json => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        },
    }
}

/// A number as one, and all else as text: names of an enum, `NaN`, and what the verdict will refuse.
fn number(text: String) -> Value {
    text.parse::<Number>().map_or_else(|_| Value::String(text), Value::Number)
}
