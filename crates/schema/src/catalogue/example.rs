//! A payload that fits the schema, made from the schema: what people copy, change and send.
//!
//! Every field gets its likeliest value that passes its rules. Then the whole is judged as the Event API would judge
//! it; an optional field that it does not like is left out. An example that is shown is one that is taken.

mod hints;
mod node;

use std::collections::{BTreeSet, HashMap};

use prost_reflect::MessageDescriptor;

use self::hints::Hints;
use self::node::Node;
use crate::json::{base64, output, to_wire};
use crate::model::{EventModel, Model};
use crate::options::OptionReader;
use crate::plan::{Cardinality, EnumPlan, FieldKind, FieldPlan, MessageId, MessageKind, ScalarKind};
use crate::rules::Fitting;
use crate::wire::time;

/// Elements of a list or a map that an example has at most.
const ELEMENTS_MAX: usize = 32;

/// 2026-01-15T08:00:00Z.
const MOMENT: (i64, i32) = (1_768_464_000, 0);

/// Half a minute.
const SPAN: (i64, i32) = (30, 0);

/// An example of an event's payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Example {
    /// The JSON object over several lines.
    pub(super) payload: String,
    /// JSON of single values, by the path of field numbers.
    pub(super) values: HashMap<Vec<u32>, String>,
}

/// An example of the event; `None` where the rules ask for what cannot be guessed.
pub(super) fn example(model: &Model, event: &EventModel) -> Option<Example> {
    let mut left_out = BTreeSet::new();
    let plan = model.plans.message(event.message);
    for only_required in [false, true] {
        // Each turn leaves out one field more.
        for _ in 0..=plan.fields.len() {
            let mut maker = Maker::new(model, only_required, &left_out);
            let Some(node) = maker.message(event.message) else { break };
            match to_wire(&model.plans, event.message, &node.compact(), &mut Vec::new()) {
                Ok(()) => return Some(Example { payload: node.pretty(), values: maker.values }),
                Err(violation) => {
                    let name = violation.field.split(['.', '[']).next().unwrap_or_default();
                    match plan.by_name(name).filter(|(_, field)| !field.required) {
                        Some((_, field)) if left_out.insert(field.number) => {}
                        _ => break,
                    }
                }
            }
        }
    }
    None
}

struct Maker<'a> {
    model: &'a Model,
    options: OptionReader,
    only_required: bool,
    /// Numbers of the event's own fields that are left out.
    left_out: &'a BTreeSet<u32>,
    /// The messages that the maker is in, outermost first.
    around: Vec<MessageId>,
    path: Vec<u32>,
    values: HashMap<Vec<u32>, String>,
}

impl<'a> Maker<'a> {
    fn new(model: &'a Model, only_required: bool, left_out: &'a BTreeSet<u32>) -> Self {
        let options = OptionReader::new(&model.compiled.pool);
        let (around, path, values) = (Vec::new(), Vec::new(), HashMap::new());
        Self { model, options, only_required, left_out, around, path, values }
    }

    /// A message with its fields; `None` where a required one has no value.
    fn message(&mut self, id: MessageId) -> Option<Node> {
        // A message inside itself would have no end.
        if self.around.contains(&id) {
            return None;
        }
        let plan = self.model.plans.message(id);
        let descriptor = self.model.compiled.pool.get_message_by_name(&plan.full_name)?;
        let chosen = self.chosen(id, &descriptor);
        self.around.push(id);
        let mut members = Vec::new();
        let mut is_whole = true;
        for (field, is_required) in chosen {
            let Some(described) = descriptor.get_field(field.number) else { continue };
            let semantic_type = self.options.field(&described).semantic_type;
            let comment = self.model.comments.about(described.full_name());
            let hints = Hints::new(&described, &semantic_type, comment, self.options.rules(&described).as_ref());
            self.path.push(field.number);
            let value = self.field(field, &hints);
            self.path.pop();
            match value {
                Some(value) => members.push((field.name.clone(), value)),
                None if is_required => is_whole = false,
                None => {}
            }
        }
        self.around.pop();
        is_whole.then_some(Node::Object(members))
    }

