//! What `judi replay` asks of a running server: begin, and say how far it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use judi_judge::{ReplayEnd, ReplayFilter, ReplayProgress};
use judi_schema::verdict::Reason;
use judi_world::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Internal, is_allowed};

/// Begins a replay; answers a [`ReplayTicket`].
pub const START: &str = "/internal/quarantine/replay";

/// Waits a little for a replay's end; answers a [`ReplayState`].
pub const FOLLOW: &str = "/internal/quarantine/replay/follow";

/// How long one request to [`FOLLOW`] waits.
const FOLLOW_WAIT: Duration = Duration::from_secs(1);

/// Replays that can be followed at a time; the oldest goes first.
const TICKETS_MAX: usize = 64;

/// Which rows of `quarantine` to judge again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayRequest {
    /// Those that were refused for this reason.
    pub reason: Option<String>,
    /// Those received then or later, in microseconds since 1970.
    pub since_us: Option<i64>,
}

/// By what a replay is followed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ReplayTicket {
    number: u64,
}

/// How far a replay is: [`ReplayProgress`] as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayState {
    /// Rows that were looked at.
    pub looked_at: u64,
    /// Rows of `events` that came of them.
    pub became_rows: u64,
    /// Those that were rows already.
    pub already_rows: u64,
    /// Those that still do not fit, by reason.
    pub still_unfit: BTreeMap<String, u64>,
    /// The schema version that judged.
    pub schema_version: u32,
    /// Files that are behind it, and all.
    pub files: (u64, u64),
    /// What it waits for.
    pub trouble: Option<String>,
    /// Whether it is over, and why it could not be done.
    pub end: Option<Result<(), String>>,
}

impl ReplayRequest {
    /// As the judge takes it; `None` for a reason that there is not.
    pub fn filter(&self) -> Option<ReplayFilter> {
        let reason = match &self.reason {
            Some(text) => Some(Reason::named(text)?),
            None => None,
        };
        Some(ReplayFilter { reason, since: self.since_us.map(Timestamp) })
    }
}

impl From<&ReplayProgress> for ReplayState {
    fn from(progress: &ReplayProgress) -> Self {
        let account = &progress.account;
        let unfit = account.still_unfit.iter().map(|(reason, rows)| (reason.as_str().to_owned(), *rows));
        let end = progress.end.as_ref().map(|end| match end {
            ReplayEnd::Done => Ok(()),
            ReplayEnd::Failed(reason) => Err(reason.clone()),
        });
        Self {
            looked_at: account.looked_at,
            became_rows: account.became_rows,
            already_rows: account.already_rows,
            still_unfit: unfit.collect(),
            schema_version: account.schema_version,
            files: (progress.files_done, progress.files),
            trouble: progress.trouble.clone(),
            end,
        }
    }
}

#[derive(Clone)]
struct Replays {
    internal: Internal,
    begun: Arc<Mutex<Begun>>,
}

#[derive(Default)]
struct Begun {
    next: u64,
    by_number: BTreeMap<u64, watch::Receiver<ReplayProgress>>,
}

impl Begun {
    fn add(&mut self, handed_out: watch::Receiver<ReplayProgress>) -> ReplayTicket {
        let number = self.next;
        self.next += 1;
        self.by_number.insert(number, handed_out);
        if self.by_number.len() > TICKETS_MAX {
            self.by_number.pop_first();
        }
        ReplayTicket { number }
    }
}

/// The paths of this module.
pub fn router(internal: Internal) -> Router {
    let replays = Replays { internal, begun: Arc::default() };
    Router::new().route(START, post(start)).route(FOLLOW, post(follow)).with_state(replays)
}

async fn start(State(replays): State<Replays>, headers: HeaderMap, body: bytes::Bytes) -> Response {
    if !is_allowed(&replays.internal, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let request = serde_json::from_slice::<ReplayRequest>(&body).ok();
    let Some(filter) = request.and_then(|request| request.filter()) else {
        return (StatusCode::BAD_REQUEST, "no such replay").into_response();
    };
    match replays.internal.judge.replay(filter) {
        Ok(handed_out) => {
            Json(replays.begun.lock().unwrap_or_else(PoisonError::into_inner).add(handed_out)).into_response()
        }
        Err(refused) => (StatusCode::SERVICE_UNAVAILABLE, refused.to_string()).into_response(),
    }
}

async fn follow(State(replays): State<Replays>, headers: HeaderMap, body: bytes::Bytes) -> Response {
    if !is_allowed(&replays.internal, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(ticket) = serde_json::from_slice::<ReplayTicket>(&body) else {
        return (StatusCode::BAD_REQUEST, "no ticket").into_response();
    };
    let handed_out =
        replays.begun.lock().unwrap_or_else(PoisonError::into_inner).by_number.get(&ticket.number).cloned();
    let Some(mut handed_out) = handed_out else {
        return (StatusCode::GONE, "the server has been started again since").into_response();
    };
    // Both ends of the wait are told by the progress itself.
    let _ = tokio::time::timeout(FOLLOW_WAIT, handed_out.wait_for(|progress| progress.end.is_some())).await;
    match state(&handed_out) {
        Some(state) => Json(state).into_response(),
        None => (StatusCode::INTERNAL_SERVER_ERROR, "the judge has ended before the replay").into_response(),
    }
}

/// How far a replay is; `None` when nobody goes on with it.
pub fn state(handed_out: &watch::Receiver<ReplayProgress>) -> Option<ReplayState> {
    let is_abandoned = handed_out.has_changed().is_err();
    let state = ReplayState::from(&*handed_out.borrow());
    (state.end.is_some() || !is_abandoned).then_some(state)
}
