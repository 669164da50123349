//! One life of the process: log, Event API and judge as production wires them, on the simulated world.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request as HttpRequest;
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use judi_collect::{CollectOptions, Collector, CollectorParts, Key, router};
use judi_judge::{JudgeCore, JudgeError, JudgeOptions};
use judi_log::{EmbeddedLog, Log, LogOptions, OpenError};
use judi_schema::schemas::Schemas;
use judi_world::World;

use crate::devices::Request;
use crate::gate::Gate;
use crate::runtime;
use crate::sabotage::Sabotage;
use crate::swarm::Swarm;

pub(crate) const LOG_DIR: &str = "/judi/log";
pub(crate) const TABLES_DIR: &str = "/judi/tables";
pub(crate) const STATE_DIR: &str = "/judi/state";
/// Of the second judge, so that the lock of the first does not keep it away.
const SECOND_STATE_DIR: &str = "/judi/state-of-another";

/// Days during which a repeated id is a duplicate. The server's clock stays within them.
pub(crate) const WINDOW_DAYS: u16 = 7;

/// A status and a body.
pub(crate) type Answer = (u16, Vec<u8>);

type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) log: Arc<EmbeddedLog>,
    pub(crate) judge: Option<JudgeCore>,
    pub(crate) second: Option<JudgeCore>,
    gate: Arc<Gate>,
    collector: Arc<Collector>,
    service: TowerToHyperService<axum::Router>,
    working: Vec<Working>,
}

/// A request that the server has begun and not answered.
struct Working {
    request: Request,
    /// The newest version when it was begun, by which it is judged.
    version: u32,
    answering: Answering,
}

impl std::fmt::Debug for Working {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Working").field("request", &self.request.number).finish_non_exhaustive()
    }
}

pub(crate) fn log_options(swarm: &Swarm) -> LogOptions {
    LogOptions {
        partitions: swarm.partitions,
        segment_bytes: swarm.segment_bytes,
        sync_in_parallel: false,
        ..LogOptions::default()
    }
}

fn judge_options(swarm: &Swarm, state_dir: &str, sabotage: Option<Sabotage>) -> JudgeOptions {
    JudgeOptions {
        dedup_window_days: if sabotage == Some(Sabotage::ShortMemory) { 0 } else { WINDOW_DAYS },
        round_bytes_max: swarm.round_bytes,
        persist_records: swarm.persist_records,
        ..JudgeOptions::new(Path::new(TABLES_DIR), Path::new(state_dir))
    }
}

impl Machine {
    /// Opens the log and the Event API; the judge is opened by [`Machine::open_judge`].
    pub(crate) fn start(
        world: &World,
        swarm: &Swarm,
        schemas: &Arc<Schemas>,
        sabotage: Option<Sabotage>,
    ) -> Result<Self, OpenError> {
        let log = Arc::new(EmbeddedLog::open(world, Path::new(LOG_DIR), log_options(swarm))?);
        let gate = Arc::new(Gate::new(Arc::clone(&log), sabotage));
        let options = CollectOptions {
            keys: vec![Key::open("sim", "sim")],
            seen_ids: swarm.seen_ids,
            ..CollectOptions::default()
        };
        let parts = CollectorParts {
            options,
            world: world.clone(),
            log: Arc::clone(&gate) as Arc<dyn Log>,
            schemas: Arc::clone(schemas),
            judge_lag: Arc::new(|| None),
        };
        let unstarted = |source| OpenError::Io { path: LOG_DIR.into(), source };
        let collector = Collector::new(parts).map_err(unstarted)?;
        let service = TowerToHyperService::new(router(Arc::clone(&collector)));
        Ok(Self { log, judge: None, second: None, gate, collector, service, working: Vec::new() })
    }

    /// A judge with the usual state folder, or with another's.
    pub(crate) fn open_judge(
        &self,
        world: &World,
        swarm: &Swarm,
        schemas: &Arc<Schemas>,
        is_second: bool,
        sabotage: Option<Sabotage>,
    ) -> Result<JudgeCore, JudgeError> {
        let state_dir = if is_second { SECOND_STATE_DIR } else { STATE_DIR };
        let log = Arc::clone(&self.gate) as Arc<dyn Log>;
        JudgeCore::open(world, log, Arc::clone(schemas), judge_options(swarm, state_dir, sabotage))
    }

    /// A version is published: first the judge hears of it, then the Event API.
    pub(crate) fn publish(&self, schemas: &Arc<Schemas>, is_judge_told: bool) {
        for judge in self.judge.iter().chain(&self.second).filter(|_| is_judge_told) {
            judge.publish(Arc::clone(schemas));
        }
        self.collector.set_schemas(Arc::clone(schemas));
    }

    /// The server begins a request: it is judged, and waits for the log.
    pub(crate) fn begin(&mut self, request: Request, version: u32) {
        let http = HttpRequest::post("/v1/events")
            .header("authorization", "Bearer sim")
            .header("content-type", "application/json")
            .body(Body::from(request.body.clone()));
        let answered = http.map(|http| self.service.call(http));
        let answering: Answering = Box::pin(async move {
            let Ok(answered) = answered else { return (0, Vec::new()) };
            let (head, body) = match answered.await {
                Ok(response) => response.into_parts(),
                Err(never) => match never {},
            };
            let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
            (head.status.as_u16(), body)
        });
        let mut working = Working { request, version, answering };
        if let Some(answer) = runtime::poll(&mut working.answering) {
            // Nothing to append: answered at once, and told with the next ones.
            working.answering = Box::pin(async move { answer });
        }
        self.working.push(working);
    }

    /// How many requests wait.
    pub(crate) fn waiting(&self) -> usize {
        self.working.len()
    }

    /// The log appends what waits, in one group; every request that was begun, with the version that it was
    /// judged by and its answer.
    pub(crate) fn flush(&mut self) -> Vec<(Request, u32, Option<Answer>)> {
        self.gate.open();
        let working = std::mem::take(&mut self.working);
        working.into_iter().map(|mut one| (one.request, one.version, runtime::poll(&mut one.answering))).collect()
    }

    /// Ends in an orderly way: what waits is given up, the judge persists.
    pub(crate) fn stop(mut self) {
        if let Some(judge) = &mut self.judge {
            // When the disk does not allow it, the next judge goes on all the same.
            let _ = judge.persist();
        }
        self.log.close();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        runtime::forget();
    }
}
