//! A `google.protobuf.Struct` as JSON text, so that what is quarantined is protobuf or JSON and nothing else.

use std::borrow::Cow;

use prost_types::value::Kind;
use prost_types::{Struct, Value};
use serde_json::{Map, Number, Value as Json};

/// Text as its bytes, borrowed where it is.
pub(super) fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The JSON object that a Struct stands for. Numbers that JSON cannot write (NaN, the infinities) become the
/// text that protobuf's JSON mapping has for them.
pub(super) fn to_json(fields: &Struct) -> String {
    object(fields).to_string()
}

// Decoding has bounded the depth: prost refuses messages more than 100 deep.
fn object(fields: &Struct) -> Json {
    Json::Object(fields.fields.iter().map(|(name, value)| (name.clone(), json(value))).collect::<Map<_, _>>())
}

fn json(value: &Value) -> Json {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(value)) => Json::Bool(*value),
        Some(Kind::NumberValue(number)) => number_or_text(*number),
        Some(Kind::StringValue(text)) => Json::String(text.clone()),
        Some(Kind::ListValue(list)) => Json::Array(list.values.iter().map(json).collect()),
        Some(Kind::StructValue(fields)) => object(fields),
    }
}

fn number_or_text(number: f64) -> Json {
    if let Some(finite) = Number::from_f64(number) {
        return Json::Number(finite);
    }
    let text = if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    Json::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_written() {
        let of = |kind| Value { kind: Some(kind) };
        let list = Kind::ListValue(prost_types::ListValue {
            values: vec![of(Kind::NumberValue(1.5)), of(Kind::NumberValue(f64::NAN)), Value { kind: None }],
        });
        let inner = Struct { fields: [("t".to_owned(), of(Kind::BoolValue(true)))].into() };
        let fields = [
            ("a".to_owned(), of(list)),
            ("b".to_owned(), of(Kind::StructValue(inner))),
            ("c".to_owned(), of(Kind::StringValue("\"å".to_owned()))),
        ];
        assert_eq!(to_json(&Struct { fields: fields.into() }), r#"{"a":[1.5,"NaN",null],"b":{"t":true},"c":"\"å"}"#);
    }
}
