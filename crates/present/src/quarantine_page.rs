//! `/quarantine`: what did not fit the schema, and why.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use judi_engine::moment_text;
use judi_schema::catalogue::Catalogue;
use maud::{Markup, html};

use crate::catalogue::Described;
use crate::figures::{self, Counted, Refused};
use crate::format::{counted, number, readable, second, shortened};
use crate::links::Links;
use crate::presenter::{AskError, Presenter};
use crate::{layout, questions};

/// Characters of a payload that are shown.
const PAYLOAD_CHARACTERS: usize = 400;

/// Characters of a detail that are shown: it may quote what was sent.
const DETAIL_CHARACTERS: usize = 1_000;

/// The page.
pub(crate) async fn quarantine(State(presenter): State<Arc<Presenter>>) -> Response {
    match load(&presenter).await {
        Ok((by_reason, last, described)) => {
            let content = content(&by_reason, &last, &described.catalogue);
            layout::page("Quarantine", "/quarantine", &content).into_response()
        }
        Err(error) => layout::failed("/quarantine", &error),
    }
}

async fn load(presenter: &Presenter) -> Result<(Vec<Counted>, Vec<Refused>, Arc<Described>), AskError> {
    let (question, parameters) = questions::refused_by_reason();
    let by_reason = figures::counted(&presenter.ask(question, &parameters).await?);
    let (question, parameters) = questions::refused_last();
    let last = figures::refused(&presenter.ask(question, &parameters).await?);
    Ok((by_reason, last, presenter.described().await?))
}

/// What each reason asks somebody to do.
fn advice(reason: &str) -> &'static str {
    match reason {
        "unknown_event" => "The schema has no event of this name: mend the app's spelling, or add the event.",
        "invalid_payload" => "A value has the wrong type, or a required field is missing: mend the app.",
        "constraint" => "A value breaks a rule of the schema: mend the app, or the rule.",
        "undecodable" => "The bytes are not what they claim to be: look at the app's library.",
        "unknown_schema" => "The app was built with a schema version that this project does not know.",
        "unreadable_line" => "A line of an imported file is broken or cut off.",
        _ => "Look at the detail below.",
    }
}

/// The name that was sent, with the way to what it means, where it means something.
fn named(event: &str, catalogue: &Catalogue) -> Markup {
    html! {
        @match catalogue.event(event) {
            Some(known) => { a href=(Links::Server.event(&known.name)) { code { (known.name) } } }
            None => { (shortened(event, DETAIL_CHARACTERS)) }
        }
    }
}

fn content(by_reason: &[Counted], last: &[Refused], catalogue: &Catalogue) -> Markup {
    if last.is_empty() {
        return html! { h1 { "Quarantine" } p.lead { "Empty: everything that was received fits the schema." } };
    }
    let total: i64 = by_reason.iter().map(|row| row.reads).sum();
    html! {
        h1 { "Quarantine" }
        p.lead { (counted(total, "event does", "events do")) " not fit the schema. What was sent is kept as it came, and counts in no figure." }
        p.note { "When a version of the schema is published that they fit, they become rows of events by themselves. " code { "judi replay --quarantine" } " does it at once, and tells what came of each." }
        section aria-labelledby="reasons" {
            h2 id="reasons" { "By reason" }
            table.prose {
                thead { tr { th scope="col" { "Reason" } th scope="col" { "Event" } th.number scope="col" { "Events" } th scope="col" { "What to do" } } }
                tbody { @for row in by_reason {
                    tr {
                        td { code { (row.id) } }
                        td dir="auto" { @if row.name != row.id { (named(&row.name, catalogue)) } }
                        td.number { (number(row.reads)) }
                        td { (advice(&row.id)) }
                    }
                } }
            }
        }
        section aria-labelledby="last" {
            h2 id="last" { "The last of them" }
            @for refused in last {
                article.refused {
                    p { strong { (refused.reason) } " " span dir="auto" { (named(&refused.event, catalogue)) } " " @if let Some(at) = refused.received_at_us { time.note datetime=(moment_text(at)) { (second(at)) } } }
                    p dir="auto" { (shortened(&refused.detail, DETAIL_CHARACTERS)) }
                    p.note dir="auto" { "From " (refused.source) }
                    pre { code dir="auto" { (readable(&refused.payload, PAYLOAD_CHARACTERS)) } }
                }
            }
        }
    }
}
