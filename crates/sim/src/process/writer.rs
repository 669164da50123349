//! One writer: batches with ids of their own, each sent again until it is answered, and the list of what was.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::Trouble;
use super::http::Connection;
use super::project::{EVENT, said};

/// Sends batches and remembers what became of them.
#[derive(Debug, Default)]
pub(super) struct Writer {
    name: String,
    batches: u64,
    events_per_batch: usize,
    /// Characters that no compression makes small, in every event.
    ballast: usize,
    connection: Option<(SocketAddr, Connection)>,
    /// The batch that has not been answered for in full.
    unanswered: Vec<String>,
    /// Answered `ok` or `duplicate`.
    pub(super) acknowledged: BTreeSet<String>,
    pub(super) sent: BTreeSet<String>,
}

/// What came of sending once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// Everything of the batch is acknowledged.
    Whole,
    /// The server says "later", of all or of some of it.
    Later,
    /// No answer.
    Nothing,
}

impl Writer {
    pub(super) fn new(name: &str, events_per_batch: usize, ballast: usize) -> Self {
        Self { name: name.to_owned(), events_per_batch, ballast, ..Self::default() }
    }

    /// Whether all that was sent has been answered.
    pub(super) fn is_settled(&self) -> bool {
        self.unanswered.is_empty()
    }

    /// Sends what is unanswered, or a new batch.
    pub(super) fn send(&mut self, address: SocketAddr) -> Result<Sent, Trouble> {
        if self.unanswered.is_empty() {
            self.batches += 1;
            let ids = (0..self.events_per_batch).map(|n| format!("{}-{}-{n}", self.name, self.batches));
            self.unanswered = ids.collect();
            self.sent.extend(self.unanswered.iter().cloned());
        }
        let body = self.body();
        let connection = match self.connection.take() {
            Some((to, connection)) if to == address => Ok(connection),
            _ => Connection::open(address),
        };
        let Ok(mut connection) = connection else { return Ok(Sent::Nothing) };
        let Ok(answer) = connection.post(body.as_bytes()) else { return Ok(Sent::Nothing) };
        self.connection = Some((address, connection));
        match answer.status {
            200 => self.note(&answer.body),
            429 | 503 => Ok(Sent::Later),
            other => {
                let detail = format!("{other}: {}", String::from_utf8_lossy(&answer.body));
                Err(Trouble::broken("a good batch is taken or told when to come again", detail))
            }
        }
    }

    /// Takes in what the answer says of each event.
    fn note(&mut self, body: &[u8]) -> Result<Sent, Trouble> {
        let broken = || Trouble::broken("one result per event", String::from_utf8_lossy(body).into_owned());
        let answer: Value = serde_json::from_slice(body).map_err(|_| broken())?;
        let results = answer.get("results").and_then(Value::as_array).ok_or_else(broken)?;
        if results.len() != self.unanswered.len() {
            return Err(broken());
        }
        let mut later = Vec::new();
        for (id, result) in std::mem::take(&mut self.unanswered).into_iter().zip(results) {
            match (result.get("event_id").and_then(Value::as_str), result.get("status").and_then(Value::as_str)) {
                (Some(told), Some("ok" | "duplicate")) if told == id => {
                    self.acknowledged.insert(id);
                }
                (Some(told), Some("retry")) if told == id => later.push(id),
                _ => return Err(broken()),
            }
        }
        self.unanswered = later;
        Ok(if self.unanswered.is_empty() { Sent::Whole } else { Sent::Later })
    }

    fn body(&self) -> String {
        let mut random = fastrand::Rng::with_seed(self.batches);
        let events: Vec<Value> = self
            .unanswered
            .iter()
            .map(|id| {
                let ballast: String = std::iter::repeat_with(|| random.alphanumeric()).take(self.ballast).collect();
                // Readers of their own, so that every partition of the log gets its part.
                json!({"event_id": id, "event": EVENT, "context": {"anonymous_id": format!("reader {id}")},
                    "payload": {"said": said(id), "ballast": ballast}})
            })
            .collect();
        json!({"events": events}).to_string()
    }
}
