//! `/events`: every event, what it means, how often it comes, and a search for those who look one up.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use judi_schema::catalogue::{EventEntry, FieldEntry};
use maud::{Markup, html};
use serde::Deserialize;

use crate::catalogue::{Badge, Described, Found, all_words, search};
use crate::format::{counted, number, shortened};
use crate::links::Links;
use crate::period::CHART_DAYS;
use crate::presenter::{AskError, Presenter};
use crate::volume::Volumes;
use crate::{chart, layout};

/// Characters of a question that are looked at.
const QUESTION_CHARACTERS_MAX: usize = 200;

/// Events on one page; whoever has more searches.
const EVENTS_MAX: usize = 2_000;

/// Characters of a description in the list.
const DESCRIPTION_CHARACTERS: usize = 300;

/// The heading over events that nobody answers for, and over those that are gone.
const NO_OWNER: &str = "Nobody is named as owner";
const GONE: &str = "No longer in the schema";

/// What a link to the page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    q: Option<String>,
}

/// What the catalogue's pages are made of.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) described: Arc<Described>,
    /// Where there are tables.
    pub(crate) volumes: Option<Volumes>,
    pub(crate) links: Links,
}

impl Shown {
    /// For a page of the server.
    pub(crate) async fn load(presenter: &Presenter) -> Result<Self, AskError> {
        let described = presenter.described().await?;
        let zone = presenter.catalog().await?.zone();
        let today = zone.day_of(presenter.now().0).unwrap_or(0);
        Ok(Self { described, volumes: Some(Volumes::load(presenter, today, true).await?), links: Links::Server })
    }
}

/// The page.
pub(crate) async fn events(
    State(presenter): State<Arc<Presenter>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let question = match asked {
        Ok(Query(asked)) => asked.q.unwrap_or_default(),
        Err(rejection) => return layout::refused("/events", rejection.status(), &rejection.body_text()),
    };
    let question: String = question.trim().chars().take(QUESTION_CHARACTERS_MAX).collect();
    match Shown::load(&presenter).await {
        Ok(shown) => layout::page("Events", "/events", &content(&shown, &question)).into_response(),
        Err(error) => layout::failed("/events", &error),
    }
}

/// The list, or what was found.
pub(crate) fn content(shown: &Shown, question: &str) -> Markup {
    let found = search(&shown.described.catalogue, question);
    html! {
        h1 { "What is collected, and what it means" }
        @if shown.described.catalogue.events.is_empty() {
            p.lead { "Nothing yet: the schema has no event. Add a message with " code { "option (judi.event)" } " to a file below " code { "schema" } "." }
        } @else {
            p.lead { (summary(shown)) }
            @if let Some(problem) = &shown.described.usage.problem { p.note dir="auto" { (problem) } }
            @if shown.volumes.is_none() { p.note { "There are no tables here: how often events come is not known." } }
            form.search role="search" method="get" action=(shown.links.list()) {
                label for="search" { "Find an event, a field, or a word of what is said about them" }
                p { input type="search" id="search" name="q" value=(question) autocomplete="off" spellcheck="false"; @if shown.links.is_server() { button type="submit" { "Find" } } }
            }
            div id="events" {
                p.note id="found" role="status" { (count_text(found.len(), shown.described.catalogue.events.len(), question)) }
                @if question.is_empty() { (groups(shown, &found)) }
                @else if !found.is_empty() { (table(shown, &found)) }
            }
            p { a href=(shown.links.adoption()) { "Which releases send which version of the schema" } }
        }
    }
}

