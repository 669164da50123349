//! `buf.validate.FieldRules`, read by reflection once, into checks.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind as FieldType, ReflectMessage, Value};

use super::bounds::{Bound, Bounds, Moment};
use super::bytes::{BytesFormat, BytesRules};
use super::formats::Format;
use super::message::is_in_group;
use super::text::TextRules;
use super::{Count, Ignore, Kind, Rules, RulesError};

/// What rules are for: the type that they must be written for, and where they stand.
struct Subject<'a> {
    /// The member of `FieldRules.type` that fits.
    family: &'static str,
    /// The types of a map's key and value, or of a list's items.
    parts: [Option<FieldType>; 2],
    has_presence: bool,
    place: &'a str,
}

/// The largest compiled pattern, in bytes: what a pattern of a schema may cost.
const PATTERN_SIZE_MAX: usize = 1 << 20;

pub(super) fn field(rules: &DynamicMessage, field: &FieldDescriptor) -> Result<Option<Rules>, RulesError> {
    let place = field.full_name();
    let subject = match field.kind() {
        FieldType::Message(entry) if field.is_map() => {
            let parts = [Some(entry.map_entry_key_field().kind()), Some(entry.map_entry_value_field().kind())];
            Subject { family: "map", parts, has_presence: false, place }
        }
        kind if field.is_list() => {
            Subject { family: "repeated", parts: [Some(kind), None], has_presence: false, place }
        }
        kind => single(&kind, field.supports_presence(), place),
    };
    let mut compiled = compile(rules, &subject)?;
    if compiled.ignore == Ignore::Never && !subject.has_presence && is_in_group(field) {
        compiled.ignore = Ignore::IfZero;
    }
    let idle = matches!(compiled.kind, Kind::Nothing) && compiled.ignore != Ignore::Always;
    Ok((!idle).then_some(compiled))
}

pub(super) fn demand_presence(rules: &DynamicMessage) -> bool {
    let flag = |name: &str| rules.get_field_by_name(name).and_then(|value| value.as_bool()).unwrap_or(false);
    let ignore = rules.get_field_by_name("ignore").and_then(|value| value.as_enum_number()).unwrap_or(0);
    flag("required") && ignore != IGNORE_ALWAYS
}

const IGNORE_IF_ZERO: i32 = 1;
const IGNORE_ALWAYS: i32 = 3;

fn single<'a>(kind: &FieldType, has_presence: bool, place: &'a str) -> Subject<'a> {
    Subject { family: family(kind), parts: [None, None], has_presence, place }
}

fn compile(rules: &DynamicMessage, subject: &Subject<'_>) -> Result<Rules, RulesError> {
    let mut compiled = Rules { ignore: Ignore::Never, kind: Kind::Nothing };
    refuse_extras(rules, subject)?;
    for (field, value) in rules.fields() {
        match (field.name(), value) {
            ("required", _) => {}
            ("ignore", Value::EnumNumber(IGNORE_ALWAYS)) => compiled.ignore = Ignore::Always,
            // Where presence can be told, a value that is set is checked even when it is zero.
            ("ignore", Value::EnumNumber(IGNORE_IF_ZERO)) if !subject.has_presence => {
                compiled.ignore = Ignore::IfZero;
            }
            ("ignore", _) => {}
            ("cel" | "cel_expression", _) => return Err(subject.not_evaluated(field.name(), "CEL is not supported")),
            (name, Value::Message(rules)) if name == subject.family => {
                refuse_extras(rules, subject)?;
                compiled.kind = kind(rules, subject)?;
            }
            (name, _) => {
                return Err(RulesError {
                    place: subject.place.to_owned(),
                    cause: format!("the rules are for {name}, but the type takes rules for {}", subject.family),
                    hint: "write the rules of the field's own type".to_owned(),
                });
            }
        }
    }
    Ok(compiled)
}

