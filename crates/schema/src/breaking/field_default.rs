//! The rule about defaults: what a reader of an unset field gets stays the same.

use super::field::description;
use super::image::{Cardinality, EnumValue, Field, Image, Kind};
use super::pairs::Pairs;
use super::report::Report;

/// `FieldDescriptorProto.default_value`.
const DEFAULT_VALUE: i32 = 7;

/// A default, in a form that compares over types that read each other.
#[derive(Debug, Clone, PartialEq)]
enum Default {
    /// Also of bytes.
    Text(Vec<u8>),
    Whole(i128),
    Double(f64),
    Float(f32),
}

pub(super) fn same_default(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.fields {
        let (Some(old), Some(new)) = (default(report.previous, before), default(report.current, now)) else { continue };
        if (old.is_zero() && new.is_zero()) || old.equals(&new) {
            continue;
        }
        let path = [now.element.path.as_slice(), &[DEFAULT_VALUE]].concat();
        let at = report.at_path(&now.element, &path).or(|| report.at_field(now, &[]));
        let text = format!(
            "{} changed default value from {} to {}.",
            description(now),
            printed(report.previous, before, &old),
            printed(report.current, now, &new)
        );
        report.add(at, report.before(&before.element), text);
    }
}

/// The field's default; nothing where it cannot have one.
fn default(image: &Image, field: &Field) -> Option<Default> {
    let is_many = matches!(field.cardinality, Cardinality::Repeated | Cardinality::Map);
    if is_many || matches!(field.kind, Kind::Message | Kind::Group) {
        return None;
    }
    let text = field.default_value.as_deref();
    Some(match field.kind {
        Kind::String => Default::Text(text.unwrap_or_default().as_bytes().to_vec()),
        Kind::Bytes => Default::Text(unescaped(text.unwrap_or_default())),
        Kind::Bool => Default::Whole(i128::from(text == Some("true"))),
        Kind::Enum => {
            let declared = image.enums.get(*image.enum_by_name.get(&field.type_name)?)?;
            let value = match text {
                Some(name) => declared.values.iter().find(|value| value.name == name),
                None => declared.values.first(),
            };
            Default::Whole(i128::from(value.map(|value| value.number).unwrap_or_default()))
        }
        Kind::Double => Default::Double(text.and_then(|text| text.parse().ok()).unwrap_or_default()),
        Kind::Float => Default::Float(text.and_then(|text| text.parse().ok()).unwrap_or_default()),
        _ => Default::Whole(text.and_then(|text| text.parse().ok()).unwrap_or_default()),
    })
}

impl Default {
    fn is_zero(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Whole(number) => *number == 0,
            // A negative zero is not zero.
            Self::Double(number) => number.to_bits() == 0,
            Self::Float(number) => number.to_bits() == 0,
        }
    }

    #[expect(clippy::float_cmp, reason = "the same default, not about the same")]
    #[expect(clippy::cast_possible_truncation, reason = "a double that became a float has the float's precision")]
    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(old), Self::Text(new)) => old == new,
            (Self::Text(_), _) | (_, Self::Text(_)) => false,
            (Self::Float(float), Self::Double(double)) | (Self::Double(double), Self::Float(float)) => {
                (float.is_nan() && double.is_nan()) || *float == *double as f32
            }
            (Self::Float(old), Self::Float(new)) => old == new || (old.is_nan() && new.is_nan()),
            (Self::Double(old), Self::Double(new)) => old == new || (old.is_nan() && new.is_nan()),
            (Self::Whole(old), Self::Whole(new)) => old == new,
            (Self::Whole(whole), Self::Double(double)) | (Self::Double(double), Self::Whole(whole)) => {
                is_whole(*double, *whole)
            }
            (Self::Whole(whole), Self::Float(float)) | (Self::Float(float), Self::Whole(whole)) => {
                is_whole(f64::from(*float), *whole)
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number within the range")]
fn is_whole(number: f64, whole: i128) -> bool {
    /// Beyond every integer type of protobuf.
    const BOUND: f64 = 1e30;
    number.fract() == 0.0 && number.abs() < BOUND && number as i128 == whole
}

fn printed(image: &Image, field: &Field, value: &Default) -> String {
    let declared = image.enum_by_name.get(&field.type_name).and_then(|index| image.enums.get(*index));
    match value {
        Default::Whole(number) if field.kind == Kind::Enum => {
            let named = |one: &&EnumValue| i128::from(one.number) == *number;
            let (Some(declared), Some(value)) = (declared, declared.and_then(|one| one.values.iter().find(named)))
            else {
                return number.to_string();
            };
            format!("{}.{}", declared.element.name, value.name)
        }
        Default::Text(text) if field.kind == Kind::Bytes => {
            let bytes: Vec<String> = text.iter().map(|byte| format!("0x{byte:X}")).collect();
            format!("[{}]", bytes.join(","))
        }
        Default::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        Default::Whole(number) if field.kind == Kind::Bool => (*number != 0).to_string(),
        Default::Whole(number) => number.to_string(),
        Default::Double(number) => number.to_string(),
        Default::Float(number) => number.to_string(),
    }
}

/// The bytes of a default in C's escapes, as descriptors have it.
fn unescaped(text: &str) -> Vec<u8> {
    let quoted = format!("\"{text}\"");
    crate::front::unquoted(&quoted).unwrap_or_else(|_| text.as_bytes().to_vec())
}
