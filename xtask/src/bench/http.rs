//! The least of an HTTP client that a bench needs: one connection that is kept, prebuilt requests, whole answers.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// After this long a server that is measured counts as dead.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest head of an answer.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// One connection to a server on this machine.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What has been read of the current answer.
    buffer: Vec<u8>,
    body: Vec<u8>,
}

/// How an answer's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10), body: Vec::new() })
    }

    /// Sends a whole request and waits for its answer: the status, and the body until the next call.
    ///
    /// # Errors
    /// The network's; `InvalidData` for an answer that is not HTTP/1.1.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<(u16, &[u8])> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        self.body.clear();
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at;
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(not_http("the head does not end"));
            }
            self.read_more()?;
        };
        let (status, framing) = parse_head(self.buffer.get(..head_end).unwrap_or_default())?;
        self.buffer.drain(..head_end + 4);
        match framing {
            Framing::Length(length) => {
                while self.buffer.len() < length {
                    self.read_more()?;
                }
                self.body.extend(self.buffer.drain(..length));
            }
            Framing::Chunked => while self.read_chunk()? {},
        }
        Ok((status, &self.body))
    }

    /// Moves the next chunk to the body; `false` after the last.
    fn read_chunk(&mut self) -> io::Result<bool> {
        let line_end = loop {
            match find(&self.buffer, b"\r\n") {
                Some(at) => break at,
                None => self.read_more()?,
            }
        };
        let line = String::from_utf8_lossy(self.buffer.get(..line_end).unwrap_or_default()).into_owned();
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(digits, 16).map_err(|_| not_http("a chunk without a length"))?;
        let data = line_end + 2;
        while self.buffer.len() < data + length + 2 {
            self.read_more()?;
        }
        self.body.extend_from_slice(self.buffer.get(data..data + length).unwrap_or_default());
        self.buffer.drain(..data + length + 2);
        Ok(length > 0)
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut piece = [0; 32 << 10];
        match self.stream.read(&mut piece)? {
            0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "the server closed the connection")),
            read => {
                self.buffer.extend_from_slice(piece.get(..read).unwrap_or_default());
                Ok(())
            }
        }
    }
}

/// A POST as it goes over the wire.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    request
}

/// Where `needle` first occurs.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn parse_head(head: &[u8]) -> io::Result<(u16, Framing)> {
    let head = std::str::from_utf8(head).map_err(|_| not_http("the head is not text"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let status: u16 = status.ok_or_else(|| not_http("no status"))?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let mut framing = Framing::Length(0);
    for (name, value) in headers {
        if name.eq_ignore_ascii_case("content-length") {
            framing = Framing::Length(value.trim().parse().map_err(|_| not_http("no length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") && value.trim().eq_ignore_ascii_case("chunked") {
            framing = Framing::Chunked;
        }
    }
    Ok((status, framing))
}

fn not_http(detail: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, detail)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one request after another with `answers`, in pieces.
    fn server(answers: &'static [&'static [&'static str]]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in answers {
                let _ = stream.read(&mut [0; 4096]).unwrap();
                for piece in *answer {
                    stream.write_all(piece.as_bytes()).unwrap();
                    stream.flush().unwrap();
                }
            }
        });
        address
    }

    #[test]
    fn answers_with_a_length_in_chunks_and_without_a_body_follow_each_other() {
        let address = server(&[
            &["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", "\r\nhel", "lo"],
            &["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "c\r\n2;x=y\r\nde\r\n0\r\n\r\n"],
            &["HTTP/1.1 204 No Content\r\n\r\n"],
        ]);
        let mut connection = Connection::open(address).unwrap();
        let request = post("/", &[("A", "b")], b"x");
        assert_eq!(connection.exchange(&request).unwrap(), (200, b"hello".as_slice()));
        assert_eq!(connection.exchange(&request).unwrap(), (200, b"abcde".as_slice()));
        assert_eq!(connection.exchange(&request).unwrap(), (204, b"".as_slice()));
        assert!(connection.exchange(&request).is_err(), "closed");
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        let address = server(&[&["SSH-2.0-x\r\n\r\n"]]);
        let error = Connection::open(address).unwrap().exchange(b"x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
