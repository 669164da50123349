//! The least client of HTTP/1.1 that measures well: one connection, one request at a time.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    address: SocketAddr,
    buffer: Vec<u8>,
}

/// What an answer said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) took: Duration,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: dial(address).await, address, buffer: Vec::with_capacity(64 * 1024) }
    }

    /// Sends a request and reads the whole answer; dials again where the connection was closed.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Told {
        let started = Instant::now();
        loop {
            if let Some((status, retry_after)) = self.try_send(request).await {
                return Told { status, retry_after, took: started.elapsed() };
            }
            self.stream = dial(self.address).await;
        }
    }

    async fn try_send(&mut self, request: &[u8]) -> Option<(u16, Option<Duration>)> {
        self.stream.write_all(request).await.ok()?;
        self.buffer.clear();
        let head_end = loop {
            if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).to_ascii_lowercase();
        let number = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').trim().parse::<u64>().ok()
        };
        let length = usize::try_from(number("content-length").unwrap_or(0)).ok()?;
        while self.buffer.len() < head_end + length {
            if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
        Some((head.get(9..12)?.parse().ok()?, number("retry-after").map(Duration::from_secs)))
    }
}

async fn dial(address: SocketAddr) -> TcpStream {
    loop {
        if let Ok(stream) = TcpStream::connect(address).await {
            stream.set_nodelay(true).unwrap();
            return stream;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A POST of `events` article views with ids that no other request has.
pub(crate) fn batch(key: &str, events: usize, number: u64) -> Vec<u8> {
    let mut body = format!(r#"{{"context":{{"anonymous_id":"a{number}","app":"news","platform":"web"}},"events":["#);
    for event in 0..events {
        let comma = if event == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            r#"{comma}{{"event_id":"{number}-{event}","event":"article_view","occurred_at":"2026-11-23T08:00:01Z","sequence":{event},"payload":{{"article_id":"/articles/{number}","section":"inrikes","authors":["Ada","Bo"],"word_count":812}}}}"#
        );
    }
    body.push_str("]}");
    post(key, &body)
}

/// A POST of JSON.
pub(crate) fn post(key: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The value that a part of all values is not over.
pub(crate) fn quantile(values: &mut [Duration], part: f64) -> Duration {
    values.sort_unstable();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let at = ((values.len() as f64 - 1.0).max(0.0) * part).round() as usize;
    values.get(at).copied().unwrap_or_default()
}
