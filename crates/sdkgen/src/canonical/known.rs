//! Well-known types: the bodies of their messages, from the values that languages have for them.

use std::collections::BTreeMap;

use judi_schema::plan::ScalarKind;
use serde_json::Value;

use super::{CallError, LEVELS_MAX, Wire, delimited, scalar, tag};
use crate::library::WellKnown;

/// The seconds of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i128> = -62_135_596_800..=253_402_300_799;
/// 10,000 years, in both directions.
const DURATION_SECONDS_MAX: i128 = 315_576_000_000;
const NANOS_MAX: i128 = 999_999_999;

/// The body of the message, which is on `level`.
pub(super) fn write(known: WellKnown, value: &Value, level: u32, out: &mut Vec<u8>) -> Result<(), CallError> {
    if level > LEVELS_MAX {
        return Err(CallError::TooDeep);
    }
    match known {
        WellKnown::Timestamp => {
            let (seconds, nanos) = seconds_and_nanos(value)?;
            let fits = TIMESTAMP_SECONDS.contains(&seconds) && (0..=NANOS_MAX).contains(&nanos);
            time(fits, seconds, nanos, out)
        }
        WellKnown::Duration => {
            let (seconds, nanos) = seconds_and_nanos(value)?;
            let fits = seconds.abs() <= DURATION_SECONDS_MAX && nanos.abs() <= NANOS_MAX;
            let is_beyond = seconds.abs() == DURATION_SECONDS_MAX && nanos != 0;
            time(fits && !is_beyond && seconds.signum() * nanos.signum() >= 0, seconds, nanos, out)
        }
        WellKnown::Wrapper(kind) => implicit(1, kind, value, out),
        WellKnown::Any => {
            let members = value.as_object().ok_or(CallError::InvalidValue)?;
            for (number, name, kind) in [(1, "type_url", ScalarKind::String), (2, "value", ScalarKind::Bytes)] {
                members.get(name).map_or(Ok(()), |value| implicit(number, kind, value, out))?;
            }
            Ok(())
        }
        WellKnown::Struct => object(value, level, out),
        WellKnown::ListValue => list(value, level, out),
        WellKnown::Value => any_value(value, level, out),
    }
}

/// A field that is left out where it is zero.
fn implicit(number: u32, kind: ScalarKind, value: &Value, out: &mut Vec<u8>) -> Result<(), CallError> {
    let mut bytes = Vec::new();
    if !scalar::write(kind, value, &mut bytes)? {
        tag(number, scalar::wire(kind), out);
        out.extend(bytes);
    }
    Ok(())
}

fn seconds_and_nanos(value: &Value) -> Result<(i128, i128), CallError> {
    let members = value.as_object().ok_or(CallError::InvalidValue)?;
    let part = |name| members.get(name).map_or(Ok(0), scalar::whole);
    Ok((part("seconds")?, part("nanos")?))
}

fn time(fits: bool, seconds: i128, nanos: i128, out: &mut Vec<u8>) -> Result<(), CallError> {
    if !fits {
        return Err(CallError::OutOfRange);
    }
    implicit(1, ScalarKind::Int64, &Value::String(seconds.to_string()), out)?;
    implicit(2, ScalarKind::Int32, &Value::String(nanos.to_string()), out)
}

/// `map<string, Value> fields = 1`.
fn object(value: &Value, level: u32, out: &mut Vec<u8>) -> Result<(), CallError> {
    let members = value.as_object().ok_or(CallError::InvalidValue)?;
    let sorted: BTreeMap<&[u8], &Value> = members.iter().map(|(key, value)| (key.as_bytes(), value)).collect();
    for (key, value) in sorted {
        let mut body = Vec::new();
        // The entry is a message, and the value in it another.
        write(WellKnown::Value, value, level + 2, &mut body)?;
        let mut entry = Vec::new();
        delimited(1, key, &mut entry);
        delimited(2, &body, &mut entry);
        delimited(1, &entry, out);
    }
    Ok(())
}

/// `repeated Value values = 1`.
fn list(value: &Value, level: u32, out: &mut Vec<u8>) -> Result<(), CallError> {
    for value in value.as_array().ok_or(CallError::InvalidValue)? {
        let mut body = Vec::new();
        write(WellKnown::Value, value, level + 1, &mut body)?;
        delimited(1, &body, out);
    }
    Ok(())
}

fn any_value(value: &Value, level: u32, out: &mut Vec<u8>) -> Result<(), CallError> {
    let mut body = Vec::new();
    match value {
        Value::Null => {
            tag(1, Wire::Varint, out);
            scalar::varint(0, out);
            return Ok(());
        }
        Value::Number(_) => {
            tag(2, Wire::Fixed64, out);
            return scalar::write(ScalarKind::Double, value, out).map(drop);
        }
        Value::String(text) => {
            delimited(3, text.as_bytes(), out);
            return Ok(());
        }
        Value::Bool(value) => {
            tag(4, Wire::Varint, out);
            scalar::varint(u64::from(*value), out);
            return Ok(());
        }
        Value::Object(members) if members.len() == 1 && members.contains_key("$number") => {
            return Err(CallError::InvalidValue);
        }
        Value::Object(_) => {
            if let Some(text) = scalar::escaped_text(value) {
                delimited(3, text?.as_bytes(), out);
                return Ok(());
            }
            write(WellKnown::Struct, value, level + 1, &mut body)?;
            delimited(5, &body, out);
        }
        Value::Array(_) => {
            write(WellKnown::ListValue, value, level + 1, &mut body)?;
            delimited(6, &body, out);
        }
    }
    Ok(())
}
