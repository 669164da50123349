//! What a field's value may look like, by what is said about it: rules that give an example, words in quotes in its
//! comment, its semantic type, its name.

use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

/// Characters of a quoted word that is taken for a value.
const QUOTED_CHARACTERS_MAX: usize = 60;

/// Parts of a name or semantic type, and text that fits.
const TEXTS: [(&str, &str); 10] = [
    ("url", "https://example.com/page"),
    ("uri", "https://example.com/page"),
    ("email", "anna@example.com"),
    ("country", "SE"),
    ("language", "en"),
    ("locale", "en-GB"),
    ("currency", "EUR"),
    ("date", "2026-01-15"),
    ("version", "1.0.0"),
    ("uuid", "019329f0-0000-7000-8000-000000000001"),
];

/// The same for whole numbers.
const NUMBERS: [(&str, i64); 6] =
    [("percent", 50), ("_ms", 12_000), ("duration", 30), ("seconds", 30), ("year", 2026), ("count", 3)];

/// Values worth trying, the likeliest first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hints {
    pub(super) texts: Vec<String>,
    pub(super) whole: Vec<i64>,
    pub(super) fractions: Vec<f64>,
}

impl Hints {
    /// Of a field with these rules.
    pub(super) fn new(
        field: &FieldDescriptor,
        semantic_type: &str,
        comment: &str,
        rules: Option<&DynamicMessage>,
    ) -> Self {
        let kind = format!("{semantic_type} {}", field.name()).to_ascii_lowercase();
        let given = rules.map(given).unwrap_or_default();
        let mut texts: Vec<String> = given.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
        texts.extend(quoted(comment));
        texts.extend(TEXTS.iter().filter(|(part, _)| kind.contains(part)).map(|(_, text)| (*text).to_owned()));
        let named = if semantic_type.ends_with("_id") { semantic_type } else { field.name() };
        texts.push(match named.strip_suffix("_id") {
            Some(thing) => format!("{}-1", thing.replace('_', "-")),
            None => named.replace('_', " "),
        });
        // Lists whose items must differ need some more.
        let last = texts.last().cloned().unwrap_or_default();
        texts.extend((2..=5).map(|number| format!("{last} {number}")));
        let mut whole: Vec<i64> = given.iter().filter_map(integer).collect();
        whole.extend(NUMBERS.iter().filter(|(part, _)| kind.contains(part)).map(|(_, number)| *number));
        whole.extend(1..=5);
        let mut fractions: Vec<f64> = given.iter().filter_map(fraction).collect();
        fractions.extend([0.5, 1.0, 1.5, 2.5, 10.0]);
        Self { texts, whole, fractions }
    }

    /// The whole numbers from 0.
    pub(super) fn unsigned(&self) -> Vec<u64> {
        self.whole.iter().filter_map(|&number| u64::try_from(number).ok()).collect()
    }
}

/// What the rules of any type give as `example`.
fn given(rules: &DynamicMessage) -> Vec<Value> {
    let of_type = rules.fields().filter_map(|(_, value)| value.as_message());
    let examples = of_type.filter_map(|of_type| Some(of_type.get_field_by_name("example")?.as_list()?.to_vec()));
    examples.flatten().collect()
}

/// Words in double quotes.
fn quoted(comment: &str) -> Vec<String> {
    let words = comment.split('"').skip(1).step_by(2);
    words.filter(|word| !word.is_empty() && word.chars().count() <= QUOTED_CHARACTERS_MAX).map(str::to_owned).collect()
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::I32(value) => Some(i64::from(*value)),
        Value::I64(value) => Some(*value),
        Value::U32(value) => Some(i64::from(*value)),
        Value::U64(value) => i64::try_from(*value).ok(),
        _ => None,
    }
}

fn fraction(value: &Value) -> Option<f64> {
    match value {
        Value::F32(value) => Some(f64::from(*value)),
        Value::F64(value) => Some(*value),
        _ => None,
    }
}
