//! The Event API's shell: it reads a body, has its events judged, waits until the log has them on disk, and
//! answers. Nothing is answered `ok`, `duplicate` or `quarantined` that would not survive the machine.

mod judging;
mod notes;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Body;
use http::header::{ORIGIN, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Uri};
use judi_log::Log;
use judi_schema::schemas::Schemas;
use judi_world::{Timestamp, World};
use tokio::sync::Semaphore;

use crate::accept;
use crate::batch::Settled;
use crate::body;
use crate::bots::{self, Strictness};
use crate::format::{BodyFormat, Form};
use crate::in_flight::InFlight;
use crate::inflate::Encoding;
use crate::keys::{self, Keys};
use crate::options::{CollectOptions, Limits};
use crate::recent::Recent;
use crate::refusal::Refusal;
use crate::seen::SeenIds;
use crate::telemetry::Telemetry;
use crate::tenant::{Moment, Tenant};
use crate::turns::{Turns, Window};
use crate::usage;
use crate::visitor::Visitor;

/// The number of a new visitor's id among those of its request: no event's.
const VISITOR_NUMBER: u64 = u64::MAX;

/// How many refused requests are kept back at once: a quarter of the connections that a server has by default.
const KEPT_BACK_MAX: usize = 1_024;

/// What is with the log at once: enough to keep its disk busy, and no more than it writes in about the time of a sync,
/// since whoever comes next waits behind it.
const WRITING_WINDOW: Window = Window::Measured { time: Duration::from_millis(10), min: 4 << 20, max: 16 << 20 };

/// What each key may write per round, in bytes: a body of usual size.
const WRITING_QUANTUM_BYTES: usize = 64 * 1024;

