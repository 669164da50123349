//! From a whole body to durable records: read, judge, wait for the log.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use prost::Message;

use super::{Arrival, Collector};
use crate::accept::{Acceptor, Facts, Status};
use crate::batch::{self, Bounds, Prepared, Settled};
use crate::format::{FormatFault, IncomingBatch};
use crate::in_flight::Held;
use crate::inflate::{self, Encoding};
use crate::refusal::Refusal;
use crate::tenant::Tenant;
use crate::turns::Announced;

/// Bodies from here on, and all compressed ones, are judged off the threads that serve connections: below it
/// the work is a millisecond and handing it over costs more than it saves.
const BLOCKING_BYTES_MIN: usize = 128 * 1024;

/// How many times longer than their body its records may be, once they are more than [`RECORDS_BYTES_FREE`]. An event of
/// a few bytes becomes a record of some hundred; more than this is a large context in thousands of small events.
const RECORDS_FACTOR_MAX: usize = 256;
const RECORDS_BYTES_FREE: usize = 1 << 20;

/// A body that has been judged and not yet written.
pub(super) struct Judged {
    prepared: Prepared,
    tenant: Arc<Tenant>,
    /// What was taken from its allowance.
    events: usize,
    cookie: Option<HeaderValue>,
}

impl Collector {
    /// Judges a body, off the serving threads where that takes long.
    pub(super) async fn judge_anywhere(
        self: &Arc<Self>,
        arrival: Arrival,
        body: Bytes,
        mut held: Held,
        line: usize,
    ) -> Result<(Judged, Held), Refusal> {
        if body.len() < BLOCKING_BYTES_MIN && arrival.encoding == Encoding::Identity {
            let judged = self.read_and_judge(&arrival, &body, &mut held)?;
            return Ok((judged, held));
        }
        let turn = self.judging.wait(line, 1).await;
        let this = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            let judged = this.read_and_judge(&arrival, &body, &mut held);
            drop(turn);
            Ok((judged?, held))
        });
        // The work does not panic; it is cancelled only where the runtime ends.
        work.await.unwrap_or(Err(Refusal::Closing))
    }

    /// From bytes to records: all the work on the processor.
    fn read_and_judge(&self, arrival: &Arrival, body: &[u8], held: &mut Held) -> Result<Judged, Refusal> {
        let limits = &arrival.limits;
        let inflated = match arrival.encoding {
            Encoding::Identity => Cow::Borrowed(body),
            encoding => {
                let max = limits.inflated_bytes;
                Cow::Owned(inflate::inflate(encoding, body, max, |bytes| held.grow(bytes))?)
            }
        };
        self.telemetry.body(body.len(), inflated.len());
        let batch = arrival.format.read(&inflated, limits.batch_events).map_err(|fault| match fault {
            FormatFault::Unreadable(detail) => Refusal::Unreadable { detail },
            FormatFault::TooManyEvents { .. } => too_many(limits.batch_events),
        })?;
        let tenant = match &arrival.tenant {
            Some(tenant) => tenant,
            None => self.keys.admit(Some(&batch.write_key), arrival.origin.as_deref())?,
        };
        held.belongs_to(tenant.share())?;
        let events = batch.events.len();
        tenant.charge(self.moment(), events)?;
        let bytes_max =
            limits.records_bytes.min(RECORDS_BYTES_FREE.max(inflated.len().saturating_mul(RECORDS_FACTOR_MAX)));
        self.judge(arrival, batch, bytes_max, tenant, held).inspect_err(|_| tenant.give_back(events))
    }

    fn judge(
        &self,
        arrival: &Arrival,
        incoming: IncomingBatch<'_>,
        bytes_max: usize,
        tenant: &Arc<Tenant>,
        held: &mut Held,
    ) -> Result<Judged, Refusal> {
        let event_bytes_max = arrival.limits.event_bytes;
        if incoming.context.encoded_len() > event_bytes_max {
            return Err(Refusal::TooLarge { what: "the context", max: event_bytes_max, unit: "bytes" });
        }
        let facts = Facts {
            received_at: arrival.received_at,
            sent_at: incoming.sent_at,
            source: tenant.name(),
            place: "",
            is_bot: arrival.is_bot,
            import_run: "",
            clock_tolerance: self.options.clock_tolerance,
            event_bytes_max,
            id_seed: arrival.id_seed,
        };
        let schemas = self.schemas();
        let mut acceptor = Acceptor::new(&schemas, facts, incoming.context)
            .with_clock(incoming.clock)
            .with_visitor(arrival.visitor.clone());
        let bounds = Bounds { partitions: self.log.partitions(), bytes_max };
        let events = incoming.events.len();
        let prepared = batch::prepare(&mut acceptor, &*arrival.format, incoming.events, &self.seen, bounds, held)?;
        let cookie = acceptor.visitor().zip(self.options.cookie.as_ref());
        let cookie = cookie.and_then(|(visitor, options)| visitor.set_cookie(options));
        Ok(Judged { prepared, tenant: Arc::clone(tenant), events, cookie })
    }

    /// Makes the records durable, in one group commit, when it is the key's turn.
    pub(super) async fn write(&self, judged: Judged, held: Held, announced: Announced) -> Result<Settled, Refusal> {
        let Judged { mut prepared, tenant, events, cookie } = judged;
        let batches = prepared.take_batches();
        drop(announced);
        held.note_growth();
        let outcomes = if batches.is_empty() {
            Vec::new()
        } else {
            let turn = self.writing.wait(tenant.line(), held.bytes()).await;
            let started = self.monotonic();
            let outcomes = self.log.append_many(batches).await;
            self.telemetry.appended(prepared.record_bytes(), self.monotonic().saturating_sub(started));
            self.note_log(&outcomes);
            drop(turn);
            outcomes
        };
        let mut settled = prepared.settle(&outcomes, &self.seen).inspect_err(|_| tenant.give_back(events))?;
        tenant.give_back(settled.results.iter().filter(|result| result.status == Status::Retry).count());
        settled.cookie = cookie;
        settled.held = Some(held);
        self.telemetry.results(&settled.results);
        Ok(settled)
    }
}

const fn too_many(max: usize) -> Refusal {
    Refusal::TooLarge { what: "the number of events", max, unit: "events" }
}
