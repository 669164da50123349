//! What did not fit, as rows of the table `quarantine`.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use prost::Message;

use super::ColumnsError;
use super::builder::Builder;
use super::envelope::day_of;
use super::nulls::Nulls;
use crate::envelope::{Context, Envelope};
use crate::layout::quarantine_fields;

/// A row of `quarantine`. Empty text is NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuarantineRow<'a> {
    /// When the Event API had it, or the time in imported data; microseconds since 1970, UTC.
    pub received_at_us: i64,
    /// As far as it is known.
    pub event_id: &'a str,
    /// The name that the sender gave.
    pub event: &'a str,
    /// One of [`crate::verdict::Reason`].
    pub reason: &'a str,
    /// What was wrong, with the field.
    pub detail: &'a str,
    /// The write key's name, or file and line of an import.
    pub source: &'a str,
    /// The version of the schema that it was judged by.
    pub schema_version: u32,
    /// The bytes as they came.
    pub payload: &'a [u8],
    /// The `judi.v1.Envelope`, for a replay.
    pub envelope: &'a [u8],
}

/// A batch of the table `quarantine`, whose schema is [`quarantine_fields`].
///
/// # Errors
/// [`ColumnsError`] when one column would hold more than 2 GiB.
pub fn quarantine_batch(rows: &[QuarantineRow<'_>]) -> Result<RecordBatch, ColumnsError> {
    let schema = Arc::new(Schema::new(quarantine_fields()));
    let mut nulls = Nulls::default();
    // Bytes that are no envelope tell nothing.
    let envelopes: Vec<Envelope> = rows.iter().map(|row| Envelope::decode(row.envelope).unwrap_or_default()).collect();
    let columns = schema.fields().iter().map(|field| {
        let mut column = Builder::new(field.data_type());
        for (at, (row, envelope)) in rows.iter().zip(&envelopes).enumerate() {
            put(&mut column, field.name(), at, row, envelope);
        }
        column.finish(field.data_type(), rows.len(), &mut nulls)
    });
    let batch =
        columns.collect::<Result<Vec<_>, _>>().and_then(|columns| RecordBatch::try_new(schema.clone(), columns));
    batch.map_err(|source| ColumnsError { rows: rows.len(), source })
}

fn put(column: &mut Builder, name: &str, at: usize, row: &QuarantineRow<'_>, envelope: &Envelope) {
    let context = |of: fn(&Context) -> &String| envelope.context.as_ref().map_or("", |context| of(context));
    let text = match name {
        "received_at" => return column.put_integer(at, row.received_at_us),
        "received_date" => return column.put_date(at, day_of(row.received_at_us)),
        "schema_version" => return column.put_integer(at, i64::from(row.schema_version)),
        "payload" => return column.put_bytes(at, row.payload),
        "envelope" => return column.put_bytes(at, row.envelope),
        "event_id" => row.event_id,
        "event" => row.event,
        "reason" => row.reason,
        "detail" => row.detail,
        "source" => row.source,
        "sequence" => {
            if let Some(sequence) = envelope.sequence {
                column.put_unsigned(at, sequence);
            }
            return;
        }
        "anonymous_id" => context(|context| &context.anonymous_id),
        "app" => context(|context| &context.app),
        "app_version" => context(|context| &context.app_version),
        "platform" => context(|context| &context.platform),
        "sdk" => context(|context| &context.sdk),
        "sdk_version" => context(|context| &context.sdk_version),
        _ => return,
    };
    if !text.is_empty() {
        column.put_bytes(at, text.as_bytes());
    }
}
