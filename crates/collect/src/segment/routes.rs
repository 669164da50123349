//! The paths of Segment's API and of those who speak it, and what their libraries understand of an answer.
//!
//! | of the calls | status | body |
//! |---|---|---|
//! | all are durable: as events, as duplicates, or in quarantine | 200 | `success: true`, `results` |
//! | there was no room for some now | 429, `Retry-After` | `success: false`, `results`; what is durable is a duplicate next time |
//! | some are over the limit of one event; the rest is durable | 413 | `success: false`, `results` |
//!
//! No library reads more of a success than its status, so that a call that was not taken must never hide in a 200.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use judi_schema::segment::CallKind;
use serde::Serialize;

use super::format::SegmentFormat;
use super::settings::{Address, settings};
use crate::accept::{EventResult, REASON_TOO_LARGE, Status};
use crate::answer::set_cookie;
use crate::batch::Settled;
use crate::collector::Collector;
use crate::cors::{allow_origin, preflight};
use crate::options::PathPrefix;
use crate::refusal::{Refusal, retry_after_seconds};
use crate::router::method_not_allowed;

/// What is told with a body that is no call.
const HINT: &str = "send {\"type\": \"track\", \"event\": \"…\", \"userId\": \"…\"} or {\"batch\": [{…}]}";

/// Where batches go: Segment's, the browser library's, Java's, RudderStack's beacon, and Jitsu's.
const BATCHES: [&str; 7] =
    ["/b", "/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch", "/api/s/batch", "/api/s/s2s/batch"];

/// Where single calls go, by kind: the word and the browser library's letter (a screen has none), then Jitsu's.
const CALLS: [(CallKind, &[&str]); 6] = [
    (CallKind::Track, &["/v1/track", "/v1/t", "/api/s/track", "/api/s/s2s/track"]),
    (CallKind::Page, &["/v1/page", "/v1/p", "/api/s/page", "/api/s/s2s/page"]),
    (CallKind::Screen, &["/v1/screen", "/v1/s", "/api/s/screen", "/api/s/s2s/screen"]),
    (CallKind::Identify, &["/v1/identify", "/v1/i", "/api/s/identify", "/api/s/s2s/identify"]),
    (CallKind::Group, &["/v1/group", "/v1/g", "/api/s/group", "/api/s/s2s/group"]),
    (CallKind::Alias, &["/v1/alias", "/v1/a", "/api/s/alias", "/api/s/s2s/alias"]),
];

/// All of them.
pub(crate) fn routes() -> Router<Arc<Collector>> {
    let mut routes = Router::new().route("/v1/projects/{key}/settings", get(source_settings).options(preflight));
    let batches = BATCHES.iter().map(|path| (*path, None));
    let calls = CALLS.iter().flat_map(|(kind, paths)| paths.iter().map(|path| (*path, Some(*kind))));
    for (path, kind) in batches.chain(calls) {
        // Java's library sends to `/v1/import/`.
        routes = routes.route(path, taking(kind)).route(&format!("{path}/"), taking(kind));
    }
    routes
}

fn taking(kind: Option<CallKind>) -> MethodRouter<Arc<Collector>> {
    let take = move |State(collector): State<Arc<Collector>>, request: Request| take(collector, request, kind);
    post(take).options(preflight).fallback(method_not_allowed)
}

async fn take(collector: Arc<Collector>, request: Request, kind: Option<CallKind>) -> Response {
    let started = collector.monotonic();
    let (parts, body) = request.into_parts();
    let mut response = match collector.take_as(&parts, body, Arc::new(SegmentFormat { kind })).await {
        Ok(settled) => {
            let mut response = answer(&settled);
            set_cookie(&settled, response.headers_mut());
            response
        }
        Err(refusal) => {
            tracing::debug!(code = refusal.code(), %refusal, "calls were refused");
            refuse(&refusal, &[])
        }
    };
    allow_origin(&collector, &parts.headers, response.headers_mut());
    collector.answered(response.status(), collector.monotonic().saturating_sub(started));
    response
}

#[derive(Serialize)]
struct Answer<'a> {
    success: bool,
    // Segment's own name for it, and ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    results: &'a [EventResult],
}

fn answer(settled: &Settled) -> Response {
    let results = &settled.results;
    let has = |status| results.iter().any(|result| result.status == status);
    if has(Status::Retry) {
        let retry_after = settled.retry_after.unwrap_or_default();
        return refuse(&Refusal::Busy { retry_after }, results);
    }
    if has(Status::Rejected) {
        let code = Some(REASON_TOO_LARGE);
        let message = Some("some calls are over the limit of one event; the others were taken".to_owned());
        let answer = Answer { success: false, code, error: code, message, hint: None, results };
        return written(StatusCode::PAYLOAD_TOO_LARGE, &answer);
    }
    let answer = Answer { success: true, code: None, error: None, message: None, hint: None, results };
    written(StatusCode::OK, &answer)
}

/// A refusal in words that the libraries log.
fn refuse(refusal: &Refusal, results: &[EventResult]) -> Response {
    let hint = match refusal {
        Refusal::Unreadable { .. } => HINT,
        other => other.hint(),
    };
    let code = Some(refusal.code());
    let answer =
        Answer { success: false, code, error: code, message: Some(refusal.to_string()), hint: Some(hint), results };
    let mut response = written(refusal.status(), &answer);
    if let Some(wait) = refusal.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(wait)));
    }
    response
}

fn written(status: StatusCode, answer: &Answer<'_>) -> Response {
    // Text and names: nothing in it can fail to be written.
    let body = serde_json::to_vec(answer).unwrap_or_default();
    (status, [(CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}

async fn source_settings(
    State(collector): State<Arc<Collector>>,
    Path(key): Path<String>,
    request: Request,
) -> Response {
    let started = collector.monotonic();
    let (parts, _) = request.into_parts();
    let mut response = match known(&collector, &key, &parts) {
        Ok(()) => {
            let is_tls = parts.uri.scheme_str() == Some("https");
            let authority = parts.uri.authority().map(http::uri::Authority::as_str);
            let prefix = collector.options().path_prefix.as_ref().map_or("", PathPrefix::as_str);
            let body = settings(&key, &parts.headers, &Address { authority, prefix, is_tls }).to_string();
            // A key that is disabled is to be heard of soon.
            ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "max-age=60")], Body::from(body)).into_response()
        }
        Err(refusal) => refuse(&refusal, &[]),
    };
    allow_origin(&collector, &parts.headers, response.headers_mut());
    collector.answered(response.status(), collector.monotonic().saturating_sub(started));
    response
}

fn known(collector: &Collector, key: &str, parts: &Parts) -> Result<(), Refusal> {
    let origin = parts.headers.get(http::header::ORIGIN).and_then(|value| value.to_str().ok());
    collector.keys().admit(Some(key), origin).map(|_| ())
}
