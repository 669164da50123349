//! The Event API's shell: it reads a body, has its events judged, waits until the log has them on disk, and
//! answers. Nothing is answered `ok`, `duplicate` or `quarantined` that would not survive the machine.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{ORIGIN, USER_AGENT};
use http::request::Parts;
use judi_log::{AppendError, AppendResult, Log};
use judi_schema::schemas::Schemas;
use judi_world::{Timestamp, World};
use prost::Message;

use crate::accept::{Acceptor, Facts, Status};
use crate::batch::{self, Bounds, Prepared, Settled};
use crate::body;
use crate::bots::{self, Strictness};
use crate::format::{BodyFormat, Form, FormatFault, IncomingBatch};
use crate::in_flight::{Held, InFlight};
use crate::inflate::{self, Encoding};
use crate::keys::{self, Keys};
use crate::options::{CollectOptions, Limits};
use crate::recent::{RECENT_MAX, Recent, RecentRefusal};
use crate::refusal::Refusal;
use crate::seen::SeenIds;
use crate::telemetry::{Now, Telemetry};

/// Bodies from here on, and all compressed ones, are judged off the threads that serve connections: below it
/// the work is a millisecond and handing it over costs more than it saves.
const BLOCKING_BYTES_MIN: usize = 128 * 1024;

/// How long after a failed append the log counts as not writable. Nobody sends to a server that is not ready,
/// so only time can make it ready again.
const LOG_FAILURE_REMEMBERED: Duration = Duration::from_secs(5);

/// How much of a path is remembered of a refused request, in characters.
const PATH_CHARACTERS_MAX: usize = 200;

/// How many records the judge has yet to read; `None` where it is not known.
pub type JudgeLag = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// What a [`Collector`] is made of.
pub struct CollectorParts {
    /// Who may write, and how much.
    pub options: CollectOptions,
    /// The clock and the randomness.
    pub world: World,
    /// Where records become durable.
    pub log: Arc<dyn Log>,
    /// What events may look like.
    pub schemas: Arc<Schemas>,
    /// For `/health/ready` and `/metrics`.
    pub judge_lag: JudgeLag,
}

/// The Event API's state, shared by all its requests.
pub struct Collector {
    options: CollectOptions,
    keys: Keys,
    world: World,
    log: Arc<dyn Log>,
    schemas: RwLock<Arc<Schemas>>,
    judge_lag: JudgeLag,
    seen: SeenIds,
    in_flight: Arc<InFlight>,
    telemetry: Telemetry,
    recent: Recent,
    /// What given ids are made of, with the number of each batch.
    id_key: [u8; 32],
    batches: AtomicU64,
    /// Microseconds of the monotonic clock at the last failed append, plus 1; 0: the last one succeeded.
    log_failed_us: AtomicU64,
}

/// What is known of a request besides its body.
struct Arrival {
    received_at: Timestamp,
    format: Arc<dyn BodyFormat>,
    limits: Limits,
    encoding: Encoding,
    key: Option<String>,
    origin: Option<String>,
    is_bot: bool,
    id_seed: [u8; 32],
}

impl Collector {
    /// A collector that takes events from now on.
    ///
    /// # Errors
    /// When there is no randomness to make ids of.
    pub fn new(parts: CollectorParts) -> io::Result<Arc<Self>> {
        let CollectorParts { mut options, world, log, schemas, judge_lag } = parts;
        let mut id_key = [0; 32];
        world.random.fill(&mut id_key)?;
        Ok(Arc::new(Self {
            keys: Keys::new(std::mem::take(&mut options.keys)),
            in_flight: Arc::new(InFlight::new(options.limits.in_flight_bytes)),
            seen: SeenIds::new(options.seen_ids),
            options,
            world,
            log,
            schemas: RwLock::new(schemas),
            judge_lag,
            telemetry: Telemetry::default(),
            recent: Recent::default(),
            id_key,
            batches: AtomicU64::new(0),
            log_failed_us: AtomicU64::new(0),
        }))
    }

    /// Judges by these schemas from the next request on: for when a version was published.
    pub fn set_schemas(&self, schemas: Arc<Schemas>) {
        *self.schemas.write().unwrap_or_else(PoisonError::into_inner) = schemas;
    }

    /// The requests and events that were refused last, oldest first; at most 1,000.
    #[must_use]
    pub fn recent_refusals(&self) -> Vec<RecentRefusal> {
        self.recent.all()
    }