    /// The fields that the example has, and whether it cannot be without them.
    fn chosen(&self, id: MessageId, descriptor: &MessageDescriptor) -> Vec<(&'a FieldPlan, bool)> {
        let plan = self.model.plans.message(id);
        let groups = plan.rules.as_ref().map(|rules| rules.groups.as_slice()).unwrap_or_default();
        let mut oneofs = BTreeSet::new();
        let mut taken = vec![false; groups.len()];
        let mut chosen = Vec::new();
        for field in &plan.fields {
            let of_groups: Vec<usize> = (0..groups.len())
                .filter(|&at| groups.get(at).is_some_and(|it| it.numbers.contains(&field.number)))
                .collect();
            let is_needed = of_groups
                .iter()
                .any(|&at| taken.get(at) == Some(&false) && groups.get(at).is_some_and(|group| group.required));
            let is_required = field.required || is_needed;
            let is_left_out = self.around.is_empty() && self.left_out.contains(&field.number);
            let is_old = descriptor.get_field(field.number).is_some_and(|described| {
                !self.options.field(&described).replaced_by.is_empty() || super::fields::is_deprecated(&described)
            });
            let is_free = field.oneof.is_none_or(|oneof| !oneofs.contains(&oneof))
                && of_groups.iter().all(|&at| taken.get(at) == Some(&false));
            if !is_free || (!is_required && (is_left_out || is_old || self.only_required)) {
                continue;
            }
            oneofs.extend(field.oneof);
            of_groups.iter().filter_map(|&at| taken.get_mut(at).map(|taken| *taken = true)).for_each(drop);
            chosen.push((field, is_required));
        }
        chosen
    }

    fn field(&mut self, field: &FieldPlan, hints: &Hints) -> Option<Node> {
        let fitting = Fitting(field.rules.as_deref());
        let wanted = usize::try_from(fitting.count_min()).unwrap_or(ELEMENTS_MAX).clamp(1, ELEMENTS_MAX);
        match field.cardinality {
            Cardinality::Implicit | Cardinality::Explicit => {
                self.values(&field.kind, fitting, hints).into_iter().next()
            }
            Cardinality::Repeated => {
                let items = self.values(&field.kind, fitting.items(), hints);
                // Where too few differ, they come again.
                let items: Vec<Node> =
                    items.iter().cycle().take(if items.is_empty() { 0 } else { wanted }).cloned().collect();
                (!items.is_empty()).then_some(Node::List(items))
            }
            Cardinality::Map(key) => {
                let keys = self.values(&FieldKind::Scalar(key), fitting.keys(), hints);
                let values = self.values(&field.kind, fitting.values(), hints);
                let entries = keys.iter().take(wanted).zip(values.iter().cycle());
                let entries: Vec<_> = entries.map(|(key, value)| (key.as_key(), value.clone())).collect();
                (!entries.is_empty()).then_some(Node::Object(entries))
            }
        }
    }

    /// Values of a type, the likeliest first; those that say nothing last.
    fn values(&mut self, kind: &FieldKind, fitting: Fitting<'_>, hints: &Hints) -> Vec<Node> {
        let texts = match kind {
            FieldKind::Scalar(scalar) => scalars(*scalar, fitting, hints),
            FieldKind::Enum(plan) => enum_values(plan, fitting),
            FieldKind::Message(id) | FieldKind::Group(id) => match self.model.plans.message(*id).kind {
                MessageKind::Plain => return self.message(*id).into_iter().collect(),
                MessageKind::Wrapper => {
                    let inner = self.model.plans.message(*id).fields.first().map(|field| field.kind.clone());
                    return inner.map(|kind| self.values(&kind, fitting, hints)).unwrap_or_default();
                }
                MessageKind::Timestamp => times(fitting.times(MOMENT), time::write_timestamp),
                MessageKind::Duration => times(fitting.times(SPAN), time::write_duration),
                MessageKind::Json => return json_of(&self.model.plans.message(*id).full_name).into_iter().collect(),
            },
        };
        if let Some(first) = texts.first() {
            self.values.entry(self.path.clone()).or_insert_with(|| first.clone());
        }
        texts.into_iter().map(Node::Value).collect()
    }
}

