//! `PROTOVALIDATE`: rules of protovalidate that do not fit their field, contradict each other, or say nothing. What CEL
//! expressions say, predefined rules and examples are not looked into: that needs CEL.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};

use super::super::sink::Sink;
use super::super::subject::{Extent, LintFile, Subject};
use super::super::tokens::member;

const RULE: &str = "PROTOVALIDATE";

/// `FieldOptions` in a field's descriptor, and `(buf.validate.field)` in it.
const OPTIONS: i32 = 8;
const EXTENSION: i32 = 1159;

/// Numbers of fields of `buf.validate.FieldRules`, and of `Ignore`'s values.
const REPEATED: i32 = 18;
const MAP: i32 = 19;
const REQUIRED: i32 = 25;
const IGNORE: i32 = 27;
const IGNORE_IF_ZERO: i32 = 1;
const IGNORE_ALWAYS: i32 = 3;

pub(super) fn check(subject: &Subject<'_>, file: &LintFile<'_>, sink: &mut Sink<'_>) {
    let mut messages: Vec<MessageDescriptor> = file.descriptor.messages().collect();
    while let Some(message) = messages.pop() {
        messages.extend(message.child_messages());
        for field in message.fields().filter(|_| !message.is_map_entry()) {
            if let Some(rules) = subject.options.rules(&field) {
                let mut checker = Checker { file, field: &field, base: Vec::new(), sink };
                let target = Target {
                    kind: field.kind(),
                    is_many: field.is_list() || field.is_map(),
                    has_presence: field.supports_presence(),
                };
                let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
                if oneof.is_some() && flag(&rules, "required") {
                    checker.report(&[REQUIRED], "a field of a oneof cannot be required");
                }
                checker.rules(&rules, &target);
            }
        }
    }
}

/// What rules are for: a field, a list's items, a map's keys or values.
struct Target {
    kind: Kind,
    /// A list or a map as a whole.
    is_many: bool,
    has_presence: bool,
}

/// The path that is written, and where the rule stands in it.
type Place = (Vec<i32>, Option<Extent>);

struct Checker<'c, 'f, 's> {
    file: &'c LintFile<'f>,
    field: &'c FieldDescriptor,
    /// Where in the field's rules these are.
    base: Vec<i32>,
    sink: &'c mut Sink<'s>,
}

