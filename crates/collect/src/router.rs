//! The Event API's routes: statuses, headers and CORS around [`Collector`].

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde::Serialize;

use crate::accept::EventResult;
use crate::batch::Settled;
use crate::collector::Collector;
use crate::cors::{EVENT_METHODS, allow_origin, preflight};
use crate::refusal::{Refusal, retry_after_seconds};

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
