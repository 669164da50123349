//! HTTP/1.1 and HTTP/2 on a listener of the [world](judi_world), with TLS where there is a certificate: a bound on
//! connections, deadlines for whatever a peer may leave undone, and a shutdown that lets running requests finish.
//!
//! ```text
//!   accept ──► a slot ──► TLS? ──► HTTP/1.1 or 2, by the first bytes ──► router
//!     world     bounded     by the first byte            │
//!                                                        └─ watched: headers, idleness, unread answers, age
//! ```
//!
//! Each connection is a task of its own: what one peer does or leaves undone costs its slot and nothing else.

mod activity;
mod connection;
mod limits;
mod preface;
mod watched;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use judi_world::{Connection, Listener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub use limits::ServeOptions;

use crate::tls::Tls;
use connection::Server;

/// How long to wait after a failed accept, as when the process has no file descriptors left: some must close.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `shutdown` completes and running requests have finished, or the time for that is up.
/// With `tls`, peers on other machines are served encrypted only. The listener's `accept` may be cancelled between
/// two connections.
pub async fn serve(
    mut listener: Box<dyn Listener>,
    router: Router,
    options: ServeOptions,
    tls: Option<Arc<Tls>>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let slots = Arc::new(Semaphore::new(options.connections_max));
    let (closing, closed) = watch::channel(false);
    let server = Arc::new(Server { router, options, tls, slots: Arc::clone(&slots), closing: closed });
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(listener.as_mut(), &slots) => match accepted {
                Ok((connection, peer, slot)) => {
                    let server = Arc::clone(&server);
                    connections.spawn(async move {
                        server.run(connection, peer).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    drop(server);
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
) -> io::Result<(Box<dyn Connection>, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (connection, peer) = listener.accept().await?;
    Ok((connection, peer, slot))
}
