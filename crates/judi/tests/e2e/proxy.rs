//! What stands between a client and the server on a bad day: it refuses requests, or cuts connections behind them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// What happens to one POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 429, to be tried again after a second.
    TooMany,
    /// 500.
    Broken,
    /// The server gets it and takes it; the client gets no answer.
    CutAfter,
}

/// A proxy on a port of its own, for as long as it lives.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    /// The next last.
    faults: Mutex<Vec<Fault>>,
    /// Calls of requests that were answered 200.
    delivered: AtomicUsize,
    stopped: AtomicBool,
}

/// How long a connection without a request is waited for, before it is looked whether the proxy still lives.
const PATIENCE: Duration = Duration::from_millis(200);

impl Proxy {
    /// Before `server`; its first POSTs meet `faults`, in order.
    pub(crate) fn before(server: SocketAddr, faults: &[Fault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let faults = Mutex::new(faults.iter().rev().copied().collect());
        let (delivered, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { server, faults, delivered, stopped });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if accepting.stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (shared, Ok(connection)) = (Arc::clone(&accepting), connection) else { continue };
                thread::spawn(move || shared.serve(connection));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it tells how many calls it has delivered.
    pub(crate) fn delivered_url(&self) -> String {
        format!("{}/delivered", self.url())
    }

    pub(crate) fn faults_left(&self) -> usize {
        self.shared.faults.lock().unwrap().len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// One connection: requests one after the other, until one side ends it.
    fn serve(&self, mut client: TcpStream) {
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut buffered = Vec::new();
        while let Some(request) = self.request(&mut client, &mut buffered) {
            if !self.answer(&mut client, &request) {
                let _ = client.shutdown(Shutdown::Both);
                return;
            }
        }
    }

    /// The next request, whole.
    fn request(&self, client: &mut TcpStream, buffered: &mut Vec<u8>) -> Option<Vec<u8>> {
        loop {
            if let Some(bytes) = request_bytes(buffered) {
                return Some(buffered.drain(..bytes).collect());
            }
            let mut piece = [0; 16 * 1024];
            match client.read(&mut piece) {
                Ok(0) => return None,
                Ok(bytes) => buffered.extend_from_slice(&piece[..bytes]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if self.stopped.load(Ordering::Relaxed) {
                        return None;
                    }
                }
                Err(_) => return None,
            }
        }
    }

    /// Whether the connection goes on.
    fn answer(&self, client: &mut TcpStream, request: &[u8]) -> bool {
        if request.starts_with(b"GET /delivered ") {
            let delivered = self.delivered.load(Ordering::SeqCst).to_string();
            return client.write_all(response("200 OK", "", &delivered).as_bytes()).is_ok();
        }
        let fault = if request.starts_with(b"POST ") { self.faults.lock().unwrap().pop() } else { None };
        let refused = |status: &str, headers: &str| {
            response(status, headers, "{\"success\":false,\"code\":\"refused\",\"message\":\"a bad day\"}")
        };
        match fault {
            Some(Fault::TooMany) => {
                client.write_all(refused("429 Too Many Requests", "retry-after: 1\r\n").as_bytes()).is_ok()
            }
            Some(Fault::Broken) => client.write_all(refused("500 Internal Server Error", "").as_bytes()).is_ok(),
            Some(Fault::CutAfter) => {
                let answer = self.ask(request);
                assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
                false
            }
            None => {
                let answer = self.ask(request);
                if answer.starts_with(b"HTTP/1.1 200") && request.starts_with(b"POST ") {
                    self.delivered.fetch_add(calls(&answer), Ordering::SeqCst);
                }
                client.write_all(&answer).is_ok()
            }
        }
    }

    /// The server's answer to a request, whole: it ends with its connection.
    fn ask(&self, request: &[u8]) -> Vec<u8> {
        let (head, body) = request.split_at(head_bytes(request).unwrap());
        let head = String::from_utf8_lossy(head);
        let lines = head.trim_end().split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let head = lines.collect::<Vec<_>>().join("\r\n") + "\r\nconnection: close\r\n\r\n";
        let mut server = TcpStream::connect(self.server).unwrap();
        server.write_all(head.as_bytes()).unwrap();
        server.write_all(body).unwrap();
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).unwrap();
        // The client's connection stays open.
        let bytes = head_bytes(&answer).unwrap();
        let head = String::from_utf8_lossy(&answer[..bytes]).replace("connection: close\r\n", "");
        [head.as_bytes(), &answer[bytes..]].concat()
    }
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// How many calls an answer has results for.
fn calls(answer: &[u8]) -> usize {
    let body = &answer[head_bytes(answer).unwrap()..];
    let answer: Value = serde_json::from_slice(body).unwrap();
    answer["results"].as_array().map_or(0, Vec::len)
}

fn head_bytes(message: &[u8]) -> Option<usize> {
    message.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// The length of the request at the front, where it is whole. These clients all say how long their bodies are.
fn request_bytes(buffered: &[u8]) -> Option<usize> {
    let head = head_bytes(buffered)?;
    let text = String::from_utf8_lossy(&buffered[..head]).to_ascii_lowercase();
    assert!(!text.contains("transfer-encoding"), "{text}");
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    (buffered.len() >= head + length).then_some(head + length)
}
