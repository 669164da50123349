//! The example's schema for benches that run a stage in this process.

use std::sync::Arc;

use judi_schema::compile::{Source, read_sources};
use judi_schema::schemas::Schemas;
use judi_world::World;

use crate::failure::Failure;
use crate::repository;

/// The newsroom's events as the first version of a schema.
pub(crate) fn newsroom() -> Result<Arc<Schemas>, Failure> {
    let sources: Vec<Source> = read_sources(World::system().disk.as_ref(), &repository::newsroom_schema())?;
    Ok(Arc::new(Schemas::first(&sources)?))
}
