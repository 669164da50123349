//! For tests: schemas from text, and random messages of one that has a field of every kind.

use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use crate::compile::{Source, SourceText, compile};
use crate::error::SchemaError;
use crate::plan::{MessageId, Plans};

/// A compiled schema with the plan of its message `test.Event`.
pub(crate) struct Sample {
    pub(crate) plans: Plans,
    pub(crate) id: MessageId,
    pub(crate) event: MessageDescriptor,
}

impl Sample {
    /// Compiles the body of a `.proto` file, in the package `test`, of proto3 unless it says otherwise.
    pub(crate) fn new(text: &str) -> Self {
        Self::try_new(text).unwrap()
    }

    pub(crate) fn try_new(text: &str) -> Result<Self, SchemaError> {
        let syntax = if text.trim_start().starts_with("syntax") { "" } else { "syntax = \"proto3\";" };
        let (head, body) = text.split_once("package test;").unwrap_or(("", text));
        let text = format!("{syntax}{head} package test; {IMPORTS} {body}");
        let sources = [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }];
        let pool: DescriptorPool = compile(&sources)?.pool;
        let event = pool.get_message_by_name("test.Event").unwrap();
        let (plans, ids) = Plans::build(&pool, std::slice::from_ref(&event))?;
        Ok(Self { plans, id: ids[0], event })
    }

    /// The one of [`EVERYTHING`], compiled once.
    pub(crate) fn everything() -> &'static Self {
        static SAMPLE: std::sync::LazyLock<Sample> = std::sync::LazyLock::new(|| Sample::new(EVERYTHING));
        &SAMPLE
    }

    pub(crate) fn decode(&self, bytes: &[u8]) -> DynamicMessage {
        DynamicMessage::decode(self.event.clone(), bytes).unwrap()
    }
}

const IMPORTS: &str = r#"
    import "judi/v1/options.proto"; import "buf/validate/validate.proto"; import "google/protobuf/any.proto";
    import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
    import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
    import "google/protobuf/field_mask.proto";
"#;

/// A field of every kind and cardinality.
pub(crate) const EVERYTHING: &str = r#"
    enum Section { SECTION_UNSPECIFIED = 0; SECTION_INRIKES = 1; SECTION_SPORT = 2; SECTION_BACK = -1; }
    message Author { string name = 1; int32 age = 2; Author friend = 3; repeated string tags = 4; }
    message Event {
      double f_double = 1; float f_float = 2; int32 f_int32 = 3; int64 f_int64 = 4; uint32 f_uint32 = 5;
      uint64 f_uint64 = 6; sint32 f_sint32 = 7; sint64 f_sint64 = 8; fixed32 f_fixed32 = 9; fixed64 f_fixed64 = 10;
      sfixed32 f_sfixed32 = 11; sfixed64 f_sfixed64 = 12; bool f_bool = 13; string f_string = 14; bytes f_bytes = 15;
      Section f_section = 16; Author author = 17; Event inner = 18;
      optional int32 maybe_int = 20; optional string maybe_text = 21; optional bool maybe_bool = 22;
      optional Section maybe_section = 23;
      repeated int32 ints = 30; repeated double doubles = 31; repeated string texts = 32; repeated bytes blobs = 33;
      repeated Section sections = 34; repeated Author authors = 35; repeated sint64 unpacked = 36 [packed = false];
      repeated bool bools = 37; repeated fixed32 fixeds = 38;
      map<string, string> labels = 40; map<int32, Author> by_number = 41; map<bool, double> by_bool = 42;
      map<uint64, Section> by_wide = 43; map<sint32, google.protobuf.Timestamp> by_zigzag = 44;
      map<fixed64, bytes> by_fixed = 45; map<string, google.protobuf.Value> by_value = 46;
      oneof choice { string left = 50; Author right = 51; int64 middle = 52; google.protobuf.Duration span = 53; }
      google.protobuf.Timestamp at = 60; google.protobuf.Duration lasted = 61; google.protobuf.Struct fields = 62;
      google.protobuf.Value any_json = 63; google.protobuf.ListValue list = 64;
      google.protobuf.DoubleValue w_double = 70; google.protobuf.FloatValue w_float = 71;
      google.protobuf.Int64Value w_int64 = 72; google.protobuf.UInt64Value w_uint64 = 73;
      google.protobuf.Int32Value w_int32 = 74; google.protobuf.UInt32Value w_uint32 = 75;
      google.protobuf.BoolValue w_bool = 76; google.protobuf.StringValue w_string = 77;
      google.protobuf.BytesValue w_bytes = 78; repeated google.protobuf.Timestamp times = 79;
      repeated google.protobuf.Int64Value w_many = 80; google.protobuf.FieldMask mask = 81;
      string camelCase = 100; string under_1_score = 1000; string named = 100000 [json_name = "andra-namn"];
    }
"#;

/// A stream of choices: what a property test shrinks. It ends in zeros, which choose least.
pub(crate) struct Choices<'a> {
    pub(crate) bytes: std::slice::Iter<'a, u8>,
}

