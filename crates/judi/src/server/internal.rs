//! What other commands ask of a running server: an import to append records and say when they are in the tables, a
//! publication to be made, quarantined events to be judged again.
//!
//! Behind a token that the server writes into the project's state folder, readable by its owner only.

pub mod replay;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use judi_judge::JudgeHandle;
use judi_log::{Log, Positions, Topic};
use judi_schema::compile::Compiled;
use judi_schema::model::Model;
use serde::{Deserialize, Serialize};

use crate::commands::trace::InLog;
use crate::import::wire;
use crate::shadow;
use crate::stack::Stack;

/// Appends batches; answers their first offsets, null for a batch that there was no room for now.
pub const APPEND: &str = "/internal/import/append";

/// Waits for positions; answers the account.
pub const FINISH: &str = "/internal/import/finish";

/// Publishes what the project's schema folder says now; answers the version, or what is wrong with it.
pub const PUBLISH: &str = "/internal/schema/publish";

/// Judges recent events by the schema in the body, a descriptor set; answers [`shadow::Shadow`]s by event.
pub const SHADOW: &str = "/internal/schema/shadow";

/// Says what the log has of the event whose id is the body; answers an [`InLog`].
pub const TRACE: &str = "/internal/trace";

/// The largest body: an import sends about 1 MB, and one record may have several.
const BODY_BYTES_MAX: usize = 16 << 20;

/// How long one request to [`FINISH`] waits before the client has to ask again.
const FINISH_WAIT: Duration = Duration::from_secs(20);

/// What the internal paths need.
#[derive(Clone)]
pub struct Internal {
    /// The whole process; gone while it ends.
    pub stack: Weak<Stack>,
    /// The log.
    pub log: Arc<dyn Log>,
    /// The judge.
    pub judge: Arc<JudgeHandle>,
    /// What a client must present.
    pub token: Arc<str>,
}

/// Which import has come to its end, and where its records are.
#[derive(Debug, Serialize, Deserialize)]
pub struct FinishRequest {
    run: String,
    positions: Vec<(String, u32, u64)>,
}

/// The account, or nothing when it takes longer.
#[derive(Debug, Serialize, Deserialize)]
pub struct FinishAnswer {
    /// What became of the records.
    pub tally: Option<TallyAnswer>,
}

/// [`judi_judge::Tally`] as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub struct TallyAnswer {
    /// Rows by event.
    pub rows: BTreeMap<String, u64>,
    /// Known ids.
    pub duplicates: u64,
    /// Rows in quarantine.
    pub quarantined: u64,
}

impl FinishRequest {
    /// For the import `run`, whose records end at `positions`.
    pub fn new(run: &str, positions: &Positions) -> Self {
        let positions =
            positions.iter().map(|((topic, partition), next)| (topic.as_str().to_owned(), *partition, *next)).collect();
        Self { run: run.to_owned(), positions }
    }

    fn positions(&self) -> Option<Positions> {
        let topic = |name: &str| Topic::ALL.into_iter().find(|topic| topic.as_str() == name);
        self.positions.iter().map(|(name, partition, next)| Some(((topic(name)?, *partition), *next))).collect()
    }
}

/// The internal paths.
pub fn router(internal: Internal) -> Router {
    Router::new()
        .route(APPEND, post(append))
        .route(FINISH, post(finish))
        .route(PUBLISH, post(publish))
        .route(SHADOW, post(shadow_replay))
        .route(TRACE, post(trace))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(internal.clone())
        .merge(replay::router(internal))
}

fn is_allowed(internal: &Internal, headers: &HeaderMap) -> bool {
    let presented = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    // Hashing first makes the time of the comparison say nothing about the token.
    let digest = |text: &str| blake3::hash(text.as_bytes());
    presented
        .and_then(|text| text.strip_prefix("Bearer "))
        .is_some_and(|token| digest(token) == digest(&internal.token))
}

async fn append(State(internal): State<Internal>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_allowed(&internal, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let batches = match wire::decode(body) {
        Ok(batches) => batches,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let mut first_offsets = Vec::with_capacity(batches.len());
    for outcome in internal.log.append_many(batches).await {
        match outcome {
            Ok(first) => first_offsets.push(Some(first)),
            Err(error) if error.is_retryable() => first_offsets.push(None),
            Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        }
    }
    Json(first_offsets).into_response()
}

async fn finish(State(internal): State<Internal>, headers: HeaderMap, Json(request): Json<FinishRequest>) -> Response {
    if !is_allowed(&internal, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some(positions) = request.positions() else {
        return (StatusCode::BAD_REQUEST, "no such topic").into_response();
    };
    let tally = match tokio::time::timeout(FINISH_WAIT, internal.judge.wait_until(&positions)).await {
        Err(_) => None,
        Ok(Ok(())) => {
            let tally = internal.judge.tally(&request.run);
            Some(TallyAnswer { rows: tally.rows, duplicates: tally.duplicates, quarantined: tally.quarantined })
        }
        Ok(Err(ended)) => return (StatusCode::INTERNAL_SERVER_ERROR, ended.to_string()).into_response(),
    };
    Json(FinishAnswer { tally }).into_response()
}

/// What became of a publication.
#[derive(Debug, Serialize, Deserialize)]
pub enum PublishAnswer {
    /// It is the newest version.
    Published {
        /// Its number.
        version: u32,
        /// Whether it is new.
        is_new: bool,
    },
    /// It was refused.
    Refused {
        /// The exit code of the command that asked.
        exit: u8,
        /// Why.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

async fn publish(State(internal): State<Internal>, headers: HeaderMap) -> Response {
    if !is_allowed(&internal, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some(stack) = internal.stack.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    // Compiling takes its time, and the threads here serve connections.
    let published = tokio::task::spawn_blocking(move || stack.schemas.publish(&stack.project, &stack.world)).await;
    match published {
        Ok(Ok(published)) => {
            let version = published.schemas.current().version;
            Json(PublishAnswer::Published { version, is_new: published.is_new }).into_response()
        }
        Ok(Err(failure)) => {
            let exit = failure.exit.code();
            Json(PublishAnswer::Refused { exit, message: failure.message, hint: failure.hint }).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn shadow_replay(State(internal): State<Internal>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_allowed(&internal, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some(stack) = internal.stack.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let replayed = tokio::task::spawn_blocking(move || {
        let draft = Compiled::from_descriptor_set("the draft", &body).and_then(Model::first);
        let draft = draft.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
        shadow::replay(internal.log.as_ref(), &stack.schemas.get(), &draft)
            .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
    });
    match replayed.await {
        Ok(Ok(shadows)) => Json(shadows).into_response(),
        Ok(Err((status, text))) => (status, text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn trace(State(internal): State<Internal>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_allowed(&internal, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some(stack) = internal.stack.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let Ok(event_id) = String::from_utf8(body.to_vec()) else {
        return (StatusCode::BAD_REQUEST, "an id is text").into_response();
    };
    let found = tokio::task::spawn_blocking(move || {
        // Before the log: what it has then, the judge may have passed, and never the other way round.
        let judged = internal.judge.positions();
        let hops = judi_subscribe::find(Arc::clone(&internal.log), &stack.schemas.get(), &event_id)?;
        let judged = judged.iter().map(|((topic, partition), next)| (topic.as_str().to_owned(), *partition, *next));
        Ok::<_, judi_subscribe::FeedError>(InLog { log: internal.log.id().to_string(), hops, judged: judged.collect() })
    });
    match found.await {
        Ok(Ok(found)) => Json(found).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