/// Predefined rules are extensions; rules of a newer protovalidate are fields that this one does not know.
fn refuse_extras(rules: &DynamicMessage, subject: &Subject<'_>) -> Result<(), RulesError> {
    if let Some((extension, _)) = rules.extensions().next() {
        return Err(subject.not_evaluated(extension.full_name(), "predefined rules are CEL, which is not supported"));
    }
    match rules.unknown_fields().next() {
        Some(unknown) => Err(subject.not_evaluated(
            &format!("number {} of {}", unknown.number(), rules.descriptor().full_name()),
            "it is of a newer buf/validate/validate.proto than Judi's",
        )),
        None => Ok(()),
    }
}

fn kind(rules: &DynamicMessage, subject: &Subject<'_>) -> Result<Kind, RulesError> {
    Ok(match subject.family {
        "int32" | "int64" | "sint32" | "sint64" | "sfixed32" | "sfixed64" => Kind::Int(bounds(rules, subject, int)?),
        "uint32" | "uint64" | "fixed32" | "fixed64" => Kind::Uint(bounds(rules, subject, uint)?),
        "float" | "double" => Kind::Float(bounds(rules, subject, float)?),
        "timestamp" | "duration" => Kind::Time(bounds(rules, subject, moment)?),
        "bool" => match rules.get_field_by_name("const").filter(|_| rules.has_field_by_name("const")) {
            Some(wanted) => Kind::Bool(wanted.as_bool().unwrap_or(false)),
            None => Kind::Nothing,
        },
        "enum" => Kind::Enum {
            defined_only: rules.get_field_by_name("defined_only").and_then(|value| value.as_bool()).unwrap_or(false),
            bounds: bounds(rules, subject, int)?,
        },
        "string" => Kind::Text(Box::new(text(rules, subject)?)),
        "bytes" => Kind::Bytes(Box::new(bytes(rules, subject)?)),
        "any" => Kind::Any { among: strings(rules, "in"), none_of: strings(rules, "not_in") },
        "repeated" => Kind::List {
            count: Count { least: number(rules, "min_items"), most: number(rules, "max_items") },
            unique: rules.get_field_by_name("unique").and_then(|value| value.as_bool()).unwrap_or(false),
            items: part(rules, "items", subject.parts[0].as_ref(), subject)?,
        },
        "map" => Kind::Map {
            count: Count { least: number(rules, "min_pairs"), most: number(rules, "max_pairs") },
            keys: part(rules, "keys", subject.parts[0].as_ref(), subject)?,
            values: part(rules, "values", subject.parts[1].as_ref(), subject)?,
        },
        other => return Err(subject.not_evaluated(other, "rules of this type are not supported")),
    })
}

/// The rules of a list's items, a map's keys or its values.
fn part(
    rules: &DynamicMessage,
    name: &str,
    kind: Option<&FieldType>,
    subject: &Subject<'_>,
) -> Result<Option<Box<Rules>>, RulesError> {
    let (Some(kind), true) = (kind, rules.has_field_by_name(name)) else { return Ok(None) };
    let value = rules.get_field_by_name(name);
    let Some(rules) = value.as_ref().and_then(|value| value.as_message()) else { return Ok(None) };
    let has_presence = matches!(kind, FieldType::Message(_));
    compile(rules, &single(kind, has_presence, subject.place)).map(|rules| Some(Box::new(rules)))
}