    /// Takes one request in a native form: everything between its headers and its answer.
    pub(crate) async fn take(self: &Arc<Self>, parts: &Parts, body: Body) -> Result<Settled, Refusal> {
        match Form::of(&parts.headers) {
            Ok(form) => self.take_as(parts, body, Arc::new(form)).await,
            Err(refusal) => {
                body::discard(body, &parts.headers).await;
                self.note_refusal(parts, &refusal);
                Err(refusal)
            }
        }
    }

    /// As [`take`](Self::take), of a body that is written in `format`, whatever the headers call it.
    pub(crate) async fn take_as(
        self: &Arc<Self>,
        parts: &Parts,
        body: Body,
        format: Arc<dyn BodyFormat>,
    ) -> Result<Settled, Refusal> {
        let taken = self.take_noting_nothing(parts, body, format).await;
        match &taken {
            Ok(settled) => self.note_rejected(parts, settled),
            Err(refusal) => self.note_refusal(parts, refusal),
        }
        taken
    }

    async fn take_noting_nothing(
        self: &Arc<Self>,
        parts: &Parts,
        body: Body,
        format: Arc<dyn BodyFormat>,
    ) -> Result<Settled, Refusal> {
        let arrival = match self.arrival(parts, format) {
            Ok(arrival) => arrival,
            Err(refusal) => {
                body::discard(body, &parts.headers).await;
                return Err(refusal);
            }
        };
        let mut held = InFlight::begin(&self.in_flight);
        let body = body::read(body, &parts.headers, &arrival.limits, &mut held).await?;
        let (prepared, held) = self.prepare_anywhere(arrival, body, held).await?;
        let settled = self.write(prepared).await;
        drop(held);
        settled
    }

    /// Remembers a request that was refused as a whole.
    pub(crate) fn note_refusal(&self, parts: &Parts, refusal: &Refusal) {
        let key = match refusal {
            Refusal::DisabledKey { name } | Refusal::ForeignOrigin { name, .. } => Some(name.clone()),
            _ => self.key_name(parts),
        };
        self.recent.note(RecentRefusal {
            at: self.world.clock.now(),
            path: parts.uri.path().chars().take(PATH_CHARACTERS_MAX).collect(),
            key,
            status: refusal.status().as_u16(),
            reason: refusal.code(),
            event_id: None,
            detail: refusal.to_string(),
        });
    }

    fn note_rejected(&self, parts: &Parts, settled: &Settled) {
        for result in settled.results.iter().filter(|result| result.status == Status::Rejected).take(RECENT_MAX) {
            self.recent.note(RecentRefusal {
                at: self.world.clock.now(),
                path: parts.uri.path().chars().take(PATH_CHARACTERS_MAX).collect(),
                key: self.key_name(parts),
                status: 200,
                reason: result.reason.unwrap_or_default(),
                event_id: Some(result.event_id.clone()),
                detail: result.detail.clone().unwrap_or_default(),
            });
        }
    }

    fn key_name(&self, parts: &Parts) -> Option<String> {
        keys::presented(&parts.headers, &parts.uri).and_then(|key| self.keys.name(&key).map(str::to_owned))
    }

    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Time since an arbitrary start, for measuring.
    pub(crate) fn monotonic(&self) -> Duration {
        self.world.clock.monotonic()
    }

    /// Notes a request that has been answered.
    pub(crate) fn answered(&self, status: http::StatusCode, took: Duration) {
        self.telemetry.request(status, took);
        self.in_flight.note(took);
    }

    pub(crate) fn metrics(&self) -> String {
        self.telemetry.render(&self.now())
    }

    pub(crate) fn now(&self) -> Now {
        let failed_us = self.log_failed_us.load(Ordering::Relaxed);
        let since = self.monotonic().saturating_sub(Duration::from_micros(failed_us.saturating_sub(1)));
        Now {
            in_flight_requests: self.in_flight.requests(),
            in_flight_bytes: self.in_flight.bytes(),
            judge_lag: (self.judge_lag)(),
            log_writable: failed_us == 0 || since >= LOG_FAILURE_REMEMBERED,
        }
    }

