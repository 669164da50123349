//! What a sender's names and values are to other versions than its own: whether they fit, and since when.

use crate::history::History;
use crate::model::{Field, Kind, MessageKey, Rule, Scalar, Schema};
use crate::senders::Sent;
use crate::values::{Held, Value, Values};

/// The version by which an event becomes a row, and the newest one at that time; `None`: it stays in quarantine.
pub(crate) fn first_reading(history: &History, sent: &Sent, newest: u32) -> Option<(u32, u32)> {
    if sent.is_named {
        return Some((sent.writer, sent.writer.max(sent.arrived))).filter(|(_, at)| *at <= newest);
    }
    (sent.arrived..=newest).find(|version| fits_event(history, sent, *version)).map(|version| (version, version))
}

fn fits_event(history: &History, sent: &Sent, version: u32) -> bool {
    let schema = history.schema(version);
    let Some(message) = schema.message(sent.event) else { return false };
    let names = Names { writer: history.schema(sent.writer), sent };
    names.fit(schema, sent.event, &sent.values)
        && message.fields.iter().all(|field| {
            let held =
                sent.values.get(&field.number).filter(|_| names.read(schema, sent.event, field.number).is_some());
            match (field.rule, held) {
                (Some(Rule::Required), held) => held.is_some(),
                (Some(Rule::LengthMax(most)), Some(Held::One(Value::Text(text)))) => text.chars().count() <= most,
                (Some(Rule::Most(most)), Some(Held::One(Value::Int(value)))) => *value <= i128::from(most),
                _ => true,
            }
        })
}

/// What the sender's names mean to another version.
pub(super) struct Names<'a> {
    pub(super) writer: &'a Schema,
    pub(super) sent: &'a Sent,
}

impl Names<'_> {
    /// The field as `schema` reads it, if it does.
    pub(super) fn read<'s>(&self, schema: &'s Schema, key: MessageKey, number: u32) -> Option<&'s Field> {
        let own = self.writer.field(key, number)?;
        schema.field(key, number).filter(|field| !self.sent.is_json || field.is_called(&own.name))
    }

    /// Whether a message can be read at all.
    fn fit(&self, schema: &Schema, key: MessageKey, values: &Values) -> bool {
        values.iter().all(|(number, held)| self.fit_field(schema, key, *number, held))
    }

    pub(super) fn fit_field(&self, schema: &Schema, key: MessageKey, number: u32, held: &Held) -> bool {
        let (Some(own), Some(message)) = (self.writer.field(key, number), schema.message(key)) else { return true };
        let mut namesakes = message.fields.iter().filter(|field| field.number != number && field.is_called(&own.name));
        if self.sent.is_json && namesakes.next().is_some() {
            return false;
        }
        let Some(field) = self.read(schema, key, number) else { return true };
        let fits = |value: &Value| match (own.kind, value) {
            (Kind::Scalar(_), Value::Int(value)) => is_in_range(field.kind, *value),
            (Kind::Message(key), Value::Message(values)) => self.fit(schema, key, values),
            (Kind::Enum(key), Value::Enum(number)) if self.sent.is_json && !self.sent.manner.enum_numbers => {
                let name = self.writer.enums[key].name_of(*number);
                name.is_none_or(|name| schema.enums[key].number_of(name).is_some())
            }
            _ => true,
        };
        match held {
            Held::One(value) => fits(value),
            Held::List(values) => values.iter().all(fits),
            Held::Map(pairs) => pairs.iter().all(|(_, value)| fits(value)),
        }
    }
}

/// Whether a type holds a number: a narrower one than its sender's may not.
fn is_in_range(kind: Kind, value: i128) -> bool {
    match kind {
        Kind::Scalar(Scalar::Int32 | Scalar::Sint32) => i32::try_from(value).is_ok(),
        Kind::Scalar(Scalar::Uint32) => u32::try_from(value).is_ok(),
        _ => true,
    }
}
