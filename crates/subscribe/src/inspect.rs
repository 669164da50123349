//! What an app under test has sent since the last reset: good events, bad ones, and requests that were refused.
//!
//! It reads the log, so an event is here once its request is answered, whatever the judge is doing, and what is here is
//! what the tables will have. Kept in memory and bounded: for tests and people, in development.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use judi_log::{Log, Topic};
use judi_schema::schemas::Schemas;
use judi_world::Timestamp;
use serde::Serialize;

use crate::cursor::From;
use crate::feed::{Feed, FeedError};
use crate::filter::Filter;
use crate::shown::{Shown, moment};

/// Events of either kind that are kept; older ones are counted only.
const KEPT_MAX: usize = 10_000;

/// A request, or an event in it, of which nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Counts up by one.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Where it was sent to.
    pub path: String,
    /// The write key's name, where one was known.
    pub key: String,
    /// The reason, as the answer named it.
    pub reason: String,
    /// What was wrong.
    pub detail: String,
}

/// The latest refusals, oldest first.
pub type RefusedSource = Arc<dyn Fn() -> Vec<Refused> + Send + Sync>;

/// How many there were since the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Inspected {
    /// All.
    pub total: u64,
    /// Events that fit the schema.
    pub good: u64,
    /// Events that do not, and requests that were refused.
    pub bad: u64,
}

/// See the [module](self).
pub struct Inspector {
    log: Arc<dyn Log>,
    schemas: Arc<dyn Fn() -> Arc<Schemas> + Send + Sync>,
    refused: RefusedSource,
    state: Mutex<State>,
}

struct State {
    feed: Feed,
    good: Kept,
    bad: Kept,
    /// The number of the last refusal that has been seen.
    refused: Option<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    shown: VecDeque<Shown>,
    total: u64,
}

impl Kept {
    fn push(&mut self, shown: Shown) {
        if self.shown.len() >= KEPT_MAX {
            self.shown.pop_front();
        }
        self.shown.push_back(shown);
        self.total += 1;
    }

    /// The newest `limit` of an event's name (all names where there is none), oldest first.
    fn newest(&self, event: Option<&str>, limit: usize) -> Vec<Shown> {
        let wanted = self.shown.iter().rev().filter(|shown| event.is_none_or(|event| shown.event == event));
        let mut newest: Vec<Shown> = wanted.take(limit).cloned().collect();
        newest.reverse();
        newest
    }
}

impl std::fmt::Debug for Inspector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Inspector").finish_non_exhaustive()
    }
}

impl Inspector {
    /// An inspector of what comes from now on.
    ///
    /// # Errors
    /// When the log cannot say where it ends.
    pub fn new(
        log: Arc<dyn Log>,
        schemas: Arc<dyn Fn() -> Arc<Schemas> + Send + Sync>,
        refused: RefusedSource,
    ) -> Result<Self, FeedError> {
        let state = Mutex::new(Self::state(&log, &refused)?);
        Ok(Self { log, schemas, refused, state })
    }

    /// Forgets what came before.
    ///
    /// # Errors
    /// When the log cannot say where it ends; nothing is forgotten then.
    pub fn reset(&self) -> Result<Inspected, FeedError> {
        let fresh = Self::state(&self.log, &self.refused)?;
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(Inspected::default())
    }

    /// How many there were.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn counts(&self) -> Result<Inspected, FeedError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.catch_up(&mut state)?;
        let (good, bad) = (state.good.total, state.bad.total);
        Ok(Inspected { total: good + bad, good, bad })
    }

    /// The newest good events, oldest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn good(&self, event: Option<&str>, limit: usize) -> Result<Vec<Shown>, FeedError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.catch_up(&mut state)?;
        Ok(state.good.newest(event, limit))
    }

    /// The newest bad events and refused requests, oldest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn bad(&self, event: Option<&str>, limit: usize) -> Result<Vec<Shown>, FeedError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.catch_up(&mut state)?;
        Ok(state.bad.newest(event, limit))
    }

    fn state(log: &Arc<dyn Log>, refused: &RefusedSource) -> Result<State, FeedError> {
        let feed = Feed::open(Arc::clone(log), Filter::everything(), &From::End)?;
        let refused = refused().last().map(|refused| refused.number);
        Ok(State { feed, good: Kept::default(), bad: Kept::default(), refused })
    }

    fn catch_up(&self, state: &mut State) -> Result<(), FeedError> {
        let schemas = (self.schemas)();
        loop {
            let piece = state.feed.read()?;
            if piece.items.is_empty() && !piece.has_more {
                break;
            }
            for item in piece.items {
                let shown = Shown::of(item.topic, item.partition, &item.fetched, &schemas);
                match item.topic {
                    Topic::Events => state.good.push(shown),
                    Topic::Quarantine => state.bad.push(shown),
                }
            }
        }
        for refused in (self.refused)() {
            if state.refused.is_none_or(|seen| refused.number > seen) {
                state.refused = Some(refused.number);
                state.bad.push(of_refused(refused));
            }
        }
        Ok(())
    }
}

fn of_refused(refused: Refused) -> Shown {
    Shown {
        offset: refused.path,
        status: "refused".to_owned(),
        reason: Some(refused.reason),
        detail: Some(refused.detail),
        received_at: moment(refused.at.0),
        source: refused.key,
        ..Shown::default()
    }
}
