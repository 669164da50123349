//! Calls by chance, from a fixed seed: every event many times, its fields set or not, with values that lie at edges more
//! often than elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use judi_schema::plan::ScalarKind;
use judi_sdkgen::library::{Field, Kind, Library, Oneof, Shape, WellKnown};
use serde_json::{Map, Value, json};

use crate::Case;

/// How many of an event: of those with many fields more.
const OF_EVENT: usize = 14;
const OF_EVENT_PER_FIELD: usize = 6;
const OF_EVENT_MAX: usize = 100;
/// How deep messages are made.
const DEPTH_MAX: usize = 4;

const TEXTS: [&str; 20] = [
    "",
    "a",
    "0",
    "false",
    "null",
    "åäö",
    "日本語",
    "😀",
    "e\u{301}",
    "\u{0}",
    "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}",
    "\u{10000}\u{10ffff}",
    "\u{2028}\u{2029}",
    "\"\\/\n\r\t\u{8}\u{c}",
    "__proto__",
    "שלום",
    "\u{feff}bom",
    "</script>",
    "%s${x}",
    "\u{fffd}",
];

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Chance(u64);

impl Chance {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.word() % (bound.max(1) as u64)).unwrap_or_default()
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn of<T: Clone>(&mut self, among: &[T]) -> Option<T> {
        among.get(self.below(among.len())).cloned()
    }
}

pub(crate) fn cases(library: &Library) -> Vec<Case> {
    let mut cases = Vec::new();
    for event in &library.events {
        let fields = library.messages.get(event.message).map_or(0, |message| message.fields.len());
        for number in 0..(OF_EVENT + OF_EVENT_PER_FIELD * fields).min(if fields == 0 { 1 } else { OF_EVENT_MAX }) {
            // Each vector has its own seed, so that one more elsewhere changes none.
            let seed =
                event.name.bytes().fold(number as u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
            let mut maker = Maker { library, chance: Chance(seed) };
            let call = maker.message(event.message, 1);
            let id = format!("seed/{}/{number}", event.name);
            cases.push(Case { id, event: event.name.clone(), call, languages: &[] });
        }
    }
    cases
}

struct Maker<'a> {
    library: &'a Library,
    chance: Chance,
}

