//! Requests that are in order, and what breaks them.

use std::io::Write;

use judi_faults::SeededRandom;

const HEADERS: [&str; 14] = [
    "Content-Length: 99999999999999999999\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 3\r\nContent-Length: 4\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    "X: a\0b\r\n",
    " folded: line\r\n",
    "Host: y\r\n",
    "Origin: null\r\nCookie: a=b; c\r\n",
    "Content-Type: multipart/form-data\r\n",
];

const PATHS: [&str; 17] = [
    "/v1/events",
    "/v1/events?writeKey=dev",
    "/beacon",
    "/beacon?writeKey=dev",
    "/pixel?key=dev&event=article_view&p.article_id=x",
    "/pixel?%",
    "/v1/track",
    "/v1/batch",
    "/v1/b",
    "/t/v1/events",
    "/t/beacon",
    "/v1/%00",
    "/health/ready",
    "/metrics",
    "/robots.txt",
    "*",
    "http://x/v1/events",
];

/// Not HEAD, whose answers have a length and no body.
const METHODS: [&str; 7] = ["POST", "POST", "POST", "GET", "OPTIONS", "PUT", "CONNECT"];

const TYPES: [&str; 5] =
    ["application/json", "text/plain", "application/x-protobuf", "application/x-www-form-urlencoded", "text/html"];

/// The bytes of one connection: so many requests in a row.
pub(crate) fn connection(random: &SeededRandom, requests: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if random.chance(1, 50) {
        bytes.extend_from_slice(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    }
    for _ in 0..requests {
        let start = bytes.len();
        request(random, &mut bytes);
        if random.chance(1, 5) {
            mutate(random, &mut bytes, start);
        }
    }
    bytes
}

fn pick<'a, T: ?Sized>(random: &SeededRandom, of: &[&'a T]) -> &'a T {
    of[index(random, of.len())]
}

fn index(random: &SeededRandom, count: usize) -> usize {
    usize::try_from(random.below(count.max(1) as u64)).unwrap_or(0)
}

/// A request in order, or nearly.
fn request(random: &SeededRandom, out: &mut Vec<u8>) {
    let content_type = pick(random, &TYPES);
    let mut body = match content_type {
        "application/x-protobuf" => protobuf(random),
        "application/x-www-form-urlencoded" => b"key=dev&event=article_view&p.article_id=/a&p.word_count=7".to_vec(),
        _ => json(random).into_bytes(),
    };
    if random.chance(1, 6) {
        let at = index(random, body.len());
        mutate(random, &mut body, at);
    }
    let encoding = pick(random, &["", "", "", "gzip", "zstd", "br", "deflate"]);
    if random.chance(4, 5) {
        body = compressed(encoding, &body);
    }
    let (method, path) = (pick(random, &METHODS), pick(random, &PATHS));
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n");
    if !encoding.is_empty() {
        head += &format!("Content-Encoding: {encoding}\r\n");
    }
    if random.chance(5, 6) {
        head += "Authorization: Bearer dev\r\n";
    }
    if random.chance(1, 8) {
        head += pick(random, &HEADERS);
    }
    if random.chance(1, 5) {
        out.extend_from_slice(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes());
        for chunk in body.chunks(1 + index(random, 500)) {
            out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            out.extend_from_slice(chunk);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"0\r\n\r\n");
    } else {
        out.extend_from_slice(format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        out.extend_from_slice(&body);
    }
}

fn json(random: &SeededRandom) -> String {
    let event = |number: u64| {
        let id = random.next_u64();
        match number % 6 {
            0 => format!(r#"{{"event_id":"{id}","event":"article_view","payload":{{"article_id":"/a"}}}}"#),
            1 => format!(r#"{{"event_id":"{id}","event":"article_view","payload":{{"article_id":7}}}}"#),
            2 => format!(r#"{{"event_id":"{id}","event":"unheard_of","context":{{"anonymousId":"a"}}}}"#),
            3 => r#"{"event":"article_view","occurred_at":"then"}"#.to_owned(),
            4 => format!(r#"{{"type":"track","event":"Article Viewed","messageId":"{id}","userId":"u"}}"#),
            _ => format!(r#"{{"event_id":"{id}","event":"article_view","x":"{}"}}"#, "x".repeat(index(random, 7_000))),
        }
    };
    let events: Vec<_> = (0..1 + random.below(5)).map(|_| event(random.next_u64())).collect();
    match random.below(4) {
        0 => events.into_iter().next().unwrap_or_default(),
        1 => format!(r#"{{"batch":[{}],"sentAt":"2026-11-23T08:00:03Z"}}"#, events.join(",")),
        _ => format!(r#"{{"sent_at":"2026-11-23T08:00:03Z","events":[{}]}}"#, events.join(",")),
    }
}

fn protobuf(random: &SeededRandom) -> Vec<u8> {
    let field = |tag: u8, bytes: &[u8]| [&[tag, u8::try_from(bytes.len()).unwrap_or(0)], bytes].concat();
    let mut batch = Vec::new();
    for _ in 0..1 + random.below(4) {
        let id = field(0x0A, random.next_u64().to_string().as_bytes());
        let event = [id, field(0x12, b"article_view"), field(0x42, &field(0x0A, b"/articles/elk"))].concat();
        batch.extend(field(0x1A, &event));
    }
    batch
}

fn compressed(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match encoding {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap();
        }
        "zstd" => out = zstd::encode_all(body, 1).unwrap(),
        "br" => brotli::CompressorWriter::new(&mut out, 4096, 1, 18).write_all(body).unwrap(),
        _ => out = body.to_vec(),
    }
    out
}

/// Breaks what stands from `start` on in one of several ways.
fn mutate(random: &SeededRandom, bytes: &mut Vec<u8>, start: usize) {
    let length = bytes.len() - start.min(bytes.len());
    let at = start + index(random, length.max(1));
    let any = random.next_u64().to_le_bytes();
    match random.below(7) {
        0 => bytes.truncate(at),
        1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = any[0]),
        2 => bytes.iter_mut().skip(at).take(8).zip(any).for_each(|(byte, any)| *byte ^= any),
        3 => _ = bytes.splice(at.min(bytes.len())..at.min(bytes.len()), any),
        4 => _ = bytes.drain(at.min(bytes.len())..(at + 1 + usize::from(any[0])).min(bytes.len())),
        5 => {
            let copied = bytes[at.min(bytes.len())..(at + usize::from(any[0])).min(bytes.len())].to_vec();
            bytes.extend_from_slice(&copied);
        }
        _ => {
            let line_feed_only: Vec<u8> =
                bytes[start.min(bytes.len())..].iter().copied().filter(|byte| *byte != b'\r').collect();
            bytes.truncate(start);
            bytes.extend(line_feed_only);
        }
    }
}
