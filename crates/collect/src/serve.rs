//! HTTP/1.1 on a listener of the [world](judi_world): a bound on connections, a deadline for headers, and a
//! shutdown that lets running requests finish.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use judi_world::{Connection, Listener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How a server treats its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServeOptions {
    /// Connections at once. Further ones wait in the operating system's queue, and are told nothing.
    pub connections_max: usize,
    /// How long a connection may take to send a request's headers, and so how long it may stay idle.
    pub header_timeout: Duration,
    /// How long running requests may take to finish when the server is asked to stop.
    pub drain_timeout: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { connections_max: 4_096, header_timeout: Duration::from_secs(60), drain_timeout: Duration::from_secs(10) }
    }
}

/// The most that is buffered of one connection, in bytes: with `connections_max` a bound on all of them.
const CONNECTION_BUFFER_BYTES: usize = 64 * 1024;

/// How long to wait after a failed accept, as when the process has no file descriptors left: some must close.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `shutdown` completes and running requests have finished, or the time for that is up.
/// The listener's `accept` may be cancelled between two connections.
pub async fn serve(
    mut listener: Box<dyn Listener>,
    router: Router,
    options: ServeOptions,
    shutdown: impl Future<Output = ()> + Send,
) {
    let slots = Arc::new(Semaphore::new(options.connections_max));
    let (closing, closed) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(listener.as_mut(), &slots) => match accepted {
                Ok((connection, slot)) => {
                    let service = TowerToHyperService::new(router.clone());
                    connections.spawn(run(connection, service, options.header_timeout, closed.clone(), slot));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    // Receivers live in the connections; without any there is nobody to tell.
    let _ = closing.send(true);
    let drained = timeout(options.drain_timeout, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(connections = connections.len(), "requests are cut off: they did not finish in time");
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &mut dyn Listener,
    slots: &Arc<Semaphore>,
) -> io::Result<(Box<dyn Connection>, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (connection, _peer) = listener.accept().await?;
    Ok((connection, slot))
}

async fn run(
    connection: Box<dyn Connection>,
    service: TowerToHyperService<Router>,
    header_timeout: Duration,
    mut closing: watch::Receiver<bool>,
    slot: OwnedSemaphorePermit,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(CONNECTION_BUFFER_BYTES);
    let mut served = pin!(http.serve_connection(TokioIo::new(connection), service));
    let asked = async { closing.wait_for(|closing| *closing).await.map(|_| ()) };
    let ended = tokio::select! {
        ended = served.as_mut() => Some(ended),
        // An error says that the server is gone, which asks for the same.
        _ = asked => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        // Peers vanish and scanners send what is no HTTP: nothing here is ours to repair.
        tracing::debug!(%error, "a connection ended early");
    }
    drop(slot);
}
