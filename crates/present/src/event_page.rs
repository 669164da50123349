//! `/events/NAME`: one event: what it and its fields mean, an example to send, who uses it and who sends it.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use judi_engine::nearest;
use judi_schema::catalogue::{EventEntry, FieldEntry, History, history};
use judi_schema::layout::ENVELOPE_COLUMNS;
use maud::{Markup, html};

use crate::adoption::{Adoption, chosen};
use crate::adoption_page::Choice;
use crate::event_fields::{self, Filled};
use crate::events_page::{Shown, badges, described};
use crate::format::shortened;
use crate::front_page::host;
use crate::presenter::{AskError, Presenter};
use crate::questions::{self, Asking};
use crate::{figures, layout};

/// Characters of an unknown name that are repeated.
const NAME_CHARACTERS: usize = 100;

/// One event with all that is known of it.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) shown: &'a Shown,
    pub(crate) entry: &'a EventEntry,
    pub(crate) history: History,
    /// Where there are tables.
    pub(crate) adoption: Option<Adoption>,
    pub(crate) filled: Filled,
}

impl<'a> Event<'a> {
    /// With what the tables say of the last `days` days, where there are tables.
    pub(crate) async fn load(
        presenter: Option<&Presenter>,
        shown: &'a Shown,
        entry: &'a EventEntry,
        days: i32,
    ) -> Result<Self, AskError> {
        let history = history(&shown.described.schemas, entry);
        let (mut adoption, mut filled) = (None, Filled::default());
        if let (Some(presenter), Some(volumes)) = (presenter, &shown.volumes) {
            let newest = shown.described.catalogue.version;
            let found = Adoption::load(presenter, Asking::One(&entry.name), newest, volumes.today, days).await?;
            let old = Filled::worth_asking(entry);
            if !old.is_empty() && found.total() > 0 {
                let window = found.period.window(volumes.zone);
                let (question, parameters) = questions::filled(&entry.name, &old, window);
                let counts = figures::numbers(&presenter.ask(question, &parameters).await?, old.len());
                filled = Filled::new(&old, &counts);
            }
            adoption = Some(found);
        }
        Ok(Self { shown, entry, history, adoption, filled })
    }
}

/// The page.
pub(crate) async fn event(
    State(presenter): State<Arc<Presenter>>,
    name: Result<Path<String>, PathRejection>,
    choice: Result<Query<Choice>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let (name, days) = match (name, choice) {
        (Ok(Path(name)), Ok(Query(choice))) => (name, chosen(choice.days.as_deref())),
        (Err(rejection), _) => return layout::refused("/events", rejection.status(), &rejection.body_text()),
        (_, Err(rejection)) => return layout::refused("/events", rejection.status(), &rejection.body_text()),
    };
    let shown = match Shown::load(&presenter).await {
        Ok(shown) => shown,
        Err(error) => return layout::failed("/events", &error),
    };
    let Some(entry) = shown.described.catalogue.event(&name) else { return unknown(&shown, &name) };
    match Event::load(Some(&presenter), &shown, entry, days).await {
        Ok(event) => {
            let send = Send { host: host(&headers), key: &presenter.options.example_key };
            layout::page(&entry.name, "/events", &content(&event, Some(send))).into_response()
        }
        Err(error) => layout::failed("/events", &error),
    }
}

fn unknown(shown: &Shown, name: &str) -> Response {
    let names = shown.described.catalogue.events.iter().map(|event| event.name.as_str());
    let content = html! {
        h1 { "No such event" }
        p dir="auto" { "The schema has no event " code { (shortened(name, NAME_CHARACTERS)) } "."
            @if let Some(near) = nearest(name, names) { " Did you mean " a href=(shown.links.event(near)) { code { (near) } } "?" }
        }
        p { a href=(shown.links.list()) { "All events" } }
    };
    (StatusCode::NOT_FOUND, layout::page("No such event", "/events", &content)).into_response()
}

/// Where an example can be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Send<'a> {
    host: &'a str,
    key: &'a str,
}

/// The page's content.
pub(crate) fn content(event: &Event<'_>, send: Option<Send<'_>>) -> Markup {
    let (entry, shown) = (event.entry, event.shown);
    html! {
        h1 { code { (entry.name) } }
        @let badges_of = shown.described.badges(entry);
        @if !badges_of.is_empty() { p { (badges(&badges_of)) } }
        p.lead dir="auto" { (described(entry)) }
        (facts(entry))
        @match &shown.volumes {
            Some(volumes) => { (volumes.section(&entry.name)) }
            None => { p.note { "There are no tables here: how often it comes is not known." } }
        }
        (event_fields::section(event))
        @if !entry.is_gone { (example(entry, send)) }
        (uses(event))
        @if let Some(adoption) = &event.adoption {
            section id="adoption" aria-labelledby="adoption-title" {
                h2 id="adoption-title" { "Who sends it, with which version" }
                (adoption.content(shown.links, &shown.links.event(&entry.name)))
            }
        }
        (past(event))
        p { a href=(shown.links.list()) { "All events" } }
    }
}

