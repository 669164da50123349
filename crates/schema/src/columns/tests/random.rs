//! Messages of any type from a string of random bytes, so that proptest can shrink them.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};

/// Choices, taken from bytes; zeros when they are used up, which make the smallest message.
pub(super) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn number(&mut self) -> u64 {
        // Small, middling and extreme numbers alike.
        let length = [0, 1, 1, 2, 4, 5, 8, 8][usize::from(self.byte() & 7)];
        let number = (0..length).fold(0, |number, _| number << 8 | u64::from(self.byte()));
        if self.byte() & 15 == 15 { u64::MAX - number } else { number }
    }

    fn text(&mut self) -> String {
        const LETTERS: [&str; 8] = ["", "a", "Z", "ö", "\u{0}", "語", "🦌", "\""];
        (0..self.byte() & 7).map(|_| LETTERS[usize::from(self.byte() & 7)]).collect()
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.byte() & 7).map(|_| self.byte()).collect()
    }
}

/// A message of this type in which about half of the fields are set.
pub(super) fn message(descriptor: &MessageDescriptor, choices: &mut Choices<'_>, depth: u32) -> DynamicMessage {
    let mut out = DynamicMessage::new(descriptor.clone());
    match descriptor.full_name() {
        "google.protobuf.Timestamp" => {
            let seconds = choices.number() % 315_537_897_600;
            set(&mut out, "seconds", Value::I64(seconds.cast_signed() - 62_135_596_800));
            set(&mut out, "nanos", Value::I32((choices.number() % 1_000_000_000) as i32));
        }
        "google.protobuf.Duration" => {
            set(&mut out, "seconds", Value::I64((choices.number() % 315_576_000_000).cast_signed()));
            set(&mut out, "nanos", Value::I32((choices.number() % 1_000_000_000) as i32));
        }
        "google.protobuf.Value" => json_value(&mut out, choices, depth),
        // What is in an Any, the golden rows show.
        "google.protobuf.Any" => {}
        _ => {
            for field in descriptor.fields() {
                if choices.byte() & 1 == 1 && (depth > 0 || !matches!(field.kind(), Kind::Message(_))) {
                    out.set_field(&field, value(&field, choices, depth));
                }
            }
        }
    }
    out
}

fn set(message: &mut DynamicMessage, name: &str, value: Value) {
    message.set_field_by_name(name, value);
}

fn json_value(out: &mut DynamicMessage, choices: &mut Choices<'_>, depth: u32) {
    let nested = |name: &str, choices: &mut Choices<'_>| {
        let field = out.descriptor().get_field_by_name(name).expect("a member of Value");
        let Kind::Message(descriptor) = field.kind() else { panic!("{name} is a message") };
        Value::Message(message(&descriptor, choices, depth - 1))
    };
    match choices.byte() % 6 {
        1 => set(out, "number_value", Value::F64(f64::from(choices.byte()) / 4.0)),
        2 => set(out, "string_value", Value::String(choices.text())),
        3 => set(out, "bool_value", Value::Bool(choices.byte() & 1 == 1)),
        4 if depth > 0 => {
            let value = nested("struct_value", choices);
            set(out, "struct_value", value);
        }
        5 if depth > 0 => {
            let value = nested("list_value", choices);
            set(out, "list_value", value);
        }
        _ => set(out, "null_value", Value::EnumNumber(0)),
    }
}

fn value(field: &FieldDescriptor, choices: &mut Choices<'_>, depth: u32) -> Value {
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { panic!("a map has entries") };
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let pair = |_| (map_key(&key.kind(), choices), single(&value.kind(), choices, depth));
        return Value::Map((0..choices_len(depth)).map(pair).collect());
    }
    if field.is_list() {
        let count = choices.byte() & 3;
        return Value::List((0..count).map(|_| single(&field.kind(), choices, depth)).collect());
    }
    single(&field.kind(), choices, depth)
}

fn choices_len(depth: u32) -> u32 {
    depth.min(3)
}

fn map_key(kind: &Kind, choices: &mut Choices<'_>) -> MapKey {
    match single(kind, choices, 0) {
        Value::Bool(value) => MapKey::Bool(value),
        Value::I32(value) => MapKey::I32(value),
        Value::I64(value) => MapKey::I64(value),
        Value::U32(value) => MapKey::U32(value),
        Value::U64(value) => MapKey::U64(value),
        Value::String(value) => MapKey::String(value),
        other => panic!("{other:?} is no key"),
    }
}

fn single(kind: &Kind, choices: &mut Choices<'_>, depth: u32) -> Value {
    match kind {
        Kind::Double => Value::F64(f64::from_bits(choices.number())),
        Kind::Float => Value::F32(f32::from_bits(choices.number() as u32)),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32((choices.number() as u32).cast_signed()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(choices.number().cast_signed()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(choices.number() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(choices.number()),
        Kind::Bool => Value::Bool(choices.byte() & 1 == 1),
        Kind::String => Value::String(choices.text()),
        Kind::Bytes => Value::Bytes(choices.bytes().into()),
        Kind::Enum(_) if choices.byte() & 3 == 3 => Value::EnumNumber((choices.number() as u32).cast_signed()),
        Kind::Enum(descriptor) => {
            let values: Vec<_> = descriptor.values().collect();
            Value::EnumNumber(values[usize::from(choices.byte()) % values.len()].number())
        }
        Kind::Message(descriptor) => Value::Message(message(descriptor, choices, depth.saturating_sub(1))),
    }
}
