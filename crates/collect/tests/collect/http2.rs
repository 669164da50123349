//! HTTP/2, in the clear and over TLS: the same answers, many at once, and bounds on what a peer may pile up.

use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use judi_collect::{ServeOptions, Tls};
use judi_world::{Connection, World};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::bed::options;
use crate::server::{Server, answer, closed, goes_on, ping, request};

fn certificates() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls"))
}

async fn client(connection: impl Connection + 'static) -> SendRequest<Body> {
    let (client, driver) = handshake(TokioExecutor::new(), TokioIo::new(connection)).await.unwrap();
    tokio::spawn(driver);
    client
}

fn post(body: String) -> Request<Body> {
    let request = Request::post("https://localhost/v1/events").header("authorization", "Bearer dev");
    request.header("content-type", "application/json").body(Body::from(body)).unwrap()
}

async fn ok(client: &mut SendRequest<Body>, id: &str) {
    let response = client.send_request(post(ping(id))).await.unwrap();
    assert_eq!((response.status(), response.version()), (StatusCode::OK, Version::HTTP_2));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("\"ok\""), "{body:?}");
}

async fn tls_connect(server: &Server, root: &str, protocols: &[&[u8]]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificates().join(root)).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_share_a_connection() {
    let server = Server::simple().await;
    let client = client(server.connect().await).await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..300 {
        let mut client = client.clone();
        asking.spawn(async move { ok(&mut client, &format!("stream-{number}")).await });
    }
    while let Some(asked) = asking.join_next().await {
        asked.unwrap();
    }
    assert_eq!(server.kept(), 300);
    // The other protocol has the same port.
    goes_on(&mut server.connect().await, "old").await;
    drop(client);
    server.stop().await;
}

/// A body that comes as the test says.
pub(crate) struct PartByPart(pub(crate) mpsc::Receiver<Bytes>);

impl HttpBody for PartByPart {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_finishes_what_is_under_way() {
    let server = Server::simple().await;
    let mut client = client(server.connect().await).await;
    ok(&mut client, "first").await;
    let (sender, parts) = mpsc::channel(1);
    let asked = client.send_request(post(String::new()).map(|_| Body::new(PartByPart(parts))));
    let asked = tokio::spawn(asked);
    sender.send(r#"{"events":[{"event":"#.into()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let log = Arc::clone(&server.log);
    let stopping = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    sender.send(r#""ping"}]}"#.into()).await.unwrap();
    drop(sender);
    assert_eq!(asked.await.unwrap().unwrap().status(), StatusCode::OK);
    let _folder = stopping.await.unwrap();
    assert_eq!(crate::bed::records(&*log, judi_log::Topic::Events).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_resets_ends_the_connection_and_no_other() {
    let server = Server::simple().await;
    let mut neighbour = server.connect().await;
    let mut flood = server.connect().await;
    flood.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    flood.write_all(&frame(4, 0, 0, &[])).await.unwrap();
    // HEADERS of `POST https:/`, then RST_STREAM (CANCEL), over and over (RFC 9113, 6.2 and 6.4).
    let mut is_ended = false;
    for stream in (1..200_001_u32).step_by(2) {
        let mut bytes = frame(1, 4, stream, &[0x83, 0x87, 0x84]);
        bytes.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
        if flood.write_all(&bytes).await.is_err() {
            is_ended = true;
            break;
        }
        if stream % 1_001 == 0 {
            goes_on(&mut neighbour, &format!("meanwhile-{stream}")).await;
        }
    }
    // GOAWAY with ENHANCE_YOUR_CALM, and the end.
    closed(&mut flood).await;
    assert!(is_ended || flood.write_all(&[0]).await.is_err());
    goes_on(&mut neighbour, "after").await;
    server.stop().await;
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_speaks_both_protocols_and_this_machine_may_do_without() {
    let folder = certificates();
    let (cert, key) = (folder.join("first.cert.pem"), folder.join("first.key.pem"));
    let tls = Tls::open(World::system().disk, &cert, &key).unwrap();
    let server = Server::start(options(), ServeOptions::default(), Some(tls)).await;
    let new = tls_connect(&server, "first.cert.pem", &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(new.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut new = client(new).await;
    ok(&mut new, "new").await;
    for protocols in [&[&b"http/1.1"[..]][..], &[]] {
        let mut old = tls_connect(&server, "first.cert.pem", protocols).await.unwrap();
        old.write_all(request(&ping(&format!("old-{}", protocols.len()))).as_bytes()).await.unwrap();
        let (head, body) = answer(&mut old).await;
        assert!(head.starts_with("HTTP/1.1 200") && body.contains("\"ok\""), "{head}{body}");
    }
    goes_on(&mut server.connect().await, "plain, from this machine").await;
    assert!(tls_connect(&server, "second.cert.pem", &[]).await.is_err(), "another's certificate");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_serves_new_connections() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let install = |name: &str| {
        std::fs::copy(certificates().join(format!("{name}.cert.pem")), &cert).unwrap();
        std::fs::copy(certificates().join(format!("{name}.key.pem")), &key).unwrap();
    };
    install("first");
    let tls = Tls::open(World::system().disk, &cert, &key).unwrap();
    let server = Server::start(options(), ServeOptions::default(), Some(Arc::clone(&tls))).await;
    let mut before = client(tls_connect(&server, "first.cert.pem", &[b"h2"]).await.unwrap()).await;
    ok(&mut before, "1").await;
    install("second");
    assert!(tls.reload().unwrap());
    let mut after = client(tls_connect(&server, "second.cert.pem", &[b"h2"]).await.unwrap()).await;
    ok(&mut after, "2").await;
    ok(&mut before, "3").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_that_never_ends_is_cut_off() {
    let folder = certificates();
    let (cert, key) = (folder.join("first.cert.pem"), folder.join("first.key.pem"));
    let tls = Tls::open(World::system().disk, &cert, &key).unwrap();
    let serving = ServeOptions { header_timeout: Duration::from_millis(200), ..ServeOptions::default() };
    let server = Server::start(options(), serving, Some(tls)).await;
    let mut stuck = server.connect().await;
    stuck.write_all(&[22, 3, 1]).await.unwrap();
    let mut told = Vec::new();
    stuck.read_to_end(&mut told).await.unwrap();
    assert!(told.is_empty());
    server.stop().await;
}
