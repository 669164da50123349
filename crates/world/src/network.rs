//! The network: listeners and connections, so that a server can be served without a socket.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// A two-way stream of bytes to a peer.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A future that a trait object can return.
type Pending<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// Accepts connections on one address.
pub trait Listener: Send + Debug {
    /// The next peer, with its address.
    ///
    /// # Errors
    /// A failed accept; the listener may be asked again.
    fn accept(&mut self) -> Pending<'_, (Box<dyn Connection>, SocketAddr)>;

    /// The address that peers reach this listener at; the real port where 0 was asked for.
    ///
    /// # Errors
    /// When the operating system no longer knows it.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

/// Reaches other processes.
pub trait Network: Send + Sync + Debug {
    /// Listens on `address`; port 0 picks a free one.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    fn listen(&self, address: SocketAddr) -> Pending<'_, Box<dyn Listener>>;

    /// Connects to `address`.
    ///
    /// # Errors
    /// When nobody listens there or it cannot be reached.
    fn connect(&self, address: SocketAddr) -> Pending<'_, Box<dyn Connection>>;
}

/// TCP of the operating system, with Nagle's delay off: answers are small and awaited.
#[derive(Debug, Clone, Copy)]
pub struct TcpNetwork;

impl Network for TcpNetwork {
    fn listen(&self, address: SocketAddr) -> Pending<'_, Box<dyn Listener>> {
        Box::pin(async move {
            let listener = TcpListener::bind(address).await?;
            Ok(Box::new(listener) as Box<dyn Listener>)
        })
    }

    fn connect(&self, address: SocketAddr) -> Pending<'_, Box<dyn Connection>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Connection>)
        })
    }
}

impl Listener for TcpListener {
    fn accept(&mut self) -> Pending<'_, (Box<dyn Connection>, SocketAddr)> {
        Box::pin(async move {
            let (stream, peer) = Self::accept(self).await?;
            stream.set_nodelay(true)?;
            Ok((Box::new(stream) as Box<dyn Connection>, peer))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}