impl Checker<'_, '_, '_> {
    fn rules(&mut self, rules: &DynamicMessage, target: &Target) {
        self.flags(rules, target);
        let mut set = rules.fields().map(|(field, value)| (field, value.clone())).collect::<Vec<_>>().into_iter();
        let is_type = |field: &FieldDescriptor| field.containing_oneof().is_some_and(|oneof| oneof.name() == "type");
        let Some((member, Value::Message(rules))) = set.find(|(field, _)| is_type(field)) else { return };
        let number = number_of(&member);
        match number {
            MAP => self.map(&rules),
            REPEATED => self.list(&rules, target),
            _ if target.is_many => {
                self.report(&[number], "rules of one value are on many; use repeated.items or map.values");
            }
            _ if !fits(member.name(), &target.kind) => {
                self.report(&[number], &format!("rules for {} are on a field of another type", member.name()));
            }
            _ => self.values(member.name(), number, &rules),
        }
    }

    fn flags(&mut self, rules: &DynamicMessage, target: &Target) {
        let ignore = rules.get_field_by_name("ignore").and_then(|value| value.as_enum_number()).unwrap_or(0);
        if ignore == IGNORE_ALWAYS && count(rules) > 1 {
            self.report(&[IGNORE], "IGNORE_ALWAYS leaves the other rules without effect");
        }
        if ignore != IGNORE_IF_ZERO {
            return;
        }
        if flag(rules, "required") {
            self.report_all(&[&[REQUIRED], &[IGNORE]], "a required field cannot be ignored when it is empty");
        }
        if target.has_presence {
            self.report(&[IGNORE], "IGNORE_IF_ZERO_VALUE says nothing on a field with presence");
        }
    }

    fn list(&mut self, rules: &DynamicMessage, target: &Target) {
        if !self.field.is_list() || !target.is_many {
            return self.report(&[REPEATED], "rules for lists are on a field that is none");
        }
        let is_plain_message = matches!(&target.kind, Kind::Message(it) if wrapped(it).is_none());
        if flag(rules, "unique") && is_plain_message {
            self.report(&[REPEATED, 3], "unique is for scalars and wrappers only");
        }
        self.least_and_most(REPEATED, rules, "min_items", "max_items");
        self.parts(&[(REPEATED, "items", target.kind.clone())], rules);
    }

    fn map(&mut self, rules: &DynamicMessage) {
        let kind = self.field.kind();
        let Some(entry) = kind.as_message().filter(|_| self.field.is_map() && self.base.is_empty()) else {
            return self.report(&[MAP], "rules for maps are on a field that is none");
        };
        self.least_and_most(MAP, rules, "min_pairs", "max_pairs");
        let (key, value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        self.parts(&[(MAP, "keys", key), (MAP, "values", value)], rules);
    }

    /// The rules of items, keys and values.
    fn parts(&mut self, parts: &[(i32, &str, Kind)], rules: &DynamicMessage) {
        for (family, name, kind) in parts {
            let Some(inner) = rules.get_field_by_name(name).filter(|_| rules.has_field_by_name(name)) else { continue };
            let (Some(inner), Some(part)) = (inner.as_message(), rules.descriptor().get_field_by_name(name)) else {
                continue;
            };
            let mut checker =
                Checker { file: self.file, field: self.field, base: vec![*family, number_of(&part)], sink: self.sink };
            if flag(inner, "required") {
                checker.report(&[REQUIRED], &format!("{name} cannot be required one by one"));
            }
            let has_presence = *family == MAP && matches!(kind, Kind::Message(_));
            checker.rules(inner, &Target { kind: kind.clone(), is_many: false, has_presence });
        }
    }

    /// The rules of one value of the type that `family` is for.
    fn values(&mut self, family: &str, number: i32, rules: &DynamicMessage) {
        if family != "bool"
            && let Some((constant, _)) = set(rules, "const").filter(|_| count(rules) > 1)
        {
            self.report(&[number, constant], "const leaves the other rules without effect");
        }
        match family {
            "string" => self.text(number, rules),
            "bytes" => self.bytes(number, rules),
            _ => self.bounds(number, rules),
        }
    }

    fn bounds(&mut self, number: i32, rules: &DynamicMessage) {
        let lower = set(rules, "gt").or_else(|| set(rules, "gte"));
        let upper = set(rules, "lt").or_else(|| set(rules, "lte"));
        if let (Some((lower, low)), Some((upper, high))) = (lower, upper)
            && low == high
        {
            let is_one = set(rules, "gte").is_some() && set(rules, "lte").is_some();
            let what = if is_one { "equal bounds are a const" } else { "equal bounds refuse every value" };
            self.report_all(&[&[number, lower], &[number, upper]], what);
        }
        if let (Some((after, Value::Bool(true))), Some((before, Value::Bool(true)))) =
            (set(rules, "gt_now"), set(rules, "lt_now"))
        {
            self.report_all(&[&[number, after], &[number, before]], "no moment is before and after now");
        }
    }

    fn text(&mut self, number: i32, rules: &DynamicMessage) {
        self.lengths(number, rules, ["len", "min_len", "max_len"]);
        self.lengths(number, rules, ["len_bytes", "min_bytes", "max_bytes"]);
        for (least, most, times) in [("min_len", "max_bytes", 1), ("min_bytes", "max_len", 4)] {
            if let (Some((low, Value::U64(fewest))), Some((high, Value::U64(greatest)))) =
                (set(rules, least), set(rules, most))
                && greatest.saturating_mul(times) < fewest
            {
                let what = format!("no text has {least} {fewest} and {most} {greatest}");
                self.report(&[number, low], &what);
                self.report(&[number, high], &what);
            }
        }
        for name in ["prefix", "suffix", "contains"] {
            let Some((part, Value::String(text))) = set(rules, name) else { continue };
            let longer = |limit: &str, length: usize| match set(rules, limit) {
                Some((_, Value::U64(most))) => u64::try_from(length).is_ok_and(|length| length > most),
                _ => false,
            };
            if longer("max_len", text.chars().count()) {
                self.report(&[number, part], &format!("{name} is longer than max_len"));
            }
            if longer("max_bytes", text.len()) {
                self.report(&[number, part], &format!("{name} is longer than max_bytes"));
            }
            if let Some((_, Value::String(not))) = set(rules, "not_contains")
                && text.contains(&not)
            {
                self.report(&[number, part], &format!("{name} contains what not_contains refuses"));
            }
        }
        self.pattern(number, rules);
        let is_loose = matches!(set(rules, "strict"), Some((_, Value::Bool(false))));
        if let Some((strict, _)) = set(rules, "strict").filter(|_| is_loose && set(rules, "well_known_regex").is_none())
        {
            self.report(&[number, strict], "strict says nothing without well_known_regex");
        }
    }

    fn bytes(&mut self, number: i32, rules: &DynamicMessage) {
        self.lengths(number, rules, ["len", "min_len", "max_len"]);
        for name in ["prefix", "suffix", "contains"] {
            if let (Some((part, Value::Bytes(bytes))), Some((_, Value::U64(most)))) =
                (set(rules, name), set(rules, "max_len"))
                && u64::try_from(bytes.len()).is_ok_and(|length| length > most)
            {
                self.report(&[number, part], &format!("{name} is longer than max_len"));
            }
        }
        self.pattern(number, rules);
    }

    fn pattern(&mut self, number: i32, rules: &DynamicMessage) {
        if let Some((part, Value::String(pattern))) = set(rules, "pattern")
            && let Err(error) = regex::Regex::new(&pattern)
        {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
            self.report(&[number, part], &format!("the pattern {pattern:?} is no regular expression: {why}"));
        }
    }

    fn lengths(&mut self, number: i32, rules: &DynamicMessage, [exact, least, most]: [&str; 3]) {
        for name in [least, most] {
            if let (Some(_), Some((part, _))) = (set(rules, exact), set(rules, name)) {
                self.report(&[number, part], &format!("{name} says nothing beside {exact}"));
            }
        }
        self.least_and_most(number, rules, least, most);
        if let (Some((low, fewest)), Some((high, greatest))) = (set(rules, least), set(rules, most))
            && fewest == greatest
        {
            self.report_all(&[&[number, low], &[number, high]], &format!("equal {least} and {most} are {exact}"));
        }
    }

    fn least_and_most(&mut self, number: i32, rules: &DynamicMessage, least: &str, most: &str) {
        if let (Some((low, Value::U64(fewest))), Some((high, Value::U64(greatest)))) =
            (set(rules, least), set(rules, most))
            && fewest > greatest
        {
            let what = format!("{least} {fewest} is more than {most} {greatest}");
            self.report(&[number, low], &what);
            self.report(&[number, high], &what);
        }
    }

    fn report(&mut self, path: &[i32], what: &str) {
        self.report_all(&[path], what);
    }

    /// One finding about several rules, at the places that they have.
    fn report_all(&mut self, paths: &[&[i32]], what: &str) {
        let mut places: Vec<Place> = paths.iter().map(|path| self.place(path)).collect();
        places.dedup();
        for (path, extent) in places {
            let text = format!("Rules of field {:?}: {what}.", self.field.name());
            self.sink.report_at(RULE, self.file, &path, extent, text);
        }
    }

    /// Where a rule is written: at its own place, in the braces of one around it, or as the first that it is around.
    fn place(&self, path: &[i32]) -> Place {
        let option = [self.field.path(), &[OPTIONS, EXTENSION]].concat();
        let whole = [option.as_slice(), &self.base, path].concat();
        let around = (option.len()..=whole.len()).rev().filter_map(|length| whole.get(..length));
        let Some(written) = around.into_iter().find(|path| self.file.has(path)) else {
            let below = self.file.first_below(&whole).unwrap_or(whole);
            let extent = self.file.extent(&below);
            return (below, extent);
        };
        let names = self.names(option.len(), &whole);
        let inner = written.len().checked_sub(option.len()).and_then(|length| names.get(length..)).unwrap_or_default();
        let keys: Vec<&str> = inner.iter().map(String::as_str).collect();
        let text = self.file.text.as_ref().map(|text| text.whole);
        let in_braces = self.file.range(written).zip(text).and_then(|(range, text)| member(text, range, &keys));
        let extent = in_braces.and_then(|range| self.file.extent_of(&range)).or_else(|| self.file.extent(written));
        (written.to_vec(), extent)
    }

    /// The names of the rules on a path, from `FieldRules` on.
    fn names(&self, start: usize, path: &[i32]) -> Vec<String> {
        let mut message = self.field.parent_message().parent_pool().get_message_by_name("buf.validate.FieldRules");
        let mut names = Vec::new();
        for number in path.iter().skip(start) {
            let field = u32::try_from(*number).ok().and_then(|number| message.as_ref()?.get_field(number));
            let Some(field) = field else { break };
            names.push(field.name().to_owned());
            message = field.kind().as_message().cloned();
        }
        names
    }
}

