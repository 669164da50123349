//! Rules of `buf.validate`, then and now: what is refused that was not, what is let through that was not.
//!
//! A rule that is there and was not tightens, one that is gone loosens; bounds, lists and flags are compared by what
//! they let through. Where nobody can tell (a pattern, an expression, bounds that exclude a stretch), it counts as
//! tightened: a shadow replay over recent events tells how many it hits.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};

use crate::rules::{Group, MessageRules, Rules};
use crate::wire::Scalar;

/// How a rule of these names lets through more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grows {
    /// By being less: `gt`, `min_len`.
    Down,
    /// By being more: `lt`, `max_len`.
    Up,
    /// By holding more: `in`.
    Wider,
    /// By holding less: `not_in`.
    Narrower,
    /// By not being there.
    Absent,
}

/// What rules let through, by their names: tightened, loosened.
pub(super) fn field_rules(
    before: Option<&DynamicMessage>,
    after: Option<&DynamicMessage>,
) -> (Vec<String>, Vec<String>) {
    let (then, now) = (before.map(flat).unwrap_or_default(), after.map(flat).unwrap_or_default());
    let (mut tightened, mut loosened) = (Vec::new(), Vec::new());
    let is_odd = excludes_a_stretch(&then) || excludes_a_stretch(&now);
    let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    for name in names.into_iter().filter(|name| then.get(*name) != now.get(*name)) {
        let is_tighter = if is_odd && is_bound(name) {
            true
        } else if last(name) == "ignore" {
            ignore_rank(now.get(name)) < ignore_rank(then.get(name))
        } else {
            match (then.get(name), now.get(name)) {
                (None, Some(value)) => *value != Value::Bool(false),
                (Some(value), None) => *value == Value::Bool(false),
                (Some(then), Some(now)) => is_tighter(name, then, now),
                (None, None) => false,
            }
        };
        if is_tighter { &mut tightened } else { &mut loosened }.push(name.clone());
    }
    (tightened, loosened)
}

/// The names of the rules.
pub(super) fn names(rules: &DynamicMessage) -> Vec<String> {
    flat(rules).into_keys().collect()
}

/// Whether the rules of a new field refuse an event that lacks it, as every older producer's does.
pub(super) fn refuse_absence(rules: &DynamicMessage, field: &FieldDescriptor) -> bool {
    let is_absent_checked = field.is_list() || field.is_map() || !field.supports_presence();
    if !is_absent_checked {
        return false;
    }
    let rules = match Rules::compile(rules, field) {
        Ok(Some(rules)) => rules,
        Ok(None) => return false,
        Err(_) => return true,
    };
    if field.is_list() || field.is_map() {
        return rules.check_count(0).is_err();
    }
    let checked = match field.kind() {
        Kind::Enum(enumeration) => rules.check_enum(0, enumeration.get_value(0).is_some()),
        Kind::Double => rules.check(Scalar::Double(0.0)),
        Kind::Float => rules.check(Scalar::Float(0.0)),
        Kind::Bool => rules.check(Scalar::Bool(false)),
        Kind::String => rules.check(Scalar::Text("")),
        Kind::Bytes => rules.check(Scalar::Bytes(b"")),
        Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 => rules.check(Scalar::Uint(0)),
        Kind::Int32 | Kind::Int64 | Kind::Sint32 | Kind::Sint64 | Kind::Sfixed32 | Kind::Sfixed64 => {
            rules.check(Scalar::Int(0))
        }
        Kind::Message(_) => Ok(()),
    };
    checked.is_err()
}

/// Whether the rules over several fields of a message are tightened; `None` where they let through the same.
pub(super) fn message_rules(before: &MessageDescriptor, after: &MessageDescriptor) -> Option<bool> {
    let groups = |message: &MessageDescriptor| {
        let rules = MessageRules::compile(message).ok().flatten();
        rules.map(|rules| rules.groups.clone()).unwrap_or_default()
    };
    let (then, now) = (groups(before), groups(after));
    let holds = |group: &Group, before: &[Group]| before.iter().any(|known| implies(known, group, after));
    let is_tightened = now.iter().any(|group| !holds(group, &then));
    let is_loosened = then.iter().any(|group| !now.iter().any(|known| implies(known, group, before)));
    (is_tightened || is_loosened).then_some(is_tightened)
}

