//! A collector on a real socket, its log in a real folder.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use judi_collect::{CollectOptions, Collector, CollectorParts, ServeOptions, Tls, router, serve};
use judi_log::{EmbeddedLog, Topic};
use judi_world::{Network, TcpNetwork, World};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bed::{open_log, options, records, schemas};

/// How long a test waits for what must come: a deadline, not a measure.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) log: Arc<EmbeddedLog>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
    folder: TempDir,
}

impl Server {
    pub(crate) async fn start(collect: CollectOptions, serving: ServeOptions, tls: Option<Arc<Tls>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World::system();
        let log = Arc::new(open_log(&world, folder.path()));
        let parts = CollectorParts {
            options: collect,
            world,
            log: log.clone(),
            schemas: Arc::new(schemas()),
            judge_lag: Arc::new(|| None),
        };
        let app = router(Collector::new(parts).unwrap());
        let listener = TcpNetwork.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(serve(listener, app, serving, tls, async { _ = stopped.await }));
        Self { address, log, stop, running, folder }
    }

    /// With the options of the tests.
    pub(crate) async fn simple() -> Self {
        Self::start(options(), ServeOptions::default(), None).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Records in both topics.
    pub(crate) fn kept(&self) -> usize {
        records(&*self.log, Topic::Events).len() + records(&*self.log, Topic::Quarantine).len()
    }

    /// Asks it to stop, and waits until it has; the log's folder goes with what is returned.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.send(()).unwrap();
        self.running.await.unwrap();
        self.folder
    }
}

/// A POST in HTTP/1.1 with the key `dev`.
pub(crate) fn request(body: &str) -> String {
    format!(
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer dev\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// One event with an id of its own.
pub(crate) fn ping(id: &str) -> String {
    format!(r#"{{"events":[{{"event_id":"{id}","event":"ping"}}]}}"#)
}

/// One answer of HTTP/1.1: its head and its body.
pub(crate) async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> (String, String) {
    let read = async {
        let mut all = Vec::new();
        let mut byte = [0; 1];
        while !all.ends_with(b"\r\n\r\n") {
            let count = stream.read(&mut byte).await.unwrap();
            assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&all));
            all.push(byte[0]);
        }
        let head = String::from_utf8(all).unwrap();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.unwrap();
        (head, String::from_utf8_lossy(&body).into_owned())
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap()
}

/// Sends one event and sees it taken: that the server goes on, for others and for this connection.
pub(crate) async fn goes_on(stream: &mut TcpStream, id: &str) {
    stream.write_all(request(&ping(id)).as_bytes()).await.unwrap();
    let (head, body) = answer(stream).await;
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("\"ok\""), "{head}{body}");
}

/// Waits until the peer has closed; what it sends before that.
pub(crate) async fn closed(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let read = async {
        let mut chunk = [0; 4096];
        loop {
            // A reset is a way of closing, too.
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => break,
                Ok(count) => all.extend_from_slice(&chunk[..count]),
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
    String::from_utf8_lossy(&all).into_owned()
}