/// How many records the judge has yet to read; `None` where it is not known.
pub type JudgeLag = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// Figures of another stage as they are now, in Prometheus' text form.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

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
    /// Turns of large bodies on the processors.
    judging: Arc<Turns>,
    /// Turns of records at the log.
    writing: Arc<Turns>,
    telemetry: Telemetry,
    /// Places for refused requests that are kept back.
    kept_back: Semaphore,
    recent: Recent,
    more_metrics: Mutex<Vec<MetricsText>>,
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
    /// `None`: the body must tell.
    tenant: Option<Arc<Tenant>>,
    origin: Option<String>,
    visitor: Option<Visitor>,
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
        let keys = Keys::new(std::mem::take(&mut options.keys));
        if let Some(path) = &options.usage_path {
            usage::load(&*world.disk, path, &keys);
        }
        let clock = || Arc::clone(&world.clock);
        let limits = &options.limits;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let writing = Turns::new(clock(), WRITING_WINDOW, WRITING_QUANTUM_BYTES);
        Ok(Arc::new(Self {
            keys,
            in_flight: InFlight::new(clock(), limits.in_flight_bytes, limits.in_flight_requests, Arc::clone(&writing)),
            judging: Turns::new(clock(), Window::Fixed((processors / 2).max(1)), 1),
            writing,
            seen: SeenIds::new(options.seen_ids),
            options,
            world,
            log,
            schemas: RwLock::new(schemas),
            judge_lag,
            telemetry: Telemetry::default(),
            kept_back: Semaphore::new(KEPT_BACK_MAX),
            recent: Recent::default(),
            more_metrics: Mutex::default(),
            id_key,
            batches: AtomicU64::new(0),
            log_failed_us: AtomicU64::new(0),
        }))
    }

    /// Judges by these schemas from the next request on: for when a version was published.
    pub fn set_schemas(&self, schemas: Arc<Schemas>) {
        *self.schemas.write().unwrap_or_else(PoisonError::into_inner) = schemas;
    }

    /// Takes one request in a native form: everything between its headers and its answer.
    pub(crate) async fn take(self: &Arc<Self>, parts: &Parts, body: Body) -> Result<Settled, Refusal> {
        match Form::of(&parts.headers) {
            Ok(form) => self.take_as(parts, body, Arc::new(form)).await,
            Err(refusal) => {
                body::discard(body, &parts.headers).await;
                self.note_refusal(&parts.uri, &parts.headers, &refusal);
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
            Err(refusal) => {
                self.note_refusal(&parts.uri, &parts.headers, refusal);
                self.keep_back(refusal).await;
            }
        }
        taken
    }

    /// Lets a sender wait that is sent away for its load. Most send again as soon as they are answered, whatever they are
    /// told, and refusing them over and over would cost the events of others.
    async fn keep_back(&self, refusal: &Refusal) {
        let is_load = matches!(refusal, Refusal::Busy { .. } | Refusal::OverRate { .. } | Refusal::OverQuota { .. });
        if let (true, Ok(_place)) = (is_load, self.kept_back.try_acquire()) {
            tokio::time::sleep(self.options.limits.refusal_pause).await;
        }
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
        let tenant = Arc::clone(arrival.tenant.as_ref().unwrap_or_else(|| self.keys.nobody()));
        let expected = body::declared_bytes(&parts.headers).unwrap_or(0).min(arrival.limits.batch_bytes);
        let mut held = match InFlight::begin(&self.in_flight, tenant.share(), expected) {
            Ok(held) => held,
            Err(busy) => {
                body::discard(body, &parts.headers).await;
                return Err(busy);
            }
        };
        let body = body::read(body, &parts.headers, &arrival.limits, &mut held).await?;
        let announced = held.announce()?;
        let (judged, held) = self.judge_anywhere(arrival, body, held, tenant.line()).await?;
        // What was judged is written and counted even where the sender goes away; so the memory that it takes is
        // given back when the log is done with it, and not before.
        let this = Arc::clone(self);
        let written = tokio::spawn(async move { this.write(judged, held, announced).await });
        // It does not panic; it is cancelled only where the runtime ends.
        written.await.unwrap_or(Err(Refusal::Closing))
    }

    /// The key that the headers or the address tell.
    fn tenant(&self, uri: &Uri, headers: &HeaderMap) -> Option<&Arc<Tenant>> {
        self.keys.find(&keys::presented(headers, uri)?)
    }

    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Time since an arbitrary start, for measuring.
    pub(crate) fn monotonic(&self) -> Duration {
        self.world.clock.monotonic()
    }

    /// The schemas of now.
    pub(crate) fn schemas(&self) -> Arc<Schemas> {
        Arc::clone(&self.schemas.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) const fn options(&self) -> &CollectOptions {
        &self.options
    }

    /// What the headers say, and whether they may.
    fn arrival(&self, parts: &Parts, format: Arc<dyn BodyFormat>) -> Result<Arrival, Refusal> {
        let text = |name| parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let origin = text(ORIGIN).map(Cow::into_owned);
        // A stranger is turned away before the body is read, and so is who has sent enough.
        let tenant = match keys::presented(&parts.headers, &parts.uri) {
            Some(key) => Some(Arc::clone(self.keys.admit(Some(&key), origin.as_deref())?)),
            None => None,
        };
        if let Some(tenant) = &tenant {
            tenant.admit(self.moment())?;
        }
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        let id_seed = *blake3::keyed_hash(&self.id_key, &number.to_le_bytes()).as_bytes();
        let received_at = self.world.clock.now();
        let cookie = self.options.cookie.as_ref();
        Ok(Arrival {
            received_at,
            limits: format.limits(&self.options.limits),
            format,
            encoding: Encoding::of(&parts.headers)?,
            tenant,
            origin,
            visitor: cookie.map(|cookie| {
                Visitor::of(&parts.headers, cookie, || accept::new_id(&id_seed, received_at, VISITOR_NUMBER))
            }),
            is_bot: text(USER_AGENT).is_some_and(|agent| bots::is_bot(&agent, Strictness::Live)),
            id_seed,
        })
    }

    fn moment(&self) -> Moment {
        Moment { utc: self.world.clock.now(), monotonic: self.monotonic() }
    }
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
