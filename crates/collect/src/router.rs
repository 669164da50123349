//! The Event API's routes: statuses, headers and CORS around [`Collector`].

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL,
    CONTENT_TYPE, ORIGIN, RETRY_AFTER, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde::Serialize;

use crate::accept::EventResult;
use crate::batch::Settled;
use crate::collector::Collector;
use crate::refusal::{Refusal, retry_after_seconds};

const EVENT_METHODS: &str = "POST, OPTIONS";

/// What a browser may send along: the key, the body's form, and how it is compressed.
const ALLOWED_HEADERS: &str = "authorization, content-type, content-encoding, x-write-key";

/// How long browsers may remember a preflight, in seconds: a day, which most of them cut shorter.
const PREFLIGHT_SECONDS: &str = "86400";

/// `POST /v1/events`, `/health/live`, `/health/ready`, `/metrics`; JSON for everything else under `/v1/`.
/// It has no fallback of its own, so that it merges with the routes of other stages; see [`not_found`].
pub fn router(collector: Arc<Collector>) -> Router {
    Router::new()
        .route("/v1/events", post(events).options(preflight).fallback(method_not_allowed))
        .route("/v1/{*path}", any(v1_not_found))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(collector)
}

/// A 404 in JSON: the fallback of a server that has no pages.
pub async fn not_found(uri: Uri) -> Response {
    Refusal::NotFound { path: uri.path().chars().take(200).collect() }.into_response()
}

#[derive(Serialize)]
struct Answer<'a> {
    results: &'a [EventResult],
}

async fn events(State(collector): State<Arc<Collector>>, request: Request) -> Response {
    let started = collector.monotonic();
    let (parts, body) = request.into_parts();
    let mut response = match collector.take(&parts, body).await {
        Ok(settled) => answer(&settled),
        Err(refusal) => {
            tracing::debug!(code = refusal.code(), %refusal, "a request was refused");
            refusal.into_response()
        }
    };
    allow_origin(&collector, &parts.headers, response.headers_mut());
    collector.answered(response.status(), collector.monotonic().saturating_sub(started));
    response
}

fn answer(settled: &Settled) -> Response {
    match serde_json::to_vec(&Answer { results: &settled.results }) {
        Ok(body) => {
            let mut response = Response::new(Body::from(body));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if let Some(wait) = settled.retry_after {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(wait)));
            }
            response
        }
        // Strings and names of enums: there is nothing in them that JSON cannot write.
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn preflight(State(collector): State<Arc<Collector>>, headers: HeaderMap) -> Response {
    let started = collector.monotonic();
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answered = response.headers_mut();
    answered.insert(ALLOW, HeaderValue::from_static(EVENT_METHODS));
    if allow_origin(&collector, &headers, answered) {
        answered.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(EVENT_METHODS));
        answered.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
        answered.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
    }
    collector.answered(response.status(), collector.monotonic().saturating_sub(started));
    response
}

/// Lets the page that asked read the answer, if any key may be used from it. `navigator.sendBeacon` always
/// sends credentials along and browsers then ask for a permission; Judi sets and reads no cookies, so it costs nothing.
fn allow_origin(collector: &Collector, request: &HeaderMap, response: &mut HeaderMap) -> bool {
    response.insert(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = request.get(ORIGIN) else {
        return false;
    };
    if !origin.to_str().is_ok_and(|origin| collector.keys().any_allows(origin)) {
        return false;
    }
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    true
}

async fn method_not_allowed(State(collector): State<Arc<Collector>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().chars().take(200).collect();
    let mut response = Refusal::MethodNotAllowed { path, allowed: EVENT_METHODS }.into_response();
    allow_origin(&collector, &headers, response.headers_mut());
    collector.answered(response.status(), std::time::Duration::ZERO);
    response
}

async fn v1_not_found(State(collector): State<Arc<Collector>>, uri: Uri) -> Response {
    collector.answered(StatusCode::NOT_FOUND, std::time::Duration::ZERO);
    not_found(uri).await
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'static str>,
    /// Information, no condition: what the judge has yet to read is durable all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    judge_lag_records: Option<u64>,
}

async fn live() -> Response {
    health(StatusCode::OK, &Health { status: "live", log: None, judge_lag_records: None })
}

async fn ready(State(collector): State<Arc<Collector>>) -> Response {
    let now = collector.now();
    let (code, status, log) = if now.log_writable {
        (StatusCode::OK, "ready", "writable")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready", "not_writable")
    };
    health(code, &Health { status, log: Some(log), judge_lag_records: now.judge_lag })
}

fn health(code: StatusCode, health: &Health) -> Response {
    let body = serde_json::to_vec(health).unwrap_or_default();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (code, headers, body).into_response()
}

async fn metrics(State(collector): State<Arc<Collector>>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], collector.metrics()).into_response()
}