/// The number and value of a field that is set.
fn set(rules: &DynamicMessage, name: &str) -> Option<(i32, Value)> {
    let field = rules.descriptor().get_field_by_name(name)?;
    rules.has_field(&field).then(|| (number_of(&field), rules.get_field(&field).into_owned()))
}

fn flag(rules: &DynamicMessage, name: &str) -> bool {
    matches!(set(rules, name), Some((_, Value::Bool(true))))
}

fn count(rules: &DynamicMessage) -> usize {
    rules.fields().count() + rules.extensions().count()
}

fn number_of(field: &FieldDescriptor) -> i32 {
    i32::try_from(field.number()).unwrap_or(i32::MAX)
}

/// Whether rules of a family are for values of a kind.
fn fits(family: &str, kind: &Kind) -> bool {
    let own = match kind {
        Kind::Message(message) => return wrapped(message).or_else(|| well_known(message)) == Some(family),
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint32 => "sint32",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed32 => "sfixed32",
        Kind::Sfixed64 => "sfixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Enum(_) => "enum",
    };
    own == family
}

/// The family of a wrapper's value.
fn wrapped(message: &MessageDescriptor) -> Option<&'static str> {
    Some(match message.full_name() {
        "google.protobuf.BoolValue" => "bool",
        "google.protobuf.BytesValue" => "bytes",
        "google.protobuf.DoubleValue" => "double",
        "google.protobuf.FloatValue" => "float",
        "google.protobuf.Int32Value" => "int32",
        "google.protobuf.Int64Value" => "int64",
        "google.protobuf.StringValue" => "string",
        "google.protobuf.UInt32Value" => "uint32",
        "google.protobuf.UInt64Value" => "uint64",
        _ => return None,
    })
}

fn well_known(message: &MessageDescriptor) -> Option<&'static str> {
    Some(match message.full_name() {
        "google.protobuf.Any" => "any",
        "google.protobuf.Duration" => "duration",
        "google.protobuf.FieldMask" => "field_mask",
        "google.protobuf.Timestamp" => "timestamp",
        _ => return None,
    })
}
