//! Partition values: Arrow <-> the text that the log and the folders carry.
//!
//! Source: Delta protocol, "Partition Value Serialization". Timestamps are written in the ISO form with `Z`, the
//! only one that no reader takes for its own time zone. The empty string is NULL, as the protocol has it.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, PrimitiveArray, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::conform::dictionary_keys;
use crate::error::TableError;
use crate::wire::{PartitionValues, percent_encode};

/// The folder that NULL and the empty string go to.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// 1970-01-01 in chrono's days since the common era.
const EPOCH_DAYS_CE: i32 = 719_163;

/// The value of one row of a partition column, as the log writes it.
///
/// # Errors
/// [`TableError::InvalidPartitionValue`] for a date or time outside the years 0 to 9999;
/// [`TableError::UnsupportedType`] for a type that cannot partition a table.
pub(crate) fn partition_text(column: &str, array: &dyn Array, row: usize) -> Result<Option<String>, TableError> {
    if array.is_null(row) {
        return Ok(None);
    }
    let data_type = array.data_type();
    let out_of_range = |value: i64| TableError::InvalidPartitionValue {
        column: column.to_owned(),
        data_type: data_type.clone(),
        value: value.to_string(),
    };
    let text = match data_type {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => array.as_primitive::<Float32Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            date_text(days).ok_or_else(|| out_of_range(days.into()))?
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            timestamp_text(micros).ok_or_else(|| out_of_range(micros))?
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let key = dictionary_keys(dictionary).get(row).copied().unwrap_or_default();
            return partition_text(column, dictionary.values(), key);
        }
        _ => return Err(not_a_partition_type(column, data_type)),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn not_a_partition_type(column: &str, data_type: &DataType) -> TableError {
    TableError::UnsupportedType {
        column: column.to_owned(),
        data_type: data_type.clone(),
        hint: "partition by a date, a string, a number, a boolean or a UTC timestamp",
    }
}

/// Whether a column of this type can partition a table.
///
/// # Errors
/// [`TableError::UnsupportedType`] when it cannot.
pub(crate) fn check_partition_type(column: &str, data_type: &DataType) -> Result<(), TableError> {
    match data_type {
        DataType::Binary | DataType::Struct(_) | DataType::List(_) | DataType::Map(..) => {
            Err(not_a_partition_type(column, data_type))
        }
        _ => Ok(()),
    }
}

/// `YYYY-MM-DD` of days since 1970-01-01; `None` outside the years 0 to 9999.
pub(crate) fn date_text(days: i32) -> Option<String> {
    let date = NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_DAYS_CE)?)?;
    let text = date.to_string();
    (text.len() == 10).then_some(text)
}

fn timestamp_text(micros: i64) -> Option<String> {
    let moment = DateTime::from_timestamp_micros(micros)?.naive_utc();
    date_text(i32::try_from(micros.div_euclid(86_400_000_000)).ok()?)?;
    Some(moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
}

/// `rows` times the value `text` as an array of `data_type`.
///
/// # Errors
/// [`TableError::InvalidPartitionValue`] when the text is no value of the type.
pub(crate) fn partition_array(
    column: &str,
    data_type: &DataType,
    text: Option<&str>,
    rows: usize,
) -> Result<ArrayRef, TableError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(new_null_array(data_type, rows));
    };
    parsed_array(data_type, text, rows).ok_or_else(|| TableError::InvalidPartitionValue {
        column: column.to_owned(),
        data_type: data_type.clone(),
        value: text.to_owned(),
    })
}

fn parsed_array(data_type: &DataType, text: &str, rows: usize) -> Option<ArrayRef> {
    fn repeat<T: ArrowPrimitiveType>(text: &str, rows: usize) -> Option<ArrayRef>
    where
        T::Native: std::str::FromStr,
    {
        Some(Arc::new(PrimitiveArray::<T>::from_value(text.parse().ok()?, rows)))
    }
    Some(match data_type {
        DataType::Utf8 => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows))),
        DataType::Binary => Arc::new(BinaryArray::from_iter_values(std::iter::repeat_n(text.as_bytes(), rows))),
        DataType::Boolean => {
            let value = text.parse::<bool>().ok()?;
            Arc::new(BooleanArray::from(vec![value; rows]))
        }
        DataType::Int8 => repeat::<Int8Type>(text, rows)?,
        DataType::Int16 => repeat::<Int16Type>(text, rows)?,
        DataType::Int32 => repeat::<Int32Type>(text, rows)?,
        DataType::Int64 => repeat::<Int64Type>(text, rows)?,
        DataType::Float32 => repeat::<Float32Type>(text, rows)?,
        DataType::Float64 => repeat::<Float64Type>(text, rows)?,
        DataType::Date32 => {
            let days = text.parse::<NaiveDate>().ok()?.signed_duration_since(NaiveDate::default()).num_days();
            Arc::new(Date32Array::from_value(i32::try_from(days).ok()?, rows))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let values = TimestampMicrosecondArray::from_value(parsed_micros(text)?, rows);
            Arc::new(values.with_timezone_opt(zone.clone()))
        }
        DataType::Decimal128(precision, scale) => {
            let value = arrow::compute::kernels::cast_utils::parse_decimal::<Decimal128Type>(text, *precision, *scale);
            let values = Decimal128Array::from_value(value.ok()?, rows);
            Arc::new(values.with_precision_and_scale(*precision, *scale).ok()?)
        }
        _ => return None,
    })
}

/// Both forms that the protocol allows, the zoneless one read as UTC.
pub(crate) fn parsed_micros(text: &str) -> Option<i64> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => Some(moment.timestamp_micros()),
        Err(_) => {
            let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
            Some(moment.and_utc().timestamp_micros())
        }
    }
}

/// The folder of a partition relative to the table: `date=2026-11-23`, one level a partition column, in their order.
pub(crate) fn partition_folder(columns: &[String], values: &PartitionValues) -> String {
    // Hive escapes less; escaping all but these keeps a folder's name free of anything a shell or a URL reads.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let mut folder = String::new();
    for column in columns {
        if !folder.is_empty() {
            folder.push('/');
        }
        folder.push_str(&percent_encode(column, plain));
        folder.push('=');
        match values.get(column).and_then(Option::as_deref) {
            Some(value) if !value.is_empty() => folder.push_str(&percent_encode(value, plain)),
            _ => folder.push_str(NULL_FOLDER),
        }
    }
    folder
}

#[cfg(test)]
mod tests;
