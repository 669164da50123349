//! What a sender is told of a batch that was taken, or refused.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use serde::Serialize;

use crate::accept::EventResult;
use crate::batch::Settled;
use crate::collector::Collector;
use crate::cors::allow_origin;
use crate::in_flight::Held;
use crate::refusal::{Refusal, retry_after_seconds};

#[derive(Serialize)]
struct Answer<'a> {
    results: &'a [EventResult],
}

/// The answer to a batch, for whoever asked from wherever, and its note in the figures.
pub(crate) fn respond(
    collector: &Collector,
    parts: &Parts,
    taken: Result<Settled, Refusal>,
    started: Duration,
) -> Response {
    let mut response = match taken {
        Ok(settled) => answer(settled),
        Err(refusal) => {
            tracing::debug!(code = refusal.code(), %refusal, "a request was refused");
            refusal.into_response()
        }
    };
    allow_origin(collector, &parts.headers, response.headers_mut());
    collector.answered(response.status(), collector.monotonic().saturating_sub(started));
    response
}

/// Tells the browser what to keep, or to forget.
pub(crate) fn set_cookie(settled: &Settled, headers: &mut HeaderMap) {
    if let Some(cookie) = &settled.cookie {
        headers.insert(SET_COOKIE, cookie.clone());
    }
}

fn answer(mut settled: Settled) -> Response {
    match serde_json::to_vec(&Answer { results: &settled.results }) {
        Ok(body) => {
            let held = settled.held.take();
            let mut response = Response::new(Body::new(HeldBody::new(body, held)));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            set_cookie(&settled, response.headers_mut());
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

/// A body that counts as memory until it is sent: a hundred thousand results are megabytes, and who asks for them may
/// be slow to read.
struct HeldBody {
    bytes: Full<Bytes>,
    _held: Option<Held>,
}

impl HeldBody {
    fn new(body: Vec<u8>, mut held: Option<Held>) -> Self {
        if let Some(held) = &mut held {
            held.shrink_to(body.len());
        }
        Self { bytes: Full::new(Bytes::from(body)), _held: held }
    }
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.bytes).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes.size_hint()
    }
}
