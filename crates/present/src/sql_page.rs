//! `/sql`: a question in SQL, its rows, and what there is to ask about.

use std::sync::Arc;

use arrow::datatypes::Field;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use judi_engine::output::{Format, Writer};
use judi_engine::{Catalog, Kind, Parameters};
use maud::{Markup, html};
use serde::Deserialize;

use crate::format::{counted, shortened};
use crate::front_page::encoded;
use crate::layout;
use crate::links::Links;
use crate::presenter::{AskError, Presenter};

/// Rows that the page shows; more can be downloaded.
const SHOWN_ROWS_MAX: usize = 1_000;

/// Rows that are turned into text at a time.
const WRITTEN_ROWS: usize = 100;

/// Text of the rows that the page shows, in bytes; it ends soon after: a browser has to lay it out.
const SHOWN_BYTES_MAX: usize = 2 << 20;

/// Characters of a value that are shown.
const CELL_CHARACTERS: usize = 1_000;

/// A value of more characters than this is set in several lines.
const LONG_CHARACTERS: usize = 40;

/// The longest question that a link carries, in bytes of the address: servers and proxies before this one may take no more.
const LINK_BYTES_MAX: usize = 4_000;

/// What is asked.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    sql: String,
}

/// The rows that are shown.
struct Shown {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    has_more: bool,
}

/// A column of the result.
struct Column {
    name: String,
    is_number: bool,
}

/// The page, by a link.
pub(crate) async fn by_link(
    State(presenter): State<Arc<Presenter>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    match asked {
        Ok(Query(asked)) => answer(&presenter, &asked.sql).await,
        Err(rejection) => layout::refused("/sql", rejection.status(), &rejection.body_text()),
    }
}

/// The page, by its form: long questions do not fit an address.
pub(crate) async fn by_form(
    State(presenter): State<Arc<Presenter>>,
    asked: Result<Form<Asked>, FormRejection>,
) -> Response {
    match asked {
        Ok(Form(asked)) => answer(&presenter, &asked.sql).await,
        Err(rejection) => layout::refused("/sql", rejection.status(), &rejection.body_text()),
    }
}

async fn answer(presenter: &Presenter, sql: &str) -> Response {
    let catalog = match presenter.catalog().await {
        Ok(catalog) => catalog,
        Err(error) => return layout::failed("/sql", &error),
    };
    let result = if sql.trim().is_empty() { None } else { Some(run(presenter, &catalog, sql).await) };
    let status = match &result {
        Some(Err(error)) => layout::status(error),
        _ => StatusCode::OK,
    };
    (status, layout::page("SQL", "/sql", &content(presenter, &catalog, sql, result.as_ref()))).into_response()
}

async fn run(presenter: &Presenter, catalog: &Catalog, sql: &str) -> Result<Shown, AskError> {
    let mut rows = presenter.engine().query(catalog, sql, &Parameters::new(), &presenter.query_options(None)).await?;
    let column = |field: &Arc<Field>| Column { name: field.name().clone(), is_number: field.data_type().is_numeric() };
    let columns = rows.schema().fields().iter().map(column).collect();
    // CSV is the text of every value; reading it back gives the cells.
    let mut writer = Writer::new(Format::Csv, rows.schema(), Vec::new())?;
    let mut count = 0;
    let mut has_more = false;
    'rows: while let Some(batch) = rows.next().await {
        let batch = batch?;
        let mut from = 0;
        while from < batch.num_rows() {
            let taken = (batch.num_rows() - from).min(WRITTEN_ROWS).min(SHOWN_ROWS_MAX - count);
            if taken == 0 || writer.out().len() >= SHOWN_BYTES_MAX {
                has_more = true;
                break 'rows;
            }
            writer.write(&batch.slice(from, taken))?;
            count += taken;
            from += taken;
        }
    }
    let (_, text) = writer.finish()?;
    Ok(Shown { columns, rows: cells(&String::from_utf8_lossy(&text)).into_iter().skip(1).collect(), has_more })
}

/// The cells of RFC 4180 text.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    rows
}

fn content(presenter: &Presenter, catalog: &Catalog, sql: &str, result: Option<&Result<Shown, AskError>>) -> Markup {
    let view = &presenter.options.article_event;
    let example = format!(
        "SELECT date, count(*) FILTER (WHERE NOT is_bot) AS reads,\n       count(DISTINCT anonymous_id) FILTER (WHERE NOT is_bot) AS readers\nFROM {view}\nGROUP BY date ORDER BY date DESC"
    );
    let shown = if sql.trim().is_empty() { &example } else { sql };
    html! {
        h1 { "SQL" }
        form method="post" action="/sql" {
            label for="sql" { "Ask the tables; questions only read." }
            textarea id="sql" name="sql" rows=(shown.lines().count().clamp(4, 16)) spellcheck="false" autocapitalize="off" autocomplete="off" required { (shown) }
            p { button type="submit" { "Ask" } }
        }
        @match result {
            Some(Err(error)) => { (layout::explained(error)) }
            Some(Ok(rows)) => { (result_table(rows, sql)) }
            None => {}
        }
        section aria-labelledby="names" {
            h2 id="names" { "What there is to ask about" }
            ul.names {
                @for (name, kind) in catalog.names() {
                    li {
                        a href=(format!("/sql?sql={}", encoded(&format!("SELECT * FROM {name} LIMIT 20")))) { code { (name) } }
                        " " span.note { @match kind { Kind::Table => { "table" } Kind::View => { a href=(Links::Server.event(name)) { "event" } } } " · "
                            a href=(format!("/sql?sql={}", encoded(&format!("DESCRIBE {name}")))) { "columns" } }
                    }
                }
            }
        }
    }
}

fn result_table(shown: &Shown, sql: &str) -> Markup {
    html! {
        section aria-labelledby="rows" {
            h2 id="rows" { @if shown.has_more { "The first " } (counted(i64::try_from(shown.rows.len()).unwrap_or(i64::MAX), "row", "rows")) }
            @let question = encoded(sql);
            @if question.len() > LINK_BYTES_MAX { p.note { "The question is too long for a link; programs send it to " code { "POST /api/v1/sql" } "." } }
            @else { p.choices {
                @for (format, name) in [("csv", "CSV"), ("json", "JSON")] {
                    a href=(format!("/sql/download?format={format}&sql={question}")) { "Download " @if shown.has_more { "all " } "as " (name) }
                }
            } }
            div.wide tabindex="0" role="region" aria-label="Rows" {
                table {
                    thead { tr { @for column in &shown.columns { th.number[column.is_number] scope="col" { (column.name) } } } }
                    tbody { @for row in &shown.rows { tr { @for (column, cell) in shown.columns.iter().zip(row) {
                        td.number[column.is_number].long[cell.chars().nth(LONG_CHARACTERS).is_some()] dir="auto" { (shortened(cell, CELL_CHARACTERS)) }
                    } } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_back_as_they_were_written() {
        assert_eq!(cells("a,b\n\"x,\"\"y\"\"\nz\",\n"), [vec!["a", "b"], vec!["x,\"y\"\nz", ""]]);
    }
}