fn summary(shown: &Shown) -> String {
    let events: Vec<&EventEntry> = shown.described.catalogue.events.iter().filter(|event| !event.is_gone).collect();
    let mut owners: Vec<&str> =
        events.iter().map(|event| event.owner.as_str()).filter(|owner| !owner.is_empty()).collect();
    owners.sort_unstable();
    owners.dedup();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut parts = vec![format!(
        "{} of {}, in version {} of the schema ({}).",
        counted(count(events.len()), "event", "events"),
        counted(count(owners.len()), "owner", "owners"),
        shown.described.catalogue.version,
        shown.described.catalogue.semver
    )];
    if let Some(volumes) = &shown.volumes {
        let silent = events.iter().filter(|event| volumes.of(&event.name).in_days() == 0).count();
        parts.push(match silent {
            0 => format!("Each came in the last {CHART_DAYS} days."),
            silent => format!("{} did not come in the last {CHART_DAYS} days.", number(count(silent))),
        });
    }
    if shown.described.usage.problem.is_none() {
        let unused = events.iter().filter(|event| shown.described.usage.is_unused(&event.name)).count();
        parts.push(match unused {
            0 => "Each is used.".to_owned(),
            1 => "1 is collected but unused.".to_owned(),
            unused => format!("{} are collected but unused.", number(count(unused))),
        });
    }
    parts.join(" ")
}

fn count_text(found: usize, all: usize, question: &str) -> String {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    match found {
        0 => format!("Nothing says “{question}”. Try another word, or a part of it."),
        found if question.is_empty() || found == all => counted(count(found), "event", "events"),
        found => format!("{} of {}", number(count(found)), counted(count(all), "event", "events")),
    }
}

/// The events by who answers for them.
fn groups(shown: &Shown, found: &[Found<'_>]) -> Markup {
    let mut groups: BTreeMap<(u8, &str), Vec<&Found<'_>>> = BTreeMap::new();
    for one in found.iter().take(EVENTS_MAX) {
        let group = match one.event.owner.as_str() {
            _ if one.event.is_gone => (2, GONE),
            "" => (1, NO_OWNER),
            owner => (0, owner),
        };
        groups.entry(group).or_default().push(one);
    }
    html! {
        @for ((_, name), events) in &groups {
            section.owner { h2 dir="auto" { (name) } (table(shown, events.iter().copied())) }
        }
        @if found.len() > EVENTS_MAX { p.note { "There are more: search for them." } }
    }
}

fn table<'a>(shown: &Shown, events: impl IntoIterator<Item = &'a Found<'a>>) -> Markup {
    html! {
        table.events {
            thead { tr {
                th scope="col" { "Event" }
                @if let Some(volumes) = &shown.volumes {
                    th scope="col" { (CHART_DAYS) " days" }
                    th.number scope="col" { (volumes.last_day_name()) }
                    th.number scope="col" { "7 days" }
                    th scope="col" { "Last seen" }
                }
            } }
            tbody { @for found in events.into_iter().take(EVENTS_MAX) { (row(shown, found)) } }
        }
    }
}

fn row(shown: &Shown, found: &Found<'_>) -> Markup {
    let event = found.event;
    let words = (!shown.links.is_server()).then(|| all_words(event));
    html! {
        tr data-words=[words] {
            td {
                a href=(shown.links.event(&event.name)) { code { (event.name) } } (badges(&shown.described.badges(event)))
                p dir="auto" { (shortened(described(event), DESCRIPTION_CHARACTERS)) }
                @for field in &found.fields { (found_field(field)) }
            }
            @if let Some(volumes) = &shown.volumes {
                @let volume = volumes.of(&event.name);
                td { (chart::sparkline(&volume.days)) }
                td.number { span.label { (volumes.last_day_name()) " " } (number(volume.today())) }
                td.number { span.label { "7 days " } (number(volume.recent())) }
                td { span.label { "Last seen " } (volumes.last_seen(&volume)) }
            }
        }
    }
}

fn found_field(field: &FieldEntry) -> Markup {
    html! { p.note dir="auto" { code { (field.name) } " " (shortened(&field.meaning, DESCRIPTION_CHARACTERS)) } }
}

/// What an event means, by whatever says it.
pub(crate) fn described(event: &EventEntry) -> &str {
    match (event.description.as_str(), event.comment.as_str()) {
        ("", "") => "Nobody has said what it means.",
        ("", comment) => comment,
        (description, _) => description,
    }
}

/// Words of warning.
pub(crate) fn badges(badges: &[Badge]) -> Markup {
    html! { @for badge in badges { " " span.badge.warning[badge.is_warning()] { (badge.text()) } } }
}
