//! `local_date(timestamp)`: the day of a moment in the conventions' time zone. Event views have it as `date`.
//!
//! Comparisons of it are turned into ranges of the timestamp itself ([`ScalarUDFImpl::preimage`]), so that
//! `WHERE date = '2026-11-24'` skips files and pages by their bounds of `event_time`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array};
use arrow::datatypes::{DataType, Date32Type, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::zone::{DayCursor, Zone};

/// The function for a zone.
pub(crate) fn local_date(zone: Zone) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(LocalDate { zone, signature: Signature::user_defined(Volatility::Immutable) }))
}

/// The type of every time in a table.
pub(crate) fn utc_micros() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// A moment as a value of SQL.
pub(crate) fn moment(micros: i64) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into()))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct LocalDate {
    zone: Zone,
    signature: Signature,
}

impl ScalarUDFImpl for LocalDate {
    fn name(&self) -> &str {
        "local_date"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        match arguments {
            [DataType::Timestamp(..) | DataType::Date32 | DataType::Utf8 | DataType::Utf8View | DataType::Null] => {
                Ok(vec![utc_micros()])
            }
            _ => plan_err!("local_date takes one timestamp"),
        }
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match arguments.args.as_slice() {
            [ColumnarValue::Array(array)] => Ok(ColumnarValue::Array(self.days(array)?)),
            [ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(value, _))] => {
                let day = value.and_then(|value| self.zone.day_of(value));
                Ok(ColumnarValue::Scalar(ScalarValue::Date32(day)))
            }
            _ => exec_err!("local_date takes one timestamp"),
        }
    }

    fn preimage(&self, arguments: &[Expr], literal: &Expr, _context: &SimplifyContext) -> Result<PreimageResult> {
        let ([expr], Some(ScalarValue::Date32(Some(day)))) = (arguments, literal.as_literal()) else {
            return Ok(PreimageResult::None);
        };
        let bounds = || Some((self.zone.day_start(*day)?, self.zone.day_start(day.checked_add(1)?)?));
        match bounds() {
            // Before 1970 a zone may have repeated a day, and a day that was left out has no moments.
            Some((from, to)) if *day >= 1 && from < to => Ok(PreimageResult::Range {
                expr: expr.clone(),
                interval: Box::new(Interval::try_new(moment(from), moment(to))?),
            }),
            _ => Ok(PreimageResult::None),
        }
    }
}

impl LocalDate {
    fn days(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let Some(moments) = array.as_primitive_opt::<TimestampMicrosecondType>() else {
            return exec_err!("local_date of {}", array.data_type());
        };
        let days: Date32Array = if self.zone == Zone::UTC {
            moments.unary_opt::<_, Date32Type>(|micros| Zone::UTC.day_of(micros))
        } else {
            let mut cursor = DayCursor::new(self.zone);
            moments.iter().map(|micros| cursor.day_of(micros?)).collect()
        };
        Ok(Arc::new(days))
    }
}
