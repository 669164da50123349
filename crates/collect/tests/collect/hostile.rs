//! Peers that do not behave, on real sockets: each is ended, nothing of it is kept, and a neighbour goes on meanwhile.

use std::time::Duration;

use judi_collect::{CollectOptions, Limits, ServeOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::bed::{options, quick};
use crate::server::{Server, answer, closed, goes_on, ping, request};

fn impatient() -> ServeOptions {
    ServeOptions { header_timeout: Duration::from_millis(300), ..ServeOptions::default() }
}

fn impatient_with_bodies() -> CollectOptions {
    let limits = Limits { body_pause: Duration::from_millis(300), body_rate_min: 100_000, ..quick() };
    CollectOptions { limits, ..options() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_never_end_are_cut_off() {
    let server = Server::start(options(), impatient(), None).await;
    let mut neighbour = server.connect().await;
    goes_on(&mut neighbour, "before").await;
    let mut slow = server.connect().await;
    let mut again = server.connect().await;
    goes_on(&mut again, "first").await;
    // One on a new connection, one after a good request.
    for (number, byte) in b"POST /v1/events HTTP/1.1\r\nHost: x\r\nA: b".iter().enumerate() {
        let sent = slow.write_all(&[*byte]).await.and(again.write_all(&[*byte]).await);
        if sent.is_err() {
            break;
        }
        goes_on(&mut neighbour, &format!("meanwhile-{number}")).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((closed(&mut slow).await, closed(&mut again).await), (String::new(), String::new()));
    goes_on(&mut neighbour, "after").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_pauses_or_dawdles_is_a_408_and_is_not_kept() {
    let server = Server::start(impatient_with_bodies(), ServeOptions::default(), None).await;
    let mut neighbour = server.connect().await;
    let whole = request(&ping("slow").replace('{', "{    "));
    let mut pausing = server.connect().await;
    pausing.write_all(&whole.as_bytes()[..whole.len() - 5]).await.unwrap();
    let mut dawdling = server.connect().await;
    let head = request(&" ".repeat(2_000));
    dawdling.write_all(&head.as_bytes()[..head.len() - 2_000]).await.unwrap();
    let mut meanwhile = 0;
    for number in 0..40 {
        if dawdling.write_all(b" ").await.is_err() {
            break;
        }
        goes_on(&mut neighbour, &format!("meanwhile-{number}")).await;
        meanwhile += 1;
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    for slow in [&mut pausing, &mut dawdling] {
        let (head, body) = answer(slow).await;
        assert!(head.starts_with("HTTP/1.1 408") && body.contains("\"slow_body\""), "{head}{body}");
        assert!(head.to_ascii_lowercase().contains("connection: close"), "{head}");
        assert_eq!(closed(slow).await, "");
    }
    assert!(meanwhile > 0);
    assert_eq!(server.kept(), meanwhile, "the neighbour's, and nothing else");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_body_is_not_kept_and_half_a_connection_is_answered() {
    let server = Server::simple().await;
    let mut neighbour = server.connect().await;
    let whole = request(&ping("half"));
    // The peer stops sending in the middle: what came is no batch.
    let mut cut = server.connect().await;
    cut.write_all(&whole.as_bytes()[..whole.len() - 3]).await.unwrap();
    cut.shutdown().await.unwrap();
    let told = closed(&mut cut).await;
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 400"), "{told}");
    // It goes away in the middle.
    let mut gone = server.connect().await;
    gone.write_all(&whole.as_bytes()[..whole.len() - 3]).await.unwrap();
    drop(gone);
    goes_on(&mut neighbour, "meanwhile").await;
    assert_eq!(server.kept(), 1);
    // It has sent everything, and only waits: it is answered.
    let mut done = server.connect().await;
    done.write_all(whole.as_bytes()).await.unwrap();
    done.shutdown().await.unwrap();
    let told = closed(&mut done).await;
    assert!(told.starts_with("HTTP/1.1 200") && told.contains("\"ok\""), "{told}");
    assert_eq!(server.kept(), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_without_end_are_a_431() {
    let server = Server::simple().await;
    let long = format!("GET /health/live HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET /health/live HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(200));
    let mut neighbour = server.connect().await;
    for (number, head) in [long, many].into_iter().enumerate() {
        let mut stream = server.connect().await;
        // The answer may come before all of it is sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let told = closed(&mut stream).await;
        assert!(told.starts_with("HTTP/1.1 431"), "{told:?}");
        goes_on(&mut neighbour, &format!("meanwhile-{number}")).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_over_the_limit_are_refused_with_and_without_their_length() {
    let limits = Limits { batch_bytes: 100_000, ..quick() };
    let server = Server::start(CollectOptions { limits, ..options() }, ServeOptions::default(), None).await;
    let mut stream = server.connect().await;
    stream.write_all(request(&" ".repeat(200_000)).as_bytes()).await.unwrap();
    let (head, _) = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    goes_on(&mut stream, "the connection lives").await;
    let chunked = request("").replace("Content-Length: 0", "Transfer-Encoding: chunked");
    stream.write_all(chunked.as_bytes()).await.unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 10_000, " ".repeat(10_000));
    for _ in 0..20 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let (head, body) = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413") && body.contains("\"too_large\""), "{head}{body}");
    goes_on(&mut stream, "and still").await;
    assert_eq!(server.kept(), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_in_a_row_are_answered_in_a_row() {
    let server = Server::simple().await;
    let mut stream = server.connect().await;
    let all: String = (0..100).map(|number| request(&ping(&format!("row-{number:03}")))).collect();
    let (mut read, mut write) = stream.split();
    let sending = async { write.write_all(all.as_bytes()).await.unwrap() };
    let reading = async {
        for number in 0..100 {
            let (head, body) = answer(&mut read).await;
            assert!(head.starts_with("HTTP/1.1 200") && body.contains(&format!("row-{number:03}")), "{body}");
        }
    };
    tokio::join!(sending, reading);
    assert_eq!(server.kept(), 100);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_no_answers_is_cut_off() {
    let options = ServeOptions { write_timeout: Duration::from_millis(300), ..ServeOptions::default() };
    let server = Server::start(crate::bed::options(), options, None).await;
    let mut neighbour = server.connect().await;
    let mut deaf = server.connect().await;
    // Figures are some kilobytes: after a few thousand of them no buffer between the two takes more.
    let ask = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000);
    let mut is_cut = false;
    for number in 0..1_000 {
        match tokio::time::timeout(Duration::from_secs(5), deaf.write_all(ask.as_bytes())).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => {
                is_cut = true;
                break;
            }
            Err(_) => panic!("it is still waited for"),
        }
        if number % 20 == 0 {
            goes_on(&mut neighbour, &format!("meanwhile-{number}")).await;
        }
    }
    assert!(is_cut);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_holds_a_connection_makes_room() {
    let serving = ServeOptions {
        connections_max: 8,
        idle_timeout: Duration::from_secs(3_600),
        idle_timeout_crowded: Duration::from_millis(200),
        ..ServeOptions::default()
    };
    let server = Server::start(options(), serving, None).await;
    let mut silent = Vec::new();
    for number in 0..8 {
        let mut stream = server.connect().await;
        if number % 2 == 0 {
            goes_on(&mut stream, &format!("once-{number}")).await;
        }
        silent.push(stream);
    }
    // All slots are taken by peers that want nothing; the ninth is served all the same.
    let mut ninth = server.connect().await;
    goes_on(&mut ninth, "ninth").await;
    let mut some_closed = 0;
    for stream in &mut silent {
        let read = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut [0; 1])).await;
        some_closed += usize::from(matches!(read, Ok(Ok(0) | Err(_))));
    }
    assert!(some_closed > 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_ends_after_its_requests() {
    let server = Server::start(options(), ServeOptions { requests_max: 3, ..ServeOptions::default() }, None).await;
    let mut stream = server.connect().await;
    for number in 0..3 {
        goes_on(&mut stream, &format!("{number}")).await;
    }
    assert_eq!(closed(&mut stream).await, "");
    goes_on(&mut server.connect().await, "another").await;
    server.stop().await;
}
