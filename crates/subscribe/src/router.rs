//! The paths: `GET /v1/subscribe`, and `/inspect/*` in development.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use bytes::Bytes;
use judi_log::Log;
use judi_schema::schemas::Schemas;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::cursor::{CursorError, From};
use crate::feed::{Feed, FeedError};
use crate::filter::Filter;
use crate::inspect::Inspector;
use crate::options::SubscribeOptions;
use crate::stream::{self, Counters, Streaming, WAITING_MESSAGES};

/// Events that an answer of the inspector holds where nothing else is asked for, and at most.
const INSPECTED_DEFAULT: usize = 1_000;
const INSPECTED_MAX: usize = 10_000;

/// Seconds after which a subscriber may find a place.
const FULL_RETRY_SECONDS: &str = "5";

/// What subscribing stands on.
pub struct SubscribeParts {
    /// The log.
    pub log: Arc<dyn Log>,
    /// The newest schemas.
    pub schemas: Arc<dyn Fn() -> Arc<Schemas> + Send + Sync>,
    /// How much readers may take.
    pub options: SubscribeOptions,
    /// True once the server has been asked to stop: streams end, so that it can.
    pub stopping: watch::Receiver<bool>,
}

/// Figures in Prometheus' text form, as they are now.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

struct Shared {
    parts: SubscribeParts,
    places: Arc<Semaphore>,
    counters: Arc<Counters>,
}

/// `GET /v1/subscribe`, and its part of `/metrics`.
pub fn subscribe_router(parts: SubscribeParts) -> (Router, MetricsText) {
    let places = Arc::new(Semaphore::new(parts.options.subscribers_max));
    let shared = Arc::new(Shared { parts, places, counters: Arc::default() });
    let counted = Arc::clone(&shared);
    let router = Router::new().route("/v1/subscribe", get(subscribe).fallback(only_get)).with_state(shared);
    (router, Arc::new(move || metrics(&counted)))
}

/// `GET /inspect/good|bad|all`, `POST /inspect/reset`.
pub fn inspect_router(inspector: Arc<Inspector>) -> Router {
    Router::new()
        .route("/inspect/all", get(all))
        .route("/inspect/good", get(good))
        .route("/inspect/bad", get(bad))
        .route("/inspect/reset", post(reset))
        .with_state(inspector)
}

/// `/inspect/*` of a server that is not in development: says how it would be.
pub fn no_inspector_router() -> Router {
    let absent = || async {
        let hint = "`judi up --dev` starts it";
        problem(StatusCode::NOT_FOUND, "not_found", "the inspector is for development and does not run here", hint)
    };
    Router::new().route("/inspect/{*path}", any(absent))
}

#[derive(Debug, Default, Deserialize)]
struct Wish {
    #[serde(default)]
    event: String,
    from: Option<String>,
    /// `1`: what did not fit, too; `only`: nothing else.
    bad: Option<String>,
}