impl Choices<'_> {
    fn next(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    fn below(&mut self, bound: u8) -> u8 {
        self.next() % bound
    }

    /// A wide number, often one at an edge.
    fn wide(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => 1 << 63,
            4 => (1 << 53) + 1,
            5 => u64::from(self.next()),
            _ => (0..8).fold(0, |number, _| number << 8 | u64::from(self.next())),
        }
    }

    /// Numbers that every JSON library reads alike.
    fn float(&mut self) -> f64 {
        f64::from(self.wide() as i32) / 8.0 + 0.0
    }

    fn text(&mut self) -> String {
        const CHARACTERS: [char; 12] = ['a', 'å', '"', '\\', '\n', '\u{1}', '𝄞', '/', ' ', '\u{2028}', '\u{7f}', '0'];
        (0..self.below(5)).map(|_| CHARACTERS[usize::from(self.below(12))]).collect()
    }
}

/// A message that `choices` choose, with at most `depth` messages below it.
pub(crate) fn random(descriptor: &MessageDescriptor, choices: &mut Choices<'_>, depth: u8) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    match descriptor.full_name() {
        "google.protobuf.Timestamp" => {
            let seconds = -62_135_596_800 + (choices.wide() % 315_537_897_600).cast_signed();
            set(&mut message, "seconds", Value::I64(seconds));
            set(&mut message, "nanos", Value::I32((choices.wide() % 1_000_000_000) as i32));
            return message;
        }
        "google.protobuf.Duration" => {
            let sign = if choices.below(2) == 0 { 1 } else { -1 };
            set(
                &mut message,
                "seconds",
                Value::I64(i64::from(sign) * (choices.wide() % 315_576_000_000).cast_signed()),
            );
            set(&mut message, "nanos", Value::I32(sign * (choices.wide() % 1_000_000_000) as i32));
            return message;
        }
        "google.protobuf.Value" => {
            let fields: Vec<_> = descriptor.fields().collect();
            let at_end = depth == 0;
            let field = &fields[usize::from(choices.below(if at_end { 4 } else { 6 }))];
            message.set_field(field, single(&field.kind(), choices, depth));
            return message;
        }
        "google.protobuf.FieldMask" => {
            let paths = (0..choices.below(3)).map(|_| Value::String("foo_bar.baz".to_owned())).collect();
            set(&mut message, "paths", Value::List(paths));
            return message;
        }
        _ => {}
    }
    let fields: Vec<FieldDescriptor> = descriptor.fields().collect();
    for _ in 0..choices.below(8) {
        let field = &fields[usize::from(choices.next()) % fields.len()];
        let is_message = matches!(field.kind(), Kind::Message(_));
        if is_message && depth == 0 {
            continue;
        }
        message.set_field(field, field_value(field, choices, depth.saturating_sub(1)));
    }
    message
}

fn set(message: &mut DynamicMessage, name: &str, value: Value) {
    message.set_field_by_name(name, value);
}

fn field_value(field: &FieldDescriptor, choices: &mut Choices<'_>, depth: u8) -> Value {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let (key, value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
            let entries = (0..choices.below(4)).map(|_| (map_key(&key, choices), single(&value, choices, depth)));
            Value::Map(entries.collect())
        }
        kind if field.is_list() => Value::List((0..choices.below(4)).map(|_| single(&kind, choices, depth)).collect()),
        kind => single(&kind, choices, depth),
    }
}

fn map_key(kind: &Kind, choices: &mut Choices<'_>) -> MapKey {
    match single(kind, choices, 0) {
        Value::Bool(key) => MapKey::Bool(key),
        Value::I32(key) => MapKey::I32(key),
        Value::I64(key) => MapKey::I64(key),
        Value::U32(key) => MapKey::U32(key),
        Value::U64(key) => MapKey::U64(key),
        Value::String(key) => MapKey::String(key),
        other => panic!("{other:?} is no key"),
    }
}

fn single(kind: &Kind, choices: &mut Choices<'_>, depth: u8) -> Value {
    match kind {
        Kind::Double => Value::F64(choices.float()),
        Kind::Float => Value::F32((choices.below(200) as f32) / 4.0 - 20.0),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(choices.wide() as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(choices.wide().cast_signed()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(choices.wide() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(choices.wide()),
        Kind::Bool => Value::Bool(choices.below(2) == 1),
        Kind::String => Value::String(choices.text()),
        Kind::Bytes => Value::Bytes((0..choices.below(6)).map(|_| choices.next()).collect::<Vec<u8>>().into()),
        Kind::Enum(plan) if plan.full_name() == "google.protobuf.NullValue" => Value::EnumNumber(0),
        Kind::Enum(_) => Value::EnumNumber([0, 1, 2, -1, 7][usize::from(choices.below(5))]),
        Kind::Message(message) => Value::Message(random(message, choices, depth.saturating_sub(1))),
    }
}
