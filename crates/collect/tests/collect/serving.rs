//! A real socket and a real disk: what was answered is there after a restart, and shutdown lets requests finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use judi_collect::{Collector, CollectorParts, ServeOptions, router, serve};
use judi_log::{Log, Topic};
use judi_world::{Network, TcpNetwork, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::bed::{EXAMPLE, open_log, options, records, schemas};
use crate::server::{Server, request};

/// Reads until what came holds `end`.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    let mut chunk = [0; 4096];
    while !String::from_utf8_lossy(&all).contains(end) {
        let read = stream.read(&mut chunk).await.unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_and_a_running_request_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::system();
    let log = Arc::new(open_log(&world, folder.path()));
    let parts = CollectorParts {
        options: options(),
        world: world.clone(),
        log: log.clone(),
        schemas: Arc::new(schemas()),
        judge_lag: Arc::new(|| None),
    };
    let app = router(Collector::new(parts).unwrap());
    let listener = TcpNetwork.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, app, ServeOptions::default(), None, async { _ = stopped.await }));

    let mut stream = TcpStream::connect(address).await.unwrap();
    for status in ["\"ok\"", "\"duplicate\""] {
        stream.write_all(request(EXAMPLE).as_bytes()).await.unwrap();
        let answer = read_until(&mut stream, "]}").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains(status), "{answer}");
    }
    // Half of a request is on its way when the server is asked to stop.
    let late = request(r#"{"events":[{"event_id":"late","event":"ping"}]}"#);
    let (first, rest) = late.as_bytes().split_at(late.len() - 10);
    stream.write_all(first).await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).unwrap();
    // An idle connection is closed at once, which shows that the server has heard.
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    stream.write_all(rest).await.unwrap();
    let answer = read_until(&mut stream, "]}").await;
    assert!(answer.contains("\"ok\"") && answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    server.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");

    let id = log.id();
    drop(log);
    let log = open_log(&world, folder.path());
    assert_eq!(log.id(), id);
    assert_eq!(records(&log, Topic::Events).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_large_body_still_hears_why() {
    let server = Server::simple().await;
    let body = " ".repeat(6 * 1024 * 1024);
    for (request, status) in
        [(request(&body), "HTTP/1.1 413"), (request(&body).replace("Bearer dev", "Bearer nobody"), "HTTP/1.1 401")]
    {
        let mut stream = server.connect().await;
        // A sender that reads nothing before it has sent everything, as most do.
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_until(&mut stream, "}").await;
        assert!(answer.starts_with(status), "{answer}");
    }
    server.stop().await;
}
