//! A network in memory, whose addresses refuse and whose connections break when a test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use judi_world::{Connection, Listener, Network};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc;

/// Bytes in flight in each direction of a connection, as a socket's buffer.
const BUFFER_BYTES: usize = 64 << 10;

/// Connections that wait to be accepted, as a socket's backlog.
const BACKLOG: usize = 128;

/// The first port given out where 0 was asked for.
const FIRST_PORT: u16 = 49_152;

type Pending<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;
type Incoming = (Box<dyn Connection>, SocketAddr);

/// Every listener and connection of one simulated world.
#[derive(Debug, Default)]
pub struct SimNetwork {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    listeners: BTreeMap<SocketAddr, mpsc::Sender<Incoming>>,
    refused: BTreeSet<SocketAddr>,
    /// Both ends of every connection look at their own; all are cut together.
    wires: Vec<Arc<Wire>>,
    ports_given: u16,
}

/// What the two ends of a connection share besides their bytes.
#[derive(Debug, Default)]
struct Wire {
    state: Mutex<WireState>,
}

#[derive(Debug, Default)]
struct WireState {
    cut: bool,
    /// Who waits: reader and writer of each of the two ends.
    waiting: [Option<Waker>; 4],
}

impl SimNetwork {
    /// Refuses new connections to `address`, or no longer.
    pub fn refuse(&self, address: SocketAddr, refused: bool) {
        let mut state = lock(&self.state);
        if refused {
            state.refused.insert(address);
        } else {
            state.refused.remove(&address);
        }
    }

    /// Breaks every connection there is: both ends get `ConnectionReset` and what was in flight is lost.
    pub fn cut(&self) {
        let wires = std::mem::take(&mut lock(&self.state).wires);
        for wire in wires {
            let mut state = lock(&wire.state);
            state.cut = true;
            state.waiting.iter_mut().filter_map(Option::take).for_each(Waker::wake);
        }
    }

    fn join(&self, address: SocketAddr) -> io::Result<(mpsc::Sender<Incoming>, Box<dyn Connection>, Incoming)> {
        let mut state = lock(&self.state);
        let listener = state.listeners.get(&address).filter(|listener| !listener.is_closed());
        let listener = listener.filter(|_| !state.refused.contains(&address)).cloned();
        let listener = listener.ok_or(ErrorKind::ConnectionRefused)?;
        let (near, far) = duplex(BUFFER_BYTES);
        let wire = Arc::<Wire>::default();
        // A wire that only this list still knows has lost both its ends.
        state.wires.retain(|wire| Arc::strong_count(wire) > 1);
        state.wires.push(Arc::clone(&wire));
        let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), next_port(&mut state));
        let client = SimConnection { stream: near, wire: Arc::clone(&wire), end: 0 };
        let server = SimConnection { stream: far, wire, end: 2 };
        Ok((listener, Box::new(client), (Box::new(server), peer)))
    }
}

impl Network for SimNetwork {
    fn listen(&self, address: SocketAddr) -> Pending<'_, Box<dyn Listener>> {
        Box::pin(async move {
            let mut state = lock(&self.state);
            let port = if address.port() == 0 { next_port(&mut state) } else { address.port() };
            let address = SocketAddr::new(address.ip(), port);
            if state.listeners.get(&address).is_some_and(|listener| !listener.is_closed()) {
                return Err(ErrorKind::AddrInUse.into());
            }
            let (sender, incoming) = mpsc::channel(BACKLOG);
            state.listeners.insert(address, sender);
            Ok(Box::new(SimListener { address, incoming }) as Box<dyn Listener>)
        })
    }

    fn connect(&self, address: SocketAddr) -> Pending<'_, Box<dyn Connection>> {
        Box::pin(async move {
            let (listener, client, server) = self.join(address)?;
            listener.send(server).await.map_err(|_| io::Error::from(ErrorKind::ConnectionRefused))?;
            Ok(client)
        })
    }
}

struct SimListener {
    address: SocketAddr,
    incoming: mpsc::Receiver<Incoming>,
}

impl std::fmt::Debug for SimListener {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SimListener").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Listener for SimListener {
    fn accept(&mut self) -> Pending<'_, Incoming> {
        Box::pin(async move { self.incoming.recv().await.ok_or_else(|| ErrorKind::NotConnected.into()) })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// One end of a connection.
struct SimConnection {
    stream: DuplexStream,
    wire: Arc<Wire>,
    /// The place of its reader among those who wait; its writer's is the next.
    end: usize,
}

impl SimConnection {
    /// The error of a cut wire, or a promise to wake the caller when it is cut.
    fn check(&self, writing: bool, context: &Context<'_>) -> io::Result<()> {
        let mut state = lock(&self.wire.state);
        if state.cut {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if let Some(waiting) = state.waiting.get_mut(self.end + usize::from(writing)) {
            *waiting = Some(context.waker().clone());
        }
        Ok(())
    }
}

impl AsyncRead for SimConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(false, context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for SimConnection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(true, context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(true, context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A port that was not given out lately.
fn next_port(state: &mut State) -> u16 {
    let port = FIRST_PORT + state.ports_given % (u16::MAX - FIRST_PORT);
    state.ports_given = state.ports_given.wrapping_add(1);
    port
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