    /// What the headers say, and whether they may.
    fn arrival(&self, parts: &Parts, format: Arc<dyn BodyFormat>) -> Result<Arrival, Refusal> {
        let text = |name| parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let origin = text(ORIGIN).map(Cow::into_owned);
        let key = keys::presented(&parts.headers, &parts.uri);
        if key.is_some() {
            // A stranger is turned away before the body is read.
            self.keys.admit(key.as_deref(), origin.as_deref())?;
        }
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        Ok(Arrival {
            received_at: self.world.clock.now(),
            limits: format.limits(&self.options.limits),
            format,
            encoding: Encoding::of(&parts.headers)?,
            key,
            origin,
            is_bot: text(USER_AGENT).is_some_and(|agent| bots::is_bot(&agent, Strictness::Live)),
            id_seed: *blake3::keyed_hash(&self.id_key, &number.to_le_bytes()).as_bytes(),
        })
    }

    async fn prepare_anywhere(
        self: &Arc<Self>,
        arrival: Arrival,
        body: Bytes,
        mut held: Held,
    ) -> Result<(Prepared, Held), Refusal> {
        if body.len() < BLOCKING_BYTES_MIN && arrival.encoding == Encoding::Identity {
            let prepared = self.prepare(&arrival, &body, &mut held)?;
            return Ok((prepared, held));
        }
        let this = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            let prepared = this.prepare(&arrival, &body, &mut held)?;
            Ok((prepared, held))
        });
        // The work does not panic; it is cancelled only where the runtime ends.
        work.await.unwrap_or(Err(Refusal::Closing))
    }

    /// From bytes to records: all the work on the processor.
    fn prepare(&self, arrival: &Arrival, body: &[u8], held: &mut Held) -> Result<Prepared, Refusal> {
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
        self.judge(arrival, batch, held)
    }

    fn judge(&self, arrival: &Arrival, incoming: IncomingBatch<'_>, held: &mut Held) -> Result<Prepared, Refusal> {
        let presented = arrival.key.as_deref().unwrap_or(&incoming.write_key);
        let source = self.keys.admit(Some(presented), arrival.origin.as_deref())?;
        let event_bytes_max = arrival.limits.event_bytes;
        if incoming.context.encoded_len() > event_bytes_max {
            return Err(Refusal::TooLarge { what: "the context", max: event_bytes_max, unit: "bytes" });
        }
        let facts = Facts {
            received_at: arrival.received_at,
            sent_at: incoming.sent_at,
            source,
            place: "",
            is_bot: arrival.is_bot,
            import_run: "",
            clock_tolerance: self.options.clock_tolerance,
            event_bytes_max,
            id_seed: arrival.id_seed,
        };
        let schemas = Arc::clone(&self.schemas.read().unwrap_or_else(PoisonError::into_inner));
        let mut acceptor = Acceptor::new(&schemas, facts, incoming.context);
        let bounds = Bounds { partitions: self.log.partitions(), bytes_max: arrival.limits.records_bytes };
        batch::prepare(&mut acceptor, &*arrival.format, incoming.events, &self.seen, bounds, held)
    }

    /// Makes the records durable, in one group commit.
    async fn write(&self, mut prepared: Prepared) -> Result<Settled, Refusal> {
        let batches = prepared.take_batches();
        let outcomes = if batches.is_empty() {
            Vec::new()
        } else {
            let started = self.monotonic();
            let outcomes = self.log.append_many(batches).await;
            self.telemetry.appended(prepared.record_bytes(), self.monotonic().saturating_sub(started));
            self.note_log(&outcomes);
            outcomes
        };
        let settled = prepared.settle(&outcomes, &self.seen)?;
        self.telemetry.results(&settled.results);
        Ok(settled)
    }

    fn note_log(&self, outcomes: &[AppendResult]) {
        let failure = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).find(|error| is_failure(error));
        let Some(error) = failure else {
            if outcomes.iter().any(Result::is_ok) {
                self.log_failed_us.store(0, Ordering::Relaxed);
            }
            return;
        };
        let now_us = u64::try_from(self.monotonic().as_micros()).unwrap_or(u64::MAX - 1);
        if self.log_failed_us.swap(now_us + 1, Ordering::Relaxed) == 0 {
            tracing::error!(%error, "events are refused: the log does not take them");
        }
    }
}

/// Whether the log is broken, and not just busy.
const fn is_failure(error: &AppendError) -> bool {
    matches!(error, AppendError::NoSpace { .. } | AppendError::Io { .. } | AppendError::Closed)
}

const fn too_many(max: usize) -> Refusal {
    Refusal::TooLarge { what: "the number of events", max, unit: "events" }
}

impl fmt::Debug for Collector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Collector")
            .field("options", &self.options)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}
