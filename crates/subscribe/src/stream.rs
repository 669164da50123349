//! One subscriber's stream: a task that reads the log ahead of it by a bounded number of messages, and cuts it off when
//! it does not take them.
//!
//! ```text
//!   log changed ──► read a piece (blocking thread) ──► message by message ──► channel ──► connection
//!                                                      no room for slow_timeout: the stream ends
//! ```
//! A reader of the past is slower than the log, and that costs nobody anything as long as it takes what is sent; one
//! that takes nothing holds a connection and a buffer, and loses both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use judi_log::Log;
use judi_schema::schemas::Schemas;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{Instant, timeout};

use crate::cursor::Cursor;
use crate::feed::{Feed, FeedError, Piece};
use crate::options::SubscribeOptions;
use crate::shown::Shown;

/// Messages that wait for a subscriber. A message is one event, so with the largest events this is some megabytes.
pub(crate) const WAITING_MESSAGES: usize = 64;

/// What all streams count.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sent: AtomicU64,
    pub(crate) cut_off: AtomicU64,
}

/// What a stream is made of.
pub(crate) struct Streaming {
    /// Elsewhere while a piece is read.
    pub(crate) feed: Option<Feed>,
    pub(crate) cursor: Cursor,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) schemas: Arc<dyn Fn() -> Arc<Schemas> + Send + Sync>,
    pub(crate) options: SubscribeOptions,
    pub(crate) counters: Arc<Counters>,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) out: mpsc::Sender<Bytes>,
    /// Held as long as the stream lives.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Why a stream ended.
enum End {
    /// The subscriber went away, or the server stops.
    Done,
    /// It took nothing for too long.
    Slow,
}

/// Streams until the subscriber goes, is too slow, or the server stops.
pub(crate) async fn run(mut streaming: Streaming) {
    let mut stopping = streaming.stopping.clone();
    let ended = tokio::select! {
        ended = follow(&mut streaming) => ended,
        _ = stopping.wait_for(|stopping| *stopping) => Ok(End::Done),
    };
    match ended {
        Ok(End::Done) => {}
        Ok(End::Slow) => {
            streaming.counters.cut_off.fetch_add(1, Ordering::Relaxed);
            let waited_s = streaming.options.slow_timeout.as_secs();
            tracing::info!(waited_s, "a subscriber is cut off: it does not take what it asked for");
        }
        Err(error) => {
            tracing::warn!(%error, "a stream ends");
            let text = format!("event: error\ndata: {}\n\n", serde_json::Value::from(error.to_string()));
            // Whoever has gone needs no reason.
            let _ = streaming.out.try_send(Bytes::from(text));
        }
    }
    drop(streaming.permit);
}

async fn follow(streaming: &mut Streaming) -> Result<End, FeedError> {
    let mut changed = streaming.log.changed();
    let mut said_at = Instant::now();
    loop {
        changed.borrow_and_update();
        let Some(piece) = read(streaming).await? else { return Ok(End::Done) };
        let is_end = piece.items.is_empty() && !piece.has_more && piece.gone == 0;
        for message in messages(&piece, streaming) {
            match timeout(streaming.options.slow_timeout, streaming.out.send(message)).await {
                Ok(Ok(())) => said_at = Instant::now(),
                Ok(Err(_)) => return Ok(End::Done),
                Err(_) => return Ok(End::Slow),
            }
        }
        streaming.counters.sent.fetch_add(piece.items.len() as u64, Ordering::Relaxed);
        if !is_end && said_at.elapsed() < streaming.options.heartbeat {
            continue;
        }
        let wait = streaming.options.heartbeat.saturating_sub(said_at.elapsed());
        if is_end && let Ok(seen) = timeout(wait, changed.changed()).await {
            match seen {
                Ok(()) => continue,
                // The log is closed: the server ends.
                Err(_) => return Ok(End::Done),
            }
        }
        // A position with nothing before it: whoever filters much need not read it all again after a cut.
        let alive = Bytes::from(format!(": alive\nid: {}\n\n", streaming.cursor));
        match timeout(streaming.options.slow_timeout, streaming.out.send(alive)).await {
            Ok(Ok(())) => said_at = Instant::now(),
            Ok(Err(_)) => return Ok(End::Done),
            Err(_) => return Ok(End::Slow),
        }
    }
}

/// Reads off the threads that serve connections; `None` when the runtime ends.
async fn read(streaming: &mut Streaming) -> Result<Option<Piece>, FeedError> {
    let Some(mut feed) = streaming.feed.take() else { return Ok(None) };
    let work = tokio::task::spawn_blocking(move || {
        let piece = feed.read();
        (feed, piece)
    });
    let Ok((feed, piece)) = work.await else { return Ok(None) };
    streaming.cursor.clone_from(feed.cursor());
    streaming.feed = Some(feed);
    piece.map(Some)
}

/// The piece's messages, each with the position after it.
fn messages(piece: &Piece, streaming: &Streaming) -> Vec<Bytes> {
    let schemas = (streaming.schemas)();
    let mut cursor = streaming.cursor.clone();
    if let Some(first) = piece.items.first() {
        // All items of a piece are of one partition; the feed is already past them.
        cursor.set(first.topic, first.partition, first.fetched.offset);
    }
    let mut messages = Vec::with_capacity(piece.items.len() + 1);
    if piece.gone > 0 {
        messages.push(Bytes::from(format!("event: gap\ndata: {{\"records\":{}}}\n\n", piece.gone)));
    }
    for item in &piece.items {
        let shown = Shown::of(item.topic, item.partition, &item.fetched, &schemas);
        cursor.set(item.topic, item.partition, item.fetched.offset + 1);
        // Text and numbers: there is nothing in them that JSON cannot write.
        let data = serde_json::to_string(&shown).unwrap_or_default();
        messages.push(Bytes::from(format!("id: {cursor}\nevent: {}\ndata: {data}\n\n", shown.status)));
    }
    messages
}
