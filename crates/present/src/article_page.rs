//! `/article?id=…`: one article, for its author.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::figures::{self, Counted, Day};
use crate::format::{counted, long_day, number, shortened, times};
use crate::front_page::days_table;
use crate::period::{CHART_DAYS, Period};
use crate::presenter::{AskError, Presenter};
use crate::{chart, layout, questions};

/// The longest id that is asked for, in bytes: an event's limit leaves room for no longer one.
const ID_BYTES_MAX: usize = 32_000;

/// Characters of a headline that the window's title repeats.
const TITLE_CHARACTERS: usize = 120;

/// What readers are divided by: a heading, what the rows are, and an expression over the envelope. The host of a referrer is what
/// stands between its slashes.
const BREAKDOWNS: [(&str, &str, &str); 3] = [
    ("Where they came from", "Site", "coalesce(nullif(split_part(referrer, '/', 3), ''), 'no referrer')"),
    ("By campaign", "Campaign", "coalesce(utm_campaign, 'none')"),
    ("Read on", "Platform", "coalesce(platform, 'unknown')"),
];

/// Which article.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    id: String,
}

struct Shown {
    today: i32,
    title: Counted,
    days: Vec<Day>,
    breakdowns: Vec<(&'static str, &'static str, Vec<Counted>)>,
    last: i32,
}

/// The page.
pub(crate) async fn article(
    State(presenter): State<Arc<Presenter>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = match asked {
        Ok(Query(asked)) => asked,
        Err(rejection) => return layout::refused("/", rejection.status(), &rejection.body_text()),
    };
    if asked.id.is_empty() || asked.id.len() > ID_BYTES_MAX {
        return unknown();
    }
    match load(&presenter, &asked.id).await {
        Ok(Some(shown)) => {
            layout::page(&shortened(&shown.title.name, TITLE_CHARACTERS), "/article", &content(&shown)).into_response()
        }
        Ok(None) => unknown(),
        Err(error) => layout::failed("/article", &error),
    }
}

fn unknown() -> Response {
    let content = html! {
        h1 { "No such article" }
        p { "Nobody has read an article with this id in the days that are shown. " a href="/" { "The most read articles" } }
    };
    (StatusCode::NOT_FOUND, layout::page("No such article", "/article", &content)).into_response()
}

async fn load(presenter: &Presenter, id: &str) -> Result<Option<Shown>, AskError> {
    let options = &presenter.options;
    let zone = presenter.catalog().await?.zone();
    let today = zone.day_of(presenter.now().0).unwrap_or(0);
    let (question, parameters) =
        questions::last_read(options, zone.day_start(today.saturating_add(1)).unwrap_or(i64::MAX));
    let last = figures::moment(&presenter.ask(question, &parameters).await?).and_then(|last| zone.day_of(last));
    let period = Period::ending(last.unwrap_or(today), CHART_DAYS);
    let window = period.window(zone);
    let (question, parameters) = questions::days(options, window, Some(id));
    let found = figures::days(&presenter.ask(question, &parameters).await?);
    if found.is_empty() {
        return Ok(None);
    }
    let (question, parameters) = questions::article_title(options, window, id);
    let title = figures::counted(&presenter.ask(question, &parameters).await?).into_iter().next();
    let Some(title) = title else { return Ok(None) };
    let mut breakdowns = Vec::with_capacity(BREAKDOWNS.len());
    for (heading, noun, expression) in BREAKDOWNS {
        let (question, parameters) = questions::breakdown(options, window, id, expression);
        breakdowns.push((heading, noun, figures::counted(&presenter.ask(question, &parameters).await?)));
    }
    Ok(Some(Shown { today, title, days: period.fill(&found), breakdowns, last: period.last }))
}

fn content(shown: &Shown) -> Markup {
    html! {
        h1 dir="auto" { (shown.title.name) }
        @if shown.title.id != shown.title.name { p.note dir="auto" { (shown.title.id) } }
        p.lead {
            (counted(shown.title.readers, "person", "people")) " read it "
            (times(shown.title.reads)) " in the " (CHART_DAYS) " days to " (long_day(shown.last)) "."
        }
        section aria-labelledby="days" {
            h2 id="days" { "Reads and readers per day" }
            (chart::legend(&shown.days, shown.today))
            (chart::reads_per_day(&shown.days, shown.today))
            details { summary { "The same as a table" } (days_table(&shown.days)) }
        }
        div.columns {
            @for (heading, noun, rows) in &shown.breakdowns {
                section {
                    h2 { (heading) }
                    @if rows.is_empty() { p.note { "No people." } }
                    @else { table {
                        thead { tr { th scope="col" { (noun) } th.number scope="col" { "Reads" } th.number scope="col" { "Readers" } } }
                        tbody { @for row in rows { tr { td dir="auto" { (row.name) } td.number { (number(row.reads)) } td.number { (number(row.readers)) } } } }
                    } }
                }
            }
        }
    }
}
