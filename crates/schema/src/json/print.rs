//! Wire bytes as JSON. The bytes are well-formed and each singular field occurs once.

use std::collections::BTreeMap;

use super::any::{find, stands_in_value};
use super::body::is_field_mask;
use super::{UNKNOWN_JSON_FIELD, base64, output};
use crate::plan::{Cardinality, FieldKind, FieldPlan, MessageId, MessageKind, MessagePlan, Plans, ScalarKind};
use crate::verdict::Violation;
use crate::wire::{self, Cursor, DEPTH_MAX, Scalar, Tag, WireError, WireType, time};

/// The member that holds fields which are not known.
const UNKNOWN_MEMBER: &str = "_unknown";

pub(super) fn print(plans: &Plans, message: MessageId, bytes: &[u8]) -> Result<String, Violation> {
    let mut printer = Printer { plans, out: String::with_capacity(bytes.len() * 2), depth: 0 };
    printer.message(message, bytes)?;
    Ok(printer.out)
}

struct Printer<'p> {
    plans: &'p Plans,
    out: String,
    /// Counted for messages in Any, whose bytes the walk before did not enter.
    depth: u32,
}

/// What stands in a message, by field in the order of numbers.
#[derive(Default)]
struct Contents<'a> {
    values: Vec<(usize, Tag, Cursor<'a>)>,
    json: Vec<&'a str>,
    unknown: Vec<u8>,
}

/// A map's key, in the order in which keys are written.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Text(&'a str),
}