/// Every rule that an ordered type can have, with values read by `read`.
fn bounds<T>(
    rules: &DynamicMessage,
    subject: &Subject<'_>,
    read: fn(&Value) -> Option<T>,
) -> Result<Bounds<T>, RulesError> {
    let mut bounds = Bounds::new(subject.family);
    for (field, value) in rules.fields() {
        let end = |inclusive| read(value).map(|value| Bound { value, inclusive });
        match field.name() {
            "const" => bounds.equal = read(value),
            "gt" => bounds.lower = end(false),
            "gte" => bounds.lower = end(true),
            "lt" => bounds.upper = end(false),
            "lte" => bounds.upper = end(true),
            "in" => bounds.among = all(value, read),
            "not_in" => bounds.none_of = all(value, read),
            "finite" => bounds.finite = value.as_bool().unwrap_or(false),
            "defined_only" | "example" => {}
            "lt_now" | "gt_now" | "within" => {
                let why = "the verdict on an event must not depend on when it is judged";
                return Err(subject.not_evaluated(&format!("{}.{}", subject.family, field.name()), why));
            }
            other => return Err(subject.not_evaluated(&format!("{}.{other}", subject.family), "it is not known")),
        }
    }
    Ok(bounds)
}

fn text(rules: &DynamicMessage, subject: &Subject<'_>) -> Result<TextRules, RulesError> {
    let mut compiled = TextRules::default();
    let strict = !rules.has_field_by_name("strict")
        || rules.get_field_by_name("strict").and_then(|value| value.as_bool()).unwrap_or(true);
    for (field, value) in rules.fields() {
        let text = || value.as_str().map(str::to_owned);
        match field.name() {
            "const" => compiled.equal = text(),
            "len" => compiled.length = value.as_u64(),
            "min_len" => compiled.length_min = value.as_u64(),
            "max_len" => compiled.length_max = value.as_u64(),
            "len_bytes" => compiled.bytes = value.as_u64(),
            "min_bytes" => compiled.bytes_min = value.as_u64(),
            "max_bytes" => compiled.bytes_max = value.as_u64(),
            "pattern" => {
                let pattern = value.as_str().unwrap_or_default();
                let built = regex::RegexBuilder::new(pattern).size_limit(PATTERN_SIZE_MAX).build();
                compiled.pattern = Some(built.map_err(|error| subject.bad_pattern(pattern, &error))?);
            }
            "prefix" => compiled.prefix = text(),
            "suffix" => compiled.suffix = text(),
            "contains" => compiled.contains = text(),
            "not_contains" => compiled.not_contains = text(),
            "in" => compiled.among = strings(rules, "in"),
            "not_in" => compiled.none_of = strings(rules, "not_in"),
            "strict" | "example" => {}
            "well_known_regex" => compiled.format = Format::header(value.as_enum_number().unwrap_or(0), strict),
            name => match Format::named(name) {
                Some(format) => compiled.format = value.as_bool().unwrap_or(false).then_some(format),
                None => return Err(subject.not_evaluated(&format!("string.{name}"), "it is not known")),
            },
        }
    }
    Ok(compiled)
}

fn bytes(rules: &DynamicMessage, subject: &Subject<'_>) -> Result<BytesRules, RulesError> {
    let mut compiled = BytesRules::default();
    for (field, value) in rules.fields() {
        let bytes = || blob(value);
        let format = |format| value.as_bool().unwrap_or(false).then_some(format);
        match field.name() {
            "const" => compiled.equal = bytes(),
            "len" => compiled.length = value.as_u64(),
            "min_len" => compiled.length_min = value.as_u64(),
            "max_len" => compiled.length_max = value.as_u64(),
            "pattern" => {
                let pattern = value.as_str().unwrap_or_default();
                let built = regex::bytes::RegexBuilder::new(pattern).size_limit(PATTERN_SIZE_MAX).build();
                compiled.pattern = Some(built.map_err(|error| subject.bad_pattern(pattern, &error))?);
            }
            "prefix" => compiled.prefix = bytes(),
            "suffix" => compiled.suffix = bytes(),
            "contains" => compiled.contains = bytes(),
            "in" => compiled.among = all(value, blob),
            "not_in" => compiled.none_of = all(value, blob),
            "example" => {}
            "ip" => compiled.format = format(BytesFormat::Ip),
            "ipv4" => compiled.format = format(BytesFormat::Ipv4),
            "ipv6" => compiled.format = format(BytesFormat::Ipv6),
            "uuid" => compiled.format = format(BytesFormat::Uuid),
            name => return Err(subject.not_evaluated(&format!("bytes.{name}"), "it is not known")),
        }
    }
    Ok(compiled)
}

