//! What browsers are told: which pages may send and read the answer. Every path that takes events answers alike.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::collector::Collector;

/// What a path that takes events answers to.
pub(crate) const EVENT_METHODS: &str = "POST, OPTIONS";

/// What the pixel answers to.
pub(crate) const PIXEL_METHODS: &str = "GET, HEAD, OPTIONS";

/// What a browser may send along: the key, the body's form, and how it is compressed; then what the libraries of
/// Segment, RudderStack and Jitsu add, of which nothing is read.
const ALLOWED_HEADERS: &str = "authorization, content-type, content-encoding, x-write-key, \
                               x-retry-count, anonymousid, x-ip-policy, x-enable-debug";

/// How long browsers may remember a preflight, in seconds: a day, which most of them cut shorter.
const PREFLIGHT_SECONDS: &str = "86400";

/// Answers the question that a browser asks before it sends what a plain form could not.
pub(crate) async fn preflight(State(collector): State<Arc<Collector>>, headers: HeaderMap) -> Response {
    permit(&collector, &headers, EVENT_METHODS)
}

/// The same of the pixel.
pub(crate) async fn preflight_of_pixel(State(collector): State<Arc<Collector>>, headers: HeaderMap) -> Response {
    permit(&collector, &headers, PIXEL_METHODS)
}

fn permit(collector: &Collector, headers: &HeaderMap, methods: &'static str) -> Response {
    let started = collector.monotonic();
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answered = response.headers_mut();
    answered.insert(ALLOW, HeaderValue::from_static(methods));
    if allow_origin(collector, headers, answered) {
        answered.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        answered.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
        answered.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
    }
    collector.answered(response.status(), collector.monotonic().saturating_sub(started));
    response
}

/// Lets the page that asked read the answer, if any key may be used from it. `navigator.sendBeacon` always
/// sends credentials along and browsers then ask for a permission; an answer tells nothing that a cookie would open.
pub(crate) fn allow_origin(collector: &Collector, request: &HeaderMap, response: &mut HeaderMap) -> bool {
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
