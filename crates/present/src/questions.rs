//! What the pages ask, in SQL. Names are quoted, values are parameters.

mod events;

use std::fmt::Write;

use judi_engine::{DAY_US, LOSS_TABLE, Parameter, Parameters};

pub(crate) use events::{
    Asking, COMMITS_TABLE, RELEASE_ROWS, filled, last_commit, last_days, releases, version_days, volumes,
};

use crate::presenter::{PageOptions, Question};

/// An event may be received this long before or after it says it happened and still be found; it keeps the
/// questions to the files of a few days.
const RECEIVED_WITHIN_US: i64 = 3 * DAY_US;

/// Rows of a list on a page.
const LIST_ROWS: usize = 20;

/// Releases that the page of losses shows.
pub(crate) const LOSS_RELEASES: usize = 50;

/// Refused events that are shown.
const REFUSED_ROWS: usize = 50;

/// A question with its parameters.
pub(crate) type Asked = (Question, Parameters);

/// Moments between which something happened, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
}

/// Reads, readers and reads by bots per day.
pub(crate) fn days(options: &PageOptions, window: Window, article: Option<&str>) -> Asked {
    let only = article.map_or(String::new(), |_| format!(" AND {} = @article", quoted(&options.article_field)));
    let sql = format!(
        "SELECT date, count(*) FILTER (WHERE NOT is_bot) AS reads, \
         count(DISTINCT anonymous_id) FILTER (WHERE NOT is_bot) AS readers, count(*) FILTER (WHERE is_bot) AS bot_reads \
         FROM {} WHERE {IN_WINDOW}{only} GROUP BY date ORDER BY date",
        quoted(&options.article_event)
    );
    asked(sql, window, article)
}

/// The moment of the last read before `before_us`, bots' included: a device whose clock is years ahead is not the last.
pub(crate) fn last_read(options: &PageOptions, before_us: i64) -> Asked {
    let sql =
        format!("SELECT max(event_time) AS last FROM {} WHERE event_time < @before", quoted(&options.article_event));
    let parameters = Parameters::new().with("before", Parameter::Moment(before_us));
    (Question { sql, parameters: before_us.to_string() }, parameters)
}

/// The most read articles: (id, title, reads, readers).
pub(crate) fn top_articles(options: &PageOptions, window: Window) -> Asked {
    let title = options.title_field.as_deref().map_or("NULL".to_owned(), |field| format!("max({})", quoted(field)));
    let id = quoted(&options.article_field);
    let sql = format!(
        "SELECT {id} AS id, CAST({title} AS VARCHAR) AS name, count(*) AS reads, count(DISTINCT anonymous_id) AS readers \
         FROM {} WHERE {IN_WINDOW} AND NOT is_bot GROUP BY {id} ORDER BY reads DESC, id LIMIT {LIST_ROWS}",
        quoted(&options.article_event)
    );
    asked(sql, window, None)
}

/// An article's title.
pub(crate) fn article_title(options: &PageOptions, window: Window, article: &str) -> Asked {
    let title = options.title_field.as_deref().map_or("NULL".to_owned(), |field| format!("max({})", quoted(field)));
    let id = quoted(&options.article_field);
    let sql = format!(
        "SELECT @article AS id, CAST({title} AS VARCHAR) AS name, count(*) AS reads, count(DISTINCT anonymous_id) AS readers \
         FROM {} WHERE {IN_WINDOW} AND {id} = @article AND NOT is_bot",
        quoted(&options.article_event)
    );
    asked(sql, window, Some(article))
}

/// Where an article's readers came from, or what they read it on: counts by an expression over the envelope.
pub(crate) fn breakdown(options: &PageOptions, window: Window, article: &str, expression: &str) -> Asked {
    let sql = format!(
        "SELECT {expression} AS id, CAST(NULL AS VARCHAR) AS name, count(*) AS reads, count(DISTINCT anonymous_id) AS readers \
         FROM {} WHERE {IN_WINDOW} AND {} = @article AND NOT is_bot GROUP BY 1 ORDER BY reads DESC, id LIMIT {LIST_ROWS}",
        quoted(&options.article_event),
        quoted(&options.article_field)
    );
    asked(sql, window, Some(article))
}