impl Subject<'_> {
    fn not_evaluated(&self, rule: &str, why: &str) -> RulesError {
        RulesError {
            place: self.place.to_owned(),
            cause: format!("the rule `{rule}` of (buf.validate.field) is not evaluated: {why}"),
            hint: "state it with the standard rules of the field's type, or audit it in a job".to_owned(),
        }
    }

    fn bad_pattern(&self, pattern: &str, error: &regex::Error) -> RulesError {
        RulesError {
            place: self.place.to_owned(),
            cause: format!("the pattern {pattern:?} cannot be used: {error}"),
            hint: "patterns are RE2: no look-around, no back references".to_owned(),
        }
    }
}

fn family(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Double => "double",
        FieldType::Float => "float",
        FieldType::Int32 => "int32",
        FieldType::Int64 => "int64",
        FieldType::Uint32 => "uint32",
        FieldType::Uint64 => "uint64",
        FieldType::Sint32 => "sint32",
        FieldType::Sint64 => "sint64",
        FieldType::Fixed32 => "fixed32",
        FieldType::Fixed64 => "fixed64",
        FieldType::Sfixed32 => "sfixed32",
        FieldType::Sfixed64 => "sfixed64",
        FieldType::Bool => "bool",
        FieldType::String => "string",
        FieldType::Bytes => "bytes",
        FieldType::Enum(_) => "enum",
        FieldType::Message(message) => match message.full_name() {
            "google.protobuf.DoubleValue" => "double",
            "google.protobuf.FloatValue" => "float",
            "google.protobuf.Int32Value" => "int32",
            "google.protobuf.Int64Value" => "int64",
            "google.protobuf.UInt32Value" => "uint32",
            "google.protobuf.UInt64Value" => "uint64",
            "google.protobuf.BoolValue" => "bool",
            "google.protobuf.StringValue" => "string",
            "google.protobuf.BytesValue" => "bytes",
            "google.protobuf.Any" => "any",
            "google.protobuf.Duration" => "duration",
            "google.protobuf.Timestamp" => "timestamp",
            "google.protobuf.FieldMask" => "field_mask",
            _ => "no rules but required, ignore and CEL",
        },
    }
}

fn number(rules: &DynamicMessage, name: &str) -> Option<u64> {
    rules.has_field_by_name(name).then(|| rules.get_field_by_name(name)?.as_u64()).flatten()
}

fn strings(rules: &DynamicMessage, name: &str) -> Vec<String> {
    let value = rules.get_field_by_name(name);
    value.map(|value| all(&value, |value| value.as_str().map(str::to_owned))).unwrap_or_default()
}

fn all<T>(value: &Value, read: fn(&Value) -> Option<T>) -> Vec<T> {
    value.as_list().unwrap_or_default().iter().filter_map(read).collect()
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::I32(value) | Value::EnumNumber(value) => Some(i64::from(*value)),
        Value::I64(value) => Some(*value),
        _ => None,
    }
}

fn uint(value: &Value) -> Option<u64> {
    match value {
        Value::U32(value) => Some(u64::from(*value)),
        Value::U64(value) => Some(*value),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::F32(value) => Some(f64::from(*value)),
        Value::F64(value) => Some(*value),
        _ => None,
    }
}

fn blob(value: &Value) -> Option<Vec<u8>> {
    value.as_bytes().map(|bytes| bytes.to_vec())
}

fn moment(value: &Value) -> Option<Moment> {
    let message = value.as_message()?;
    let seconds = message.get_field_by_name("seconds")?.as_i64()?;
    let nanos = message.get_field_by_name("nanos")?.as_i32()?;
    Some(Moment { seconds, nanos })
}
