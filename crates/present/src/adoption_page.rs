//! `/adoption`: which releases of which app send which version of the schema, over all events.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::adoption::{Adoption, chosen};
use crate::layout;
use crate::links::Links;
use crate::presenter::{AskError, Presenter};
use crate::questions::Asking;

/// What a link to the page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    pub(crate) days: Option<String>,
}

/// The page.
pub(crate) async fn adoption(
    State(presenter): State<Arc<Presenter>>,
    choice: Result<Query<Choice>, QueryRejection>,
) -> Response {
    let days = match choice {
        Ok(Query(choice)) => chosen(choice.days.as_deref()),
        Err(rejection) => return layout::refused("/adoption", rejection.status(), &rejection.body_text()),
    };
    match load(&presenter, days).await {
        Ok(adoption) => layout::page("Releases", "/events", &content(Some(&adoption), Links::Server)).into_response(),
        Err(error) => layout::failed("/adoption", &error),
    }
}

async fn load(presenter: &Presenter, days: i32) -> Result<Adoption, AskError> {
    let newest = presenter.described().await?.catalogue.version;
    let zone = presenter.catalog().await?.zone();
    let today = zone.day_of(presenter.now().0).unwrap_or(0);
    Adoption::load(presenter, Asking::All, newest, today, days).await
}

/// The page's content; `None` where there are no tables.
pub(crate) fn content(adoption: Option<&Adoption>, links: Links) -> Markup {
    html! {
        h1 { "Which releases send which version of the schema" }
        p.note { "An old field can go when no release that sends it is in use. " a href=(links.list()) { "All events" } }
        section id="adoption" {
            @match adoption {
                Some(adoption) => { (adoption.content(links, "/adoption")) }
                None => { p { "There are no tables here: what is sent is not known." } }
            }
        }
    }
}