/// Reads by people in each minute.
pub(crate) fn live_minutes(options: &PageOptions, window: Window) -> Asked {
    let sql = format!(
        "SELECT date_trunc('minute', event_time) AS minute, count(*) AS reads FROM {} \
         WHERE {IN_WINDOW} AND NOT is_bot GROUP BY 1 ORDER BY 1",
        quoted(&options.article_event)
    );
    asked(sql, window, None)
}

/// People who read something.
pub(crate) fn active_readers(options: &PageOptions, window: Window) -> Asked {
    let sql = format!(
        "SELECT count(DISTINCT anonymous_id) AS readers FROM {} WHERE {IN_WINDOW} AND NOT is_bot",
        quoted(&options.article_event)
    );
    asked(sql, window, None)
}

/// What was refused, by reason and event: (reason, event, count, 0).
pub(crate) fn refused_by_reason() -> Asked {
    let sql = format!(
        "SELECT coalesce(reason, '') AS id, coalesce(event, '') AS name, count(*) AS reads, CAST(0 AS BIGINT) AS readers \
         FROM quarantine GROUP BY 1, 2 ORDER BY reads DESC, id, name LIMIT {REFUSED_ROWS}"
    );
    (Question { sql, parameters: String::new() }, Parameters::new())
}

/// The last that were refused.
pub(crate) fn refused_last() -> Asked {
    let sql = format!(
        "SELECT received_at, event, reason, detail, source, payload FROM quarantine \
         ORDER BY received_at DESC, event_id LIMIT {REFUSED_ROWS}"
    );
    (Question { sql, parameters: String::new() }, Parameters::new())
}

/// What was lost by day, newest first: (date, events, lost).
pub(crate) fn loss_days() -> Asked {
    let sql = format!(
        "SELECT date, CAST(sum(events) AS BIGINT) AS events, CAST(sum(lost) AS BIGINT) AS lost FROM {LOSS_TABLE} \
         GROUP BY date ORDER BY date DESC"
    );
    (Question { sql, parameters: String::new() }, Parameters::new())
}

/// What was lost by release, the worst first: (app, app_version, platform, sdk, sdk_version, events, lost).
pub(crate) fn loss_releases() -> Asked {
    let sql = format!(
        "SELECT app, app_version, platform, sdk, sdk_version, CAST(sum(events) AS BIGINT) AS events, \
         CAST(sum(lost) AS BIGINT) AS lost FROM {LOSS_TABLE} GROUP BY 1, 2, 3, 4, 5 \
         ORDER BY lost DESC, events DESC, 1, 2, 3, 4, 5 LIMIT {LOSS_RELEASES}"
    );
    (Question { sql, parameters: String::new() }, Parameters::new())
}

/// Times that prune files are in it twice: when it happened, and when it can have been received.
const IN_WINDOW: &str = "event_time >= @from AND event_time < @to AND received_at >= @received_from";

fn asked(sql: String, window: Window, article: Option<&str>) -> Asked {
    let mut parameters = Parameters::new()
        .with("from", Parameter::Moment(window.from_us))
        .with("to", Parameter::Moment(window.to_us))
        .with("received_from", Parameter::Moment(window.from_us.saturating_sub(RECEIVED_WITHIN_US)));
    let mut key = format!("{} {}", window.from_us, window.to_us);
    if let Some(article) = article {
        parameters = parameters.with("article", Parameter::Text(article.to_owned()));
        let _ = write!(key, " {article}");
    }
    (Question { sql, parameters: key }, parameters)
}

/// A name as SQL takes any name.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_quote_stays_one_name() {
        assert_eq!(quoted("a\" OR \"b"), "\"a\"\" OR \"\"b\"");
    }
}
