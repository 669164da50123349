//! The pages of a project: names from its configuration and schema, tables from its warehouse.

use std::sync::Arc;

use axum::Router;
use judi_present::{CatalogSource, Definitions, Inspection, PageOptions, Presenter, ProjectUses};
use judi_schema::schemas::Schemas;
use judi_world::World;

use crate::failure::Failure;
use crate::live::LiveSchemas;
use crate::project::Project;
use crate::stack::Stack;
use crate::uses::project_uses;
use crate::warehouse::{Warehouse, engine};

/// The field with a headline, where the article's event has one.
const TITLE_FIELD: &str = "title";

/// The events of a project, as its files and its running process define them.
pub struct ProjectDefinitions {
    /// Whose jobs, metrics and dashboards use the events.
    pub project: Project,
    /// The newest schemas.
    pub schemas: Arc<LiveSchemas>,
}

impl Definitions for ProjectDefinitions {
    fn schemas(&self) -> Arc<Schemas> {
        self.schemas.get()
    }

    fn uses(&self, schemas: &Schemas) -> Result<ProjectUses, String> {
        let found = project_uses(&self.project, schemas.views());
        Ok(ProjectUses { uses: found.uses, passed_over: found.passed_over })
    }
}

/// Pages and service API over the tables of `stack`; with the inspector's page where there is one.
pub fn router(stack: &Stack, inspection: Option<Inspection>) -> Result<Router, Failure> {
    let pages = judi_present::router(presenter(&stack.project, &stack.world, &stack.schemas)?);
    Ok(match inspection {
        Some(inspection) => pages.merge(judi_present::inspect_router(inspection)),
        None => pages,
    })
}

/// What stands behind the pages of a project.
pub fn presenter(project: &Project, world: &World, schemas: &Arc<LiveSchemas>) -> Result<Arc<Presenter>, Failure> {
    let warehouse = Warehouse::new(project, world, Arc::clone(schemas))?;
    let catalog: CatalogSource = Arc::new(move || warehouse.catalog().map_err(|failure| failure.message));
    let definitions = ProjectDefinitions { project: project.clone(), schemas: Arc::clone(schemas) };
    let names = &project.config.import.combined;
    let current = schemas.get();
    let model = current.current();
    let article = model.event(&names.article_event).map(|event| model.plans.message(event.message));
    let has_title = article.is_some_and(|message| message.by_name(TITLE_FIELD).is_some());
    let key = project.config.collect.keys.iter().find(|key| key.enabled);
    let options = PageOptions {
        article_event: names.article_event.clone(),
        article_field: names.article_field.clone(),
        title_field: has_title.then(|| TITLE_FIELD.to_owned()),
        timeout: project.config.engine.timeout.0,
        example_key: key.map(|key| key.key.clone()).unwrap_or_default(),
    };
    Ok(Presenter::new(Arc::new(engine(project)?), catalog, Arc::new(definitions), world.clone(), options))
}
