//! `judi schema breaking`: what of an earlier state the present one breaks, by buf's rules.

use judi_schema::breaking::compare;
use judi_world::World;

use super::against::{self, State};
use super::findings;
use super::folder::SchemaFolder;
use crate::cli::schema::Breaking;
use crate::failure::Done;

/// Runs the command.
pub fn run(args: &Breaking) -> Done {
    let folder = SchemaFolder::find(args.dir.as_deref(), args.project.project.as_deref())?;
    let world = World::system();
    let previous = against::read(&args.against, &folder, &world)?.workspace()?;
    let current = State::of_folder(&folder, &world)?.workspace()?;
    findings::report(compare(&current, &previous), args.format, "breaking change")
}
