//! Where an import's records go: into the log that this process opens, or to the server that has it open.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use judi_judge::Tally;
use judi_log::{AppendError, AppendManyFuture, Batch, Log, Positions};
use judi_schema::schemas::Schemas;

use crate::client::Client;
use crate::failure::{Exit, Failure};
use crate::server::{RunningServer, internal};
use crate::stack::Stack;

use super::wire;

/// Appends that are on their way at a time: enough to keep the disk busy, few enough to bound memory.
const IN_FLIGHT_MAX: usize = 8;

/// How long to wait before a batch is appended again when the disk had no room for it.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Takes the records of one import and, at the end, says what became of them.
pub trait Destination {
    /// The schema that the events are accepted with.
    fn schemas(&self) -> Arc<Schemas>;
    /// Partitions of the log.
    fn partitions(&self) -> u32;
    /// Hands over batches; they may still be on their way when it returns.
    fn send(&mut self, batches: Vec<Batch>) -> Result<(), Failure>;
    /// Waits until everything sent is in the tables, and gives the account of `run`.
    fn finish(&mut self, run: &str) -> Result<Tally, Failure>;
}

/// The log of this process.
pub struct OwnLog {
    stack: Arc<Stack>,
    in_flight: VecDeque<(Vec<Batch>, AppendManyFuture)>,
    positions: Positions,
    waiting: bool,
}

impl OwnLog {
    /// With the log and judge of `stack`.
    pub fn new(stack: Arc<Stack>) -> Self {
        Self { stack, in_flight: VecDeque::new(), positions: Positions::new(), waiting: false }
    }

    /// Waits for the oldest append; what the disk had no room for is appended again.
    fn settle_one(&mut self) -> Result<(), Failure> {
        let Some((batches, outcomes)) = self.in_flight.pop_front() else { return Ok(()) };
        let outcomes = futures::executor::block_on(outcomes);
        let mut again = Vec::new();
        for (batch, outcome) in batches.into_iter().zip(outcomes) {
            match outcome {
                Ok(first) => {
                    let next = first + batch.records.len() as u64;
                    let position = self.positions.entry((batch.topic, batch.partition)).or_default();
                    *position = next.max(*position);
                }
                Err(error) if error.is_retryable() => {
                    self.say_waiting(&error);
                    again.push(batch);
                }
                Err(error) => return Err(Failure::from_error(Exit::Outside, "import", &error)),
            }
        }
        if again.is_empty() {
            self.waiting = false;
        } else {
            std::thread::sleep(RETRY_PAUSE);
            let future = self.stack.log.append_many(again.clone());
            self.in_flight.push_front((again, future));
        }
        Ok(())
    }

    fn say_waiting(&mut self, error: &AppendError) {
        if !self.waiting && !matches!(error, AppendError::Busy { .. }) {
            tracing::warn!("{error}; the import waits and goes on when there is room");
            self.waiting = true;
        }
    }
}

impl Destination for OwnLog {
    fn schemas(&self) -> Arc<Schemas> {
        self.stack.schemas.get()
    }

    fn partitions(&self) -> u32 {
        self.stack.log.partitions()
    }

    fn send(&mut self, batches: Vec<Batch>) -> Result<(), Failure> {
        while self.in_flight.len() >= IN_FLIGHT_MAX {
            self.settle_one()?;
        }
        let future = self.stack.log.append_many(batches.clone());
        self.in_flight.push_back((batches, future));
        Ok(())
    }

    fn finish(&mut self, run: &str) -> Result<Tally, Failure> {
        while !self.in_flight.is_empty() {
            self.settle_one()?;
        }
        self.stack.judged(&self.positions)?;
        Ok(self.stack.judge.tally(run))
    }
}

/// The server that has the log open.
pub struct Server {
    schemas: Arc<Schemas>,
    server: RunningServer,
    client: Client,
    runtime: tokio::runtime::Runtime,
    positions: Positions,
}

impl Server {
    /// Sends to `server`.
    pub fn new(schemas: Arc<Schemas>, server: RunningServer, client: Client) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::from_error(Exit::Outside, "import", &error))?;
        Ok(Self { schemas, server, client, runtime, positions: Positions::new() })
    }

    fn post(&mut self, path: &str, body: Bytes) -> Result<Bytes, Failure> {
        let request = Request::post(path)
            .header(http::header::HOST, self.server.address.to_string())
            .header(http::header::AUTHORIZATION, format!("Bearer {}", self.server.token))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| Failure::from_error(Exit::Outside, "import", &error))?;
        let (status, answer) = self.runtime.block_on(self.client.send(request)).map_err(|error| {
            Failure::from_error(Exit::Outside, "the running server", &error)
                .hint("what it took is kept; run the same import again, it adds only what is missing")
        })?;
        if status == StatusCode::OK {
            return Ok(answer);
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        Err(Failure::outside(format!("the running server answered {status}: {text}")))
    }
}

impl Destination for Server {
    fn schemas(&self) -> Arc<Schemas> {
        Arc::clone(&self.schemas)
    }

    fn partitions(&self) -> u32 {
        self.server.partitions
    }

    fn send(&mut self, mut batches: Vec<Batch>) -> Result<(), Failure> {
        loop {
            let first_offsets: Vec<Option<u64>> = parse(&self.post(internal::APPEND, wire::encode(&batches))?)?;
            let mut again = Vec::new();
            for (batch, first) in batches.into_iter().zip(first_offsets) {
                match first {
                    Some(first) => {
                        let position = self.positions.entry((batch.topic, batch.partition)).or_default();
                        *position = (first + batch.records.len() as u64).max(*position);
                    }
                    None => again.push(batch),
                }
            }
            if again.is_empty() {
                return Ok(());
            }
            batches = again;
            std::thread::sleep(RETRY_PAUSE);
        }
    }

    fn finish(&mut self, run: &str) -> Result<Tally, Failure> {
        let request = internal::FinishRequest::new(run, &self.positions);
        let body =
            serde_json::to_vec(&request).map_err(|error| Failure::from_error(Exit::Outside, "import", &error))?;
        loop {
            let answer: internal::FinishAnswer = parse(&self.post(internal::FINISH, Bytes::from(body.clone()))?)?;
            if let Some(tally) = answer.tally {
                let rows: BTreeMap<_, _> = tally.rows;
                return Ok(Tally { rows, duplicates: tally.duplicates, quarantined: tally.quarantined });
            }
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(answer: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(answer)
        .map_err(|error| Failure::from_error(Exit::Outside, "the running server's answer", &error))
}
