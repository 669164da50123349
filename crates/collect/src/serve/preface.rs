//! What a peer speaks, by its first bytes, which are then read again by whoever understands them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use judi_world::Connection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// What a client of HTTP/2 sends first (RFC 9113, 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The first byte of a TLS handshake (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Tls,
    Http1,
    Http2,
}

/// A connection of which some bytes have been looked at, and will be read first.
pub(super) struct Replayed<C> {
    seen: Vec<u8>,
    read: usize,
    connection: C,
}

/// Reads until it is clear what is spoken. `None`: the peer went away before that.
///
/// # Errors
/// The connection's.
pub(super) async fn detect<C: Connection>(mut connection: C) -> io::Result<Option<(Protocol, Replayed<C>)>> {
    let mut seen = Vec::with_capacity(HTTP2_PREFACE.len());
    let protocol = loop {
        if let Some(protocol) = protocol_of(&seen) {
            break protocol;
        }
        let mut byte = [0; HTTP2_PREFACE.len()];
        let wanted = byte.get_mut(seen.len()..).unwrap_or_default();
        match connection.read(wanted).await? {
            0 => return Ok(None),
            count => seen.extend_from_slice(wanted.get(..count).unwrap_or_default()),
        }
    };
    Ok(Some((protocol, Replayed { seen, read: 0, connection })))
}

/// What the first bytes are of; `None`: more are needed. Pure.
fn protocol_of(seen: &[u8]) -> Option<Protocol> {
    match seen.first()? {
        &TLS_HANDSHAKE => Some(Protocol::Tls),
        _ if seen == HTTP2_PREFACE => Some(Protocol::Http2),
        _ if HTTP2_PREFACE.starts_with(seen) => None,
        _ => Some(Protocol::Http1),
    }
}

impl<C: Connection> AsyncRead for Replayed<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { seen, read, connection } = &mut *self;
        match seen.get(*read..) {
            Some(left) if !left.is_empty() => {
                let count = left.len().min(buffer.remaining());
                buffer.put_slice(left.get(..count).unwrap_or_default());
                *read += count;
                Poll::Ready(Ok(()))
            }
            _ => Pin::new(connection).poll_read(context, buffer),
        }
    }
}

impl<C: Connection> AsyncWrite for Replayed<C> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn what_is_spoken_shows_in_the_first_bytes_however_they_come() {
        let cases: [(&[u8], Option<Protocol>); 6] = [
            (b"GET / HTTP/1.1\r\n", Some(Protocol::Http1)),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrest", Some(Protocol::Http2)),
            (b"PRI * HTTP/1.1\r\n", Some(Protocol::Http1)),
            (b"\x16\x03\x01", Some(Protocol::Tls)),
            (b"PRI *", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            for chunk in [1, 7, 64] {
                let (mut near, far) = tokio::io::duplex(256);
                for part in bytes.chunks(chunk) {
                    near.write_all(part).await.unwrap();
                }
                near.shutdown().await.unwrap();
                let found = detect(far).await.unwrap();
                assert_eq!(found.as_ref().map(|(protocol, _)| *protocol), expected, "{bytes:?}");
                if let Some((_, mut replayed)) = found {
                    let mut all = Vec::new();
                    replayed.read_to_end(&mut all).await.unwrap();
                    assert_eq!(all, bytes);
                }
            }
        }
    }
}
