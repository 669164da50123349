//! The schemas of a process that is running, and who is told when a version is published.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use judi_schema::error::SchemaError;
use judi_schema::schemas::{OpenMode, Schemas};
use judi_world::World;

use crate::failure::{Exit, Failure};
use crate::project::Project;

type Subscriber = Box<dyn Fn(&Arc<Schemas>) + Send + Sync>;

/// The newest schemas, for everybody in the process.
pub struct LiveSchemas {
    current: RwLock<Arc<Schemas>>,
    /// In the order in which they must know: who reads records before who writes them.
    subscribers: Mutex<Vec<Subscriber>>,
}

impl std::fmt::Debug for LiveSchemas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveSchemas").field("version", &self.get().current().version).finish_non_exhaustive()
    }
}

/// What came of asking for a publication.
#[derive(Debug, Clone)]
pub struct Published {
    /// The newest schemas.
    pub schemas: Arc<Schemas>,
    /// Whether there is a new version, or a new mapping of Segment's calls.
    pub is_new: bool,
}

impl LiveSchemas {
    /// Holds `schemas`.
    pub fn new(schemas: Schemas) -> Self {
        Self { current: RwLock::new(Arc::new(schemas)), subscribers: Mutex::default() }
    }

    /// The newest.
    pub fn get(&self) -> Arc<Schemas> {
        // A poisoned lock holds a whole value: it is replaced in one assignment.
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has `subscriber` told of every later version, after those who asked before.
    pub fn subscribe(&self, subscriber: impl Fn(&Arc<Schemas>) + Send + Sync + 'static) {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(subscriber));
    }

    /// Publishes what the project's folder says now, and tells everybody.
    pub fn publish(&self, project: &Project, world: &World) -> Result<Published, Failure> {
        // One publication at a time: nobody may be told of an older version after a newer one.
        let subscribers = self.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        let schemas = Arc::new(open_schemas(project, world, OpenMode::Extend)?);
        let is_new = edition(&schemas) != edition(&self.get());
        if is_new {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&schemas);
            subscribers.iter().for_each(|tell| tell(&schemas));
        }
        Ok(Published { schemas, is_new })
    }
}

/// What a publication makes greater: the version, and the revision of the mapping of Segment's calls.
pub fn edition(schemas: &Schemas) -> (u32, u32) {
    (schemas.current().version, schemas.segment().revision)
}

/// The project's schema.
pub fn open_schemas(project: &Project, world: &World, mode: OpenMode) -> Result<Schemas, Failure> {
    Schemas::open(world.disk.as_ref(), &project.schema_dir(), &project.schema_versions_dir(), mode)
        .map_err(|error| schema_failure(&error))
}

/// What is wrong with a schema, with its hint.
pub fn schema_failure(error: &SchemaError) -> Failure {
    let failure = Failure::from_error(Exit::Usage, "", error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
