//! Why a request as a whole is refused: the status, the code for programs, and what a person can do about it.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

/// Nothing of the request was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the body cannot be read: {detail}")]
    Unreadable { detail: String },
    #[error("the request carries no write key")]
    NoKey,
    #[error("the write key is not known")]
    UnknownKey,
    #[error("the write key of {name:?} is disabled")]
    DisabledKey { name: String },
    #[error("the write key of {name:?} may not be used from {origin}")]
    ForeignOrigin { name: String, origin: String },
    #[error("no such page: {path}")]
    NotFound { path: String },
    #[error("{path} takes {allowed}")]
    MethodNotAllowed { path: String, allowed: &'static str },
    #[error("the body arrives too slowly: {bytes} bytes in {} s", waited.as_secs())]
    Slow { bytes: usize, waited: Duration },
    #[error("{what} is over the limit of {max} {unit}")]
    TooLarge { what: &'static str, max: usize, unit: &'static str },
    #[error("events cannot be read from {content_type:?}")]
    UnsupportedType { content_type: String },
    #[error("bodies compressed with {encoding:?} cannot be read")]
    UnsupportedEncoding { encoding: String },
    #[error("more events arrive than can be written")]
    Busy { retry_after: Duration },
    #[error("{name:?} sends more events a second than it may")]
    OverRate { name: String, retry_after: Duration },
    #[error("{name:?} has sent its {max} events of this day, which ends at midnight UTC")]
    OverQuota { name: String, max: u64, retry_after: Duration },
    #[error("the disk of the event log is full")]
    NoSpace,
    #[error("the event log cannot be written")]
    LogFailed,
    #[error("the server is shutting down")]
    Closing,
}

/// How long to wait for somebody to make room on a disk: room comes from people or from retention, in minutes.
const NO_SPACE_RETRY: Duration = Duration::from_secs(30);
/// How long to wait for a failed disk or a restart.
const FAILED_RETRY: Duration = Duration::from_secs(5);
/// What is told at most of load: senders that stay away longer lose what they hold, and load is over by then. An
/// allowance ends when it ends.
const LOAD_RETRY_MAX: Duration = Duration::from_secs(300);

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    message: String,
    hint: &'a str,
}

impl Refusal {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Unreadable { .. } => StatusCode::BAD_REQUEST,
            Self::NoKey | Self::UnknownKey => StatusCode::UNAUTHORIZED,
            Self::DisabledKey { .. } | Self::ForeignOrigin { .. } => StatusCode::FORBIDDEN,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Slow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedType { .. } | Self::UnsupportedEncoding { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Busy { .. } | Self::OverRate { .. } | Self::OverQuota { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoSpace | Self::LogFailed | Self::Closing => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::NoKey => "no_key",
            Self::UnknownKey => "unknown_key",
            Self::DisabledKey { .. } => "disabled_key",
            Self::ForeignOrigin { .. } => "foreign_origin",
            Self::NotFound { .. } => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::Slow { .. } => "slow_body",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedType { .. } => "unsupported_type",
            Self::UnsupportedEncoding { .. } => "unsupported_encoding",
            Self::Busy { .. } => "busy",
            Self::OverRate { .. } => "over_rate",
            Self::OverQuota { .. } => "over_quota",
            Self::NoSpace => "no_space",
            Self::LogFailed => "log_failed",
            Self::Closing => "closing",
        }
    }

    /// What a person can do about it.
    pub(crate) const fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "send {\"context\": {…}, \"events\": [{\"event\": \"name\", \"payload\": {…}}]} or a judi.v1.EventBatch"
            }
            Self::NoKey => "send `Authorization: Bearer KEY`, or the key as Basic user, `writeKey` or `X-Write-Key`",
            Self::UnknownKey => "keys stand in judi.toml under [[collect.keys]]",
            Self::DisabledKey { .. } => "set `enabled = true` for it in judi.toml, or use another key",
            Self::ForeignOrigin { .. } => "add the origin to the key's `origins` in judi.toml",
            Self::NotFound { .. } => "events go to POST /v1/events",
            Self::MethodNotAllowed { .. } => "use one of the methods in the header Allow",
            Self::Slow { .. } => "send smaller batches",
            Self::TooLarge { .. } => "send it as several smaller batches",
            Self::UnsupportedType { .. } => "use application/json, text/plain with JSON, or application/x-protobuf",
            Self::UnsupportedEncoding { .. } => "use gzip, zstd, br or none",
            Self::Busy { .. } => "send the same events again after Retry-After seconds",
            Self::OverRate { .. } => {
                "send again after Retry-After seconds; the rate is `events_per_second` of the key in judi.toml"
            }
            Self::OverQuota { .. } => {
                "send again after Retry-After seconds; the quota is `events_per_day` of the key in judi.toml"
            }
            Self::NoSpace | Self::LogFailed | Self::Closing => {
                "nothing was taken; send the same events again after Retry-After seconds"
            }
        }
    }

    /// Whether nothing more can be read after it: the rest of the body is still to come, or never will.
    pub(crate) const fn ends_connection(&self) -> bool {
        matches!(self, Self::Slow { .. })
    }

    /// How long to wait before trying the same again; `None` where trying again is of no use.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => Some((*retry_after).min(LOAD_RETRY_MAX)),
            Self::OverRate { retry_after, .. } | Self::OverQuota { retry_after, .. } => Some(*retry_after),
            Self::NoSpace => Some(NO_SPACE_RETRY),
            Self::LogFailed | Self::Closing => Some(FAILED_RETRY),
            _ => None,
        }
    }
}

/// A wait as the header writes it: whole seconds, rounded up, at least 1.
pub(crate) fn retry_after_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = ErrorBody { error: self.code(), message: self.to_string(), hint: self.hint() };
        // Text of three strings: nothing in it can fail to be written.
        let mut response = Response::new(Body::from(serde_json::to_vec(&body).unwrap_or_default()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(wait) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(wait)));
        }
        if self.ends_connection() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Self::MethodNotAllowed { allowed, .. } = &self {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        if matches!(self, Self::NoKey | Self::UnknownKey) {
            headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_whole_seconds_from_one_to_the_longest() {
        let cases = [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (299_500, 300), (9_000_000, 9_000)];
        for (millis, seconds) in cases {
            assert_eq!(retry_after_seconds(Duration::from_millis(millis)), seconds, "{millis} ms");
        }
    }

    #[test]
    fn only_what_may_pass_later_says_when() {
        let later = [Refusal::Busy { retry_after: Duration::from_secs(2) }, Refusal::NoSpace, Refusal::LogFailed];
        for refusal in later {
            assert!(refusal.clone().into_response().headers().contains_key(RETRY_AFTER), "{refusal}");
        }
        let final_ones = [Refusal::NoKey, Refusal::Unreadable { detail: "x".to_owned() }, Refusal::UnknownKey];
        for refusal in final_ones {
            assert!(!refusal.clone().into_response().headers().contains_key(RETRY_AFTER), "{refusal}");
        }
    }
}
