//! What a connection is doing: counted where requests come in and answers go out, looked at by who watches over it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::time::Instant;

use super::limits::Condition;

/// The record of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    in_flight: usize,
    requests: u64,
    /// Since when nothing is asked.
    idle_since: Instant,
    /// Since when bytes have come that are no request yet; kept where `watches_headers`.
    headers_since: Option<Instant>,
    watches_headers: bool,
}

impl Activity {
    /// Of a connection that has just begun, and whose first bytes have been seen.
    pub(super) fn new(watches_headers: bool) -> Arc<Self> {
        let now = Instant::now();
        let headers_since = watches_headers.then_some(now);
        let state = State { in_flight: 0, requests: 0, idle_since: now, headers_since, watches_headers };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Bytes came in.
    pub(super) fn note_read(&self) {
        let mut state = self.lock();
        if state.watches_headers && state.in_flight == 0 {
            state.headers_since.get_or_insert_with(Instant::now);
        }
    }

    /// What there is to be judged.
    pub(super) fn condition(&self) -> Condition {
        let state = self.lock();
        Condition {
            in_flight: state.in_flight,
            requests: state.requests,
            idle: state.idle_since.elapsed(),
            headers: state.headers_since.map(|since| since.elapsed()),
        }
    }

    fn begin(self: &Arc<Self>) -> AtWork {
        let mut state = self.lock();
        state.in_flight += 1;
        state.requests += 1;
        state.headers_since = None;
        AtWork { activity: Arc::clone(self) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request whose answer is not done.
struct AtWork {
    activity: Arc<Activity>,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut state = self.activity.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        state.idle_since = Instant::now();
    }
}

/// A router that counts what it is asked.
pub(super) struct Counted {
    inner: TowerToHyperService<Router>,
    activity: Arc<Activity>,
}

impl Counted {
    pub(super) fn new(router: Router, activity: Arc<Activity>) -> Self {
        Self { inner: TowerToHyperService::new(router), activity }
    }
}

impl Service<Request<Incoming>> for Counted {
    type Response = Response<CountedBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let guard = self.activity.begin();
        let answered = self.inner.call(request);
        Box::pin(async move { Ok(answered.await?.map(|inner| CountedBody { inner, _guard: guard })) })
    }
}

/// An answer's body, which is at work until it has been sent.
pub(super) struct CountedBody {
    inner: Body,
    _guard: AtWork,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
