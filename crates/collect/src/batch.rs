//! A batch on its way: records grouped by the partition they go to, and what each event is told once the log
//! has answered. Pure but for the table of seen ids.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderValue;
use judi_log::{AppendError, AppendResult, Batch, Record, Topic, partition_of};

use crate::accept::{Accepted, Acceptor, EventResult, REASON_TOO_LARGE, Status};
use crate::format::BodyFormat;
use crate::in_flight::Held;
use crate::incoming::RawEvent;
use crate::refusal::Refusal;
use crate::seen::SeenIds;

/// A batch whose events have been judged and not yet written.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    results: Vec<EventResult>,
    fates: Vec<Fate>,
    batches: Vec<Batch>,
    record_bytes: usize,
}

/// What the log's answer means for one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing: it is decided.
    Decided,
    /// It is a record of this batch, of this size.
    Written { batch: usize, bytes: usize, identity: Option<u128> },
    /// It is a second copy of this event of the same body.
    CopyOf(usize),
}

/// What the sender is told.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) results: Vec<EventResult>,
    /// When to send again what is answered `retry`.
    pub(crate) retry_after: Option<Duration>,
    /// What the browser is to keep, or to forget.
    pub(crate) cookie: Option<HeaderValue>,
    /// What the results count for, until they are sent.
    pub(crate) held: Option<Held>,
}

/// What the records of a body must fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) partitions: u32,
    /// Of all records of the body.
    pub(crate) bytes_max: usize,
}

/// What an event takes besides its record's bytes and its result's text: the structs of both, and its places in tables.
const EVENT_OVERHEAD_BYTES: usize = size_of::<Record>() + size_of::<EventResult>() + size_of::<Fate>() + 64;

/// Judges the events of a body. `held` grows by what is kept of them.
pub(crate) fn prepare<'e>(
    acceptor: &mut Acceptor<'_>,
    format: &dyn BodyFormat,
    events: impl ExactSizeIterator<Item = RawEvent<'e>>,
    seen: &SeenIds,
    bounds: Bounds,
    held: &mut Held,
) -> Result<Prepared, Refusal> {
    let mut prepared = Prepared::default();
    let mut places: HashMap<(Topic, u32), usize> = HashMap::new();
    let mut firsts: HashMap<u128, usize> = HashMap::with_capacity(events.len());
    for (index, raw) in events.enumerate() {
        let Accepted { record, identity, mut result } = acceptor.accept_as(index, raw, |raw| format.read_event(raw));
        held.grow(EVENT_OVERHEAD_BYTES + result_bytes(&result))?;
        let fate = match (record, identity) {
            (None, _) => Fate::Decided,
            (Some(_), Some(identity)) if seen.contains(identity) => {
                duplicate(&mut result);
                Fate::Decided
            }
            (Some(_), Some(identity)) if firsts.contains_key(&identity) => {
                duplicate(&mut result);
                Fate::CopyOf(firsts.get(&identity).copied().unwrap_or(index))
            }
            (Some((topic, record)), identity) => {
                let bytes = record.key.len() + record.value.len();
                prepared.record_bytes += bytes;
                if prepared.record_bytes > bounds.bytes_max {
                    let what = "the body, with its context in every event,";
                    return Err(Refusal::TooLarge { what, max: bounds.bytes_max, unit: "bytes" });
                }
                held.grow(bytes)?;
                if let Some(identity) = identity {
                    firsts.insert(identity, index);
                }
                let partition = partition_of(&record.key, bounds.partitions);
                let batch = *places.entry((topic, partition)).or_insert_with(|| {
                    prepared.batches.push(Batch { topic, partition, records: Vec::new() });
                    prepared.batches.len() - 1
                });
                if let Some(batch) = prepared.batches.get_mut(batch) {
                    batch.records.push(record);
                }
                Fate::Written { batch, bytes, identity }
            }
        };
        prepared.fates.push(fate);
        prepared.results.push(result);
    }
    Ok(prepared)
}

impl Prepared {
    /// What the log is to append, once.
    pub(crate) fn take_batches(&mut self) -> Vec<Batch> {
        std::mem::take(&mut self.batches)
    }

    /// Bytes of all records.
    pub(crate) const fn record_bytes(&self) -> usize {
        self.record_bytes
    }

    /// What the sender is told, now that the log has answered for each batch; what is durable is seen from now on.
    ///
    /// # Errors
    /// The refusal of the whole, when nothing was taken and all of it may be later.
    pub(crate) fn settle(mut self, outcomes: &[AppendResult], seen: &SeenIds) -> Result<Settled, Refusal> {
        let mut refusal = None;
        for index in 0..self.fates.len() {
            let (Some(&fate), Some(before)) = (self.fates.get(index), self.results.split_at_mut_checked(index)) else {
                continue;
            };
            let (earlier, [result, ..]) = before else {
                continue;
            };
            match fate {
                Fate::Decided => {}
                Fate::Written { batch, bytes, identity } => match outcomes.get(batch) {
                    Some(Ok(_)) => identity.into_iter().for_each(|identity| seen.insert(identity)),
                    Some(Err(error)) => not_taken(result, error, bytes, &mut refusal),
                    None => not_taken(result, &AppendError::Closed, bytes, &mut refusal),
                },
                Fate::CopyOf(first) => match earlier.get(first) {
                    Some(first) if matches!(first.status, Status::Retry | Status::Rejected) => {
                        (result.status, result.reason) = (first.status, first.reason);
                        result.detail.clone_from(&first.detail);
                    }
                    _ => {}
                },
            }
        }
        match refusal {
            Some(refusal) if self.results.iter().all(|result| result.status == Status::Retry) => Err(refusal),
            refusal => {
                let retry_after = refusal.and_then(|refusal| refusal.retry_after());
                Ok(Settled { results: self.results, retry_after, cookie: None, held: None })
            }
        }
    }
}

/// The text of a result.
fn result_bytes(result: &EventResult) -> usize {
    let texts = [result.field.as_ref(), result.detail.as_ref()];
    result.event_id.len() + texts.into_iter().flatten().map(String::len).sum::<usize>()
}

fn duplicate(result: &mut EventResult) {
    let event_id = std::mem::take(&mut result.event_id);
    *result = EventResult { event_id, status: Status::Duplicate, reason: None, field: None, detail: None };
}

/// Tells an event that the log did not take its batch, and notes why for the answer as a whole.
fn not_taken(result: &mut EventResult, error: &AppendError, bytes: usize, refusal: &mut Option<Refusal>) {
    (result.status, result.reason, result.field) = (Status::Retry, None, None);
    result.detail = Some(error.to_string());
    match error {
        // Its neighbours in the batch may be sent again without it.
        AppendError::TooLarge { bytes_max, .. } if bytes > *bytes_max => {
            (result.status, result.reason) = (Status::Rejected, Some(REASON_TOO_LARGE));
        }
        AppendError::TooLarge { .. } => {
            result.detail = Some("another event of the body is too large for the log".to_owned());
            refusal.get_or_insert(Refusal::Busy { retry_after: Duration::ZERO });
        }
        AppendError::Busy { retry_after } => _ = refusal.get_or_insert(Refusal::Busy { retry_after: *retry_after }),
        AppendError::NoSpace { .. } => _ = refusal.get_or_insert(Refusal::NoSpace),
        AppendError::Closed => _ = refusal.get_or_insert(Refusal::Closing),
        AppendError::Io { .. } | AppendError::NoPartition { .. } => _ = refusal.get_or_insert(Refusal::LogFailed),
    }
}

#[cfg(test)]
mod tests;
