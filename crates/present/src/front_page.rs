//! `/`: what an editor wants to know. Reads and readers per day, the most read articles, and the last minutes.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use judi_engine::Zone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::figures::{self, Counted, Day};
use crate::format::{counted, long_day, number};
use crate::links::Links;
use crate::period::{CHART_DAYS, CHOICES, Period, chosen};
use crate::presenter::{AskError, Presenter};
use crate::questions::{self, Window};
use crate::{chart, layout, summary};

const MINUTE_US: i64 = 60_000_000;

/// Minutes of the live part.
const LIVE_MINUTES: i64 = 30;

/// Somebody who read something in the last minutes is reading now.
const ACTIVE_MINUTES: i64 = 5;

/// What a link to the page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    days: Option<String>,
}

/// Everything that the page shows.
struct Front {
    today: i32,
    days: Vec<Day>,
    top: Vec<Counted>,
    chosen: i32,
    listed: Period,
    live: Live,
    is_empty: bool,
}

/// The last minutes.
pub(crate) struct Live {
    minutes: Vec<i64>,
    active: i64,
}

/// The page.
pub(crate) async fn front(
    State(presenter): State<Arc<Presenter>>,
    choice: Result<Query<Choice>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let choice = match choice {
        Ok(Query(choice)) => choice,
        Err(rejection) => return layout::refused("/", rejection.status(), &rejection.body_text()),
    };
    match load(&presenter, chosen(choice.days.as_deref())).await {
        Ok(front) => layout::page("Articles", "/", &content(&presenter, &front, host(&headers))).into_response(),
        Err(error) => layout::failed("/", &error),
    }
}

/// The live part alone, for the script.
pub(crate) async fn live(State(presenter): State<Arc<Presenter>>) -> Response {
    match load_live(&presenter).await {
        Ok(live) => Html(live_part(&live).into_string()).into_response(),
        Err(error) => (layout::status(&error), Html(layout::explained(&error).into_string())).into_response(),
    }
}

async fn load(presenter: &Presenter, chosen: i32) -> Result<Front, AskError> {
    let zone = presenter.catalog().await?.zone();
    let today = zone.day_of(presenter.now().0).unwrap_or(0);
    let (mut period, mut days) = chart_days(presenter, zone, today).await?;
    let mut is_empty = false;
    if days.iter().all(|day| day.reads + day.bot_reads == 0) {
        let (question, parameters) = questions::last_read(&presenter.options, period.window(zone).to_us);
        match figures::moment(&presenter.ask(question, &parameters).await?).and_then(|last| zone.day_of(last)) {
            // Only older data, as after an import: the chart ends where the data does.
            Some(last) => (period, days) = chart_days(presenter, zone, last).await?,
            None => is_empty = true,
        }
    }
    let listed = Period::ending(period.last, chosen);
    let (question, parameters) = questions::top_articles(&presenter.options, listed.window(zone));
    let top = figures::counted(&presenter.ask(question, &parameters).await?);
    Ok(Front { today, days, top, chosen, listed, live: load_live(presenter).await?, is_empty })
}

async fn chart_days(presenter: &Presenter, zone: Zone, last: i32) -> Result<(Period, Vec<Day>), AskError> {
    let period = Period::ending(last, CHART_DAYS);
    let (question, parameters) = questions::days(&presenter.options, period.window(zone), None);
    let found = figures::days(&presenter.ask(question, &parameters).await?);
    Ok((period, period.fill(&found)))
}

async fn load_live(presenter: &Presenter) -> Result<Live, AskError> {
    // Whole minutes make the question the same for everybody who asks within one.
    let end = (presenter.now().0.div_euclid(MINUTE_US) + 1) * MINUTE_US;
    let window = Window { from_us: end - LIVE_MINUTES * MINUTE_US, to_us: end };
    let (question, parameters) = questions::live_minutes(&presenter.options, window);
    let found = figures::moments(&presenter.ask(question, &parameters).await?);
    let count = |at: i64| found.iter().find(|(minute, _)| *minute == at).map_or(0, |(_, count)| *count);
    let minutes = (0..LIVE_MINUTES).map(|n| count(window.from_us + n * MINUTE_US)).collect();
    let active = Window { from_us: end - (ACTIVE_MINUTES + 1) * MINUTE_US, to_us: end };
    let (question, parameters) = questions::active_readers(&presenter.options, active);
    Ok(Live { minutes, active: figures::number(&presenter.ask(question, &parameters).await?) })
}