impl Maker<'_> {
    fn message(&mut self, at: usize, depth: usize) -> Value {
        let library = self.library;
        let Some(message) = library.messages.get(at) else { return json!({}) };
        let mut members = Map::new();
        let chosen: Vec<Option<usize>> = message.oneofs.iter().map(|oneof| self.member(oneof)).collect();
        // Of few fields more than half are set, of many some.
        let one_in = 2 + message.fields.len() / 12;
        for (place, field) in message.fields.iter().enumerate() {
            let is_set = match field.oneof {
                Some(oneof) => chosen.get(oneof).copied().flatten() == Some(place),
                None if field.is_required => !self.chance.one_in(40),
                None => self.chance.one_in(one_in) || (one_in == 2 && self.chance.one_in(2)),
            };
            if is_set && let Some(value) = self.field(field, depth) {
                members.insert(field.name.clone(), value);
            }
        }
        Value::Object(members)
    }

    fn member(&mut self, oneof: &Oneof) -> Option<usize> {
        if !oneof.is_required && self.chance.one_in(4) { None } else { self.chance.of(&oneof.fields) }
    }

    fn field(&mut self, field: &Field, depth: usize) -> Option<Value> {
        let nests = matches!(field.kind, Kind::Message(_) | Kind::Group(_));
        if nests && depth >= DEPTH_MAX && !field.is_required {
            return None;
        }
        let least = usize::from(field.is_required);
        let count = least + if nests { self.chance.below(3) } else { self.chance.below(6) };
        Some(match field.shape {
            Shape::Implicit | Shape::Optional => {
                // What is required of implicit fields is no zero.
                let is_nonzero = field.is_required && field.shape == Shape::Implicit;
                if is_nonzero { self.nonzero(field.kind) } else { self.value(field.kind, depth) }
            }
            Shape::Repeated { .. } => (0..count).map(|_| self.value(field.kind, depth)).collect(),
            Shape::Map(key) => (0..count).map(|_| json!([self.key(key), self.value(field.kind, depth)])).collect(),
        })
    }

    fn nonzero(&mut self, kind: Kind) -> Value {
        match kind {
            Kind::Scalar(ScalarKind::String) => "x".into(),
            Kind::Scalar(ScalarKind::Bool) => true.into(),
            Kind::Scalar(ScalarKind::Int64) => (1 + self.chance.below(1000)).to_string().into(),
            _ => 1.into(),
        }
    }

    fn key(&mut self, kind: ScalarKind) -> Value {
        if kind == ScalarKind::String { self.text() } else { self.scalar(kind) }
    }

    fn value(&mut self, kind: Kind, depth: usize) -> Value {
        match kind {
            Kind::Scalar(kind) | Kind::WellKnown(WellKnown::Wrapper(kind)) => self.scalar(kind),
            Kind::Enum(at) => self.enumeration(at),
            Kind::Message(at) | Kind::Group(at) => self.message(at, depth + 1),
            Kind::WellKnown(WellKnown::Timestamp) => self.time(-62_135_596_800, 253_402_300_799, false),
            Kind::WellKnown(WellKnown::Duration) => self.time(-315_576_000_000, 315_576_000_000, true),
            Kind::WellKnown(WellKnown::Struct) => self.object(0),
            Kind::WellKnown(WellKnown::ListValue) => self.list(0),
            Kind::WellKnown(WellKnown::Value) => self.json(0),
            Kind::WellKnown(WellKnown::Any) => {
                let any: &[(&str, &[u8])] = &[
                    ("type.googleapis.com/kit.v1.Tree.Branch", &[0x10, 5]),
                    ("type.googleapis.com/kit.v1.Nested.Leaf", &[0x12, 0]),
                    ("type.googleapis.com/kit.v1.Empty", &[]),
                    ("example.com/of.nobody", &[0x08, 1]),
                    ("", &[]),
                ];
                let (url, bytes) = self.chance.of(any).unwrap_or_default();
                json!({"type_url": url, "value": STANDARD.encode(bytes)})
            }
        }
    }

    fn enumeration(&mut self, at: usize) -> Value {
        let Some(enumeration) = self.library.enums.get(at) else { return 0.into() };
        if !enumeration.is_closed && self.chance.one_in(8) {
            return self.chance.of(&[7, 99, -2, 1_000_000, i32::MIN + 1]).into();
        }
        let Some(value) = self.chance.of(&enumeration.values) else { return 0.into() };
        if self.chance.one_in(4) { value.number.into() } else { value.name.into() }
    }

    fn time(&mut self, least: i64, most: i64, is_signed: bool) -> Value {
        let seconds = match self.chance.below(6) {
            0 => least,
            1 => most,
            2 => 0,
            3 => -1,
            _ => {
                (1_700_000_000 + i64::try_from(self.chance.below(100_000_000)).unwrap_or_default())
                    * if self.chance.one_in(2) { 1 } else { -1 }
            }
        };
        let nanos = self.chance.of(&[0, 1, 999_999_999, 1_000, 500_000_000, 123_456_789, 120_000_000]).unwrap_or(0);
        let nanos = if is_signed && seconds.abs() == most {
            0
        } else if is_signed && seconds < 0 {
            -nanos
        } else {
            nanos
        };
        json!({"seconds": seconds.to_string(), "nanos": nanos})
    }

    fn scalar(&mut self, kind: ScalarKind) -> Value {
        let word = self.chance.word() >> self.chance.below(64);
        let signed = if self.chance.one_in(2) { -i128::from(word >> 1) - 1 } else { i128::from(word >> 1) };
        let is_edge = self.chance.one_in(3);
        let mut edge = |edges: &[i128], otherwise: i128| {
            if is_edge { self.chance.of(edges).unwrap_or(otherwise) } else { otherwise }
        };
        match kind {
            ScalarKind::Bool => self.chance.one_in(2).into(),
            ScalarKind::String => self.text(),
            ScalarKind::Bytes => {
                let length = self.chance.of(&[0, 1, 2, 3, 4, 127, 128]).unwrap_or(0);
                STANDARD.encode((0..length).map(|_| self.chance.word().to_le_bytes()[0]).collect::<Vec<u8>>()).into()
            }
            ScalarKind::Double => {
                let edges = [
                    0.0,
                    -0.0,
                    1.0,
                    -1.5,
                    f64::MIN_POSITIVE,
                    5e-324,
                    f64::MAX,
                    f64::MIN,
                    f64::NAN,
                    f64::INFINITY,
                    f64::NEG_INFINITY,
                    0.1,
                    1e21,
                    123_456_789.125,
                ];
                let random = f64::from_bits(self.chance.word());
                real(if is_edge { self.chance.of(&edges).unwrap_or(0.0) } else { random })
            }
            ScalarKind::Float => {
                let edges = [
                    0.0,
                    -0.0,
                    1.0,
                    -1.5,
                    f32::MIN_POSITIVE,
                    1e-45,
                    f32::MAX,
                    f32::MIN,
                    f32::NAN,
                    f32::INFINITY,
                    f32::NEG_INFINITY,
                    0.1,
                ];
                let random = f32::from_bits(self.chance.word() as u32);
                real(f64::from(if is_edge { self.chance.of(&edges).unwrap_or(0.0) } else { random }))
            }
            ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => {
                let number = edge(
                    &[0, 1, -1, 127, 128, 16_383, 16_384, i32::MAX.into(), i32::MIN.into()],
                    i128::from(signed as i32),
                );
                (number as i64).into()
            }
            ScalarKind::Uint32 | ScalarKind::Fixed32 => {
                let number =
                    edge(&[0, 1, 127, 128, 2_097_151, 2_097_152, 1 << 31, u32::MAX.into()], i128::from(word as u32));
                (number as i64).into()
            }
            ScalarKind::Uint64 | ScalarKind::Fixed64 => {
                edge(&[0, 1, 1 << 53, (1 << 53) + 1, 1 << 63, u64::MAX.into()], word.into()).to_string().into()
            }
            ScalarKind::Int64 | ScalarKind::Sint64 | ScalarKind::Sfixed64 => {
                let edges = [
                    0,
                    1,
                    -1,
                    1 << 53,
                    (1 << 53) + 1,
                    -(1 << 53) - 1,
                    i64::MAX.into(),
                    i64::MIN.into(),
                    1 << 32,
                    -(1 << 31) - 1,
                ];
                edge(&edges, signed).to_string().into()
            }
        }
    }

    fn text(&mut self) -> Value {
        if self.chance.one_in(12) {
            return "å".repeat(self.chance.below(140)).into();
        }
        let count = 1 + self.chance.below(2);
        (0..count).filter_map(|_| self.chance.of(&TEXTS)).collect::<String>().into()
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.chance.below(if depth < 3 { 7 } else { 4 }) {
            0 => Value::Null,
            1 => self.chance.one_in(2).into(),
            2 => self.text(),
            3 => json!(self.chance.of(&[0.0, 1.0, -1.0, 0.1, 1e300, -2.5, 9_007_199_254_740_991.0]).unwrap_or(0.0)),
            4 => self.list(depth + 1),
            _ => self.object(depth + 1),
        }
    }

    fn list(&mut self, depth: usize) -> Value {
        (0..self.chance.below(4)).map(|_| self.json(depth)).collect()
    }

    fn object(&mut self, depth: usize) -> Value {
        let members = (0..self.chance.below(4)).map(|_| {
            let key = self.text().as_str().unwrap_or_default().to_owned();
            (key, self.json(depth))
        });
        Value::Object(members.collect())
    }
}

/// A number, or the text for one that JSON does not have.
pub(crate) fn real(number: f64) -> Value {
    match number {
        _ if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ if number == 0.0 && number.is_sign_negative() => "-0".into(),
        _ => number.into(),
    }
}
