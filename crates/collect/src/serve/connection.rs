//! One connection, from its first byte to its end.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use judi_world::Connection;
use tokio::sync::{Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::activity::{Activity, Counted};
use super::limits::{Fate, ServeOptions};
use super::preface::{Protocol, detect};
use super::watched::Watched;
use crate::tls::Tls;

/// The most that is buffered of one connection, in bytes: with `connections_max` a bound on all of them.
const CONNECTION_BUFFER_BYTES: usize = 64 * 1024;

/// How often each connection is looked at.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Bytes of bodies that a peer of HTTP/2 may send ahead of what was read: on one stream, and on all of them together.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const STREAMS_WINDOW_BYTES: u32 = 1024 * 1024;

/// Streams that a peer of HTTP/2 may open and reset before they were looked at; more is an attack (CVE-2023-44487).
const RESETS_MAX: usize = 20;

/// How often a peer of HTTP/2 is asked whether it is still there, and how long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// What all connections of a server share.
pub(super) struct Server {
    pub(super) router: Router,
    pub(super) options: ServeOptions,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) slots: Arc<Semaphore>,
    pub(super) closing: watch::Receiver<bool>,
}

impl Server {
    /// Serves a peer until it goes, or has to.
    pub(super) async fn run(&self, connection: Box<dyn Connection>, peer: SocketAddr) {
        if let Err(error) = self.try_run(connection, peer).await {
            // Peers vanish and scanners send what is no HTTP: nothing here is ours to repair.
            tracing::debug!(%error, %peer, "a connection ended early");
        }
    }

    async fn try_run(&self, connection: Box<dyn Connection>, peer: SocketAddr) -> io::Result<()> {
        let found =
            self.before(self.options.idle_timeout_of(self.slots.available_permits()), detect(connection)).await?;
        let Some((protocol, connection)) = found else {
            return Ok(());
        };
        match (&self.tls, protocol) {
            (Some(tls), Protocol::Tls) => {
                let connection = self.before(self.options.header_timeout, tls.accept(connection)).await?;
                match self.before(self.options.header_timeout, detect(connection)).await? {
                    Some((protocol, connection)) => self.speak(protocol, connection).await,
                    None => Ok(()),
                }
            }
            // This machine's own programs (imports, health checks, a proxy) need no certificate.
            (Some(_), _) if !peer.ip().is_loopback() => Err(io::Error::other("no TLS where TLS is asked for")),
            (_, protocol) => self.speak(protocol, connection).await,
        }
    }

    /// What a peer does before it asks anything: under a deadline, and not waited for when the server closes.
    async fn before<T>(&self, deadline: Duration, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let mut closing = self.closing.clone();
        tokio::select! {
            done = timeout(deadline, step) => done.map_err(|_| io::Error::from(ErrorKind::TimedOut))?,
            _ = closing.wait_for(|closing| *closing) => Err(io::Error::other("the server closes")),
        }
    }

    async fn speak(&self, protocol: Protocol, connection: impl Connection) -> io::Result<()> {
        let is_http2 = protocol == Protocol::Http2;
        let activity = Activity::new(!is_http2);
        let connection = Watched::new(connection, Arc::clone(&activity), self.options.write_timeout);
        let service = Counted::new(self.router.clone(), Arc::clone(&activity));
        let io = TokioIo::new(connection);
        if is_http2 {
            self.watch(pin!(self.http2().serve_connection(io, service)), &activity).await
        } else {
            self.watch(pin!(self.http1().serve_connection(io, service)), &activity).await
        }
    }

    fn http1(&self) -> http1::Builder {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            // Headers have a shorter deadline of their own, which does not run while nothing is asked.
            .header_read_timeout(self.options.idle_timeout + self.options.header_timeout)
            .max_headers(self.options.headers)
            .max_header_size(self.options.header_bytes)
            .max_buf_size(CONNECTION_BUFFER_BYTES)
            // Who has sent all of a request may stop sending and still wait for the answer.
            .half_close(true);
        http
    }

    fn http2(&self) -> http2::Builder<TokioExecutor> {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(self.options.streams_max)
            .max_header_list_size(u32::try_from(self.options.header_bytes).unwrap_or(u32::MAX))
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(STREAMS_WINDOW_BYTES)
            .max_send_buf_size(CONNECTION_BUFFER_BYTES)
            .max_pending_accept_reset_streams(RESETS_MAX)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT);
        http
    }

    /// Drives a connection and looks at it now and then.
    async fn watch(&self, mut served: Pin<&mut impl Served>, activity: &Activity) -> io::Result<()> {
        let mut closing = self.closing.clone();
        let mut tick = interval(WATCH_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_retiring = false;
        loop {
            tokio::select! {
                ended = served.as_mut() => return ended.map_err(io::Error::other),
                // An error says that the server is gone, which asks for the same.
                _ = closing.wait_for(|closing| *closing), if !is_retiring => {
                    is_retiring = true;
                    served.as_mut().retire();
                }
                _ = tick.tick() => match self.options.fate(&activity.condition(), self.slots.available_permits()) {
                    Fate::Retire if !is_retiring => {
                        is_retiring = true;
                        served.as_mut().retire();
                    }
                    Fate::Stay | Fate::Retire => {}
                    Fate::Cut => return Err(io::Error::new(ErrorKind::TimedOut, "the headers do not come")),
                },
            }
        }
    }
}

/// A connection of either protocol.
trait Served: Future<Output = hyper::Result<()>> {
    /// Takes no further requests, and ends when the answers of those it has are done.
    fn retire(self: Pin<&mut Self>);
}

impl<C: Connection> Served for http1::Connection<TokioIo<Watched<C>>, Counted> {
    fn retire(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<C: Connection> Served for http2::Connection<TokioIo<Watched<C>>, Counted, TokioExecutor> {
    fn retire(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}