/// Whether what satisfies `known` satisfies `group`, of the rules on `message`.
fn implies(known: &Group, group: &Group, message: &MessageDescriptor) -> bool {
    let has_all = |all: &Group, some: &Group| some.numbers.iter().all(|number| all.numbers.contains(number));
    let is_required = !group.required || (known.required && has_all(group, known));
    // That at most one member of a oneof is set is no rule: it cannot be otherwise.
    let is_oneof = message.oneofs().any(|oneof| oneof.name() == group.name);
    is_required && (is_oneof || has_all(known, group))
}

/// Rules by their path: `string.min_len`, `repeated.items.string.uuid`. `required` is told apart, examples rule nothing.
fn flat(rules: &DynamicMessage) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    collect(rules, "", &mut all);
    all.retain(|name, _| name != "required" && last(name) != "example");
    all
}

fn collect(rules: &DynamicMessage, above: &str, all: &mut BTreeMap<String, Value>) {
    for (field, value) in rules.fields() {
        let name = if above.is_empty() { field.name().to_owned() } else { format!("{above}.{}", field.name()) };
        let is_rules =
            matches!(value, Value::Message(inner) if inner.descriptor().full_name().starts_with("buf.validate."));
        match value {
            Value::Message(inner) if is_rules => collect(inner, &name, all),
            other => {
                all.insert(name, other.clone());
            }
        }
    }
    for (extension, value) in rules.extensions() {
        all.insert(format!("{above}.[{}]", extension.full_name()), value.clone());
    }
}

fn is_tighter(name: &str, then: &Value, now: &Value) -> bool {
    match grows(last(name)) {
        Some(Grows::Down) => !ordered(now, then),
        Some(Grows::Up) => !ordered(then, now),
        Some(Grows::Wider) => !holds_all(now, then),
        Some(Grows::Narrower) => !holds_all(then, now),
        Some(Grows::Absent) | None => *now != Value::Bool(false),
    }
}

fn grows(rule: &str) -> Option<Grows> {
    Some(match rule {
        "gt" | "gte" | "min_len" | "min_bytes" | "min_items" | "min_pairs" => Grows::Down,
        "lt" | "lte" | "max_len" | "max_bytes" | "max_items" | "max_pairs" => Grows::Up,
        "in" => Grows::Wider,
        "not_in" => Grows::Narrower,
        "unique" | "finite" | "defined_only" => Grows::Absent,
        _ => return None,
    })
}

fn is_bound(name: &str) -> bool {
    matches!(last(name), "gt" | "gte" | "lt" | "lte")
}

/// Whether a lower bound lies above an upper one, which lets through what is outside of both.
fn excludes_a_stretch(rules: &BTreeMap<String, Value>) -> bool {
    rules.iter().filter(|(name, _)| matches!(last(name), "gt" | "gte")).any(|(name, lower)| {
        let above = name.rsplit_once('.').map_or("", |(above, _)| above);
        ["lt", "lte"].iter().any(|upper| {
            let upper = rules.get(&format!("{above}.{upper}"));
            upper.is_some_and(|upper| !ordered(lower, upper))
        })
    })
}

/// How much an `ignore` leaves unchecked: nothing, the zero value, everything.
fn ignore_rank(value: Option<&Value>) -> u8 {
    match value.and_then(Value::as_enum_number) {
        Some(3) => 2,
        Some(1) => 1,
        _ => 0,
    }
}

/// Whether `a <= b`; false where the two cannot be compared.
fn ordered(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::I32(a), Value::I32(b)) => a <= b,
        (Value::I64(a), Value::I64(b)) => a <= b,
        (Value::U32(a), Value::U32(b)) => a <= b,
        (Value::U64(a), Value::U64(b)) => a <= b,
        (Value::F32(a), Value::F32(b)) => a <= b,
        (Value::F64(a), Value::F64(b)) => a <= b,
        (Value::Message(a), Value::Message(b)) => match (moment(a), moment(b)) {
            (Some(a), Some(b)) => a <= b,
            _ => false,
        },
        _ => false,
    }
}

/// The seconds and nanoseconds of a Timestamp or a Duration.
fn moment(message: &DynamicMessage) -> Option<(i64, i32)> {
    let part = |name| message.get_field_by_name(name);
    Some((part("seconds")?.as_i64()?, part("nanos")?.as_i32()?))
}

fn holds_all(all: &Value, some: &Value) -> bool {
    let (Some(all), Some(some)) = (all.as_list(), some.as_list()) else { return false };
    some.iter().all(|value| all.contains(value))
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