/// JSON of scalars that fit.
fn scalars(kind: ScalarKind, fitting: Fitting<'_>, hints: &Hints) -> Vec<String> {
    let written = |write: &dyn Fn(&mut String)| {
        let mut out = String::new();
        write(&mut out);
        out
    };
    match kind {
        ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => {
            zero_last(fitting.ints(&hints.whole), |&it| it == 0)
                .iter()
                .filter_map(|&value| i32::try_from(value).ok().map(|value| value.to_string()))
                .collect()
        }
        ScalarKind::Int64 | ScalarKind::Sint64 | ScalarKind::Sfixed64 => {
            zero_last(fitting.ints(&hints.whole), |&it| it == 0).iter().map(i64::to_string).collect()
        }
        ScalarKind::Uint32 | ScalarKind::Fixed32 => zero_last(fitting.uints(&hints.unsigned()), |&it| it == 0)
            .iter()
            .filter_map(|&value| u32::try_from(value).ok().map(|value| value.to_string()))
            .collect(),
        ScalarKind::Uint64 | ScalarKind::Fixed64 => {
            zero_last(fitting.uints(&hints.unsigned()), |&it| it == 0).iter().map(u64::to_string).collect()
        }
        ScalarKind::Double => zero_last(fitting.floats(&hints.fractions), |&it| it == 0.0)
            .iter()
            .map(|&value| written(&|out| output::double(value, out)))
            .collect(),
        ScalarKind::Float => zero_last(fitting.floats(&hints.fractions), |&it| it == 0.0)
            .iter()
            .map(|&value| written(&|out| output::float(value as f32, out)))
            .collect(),
        ScalarKind::Bool => fitting.bools().iter().map(bool::to_string).collect(),
        ScalarKind::String => zero_last(fitting.texts(&hints.texts), String::is_empty)
            .iter()
            .map(|text| written(&|out| output::quote(text, out)))
            .collect(),
        ScalarKind::Bytes => {
            let blobs: Vec<Vec<u8>> = hints.texts.iter().map(|text| text.clone().into_bytes()).collect();
            zero_last(fitting.blobs(&blobs), Vec::is_empty)
                .iter()
                .map(|bytes| {
                    let mut encoded = String::new();
                    base64::encode(bytes, &mut encoded);
                    written(&|out| output::quote(&encoded, out))
                })
                .collect()
        }
    }
}

fn enum_values(plan: &EnumPlan, fitting: Fitting<'_>) -> Vec<String> {
    let mut declared: Vec<i32> = plan.names.keys().copied().collect();
    declared.sort_unstable();
    zero_last(fitting.enums(&declared), |&it| it == 0)
        .iter()
        .filter_map(|number| plan.names.get(number).map(|name| format!("\"{name}\"")))
        .collect()
}

fn times(values: Vec<(i64, i32)>, write: fn(i64, i32, &mut String)) -> Vec<String> {
    values
        .into_iter()
        .map(|(seconds, nanos)| {
            let mut out = String::from('"');
            write(seconds, nanos, &mut out);
            out.push('"');
            out
        })
        .collect()
}

/// What stands for any JSON. An `Any` must hold a type that only its author knows.
fn json_of(full_name: &str) -> Option<Node> {
    let value = || Node::Value("\"value\"".to_owned());
    match full_name {
        "google.protobuf.Struct" => Some(Node::Object(vec![("key".to_owned(), value())])),
        "google.protobuf.Value" => Some(value()),
        "google.protobuf.ListValue" => Some(Node::List(vec![value()])),
        _ => None,
    }
}

/// A field without presence is not set by its zero.
fn zero_last<T>(values: Vec<T>, is_zero: impl Fn(&T) -> bool) -> Vec<T> {
    let (zeros, mut others): (Vec<T>, Vec<T>) = values.into_iter().partition(is_zero);
    others.extend(zeros);
    others
}

#[cfg(test)]
mod tests;
