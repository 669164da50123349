//! The Event API's routes: statuses, headers and CORS around [`Collector`].

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;

use crate::answer::respond;
use crate::collector::Collector;
use crate::cors::{EVENT_METHODS, allow_origin, preflight};
use crate::options::PathPrefix;
use crate::pixel;
use crate::refusal::Refusal;
use crate::segment;

/// The paths that take events or tell figures (RFC 9309; `$` is the end of a path).
const NOT_FOR_CRAWLERS: [&str; 8] = ["/v1/", "/pixel", "/beacon", "/b$", "/inspect/", "/health/", "/metrics", "/api/"];

/// `POST /v1/events`, Segment's paths, `GET /pixel`, `POST /beacon`, `/health/live`, `/health/ready`, `/metrics`,
/// `/robots.txt`; JSON for everything else under `/v1/`; and all of it once more under the configured prefix.
/// It has no fallback of its own, so that it merges with the routes of other stages; see [`not_found`].
pub fn router(collector: Arc<Collector>) -> Router {
    let prefix = collector.options().path_prefix.clone();
    let own = Router::new()
        .route("/v1/events", post(events).options(preflight).fallback(method_not_allowed))
        .merge(pixel::routes())
        .merge(segment::routes())
        .route("/v1/{*path}", any(v1_not_found))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Arc::clone(&collector));
    // The file is of the host, wherever the paths are.
    let robots = Router::new().route("/robots.txt", get(robots)).with_state(collector);
    under_prefix(own, prefix.as_ref()).merge(robots)
}

/// Routes, and the same routes once more under a prefix: `/v1/subscribe` and `/t/v1/subscribe`.
pub fn under_prefix(routes: Router, prefix: Option<&PathPrefix>) -> Router {
    match prefix {
        Some(prefix) => routes.clone().nest(prefix.as_str(), routes),
        None => routes,
    }
}

/// A 404 in JSON: the fallback of a server that has no pages.
pub async fn not_found(uri: Uri) -> Response {
    Refusal::NotFound { path: uri.path().chars().take(200).collect() }.into_response()
}

async fn events(State(collector): State<Arc<Collector>>, request: Request) -> Response {
    let started = collector.monotonic();
    let (parts, body) = request.into_parts();
    let taken = collector.take(&parts, body).await;
    respond(&collector, &parts, taken, started)
}

pub(crate) async fn method_not_allowed(
    State(collector): State<Arc<Collector>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    refuse_method(&collector, &uri, &headers, EVENT_METHODS)
}

/// A 405 of a path that answers to `allowed`.
pub(crate) fn refuse_method(collector: &Collector, uri: &Uri, headers: &HeaderMap, allowed: &'static str) -> Response {
    let refusal = Refusal::MethodNotAllowed { path: uri.path().chars().take(200).collect(), allowed };
    collector.note_refusal(uri, headers, &refusal);
    let mut response = refusal.into_response();
    allow_origin(collector, headers, response.headers_mut());
    collector.answered(response.status(), Duration::ZERO);
    response
}

async fn v1_not_found(State(collector): State<Arc<Collector>>, uri: Uri, headers: HeaderMap) -> Response {
    let refusal = Refusal::NotFound { path: uri.path().chars().take(200).collect() };
    collector.note_refusal(&uri, &headers, &refusal);
    collector.answered(StatusCode::NOT_FOUND, Duration::ZERO);
    let mut response = refusal.into_response();
    allow_origin(&collector, &headers, response.headers_mut());
    response
}

/// What crawlers are told: what is configured, else that nothing here is a page.
async fn robots(State(collector): State<Arc<Collector>>) -> Response {
    let options = collector.options();
    let text = if options.robots.is_empty() {
        let prefix = options.path_prefix.as_ref().map_or("", PathPrefix::as_str);
        let own = NOT_FOR_CRAWLERS.iter().map(|path| format!("Disallow: {path}\n"));
        let prefixed = Some(prefix).filter(|prefix| !prefix.is_empty()).map(|prefix| format!("Disallow: {prefix}/\n"));
        std::iter::once("User-agent: *\n".to_owned()).chain(own).chain(prefixed).collect()
    } else {
        options.robots.clone()
    };
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
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