fn content(presenter: &Presenter, front: &Front, host: &str) -> Markup {
    if front.is_empty {
        return welcome(presenter, host);
    }
    html! {
        h1 { "How many people read the article, per day?" }
        @if front.listed.last < front.today {
            p.note { "Nobody has read an article since " (long_day(front.listed.last)) "; these are the " (CHART_DAYS) " days to it." }
        }
        p.lead { (summary::sentence(&front.days, front.today, front.top.first(), front.listed)) }
        section aria-labelledby="days" {
            h2 id="days" { "Reads and readers per day" }
            (chart::legend(&front.days, front.today))
            (chart::reads_per_day(&front.days, front.today))
            details { summary { "The same as a table" } (days_table(&front.days)) }
        }
        section.now aria-labelledby="live" {
            h2 id="live" { "Right now" }
            div id="live-part" aria-live="off" { (live_part(&front.live)) }
        }
        section aria-labelledby="top" {
            h2 id="top" { "Most read" }
            p.choices {
                @for (days, name) in CHOICES {
                    a href=(format!("/?days={days}#top")) aria-current=[(days == front.chosen).then_some("true")] { (name) }
                }
            }
            p.note { @if front.listed.first < front.listed.last { (long_day(front.listed.first)) " to " } (long_day(front.listed.last)) ", people only." }
            (top_table(&front.top))
        }
    }
}

/// Days with their figures.
pub(crate) fn days_table(days: &[Day]) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Day" } th.number scope="col" { "Reads" } th.number scope="col" { "Readers" } th.number scope="col" { "Reads by bots" } } }
            tbody {
                @for day in days.iter().rev() {
                    tr {
                        th scope="row" { (long_day(day.day)) }
                        td.number { (number(day.reads)) } td.number { (number(day.readers)) } td.number { (number(day.bot_reads)) }
                    }
                }
            }
        }
    }
}

fn top_table(top: &[Counted]) -> Markup {
    let most = top.first().map_or(1, |first| first.reads.max(1));
    html! {
        @if top.is_empty() { p { "Nobody has read an article in these days." } }
        @else {
            table.top {
                thead { tr { th scope="col" { "Article" } th.number scope="col" { "Reads" } th.number scope="col" { "Readers" } } }
                tbody {
                    @for article in top {
                        tr {
                            td {
                                a href=(format!("/article?id={}", encoded(&article.id))) dir="auto" { (article.name) }
                                svg.share viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
                                    rect width=(format!("{:.1}", article.reads as f64 / most as f64 * 100.0)) height="4" {}
                                }
                            }
                            td.number { (number(article.reads)) } td.number { (number(article.readers)) }
                        }
                    }
                }
            }
        }
    }
}

fn live_part(live: &Live) -> Markup {
    let total: i64 = live.minutes.iter().sum();
    html! {
        p {
            strong.figure { (number(live.active)) } " " (if live.active == 1 { "person has" } else { "people have" })
            " read something in the last " (ACTIVE_MINUTES) " minutes; " (counted(total, "read", "reads")) " in the last " (LIVE_MINUTES) "."
        }
        (chart::minutes(&live.minutes))
        p.note.ends { span { (LIVE_MINUTES) " minutes ago" } span { "now" } }
    }
}

fn welcome(presenter: &Presenter, host: &str) -> Markup {
    let event = format!(
        r#"curl http://{host}/v1/events -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' -d '{{"context": {{"anonymous_id": "a1"}}, "events": [{{"event": "{}", "payload": {{"{}": "/articles/elk"}}}}]}}'"#,
        presenter.options.example_key, presenter.options.article_event, presenter.options.article_field
    );
    html! {
        h1 { "How many people read the article, per day?" }
        p.lead { "Nobody knows yet: no article has been read. Send the first event, and look again." }
        h2 { "Send one" }
        pre { code { (event) } }
        p.note { "What " a href=(Links::Server.event(&presenter.options.article_event)) { code { (presenter.options.article_event) } } " means, and which fields it has" }
        h2 { "Or bring what you have" }
        pre { code { "judi import access.log --input combined" } }
    }
}

/// Where the reader found this server, for commands that can be copied.
pub(crate) fn host(headers: &HeaderMap) -> &str {
    headers.get(axum::http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:8080")
}

/// Text as a value in a query string.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
