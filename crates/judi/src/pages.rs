//! The pages of a project: names from its configuration and schema, tables from its warehouse.

use std::sync::Arc;

use axum::Router;
use judi_present::{CatalogSource, PageOptions, Presenter};

use crate::failure::Failure;
use crate::stack::Stack;
use crate::warehouse::{Warehouse, engine};

/// The field with a headline, where the article's event has one.
const TITLE_FIELD: &str = "title";

/// Pages and service API over the tables of `stack`.
pub fn router(stack: &Stack) -> Result<Router, Failure> {
    let project = &stack.project;
    let warehouse = Warehouse::new(project, &stack.world, Arc::clone(&stack.schemas))?;
    let catalog: CatalogSource = Arc::new(move || warehouse.catalog().map_err(|failure| failure.message));
    let names = &project.config.import.combined;
    let schemas = stack.schemas.get();
    let model = schemas.current();
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
    let presenter = Presenter::new(Arc::new(engine(project)?), catalog, stack.world.clone(), options);
    Ok(judi_present::router(presenter))
}
