//! A body as it arrives: under a limit and a deadline, and what remains of a refused one thrown away.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout};

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
    match collect(body, limits, held).await {
        Ok(whole) => Ok(whole),
        // What comes too slowly is not waited for any longer.
        Err((refusal @ Refusal::Slow { .. }, _)) => Err(refusal),
        Err((refusal, rest)) => {
            discard(rest, headers).await;
            Err(refusal)
        }
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

async fn collect(mut body: Body, limits: &Limits, held: &mut Held) -> Result<Bytes, (Refusal, Body)> {
    let started = Instant::now();
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    loop {
        let bytes = first.len() + whole.len();
        let pace = pace(bytes, started.elapsed(), limits);
        let frame = match pace {
            Some(patience) => timeout(patience, body.frame()).await,
            None => return Err((Refusal::Slow { bytes, waited: started.elapsed() }, body)),
        };
        let data = match frame {
            Ok(None) => break,
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Ok(Some(Err(error))) => return Err((Refusal::Unreadable { detail: error.to_string() }, body)),
            Err(_) => return Err((Refusal::Slow { bytes, waited: started.elapsed() }, body)),
        };
        if bytes + data.len() > limits.batch_bytes {
            return Err((too_large(limits.batch_bytes), body));
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

/// How long the next part of a body may take, after `bytes` of it came in `elapsed`; `None`: it is too slow already.
/// Pure.
fn pace(bytes: usize, elapsed: Duration, limits: &Limits) -> Option<Duration> {
    let due = u128::try_from(limits.body_rate_min).unwrap_or(u128::MAX).saturating_mul(elapsed.as_millis()) / 1_000;
    let is_slow = elapsed > limits.body_pause && u128::try_from(bytes).is_ok_and(|bytes| bytes < due);
    let left = limits.body_timeout.checked_sub(elapsed).filter(|left| !left.is_zero())?;
    (!is_slow).then(|| left.min(limits.body_pause))
}

/// What the headers say of the body's length.
pub(crate) fn declared_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

const fn too_large(max: usize) -> Refusal {
    Refusal::TooLarge { what: "the body", max, unit: "bytes" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_may_pause_but_not_dawdle() {
        let seconds = Duration::from_secs;
        let limits =
            Limits { body_timeout: seconds(60), body_pause: seconds(10), body_rate_min: 2_000, ..Limits::default() };
        let cases = [
            (0, 0, Some(10)),
            (1, 9, Some(10)),
            (1, 11, None),
            (21_999, 11, None),
            (22_000, 11, Some(10)),
            (4_000_000, 55, Some(5)),
            (4_000_000, 60, None),
        ];
        for (bytes, elapsed, expected) in cases {
            assert_eq!(pace(bytes, seconds(elapsed), &limits), expected.map(seconds), "{bytes} in {elapsed} s");
        }
    }
}