fn facts(entry: &EventEntry) -> Markup {
    html! {
        dl.facts {
            div { dt { "Owner" } dd dir="auto" { @if entry.owner.is_empty() { "nobody is named" } @else { (entry.owner) } } }
            div { dt { "Since" } dd { "version " (entry.since) } }
            div { dt { "Declared" } dd { code { (entry.message) }
                @if let Some(place) = &entry.place { " in " code { (place.file) @if let Some(line) = place.line { ":" (line) } } }
            } }
            @if !entry.moved_from.is_empty() {
                div { dt { "Formerly" } dd { @for name in &entry.moved_from { code { (name) } " " } } }
            }
        }
        @if !entry.comment.is_empty() && !entry.description.is_empty() && entry.comment != entry.description {
            p.note dir="auto" { (entry.comment) }
        }
    }
}

/// An event as it is sent, with a payload that fits.
pub(crate) fn batch(entry: &EventEntry, payload: &str) -> String {
    // Line breaks in values are escaped: these are the layout's.
    let payload = payload.replace('\n', "\n      ");
    format!(
        "{{\n  \"context\": {{\"anonymous_id\": \"a1\", \"app\": \"example\", \"platform\": \"web\"}},\n  \"events\": [\n    {{\n      \
         \"event\": \"{}\",\n      \"payload\": {payload}\n    }}\n  ]\n}}",
        entry.name
    )
}

fn example(entry: &EventEntry, send: Option<Send<'_>>) -> Markup {
    html! {
        section aria-labelledby="example" {
            h2 id="example" { "An example to send" }
            @match &entry.example {
                Some(payload) => {
                    pre { code { (batch(entry, payload)) } }
                    p.note { "It fits the schema as it is. " @match send {
                        Some(send) => {
                            "Saved as event.json, this sends it: " code { "curl http://" (send.host) "/v1/events -H 'Authorization: Bearer "
                            (send.key) "' -H 'Content-Type: application/json' -d @event.json" }
                        }
                        None => { "It is the body of " code { "POST /v1/events" } "." }
                    } }
                }
                None => { p.note { "None can be made from the schema alone: its rules ask for what only the owner can know." } }
            }
        }
    }
}

fn uses(event: &Event<'_>) -> Markup {
    let usage = &event.shown.described.usage;
    let readers = usage.readers(&event.entry.name);
    html! {
        section aria-labelledby="uses" {
            h2 id="uses" { "Who uses it" }
            @if let Some(problem) = &usage.problem { p dir="auto" { (problem) } }
            @if readers.is_empty() && usage.problem.is_none() {
                p { "Nobody: it is collected but unused. No job, metric, dashboard, experiment or report of the project names it." }
            } @else {
                ul.uses { @for reader in &readers {
                    li dir="auto" {
                        (reader.first.kind.noun()) " " strong { (reader.first.name) } " " span.note { (reader.first.file) ":" (reader.first.line) }
                        @if !reader.columns.is_empty() { br; span.note { "reads " @for (at, column) in reader.columns.iter().enumerate() { @if at > 0 { ", " } code { (column) } } } }
                    }
                } }
            }
        }
    }
}

fn past(event: &Event<'_>) -> Markup {
    html! {
        section aria-labelledby="history" {
            h2 id="history" { "What changed" }
            @if event.history.versions.is_empty() { p { "Nothing has been published yet." } }
            @for version in &event.history.versions {
                h3 { "Version " (version.number) " " span.note { "(" (version.semver) ")" } }
                ul.changes { @for change in &version.changes { li dir="auto" { (with_code(change)) } } }
            }
        }
        details {
            summary { "What every event has besides" }
            p.note { "Who, when and with what: columns of every event's view." }
            p { @for (at, (name, _)) in ENVELOPE_COLUMNS.iter().enumerate() { @if at > 0 { ", " } code { (name) } } ", " code { "date" } }
        }
    }
}

/// Text whose names stand between backquotes.
fn with_code(text: &str) -> Markup {
    html! { @for (at, part) in text.split('`').enumerate() { @if at % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// The fields that the event has and had.
pub(crate) fn all_fields<'a>(event: &'a Event<'_>) -> impl Iterator<Item = &'a FieldEntry> {
    let own = event.entry.fields.iter().filter(|_| !event.entry.is_gone);
    own.chain(&event.history.gone)
}