async fn subscribe(State(shared): State<Arc<Shared>>, Query(wish): Query<Wish>, headers: HeaderMap) -> Response {
    let options = &shared.parts.options;
    if let Some(refusal) = refused(options, &headers) {
        return refusal;
    }
    let schemas = (shared.parts.schemas)();
    let mut filter = match Filter::named(&wish.event, &schemas) {
        Ok(filter) => filter,
        Err(error) => return problem(StatusCode::BAD_REQUEST, "unknown_event", &error.to_string(), &error.hint()),
    };
    match wish.bad.as_deref() {
        None | Some("" | "0" | "false") => {}
        Some("1" | "true") => filter.bad = true,
        Some("only") => (filter.good, filter.bad) = (false, true),
        Some(_) => {
            return problem(
                StatusCode::BAD_REQUEST,
                "bad_parameter",
                "`bad` is 1 or only",
                "leave it out for good events",
            );
        }
    }
    // What a browser sends by itself after a cut knows better than the address it was given.
    let last_id = headers.get("last-event-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty());
    let from = match last_id.or(wish.from.as_deref()).map_or(Ok(From::End), From::parse) {
        Ok(from) => from,
        Err(error) => return problem(StatusCode::BAD_REQUEST, "bad_position", &error.to_string(), CursorError::HINT),
    };
    let Ok(permit) = Arc::clone(&shared.places).try_acquire_owned() else {
        let detail = format!("there are {} subscribers already", options.subscribers_max);
        let mut full = problem(StatusCode::SERVICE_UNAVAILABLE, "full", &detail, "try again when one has gone");
        full.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(FULL_RETRY_SECONDS));
        return full;
    };
    let log = Arc::clone(&shared.parts.log);
    let opened = tokio::task::spawn_blocking(move || Feed::open(log, filter, &from)).await;
    let feed = match opened {
        Ok(Ok(feed)) => feed,
        Ok(Err(error)) => return failed(&error),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let (out, messages) = mpsc::channel(WAITING_MESSAGES);
    // The first bytes tell the subscriber that it is heard, and where it is.
    let _ = out.try_send(Bytes::from(format!("retry: 2000\nid: {}\n\n", feed.cursor())));
    tokio::spawn(stream::run(Streaming {
        cursor: feed.cursor().clone(),
        feed: Some(feed),
        log: Arc::clone(&shared.parts.log),
        schemas: Arc::clone(&shared.parts.schemas),
        options: options.clone(),
        counters: Arc::clone(&shared.counters),
        stopping: shared.parts.stopping.clone(),
        out,
        permit,
    }));
    let body = futures::stream::unfold(messages, |mut messages| async move {
        messages.recv().await.map(|message| (Ok::<_, std::convert::Infallible>(message), messages))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(body)).into_response()
}

/// Why the reader may not read.
fn refused(options: &SubscribeOptions, headers: &HeaderMap) -> Option<Response> {
    let presented = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = presented.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default();
    let known = options.tokens.iter().chain(&options.owner_token);
    // All are compared: the time must not tell which one was nearly right.
    let is_known = known.fold(false, |found, known| found | same(known, token));
    if is_known || (options.tokens.is_empty() && options.open_without_token) {
        return None;
    }
    if options.tokens.is_empty() {
        let hint = "give judi.toml [subscribe] tokens = [\"…\"] and send one as Authorization: Bearer …";
        return Some(problem(
            StatusCode::FORBIDDEN,
            "no_token_configured",
            "events are readable on loopback only",
            hint,
        ));
    }
    let hint = "send one of judi.toml's [subscribe] tokens as Authorization: Bearer …";
    Some(problem(StatusCode::UNAUTHORIZED, "unknown_token", "events are read with a token", hint))
}

/// Whether two texts are equal, in a time that only their lengths decide.
fn same(left: &str, right: &str) -> bool {
    !left.is_empty()
        && left.len() == right.len()
        && left.bytes().zip(right.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

async fn only_get() -> Response {
    problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "/v1/subscribe takes GET only",
        "curl -N, EventSource",
    )
}

/// In Prometheus' text form.
fn metrics(shared: &Shared) -> String {
    let open = shared.parts.options.subscribers_max.saturating_sub(shared.places.available_permits());
    let (sent, cut_off) =
        (shared.counters.sent.load(Ordering::Relaxed), shared.counters.cut_off.load(Ordering::Relaxed));
    format!(
        "# TYPE judi_subscribers gauge\njudi_subscribers {open}\n\
         # TYPE judi_subscribe_events_total counter\njudi_subscribe_events_total {sent}\n\
         # TYPE judi_subscribers_cut_off_total counter\njudi_subscribers_cut_off_total {cut_off}\n"
    )
}

#[derive(Debug, Default, Deserialize)]
struct Look {
    event: Option<String>,
    limit: Option<usize>,
}

impl Look {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(INSPECTED_DEFAULT).min(INSPECTED_MAX)
    }
}

async fn all(State(inspector): State<Arc<Inspector>>) -> Response {
    answer(move || inspector.counts()).await
}

async fn good(State(inspector): State<Arc<Inspector>>, Query(look): Query<Look>) -> Response {
    answer(move || inspector.good(look.event.as_deref(), look.limit())).await
}

async fn bad(State(inspector): State<Arc<Inspector>>, Query(look): Query<Look>) -> Response {
    answer(move || inspector.bad(look.event.as_deref(), look.limit())).await
}

async fn reset(State(inspector): State<Arc<Inspector>>) -> Response {
    answer(move || inspector.reset()).await
}

/// Reads the log off the threads that serve connections.
async fn answer<T: serde::Serialize + Send + 'static>(
    ask: impl FnOnce() -> Result<T, FeedError> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(ask).await {
        Ok(Ok(found)) => ([(header::CACHE_CONTROL, "no-store")], axum::Json(found)).into_response(),
        Ok(Err(error)) => failed(&error),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn failed(error: &FeedError) -> Response {
    match error {
        FeedError::Beyond { .. } => {
            let hint = "the position is of another log, or of one that was replaced: begin with from=start";
            problem(StatusCode::BAD_REQUEST, "bad_position", &error.to_string(), hint)
        }
        FeedError::Log(source) => {
            tracing::error!(%source, "the log cannot be read");
            problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "log_unreadable",
                &source.to_string(),
                "the server's own log says more",
            )
        }
    }
}

/// An answer in the Event API's form of an error.
fn problem(status: StatusCode, error: &str, message: &str, hint: &str) -> Response {
    (status, axum::Json(json!({ "error": error, "message": message, "hint": hint }))).into_response()
}
