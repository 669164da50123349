//! A small HTTP client for loopback: the import into a running server, and the demo's readers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use judi_world::Network;

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
