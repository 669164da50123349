//! The catalogue as files, for those who read it without a server: `judi schema docs`.
//!
//! The same definitions and the same tables give the same bytes: what is told as today on a page of the server is here
//! the day on which the last events came into the table.

use crate::adoption::{Adoption, DAYS};
use crate::catalogue::{Definitions, Described};
use crate::event_page::{self, Event};
use crate::events_page::{self, Shown};
use crate::links::Links;
use crate::presenter::{AskError, Presenter};
use crate::questions::{self, Asking};
use crate::router::STYLE;
use crate::volume::Volumes;
use crate::{adoption_page, figures, layout};

use std::sync::Arc;

const SCRIPT: &str = include_str!("../assets/catalogue.js");

/// One file of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticFile {
    /// Relative to the catalogue's folder, with `/` between its parts.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
#[error("the tables do not say how often events come: {cause}")]
pub struct StaticSiteError {
    /// What the tables said.
    pub cause: String,
}

/// The catalogue of `definitions`, with what the tables of `presenter` say, where there is one and they hold anything.
///
/// # Errors
/// Tables that cannot be read.
pub async fn static_site(
    definitions: &dyn Definitions,
    presenter: Option<&Presenter>,
) -> Result<Vec<StaticFile>, StaticSiteError> {
    let described = Arc::new(Described::new(definitions, None));
    let files = pages(described, presenter).await;
    files.map_err(|error| StaticSiteError { cause: error.to_string() })
}

async fn pages(described: Arc<Described>, presenter: Option<&Presenter>) -> Result<Vec<StaticFile>, AskError> {
    let volumes = match presenter {
        Some(presenter) => volumes(presenter).await?,
        None => None,
    };
    let shown = Shown { described: Arc::clone(&described), volumes, links: Links::Files };
    let list =
        layout::file("Events", shown.links, &shown.links.list(), Some(SCRIPT), &events_page::content(&shown, ""));
    let adoption = match (presenter, &shown.volumes) {
        (Some(presenter), Some(volumes)) => {
            let newest = described.catalogue.version;
            Some(Adoption::load(presenter, Asking::All, newest, volumes.today, DAYS).await?)
        }
        _ => None,
    };
    let releases = adoption_page::content(adoption.as_ref(), shown.links);
    let releases = layout::file("Releases", shown.links, &shown.links.adoption(), None, &releases);
    let mut files = vec![
        StaticFile { path: "index.html".to_owned(), text: list },
        StaticFile { path: "adoption.html".to_owned(), text: releases },
        StaticFile { path: "judi.css".to_owned(), text: STYLE.to_owned() },
    ];
    let shown = Shown { links: Links::FilesFromEvent, ..shown };
    for entry in &described.catalogue.events {
        // Of events that have not come for long there is nothing to ask.
        let is_seen = shown.volumes.as_ref().is_some_and(|volumes| volumes.of(&entry.name).last_day.is_some());
        let event = Event::load(presenter.filter(|_| is_seen), &shown, entry, DAYS).await?;
        let text = layout::file(&entry.name, shown.links, "", None, &event_page::content(&event, None));
        files.push(StaticFile { path: format!("events/{}.html", entry.name), text });
    }
    Ok(files)
}

/// The volumes up to the day of the last commit; `None` where nothing was ever committed.
async fn volumes(presenter: &Presenter) -> Result<Option<Volumes>, AskError> {
    let catalog = presenter.catalog().await?;
    if !catalog.contains(questions::COMMITS_TABLE) {
        return Ok(None);
    }
    let (question, parameters) = questions::last_commit();
    let last = figures::moment(&presenter.ask(question, &parameters).await?);
    match last.and_then(|last| catalog.zone().day_of(last)) {
        Some(day) => Volumes::load(presenter, day, false).await.map(Some),
        None => Ok(None),
    }
}
