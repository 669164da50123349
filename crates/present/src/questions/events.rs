//! What the catalogue's pages ask: how often each event comes, when it came last, and from which releases.

use std::fmt::Write;

use judi_engine::{EVENTS_TABLE, Parameter, Parameters, day_text};

use super::{Asked, IN_WINDOW, Window, asked, quoted};
use crate::presenter::Question;

/// Releases that are shown, those with most events.
pub(crate) const RELEASE_ROWS: usize = 200;

/// Where Judi counts what each commit added.
pub(crate) const COMMITS_TABLE: &str = "_judi.commits";

/// Which events a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking<'a> {
    /// Every event.
    All,
    /// One, by its name, which is its view's.
    One(&'a str),
}

impl Asking<'_> {
    /// The table, and its expression for the day of an event.
    fn source(self) -> (String, &'static str) {
        match self {
            Self::All => (EVENTS_TABLE.to_owned(), "local_date(event_time)"),
            Self::One(event) => (quoted(event), "date"),
        }
    }
}

/// Events on each of some days, and the last moment in them: (event, last, day, day, …). `starts` are the moments at
/// which the days begin, and the one at which the last of them ends.
pub(crate) fn volumes(starts: &[i64]) -> Asked {
    let window = Window { from_us: starts.first().copied().unwrap_or(0), to_us: starts.last().copied().unwrap_or(0) };
    let mut sql = "SELECT coalesce(event, '') AS event, max(event_time) AS last".to_owned();
    for at in 1..starts.len() {
        let from = at - 1;
        // Writing to a String cannot fail.
        let _ =
            write!(sql, ", count(*) FILTER (WHERE event_time >= @day{from} AND event_time < @day{at}) AS day{from}");
    }
    let _ = write!(sql, " FROM {EVENTS_TABLE} WHERE {IN_WINDOW} GROUP BY 1 ORDER BY 1");
    let (mut question, mut parameters) = asked(sql, window, None);
    for (at, start) in starts.iter().enumerate() {
        parameters = parameters.with(&format!("day{at}"), Parameter::Moment(*start));
        let _ = write!(question.parameters, " {start}");
    }
    (question, parameters)
}

/// Of every event the last day up to `today`, and how many there are in all: (event, day, events). A device whose clock is
/// years ahead is not the last.
pub(crate) fn last_days(today: i32) -> Asked {
    let sql = format!(
        "SELECT event, max(event_day) FILTER (WHERE event_day <= DATE '{}') AS last, sum(rows) AS events \
         FROM {COMMITS_TABLE} WHERE \"table\" = '{EVENTS_TABLE}' GROUP BY event ORDER BY event",
        day_text(today)
    );
    (Question { sql, parameters: String::new() }, Parameters::new())
}

/// When the last events came into the table.
pub(crate) fn last_commit() -> Asked {
    let sql = format!("SELECT max(committed_at) AS last FROM {COMMITS_TABLE}");
    (Question { sql, parameters: String::new() }, Parameters::new())
}

/// Events by day and version of the schema: (date, version, events, last).
pub(crate) fn version_days(asking: Asking<'_>, window: Window) -> Asked {
    let (source, day) = asking.source();
    let sql = format!(
        "SELECT {day} AS day, coalesce(schema_version, 0) AS version, count(*) AS events, max(event_time) AS last \
         FROM {source} WHERE {IN_WINDOW} GROUP BY 1, 2 ORDER BY 1, 2"
    );
    asked(sql, window, None)
}

/// Events by what sent them: (app, app_version, platform, sdk, sdk_version, version, events, people, last).
pub(crate) fn releases(asking: Asking<'_>, window: Window) -> Asked {
    let (source, _) = asking.source();
    let sql = format!(
        "SELECT coalesce(app, '') AS app, coalesce(app_version, '') AS app_version, coalesce(platform, '') AS platform, \
         coalesce(sdk, '') AS sdk, coalesce(sdk_version, '') AS sdk_version, coalesce(schema_version, 0) AS version, \
         count(*) AS events, count(DISTINCT anonymous_id) AS people, max(event_time) AS last \
         FROM {source} WHERE {IN_WINDOW} GROUP BY 1, 2, 3, 4, 5, 6 \
         ORDER BY events DESC, app, app_version, platform, sdk, sdk_version, version LIMIT {}",
        RELEASE_ROWS + 1
    );
    asked(sql, window, None)
}

/// In how many events each of these columns of an event's view is filled: (count, count, …). The default of a field that
/// cannot be unset counts as empty.
pub(crate) fn filled(event: &str, columns: &[&str], window: Window) -> Asked {
    let counts: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let text = format!("CAST({} AS VARCHAR)", quoted(column));
            format!("count(*) FILTER (WHERE {text} NOT IN ('', '0', '0.0', 'false')) AS filled{at}")
        })
        .collect();
    asked(format!("SELECT {} FROM {} WHERE {IN_WINDOW}", counts.join(", "), quoted(event)), window, None)
}
