//! A small HTTP client for loopback: the import into a running server, and the demo's readers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use judi_world::{Network, World};

use crate::server::RunningServer;

/// How long an answer may take; an import's append waits while the server's disk is full.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("cannot connect to {address}")]
    Connect {
        /// Where.
        address: SocketAddr,
        /// The network's own error.
        #[source]
        source: std::io::Error,
    },
    /// The request or the answer broke off.
    #[error("the connection to {address} broke")]
    Http {
        /// Where.
        address: SocketAddr,
        /// hyper's own error.
        #[source]
        source: hyper::Error,
    },
    /// The answer took too long.
    #[error("{address} did not answer in {} s", ANSWER_TIMEOUT.as_secs())]
    Timeout {
        /// Where.
        address: SocketAddr,
    },
}

/// One kept connection to one server; made again when it breaks.
pub struct Client {
    network: Arc<dyn Network>,
    address: SocketAddr,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client for the server at `address`; connects with the first request.
    pub fn new(network: Arc<dyn Network>, address: SocketAddr) -> Self {
        Self { network, address, connection: None }
    }

    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// When there is no whole answer; whether the server acted on the request is then not known.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), ClientError> {
        let address = self.address;
        let exchange = async {
            let mut connection = match self.connection.take() {
                Some(kept) if kept.is_ready() => kept,
                _ => self.connect().await?,
            };
            let answer =
                connection.send_request(request).await.map_err(|source| ClientError::Http { address, source })?;
            let answer = collect(answer).await.map_err(|source| ClientError::Http { address, source })?;
            self.connection = Some(connection);
            Ok(answer)
        };
        tokio::time::timeout(ANSWER_TIMEOUT, exchange).await.map_err(|_| ClientError::Timeout { address })?
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, ClientError> {
        let address = self.address;
        let stream = self.network.connect(address).await.map_err(|source| ClientError::Connect { address, source })?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|source| ClientError::Http { address, source })?;
        // Ends by itself when the sender is dropped or the peer hangs up; errors reach the sender too.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        let mut sender = sender;
        sender.ready().await.map_err(|source| ClientError::Http { address, source })?;
        Ok(sender)
    }
}

async fn collect(answer: Response<hyper::body::Incoming>) -> Result<(StatusCode, Bytes), hyper::Error> {
    let status = answer.status();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

/// An answer that is read while it comes: server-sent events.
pub struct Stream {
    status: StatusCode,
    body: hyper::body::Incoming,
    address: SocketAddr,
    unread: Vec<u8>,
    /// Dropped last: the connection ends with it.
    _connection: SendRequest<Full<Bytes>>,
}

/// The longest message of a stream: an event at its limit, escaped, with room.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

impl Stream {
    /// Asks `server` for `path` with its owner's token; `None` when nobody listens there.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn open(world: &World, server: &RunningServer, path: &str) -> Result<Option<Self>, ClientError> {
        let address = server.reachable();
        let client = Client::new(Arc::clone(&world.network), address);
        let mut connection = match client.connect().await {
            Ok(connection) => connection,
            Err(ClientError::Connect { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut request = Request::new(Full::new(Bytes::new()));
        // The path was made of escaped parts.
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        let value = |text: String| http::HeaderValue::from_str(&text).unwrap_or(http::HeaderValue::from_static(""));
        headers.insert(http::header::HOST, value(address.to_string()));
        headers.insert(http::header::AUTHORIZATION, value(format!("Bearer {}", server.token)));
        let answer = connection.send_request(request).await.map_err(|source| ClientError::Http { address, source })?;
        let status = answer.status();
        Ok(Some(Self { status, body: answer.into_body(), address, unread: Vec::new(), _connection: connection }))
    }

    /// What the server said when it said no.
    ///
    /// # Errors
    /// When the answer breaks off.
    pub async fn refusal(&mut self) -> Result<Option<String>, ClientError> {
        if self.status.is_success() {
            return Ok(None);
        }
        while self.read().await? {}
        Ok(Some(String::from_utf8_lossy(&self.unread).into_owned()))
    }

    /// The next message, without the empty line that ends it; `None` at the stream's end.
    ///
    /// # Errors
    /// When the stream breaks off.
    pub async fn next(&mut self) -> Result<Option<String>, ClientError> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let message: Vec<u8> = self.unread.drain(..end + 2).collect();
                return Ok(Some(String::from_utf8_lossy(&message).into_owned()));
            }
            if self.unread.len() > MESSAGE_BYTES_MAX || !self.read().await? {
                return Ok(None);
            }
        }
    }

    /// Reads a piece; `false` at the end.
    async fn read(&mut self) -> Result<bool, ClientError> {
        let address = self.address;
        match self.body.frame().await {
            None => Ok(false),
            Some(Ok(frame)) => {
                if let Some(bytes) = frame.data_ref() {
                    self.unread.extend_from_slice(bytes);
                }
                Ok(true)
            }
            Some(Err(source)) => Err(ClientError::Http { address, source }),
        }
    }
}
