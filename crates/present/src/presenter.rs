//! What every page stands on: the engine, the tables as they are now, the clock, and answers kept for a moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;
use judi_engine::{Catalog, Engine, EngineError, Parameters, QueryOptions};
use judi_world::{Timestamp, World};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use crate::catalogue::{Definitions, Described};

/// How long an answer is shown again: a page is opened by many at once, and nobody sees the difference.
const KEPT_FOR: Duration = Duration::from_secs(3);

/// Answers that are kept; the one that nobody has asked for longest makes room.
const KEPT_MAX: usize = 128;

/// The pages' questions that the engine answers at once. Further ones wait, so that a crowd on the pages leaves threads and
/// memory for SQL.
const ASKED_AT_ONCE_MAX: usize = 4;

/// Rows of one answer for a page: pages show tens.
const PAGE_ROWS_MAX: u64 = 10_000;

/// Gives the tables as they are now, or says for people why it can't. May read the disk.
pub type CatalogSource = Arc<dyn Fn() -> Result<Catalog, String> + Send + Sync>;

/// What pages call things, from the project's schema and configuration.
#[derive(Debug, Clone)]
pub struct PageOptions {
    /// The view of the event that is an article's reading.
    pub article_event: String,
    /// Its field that tells articles apart.
    pub article_field: String,
    /// Its field with the headline, where it has one.
    pub title_field: Option<String>,
    /// A query takes at most this long.
    pub timeout: Duration,
    /// A key that may send events, for the hint on an empty page.
    pub example_key: String,
}

/// The state of all pages.
pub struct Presenter {
    engine: Arc<Engine>,
    catalog: CatalogSource,
    definitions: Arc<dyn Definitions>,
    world: World,
    /// Names.
    pub(crate) options: PageOptions,
    /// The catalogue with the moment of its making.
    described: AsyncMutex<Option<(Duration, Arc<Described>)>>,
    kept: Mutex<HashMap<Question, Place>>,
    turns: Semaphore,
}

/// A query with its parameters, by which an answer is known again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) sql: String,
    /// Whatever makes the parameters differ.
    pub(crate) parameters: String,
}

/// Where the answer to one question is kept.
struct Place {
    asked_at: Duration,
    answer: Arc<AsyncMutex<Option<Kept>>>,
}

struct Kept {
    at: Duration,
    rows: Arc<Vec<RecordBatch>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The tables can't be opened.
    #[error("{0}")]
    Catalog(String),
    /// The query failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Presenter {
    /// Pages over what `catalog` gives, of the events that `definitions` define.
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        catalog: CatalogSource,
        definitions: Arc<dyn Definitions>,
        world: World,
        options: PageOptions,
    ) -> Arc<Self> {
        let (kept, described) = (Mutex::default(), AsyncMutex::default());
        let turns = Semaphore::new(ASKED_AT_ONCE_MAX);
        Arc::new(Self { engine, catalog, definitions, world, options, described, kept, turns })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The tables as they are now.
    pub(crate) async fn catalog(&self) -> Result<Catalog, AskError> {
        let source = Arc::clone(&self.catalog);
        let opened = tokio::task::spawn_blocking(move || source()).await;
        opened.map_err(|error| AskError::Catalog(error.to_string()))?.map_err(AskError::Catalog)
    }

    /// The catalogue of the newest schemas. Who uses what is looked up again after [`KEPT_FOR`].
    pub(crate) async fn described(&self) -> Result<Arc<Described>, AskError> {
        let mut place = self.described.lock().await;
        let now = self.world.clock.monotonic();
        let schemas = self.definitions.schemas();
        let kept = place
            .as_ref()
            .filter(|(at, described)| now.saturating_sub(*at) < KEPT_FOR && Arc::ptr_eq(&described.schemas, &schemas));
        if let Some((_, described)) = kept {
            return Ok(Arc::clone(described));
        }
        let before = place.as_ref().map(|(_, described)| Arc::clone(described));
        let definitions = Arc::clone(&self.definitions);
        let made = tokio::task::spawn_blocking(move || Described::new(definitions.as_ref(), before.as_deref())).await;
        let described = Arc::new(made.map_err(|error| AskError::Catalog(error.to_string()))?);
        *place = Some((now, Arc::clone(&described)));
        Ok(described)
    }

    pub(crate) fn query_options(&self, rows_max: Option<u64>) -> QueryOptions {
        QueryOptions { timeout: Some(self.options.timeout), rows_max, ..QueryOptions::default() }
    }

    /// The answer to one of the pages' own questions. The same question within [`KEPT_FOR`] is asked once, whoever asks.
    pub(crate) async fn ask(
        &self,
        question: Question,
        parameters: &Parameters,
    ) -> Result<Arc<Vec<RecordBatch>>, AskError> {
        let place = self.place(&question);
        // Held over the query: those who ask the same wait for its answer instead of asking again.
        let mut kept = place.lock().await;
        let now = self.world.clock.monotonic();
        if let Some(found) = kept.as_ref().filter(|found| now.saturating_sub(found.at) < KEPT_FOR) {
            return Ok(Arc::clone(&found.rows));
        }
        // Nobody closes the semaphore, so that there is a turn for everybody.
        let _turn = self.turns.acquire().await.ok();
        let catalog = self.catalog().await?;
        let options = self.query_options(Some(PAGE_ROWS_MAX));
        let rows = Arc::new(self.engine.query(&catalog, &question.sql, parameters, &options).await?.collect().await?);
        *kept = Some(Kept { at: self.world.clock.monotonic(), rows: Arc::clone(&rows) });
        Ok(rows)
    }

    /// Where the answer to `question` is, or will be.
    fn place(&self, question: &Question) -> Arc<AsyncMutex<Option<Kept>>> {
        let asked_at = self.world.clock.monotonic();
        // A poisoned lock holds places that are whole: each is put in at once.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = kept.get_mut(question) {
            place.asked_at = asked_at;
            return Arc::clone(&place.answer);
        }
        if kept.len() >= KEPT_MAX {
            let oldest = kept.iter().min_by_key(|(_, place)| place.asked_at).map(|(question, _)| question.clone());
            oldest.and_then(|question| kept.remove(&question));
        }
        let answer = Arc::default();
        kept.insert(question.clone(), Place { asked_at, answer: Arc::clone(&answer) });
        answer
    }
}

#[cfg(test)]
mod tests;
