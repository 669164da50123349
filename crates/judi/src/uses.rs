//! What of a project uses which events: its jobs, by the views that their SQL reads.

use judi_jobs::load;
use judi_present::{EventUse, UseKind};
use judi_schema::schemas::Schemas;
use judi_world::World;

use crate::project::Project;

/// Who uses the events of `schemas`.
///
/// # Errors
/// For people: the files that are wrong.
pub fn of_project(project: &Project, world: &World, schemas: &Schemas) -> Result<Vec<EventUse>, String> {
    let jobs = load(world.disk.as_ref(), &project.jobs_dir())
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    let mut uses = Vec::new();
    for job in &jobs {
        let file = job.path.strip_prefix(&project.dir).unwrap_or(&job.path).display().to_string();
        let views = schemas.views().iter().filter(|view| job.reads.contains(&view.name));
        uses.extend(views.map(|view| EventUse {
            view: view.name.clone(),
            kind: UseKind::Job,
            name: job.table.clone(),
            column_name: None,
            file: file.clone(),
            line: 1,
            column: 1,
        }));
    }
    Ok(uses)
}
