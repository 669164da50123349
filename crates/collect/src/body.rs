//! A body as it arrives: under a limit and a deadline, and what remains of a refused one thrown away.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::in_flight::Held;
use crate::options::Limits;
use crate::refusal::Refusal;

/// How much of a refused body is read and thrown away. Most senders read no answer before they have sent all,
/// and a connection closed under them looks like a fault of the network, which they would try again.
const DISCARD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long that may take.
const DISCARD_TIME_MAX: Duration = Duration::from_secs(5);

/// The whole body.
pub(crate) async fn read(body: Body, headers: &HeaderMap, limits: &Limits, held: &mut Held) -> Result<Bytes, Refusal> {
    let max = limits.batch_bytes;
    if declared_bytes(headers).is_some_and(|bytes| bytes > max) {
        discard(body, headers).await;
        return Err(too_large(max));
    }
    match timeout(limits.body_timeout, collect(body, max, held)).await {
        Ok(Ok(whole)) => Ok(whole),
        Ok(Err((refusal, rest))) => {
            discard(rest, headers).await;
            Err(refusal)
        }
        Err(_) => Err(Refusal::Slow { timeout: limits.body_timeout }),
    }
}

/// Reads what is left of a body that is of no use, within reason.
pub(crate) async fn discard(mut body: Body, headers: &HeaderMap) {
    // A sender that waits for `100 Continue` has not begun, and one that announces too much is not waited for.
    if headers.contains_key(EXPECT) || declared_bytes(headers).is_some_and(|bytes| bytes > DISCARD_BYTES_MAX) {
        return;
    }
    let reading = async {
        let mut left = DISCARD_BYTES_MAX;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(bytes) {
                Some(less) => left = less,
                None => break,
            }
        }
    };
    // Whether all of it came makes no difference to the answer.
    let _ = timeout(DISCARD_TIME_MAX, reading).await;
}

async fn collect(mut body: Body, max: usize, held: &mut Held) -> Result<Bytes, (Refusal, Body)> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let data = match frame {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => return Err((Refusal::Unreadable { detail: error.to_string() }, body)),
        };
        if first.len() + whole.len() + data.len() > max {
            return Err((too_large(max), body));
        }
        if let Err(busy) = held.grow(data.len()) {
            return Err((busy, body));
        }
        // Most bodies come in one piece, and that piece need not be copied.
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn declared_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

const fn too_large(max: usize) -> Refusal {
    Refusal::TooLarge { what: "the body", max, unit: "bytes" }
}