impl Printer<'_> {
    fn message(&mut self, id: MessageId, body: &[u8]) -> Result<(), WireError> {
        let plan = self.plans.message(id);
        match plan.kind {
            MessageKind::Timestamp | MessageKind::Duration => {
                let (seconds, nanos) = time::seconds_and_nanos(body)?;
                self.out.push('"');
                if plan.kind == MessageKind::Timestamp {
                    time::write_timestamp(seconds, nanos, &mut self.out);
                } else {
                    time::write_duration(seconds, nanos, &mut self.out);
                }
                self.out.push('"');
                Ok(())
            }
            MessageKind::Wrapper => self.wrapper(plan, body),
            MessageKind::Json => match plan.full_name.as_str() {
                "google.protobuf.Value" => self.json_value(body),
                "google.protobuf.ListValue" => self.json_list(body),
                "google.protobuf.Struct" => self.json_struct(body),
                _ => self.any(body),
            },
            MessageKind::Plain if is_field_mask(plan) => self.field_mask(body),
            MessageKind::Plain => {
                self.out.push('{');
                let first = self.out.len();
                self.members(plan, body, first)?;
                self.out.push('}');
                Ok(())
            }
        }
    }

    /// A message's members; `first` is where the first of them stands, before which there is no comma.
    fn members(&mut self, plan: &MessagePlan, body: &[u8], first: usize) -> Result<(), WireError> {
        let contents = contents(plan, body)?;
        for group in contents.values.chunk_by(|left, right| left.0 == right.0) {
            let Some((field, &(_, tag, value))) = group.first().and_then(|one| Some((plan.fields.get(one.0)?, one)))
            else {
                continue;
            };
            let start = self.out.len();
            self.name(&field.name, first);
            match field.cardinality {
                Cardinality::Map(key) => self.map(field, key, group)?,
                Cardinality::Repeated => self.list(field, group)?,
                Cardinality::Explicit => self.value(&field.kind, tag, value)?,
                // An implicit zero is the same as nothing.
                Cardinality::Implicit if is_zero(&field.kind, value)? => self.out.truncate(start),
                Cardinality::Implicit => self.value(&field.kind, tag, value)?,
            }
        }
        for json in contents.json {
            if self.out.len() > first {
                self.out.push(',');
            }
            self.out.push_str(json);
        }
        if !contents.unknown.is_empty() {
            self.name(UNKNOWN_MEMBER, first);
            self.base64(&contents.unknown);
        }
        Ok(())
    }

    fn name(&mut self, name: &str, first: usize) {
        if self.out.len() > first {
            self.out.push(',');
        }
        output::quote(name, &mut self.out);
        self.out.push(':');
    }

    fn value(&mut self, kind: &FieldKind, tag: Tag, mut value: Cursor<'_>) -> Result<(), WireError> {
        match kind {
            FieldKind::Scalar(kind) => {
                let value = value.scalar(*kind)?;
                self.scalar(*kind, value);
            }
            FieldKind::Enum(plan) => {
                let number = value.enum_number()?;
                match plan.names.get(&number) {
                    _ if plan.full_name == "google.protobuf.NullValue" => self.out.push_str("null"),
                    Some(name) => output::quote(name, &mut self.out),
                    None => self.out.push_str(&number.to_string()),
                }
            }
            FieldKind::Message(id) => self.message(*id, value.bytes()?)?,
            FieldKind::Group(id) => self.message(*id, value.group(tag.number, 0)?)?,
        }
        Ok(())
    }

    fn scalar(&mut self, kind: ScalarKind, value: Scalar<'_>) {
        let is_wide = matches!(
            kind,
            ScalarKind::Int64 | ScalarKind::Uint64 | ScalarKind::Sint64 | ScalarKind::Fixed64 | ScalarKind::Sfixed64
        );
        // Whole numbers of 64 bits are text, since JavaScript's numbers do not hold them.
        let quote = if is_wide { "\"" } else { "" };
        match value {
            Scalar::Int(value) => self.out.push_str(&format!("{quote}{value}{quote}")),
            Scalar::Uint(value) => self.out.push_str(&format!("{quote}{value}{quote}")),
            Scalar::Float(value) => output::float(value, &mut self.out),
            Scalar::Double(value) => output::double(value, &mut self.out),
            Scalar::Bool(value) => self.out.push_str(if value { "true" } else { "false" }),
            Scalar::Text(value) => output::quote(value, &mut self.out),
            Scalar::Bytes(value) => self.base64(value),
        }
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.out.push('"');
        base64::encode(bytes, &mut self.out);
        self.out.push('"');
    }

    fn list(&mut self, field: &FieldPlan, group: &[(usize, Tag, Cursor<'_>)]) -> Result<(), WireError> {
        self.out.push('[');
        let first = self.out.len();
        let wire_type = field.kind.wire_type();
        for &(_, tag, mut value) in group {
            let is_packed = tag.wire_type == WireType::Len && field.kind.packable();
            let mut values = if is_packed { Cursor::new(value.bytes()?) } else { value };
            while !values.is_empty() {
                if self.out.len() > first {
                    self.out.push(',');
                }
                self.value(&field.kind, tag, values)?;
                if !is_packed {
                    break;
                }
                values.skip(Tag { wire_type, ..tag }, 0)?;
            }
        }
        self.out.push(']');
        Ok(())
    }

    fn map(
        &mut self,
        field: &FieldPlan,
        kind: ScalarKind,
        group: &[(usize, Tag, Cursor<'_>)],
    ) -> Result<(), WireError> {
        let mut entries = BTreeMap::new();
        for (_, _, entry) in group {
            let (key, value) = entry_of(kind, { *entry }.bytes()?)?;
            entries.insert(key, value);
        }
        self.out.push('{');
        let first = self.out.len();
        for (key, value) in entries {
            let name = match key {
                Key::Bool(key) => key.to_string(),
                Key::Int(key) => key.to_string(),
                Key::Uint(key) => key.to_string(),
                Key::Text(key) => key.to_owned(),
            };
            self.name(&name, first);
            match (value, &field.kind) {
                (Some((tag, value)), kind) => self.value(kind, tag, value)?,
                // What an entry leaves out has its zero, which a zero byte reads as, whatever its type.
                (None, FieldKind::Scalar(kind)) => self.scalar(*kind, kind.zero()),
                (None, kind) => {
                    self.value(kind, Tag { number: 2, wire_type: kind.wire_type() }, Cursor::new(&[0]))?;
                }
            }
        }
        self.out.push('}');
        Ok(())
    }

    fn wrapper(&mut self, plan: &MessagePlan, body: &[u8]) -> Result<(), WireError> {
        let Some(FieldPlan { kind: FieldKind::Scalar(kind), .. }) = plan.fields.first() else { return Ok(()) };
        let value =
            contents(plan, body)?.values.first().map_or(Ok(kind.zero()), |(.., value)| { *value }.scalar(*kind))?;
        self.scalar(*kind, value);
        Ok(())
    }

    fn field_mask(&mut self, body: &[u8]) -> Result<(), WireError> {
        let mut paths = Vec::new();
        let mut cursor = Cursor::new(body);
        while let Some(tag) = cursor.tag()? {
            if tag == (Tag { number: 1, wire_type: WireType::Len }) {
                paths.push(lower_camel_case(cursor.text()?));
            } else {
                cursor.skip(tag, 0)?;
            }
        }
        output::quote(&paths.join(","), &mut self.out);
        Ok(())
    }

    /// A `google.protobuf.Value`; one that holds nothing is null.
    fn json_value(&mut self, body: &[u8]) -> Result<(), WireError> {
        let mut cursor = Cursor::new(body);
        let start = self.out.len();
        while let Some(tag) = cursor.tag()? {
            if (1..=6).contains(&tag.number) {
                self.out.truncate(start);
            }
            match (tag.number, tag.wire_type) {
                (2, WireType::Fixed64) => output::double(f64::from_bits(cursor.fixed64()?), &mut self.out),
                (3, WireType::Len) => output::quote(cursor.text()?, &mut self.out),
                (4, WireType::Varint) => {
                    let value = cursor.varint()? != 0;
                    self.out.push_str(if value { "true" } else { "false" });
                }
                (5, WireType::Len) => self.json_struct(cursor.bytes()?)?,
                (6, WireType::Len) => self.json_list(cursor.bytes()?)?,
                _ => cursor.skip(tag, 0)?,
            }
        }
        if self.out.len() == start {
            self.out.push_str("null");
        }
        Ok(())
    }

    fn json_list(&mut self, body: &[u8]) -> Result<(), WireError> {
        self.out.push('[');
        let first = self.out.len();
        let mut cursor = Cursor::new(body);
        while let Some(tag) = cursor.tag()? {
            if tag != (Tag { number: 1, wire_type: WireType::Len }) {
                cursor.skip(tag, 0)?;
                continue;
            }
            if self.out.len() > first {
                self.out.push(',');
            }
            self.json_value(cursor.bytes()?)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn json_struct(&mut self, body: &[u8]) -> Result<(), WireError> {
        let mut members = BTreeMap::new();
        let mut cursor = Cursor::new(body);
        while let Some(tag) = cursor.tag()? {
            if tag != (Tag { number: 1, wire_type: WireType::Len }) {
                cursor.skip(tag, 0)?;
                continue;
            }
            let (key, value) = entry_of(ScalarKind::String, cursor.bytes()?)?;
            members.insert(key, value);
        }
        self.out.push('{');
        let first = self.out.len();
        for (key, value) in members {
            if let Key::Text(name) = key {
                self.name(name, first);
                self.json_value(value.map_or(Ok(&[][..]), |(_, mut value)| value.bytes())?)?;
            }
        }
        self.out.push('}');
        Ok(())
    }

    /// An `Any`. A type that is not known, or bytes that are not of the type, are shown as base64.
    fn any(&mut self, body: &[u8]) -> Result<(), WireError> {
        let (mut type_url, mut bytes) = ("", &[][..]);
        let mut cursor = Cursor::new(body);
        while let Some(tag) = cursor.tag()? {
            match (tag.number, tag.wire_type) {
                (1, WireType::Len) => type_url = cursor.text()?,
                (2, WireType::Len) => bytes = cursor.bytes()?,
                _ => cursor.skip(tag, 0)?,
            }
        }
        self.out.push('{');
        let first = self.out.len();
        if !type_url.is_empty() || !bytes.is_empty() {
            self.name("@type", first);
            output::quote(type_url, &mut self.out);
            let id = find(self.plans, type_url).filter(|_| self.depth < DEPTH_MAX);
            let known = id.and_then(|id| Some((id, wire::well_formed(self.plans, id, bytes).ok()?)));
            match known {
                Some((id, bytes)) => {
                    self.depth += 1;
                    if stands_in_value(self.plans, id) {
                        self.name("value", first);
                        self.message(id, &bytes)?;
                    } else {
                        self.members(self.plans.message(id), &bytes, first)?;
                    }
                    self.depth -= 1;
                }
                None => {
                    self.name("value", first);
                    self.base64(bytes);
                }
            }
        }
        self.out.push('}');
        Ok(())
    }
}

fn contents<'a>(plan: &MessagePlan, body: &'a [u8]) -> Result<Contents<'a>, WireError> {
    let mut contents = Contents::default();
    let mut cursor = Cursor::new(body);
    loop {
        let start = cursor;
        let Some(tag) = cursor.tag()? else { break };
        let value = cursor;
        cursor.skip(tag, 0)?;
        match plan.by_number(tag.number) {
            Some((index, _)) => contents.values.push((index, tag, value)),
            None => match json_members(tag, value) {
                Some(members) => contents.json.push(members),
                None => contents.unknown.extend_from_slice(cursor.since(&start)),
            },
        }
    }
    contents.values.sort_by_key(|(index, ..)| *index);
    Ok(contents)
}

/// The members of the JSON object in the field that is kept for them, if that is what it holds.
fn json_members(tag: Tag, mut value: Cursor<'_>) -> Option<&str> {
    if tag != (Tag { number: UNKNOWN_JSON_FIELD, wire_type: WireType::Len }) {
        return None;
    }
    let json = value.text().ok()?.trim();
    let members = json.strip_prefix('{')?.strip_suffix('}')?.trim();
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
    (is_json && !members.is_empty()).then_some(members)
}

/// The key of a map's entry, and where its value stands.
fn entry_of(kind: ScalarKind, entry: &[u8]) -> Result<(Key<'_>, Option<(Tag, Cursor<'_>)>), WireError> {
    let mut key = kind.zero();
    let mut value = None;
    let mut cursor = Cursor::new(entry);
    while let Some(tag) = cursor.tag()? {
        if tag == (Tag { number: 1, wire_type: kind.wire_type() }) {
            key = cursor.scalar(kind)?;
            continue;
        }
        if tag.number == 2 {
            value = Some((tag, cursor));
        }
        cursor.skip(tag, 0)?;
    }
    let key = match key {
        Scalar::Bool(key) => Key::Bool(key),
        Scalar::Int(key) => Key::Int(key),
        Scalar::Uint(key) => Key::Uint(key),
        Scalar::Text(key) => Key::Text(key),
        // No other kind can be a key.
        Scalar::Float(_) | Scalar::Double(_) | Scalar::Bytes(_) => Key::Text(""),
    };
    Ok((key, value))
}

fn is_zero(kind: &FieldKind, mut value: Cursor<'_>) -> Result<bool, WireError> {
    match kind {
        FieldKind::Scalar(kind) => Ok(value.scalar(*kind)?.is_zero()),
        FieldKind::Enum(_) => Ok(value.enum_number()? == 0),
        FieldKind::Message(_) | FieldKind::Group(_) => Ok(false),
    }
}

/// `foo_bar.baz` as `fooBar.baz`.
fn lower_camel_case(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut upper = false;
    for character in path.chars() {
        if character == '_' {
            upper = true;
            continue;
        }
        out.push(if upper { character.to_ascii_uppercase() } else { character });
        upper = false;
    }
    out
}
