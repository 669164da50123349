//! `POST /api/v1/sql`: rows for programs, as a stream.

use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use judi_engine::output::{Format, Writer};
use judi_engine::{EngineError, Parameters, Rows};
use serde::Deserialize;
use serde_json::json;

use crate::layout;
use crate::presenter::{AskError, Presenter};

/// A question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    sql: String,
    #[serde(default)]
    format: Answer,
}

/// The form of the rows.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    /// One JSON object a line.
    #[default]
    Json,
    /// RFC 4180 with a header.
    Csv,
}

impl Answer {
    const fn format(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Csv => Format::Csv,
        }
    }
}

/// The service API.
pub(crate) async fn query(
    State(presenter): State<Arc<Presenter>>,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Response {
    match asked {
        Ok(Json(asked)) => rows(&presenter, &asked).await,
        Err(rejection) => {
            let hint = r#"send {"sql": "SELECT 1", "format": "json"} as application/json; format is json or csv"#;
            refusal(rejection.status(), "unreadable_request", &rejection.body_text(), Some(hint))
        }
    }
}

/// The same by a link, as a file.
pub(crate) async fn download(
    State(presenter): State<Arc<Presenter>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = match asked {
        Ok(Query(asked)) => asked,
        Err(rejection) => {
            let hint = "an address such as /sql/download?format=csv&sql=SELECT%201; format is json or csv";
            return refusal(rejection.status(), "unreadable_request", &rejection.body_text(), Some(hint));
        }
    };
    let name = if asked.format == Answer::Csv { "rows.csv" } else { "rows.json" };
    let mut response = rows(&presenter, &asked).await;
    if response.status().is_success()
        && let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
    {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

async fn rows(presenter: &Presenter, asked: &Asked) -> Response {
    let format = asked.format.format();
    let started = async {
        let catalog = presenter.catalog().await?;
        let options = presenter.query_options(None);
        let rows = presenter.engine().query(&catalog, &asked.sql, &Parameters::new(), &options).await?;
        Ok::<_, AskError>(pieces(rows, format).await?)
    };
    match started.await {
        Ok(pieces) => ([(header::CONTENT_TYPE, format.media_type())], Body::from_stream(pieces)).into_response(),
        Err(error) => problem(&error),
    }
}

fn problem(error: &AskError) -> Response {
    let (code, hint, place) = match error {
        AskError::Catalog(_) => ("tables_unavailable", None, None),
        AskError::Engine(engine) => ("query_failed", engine.hint(), engine.place()),
    };
    let message = match place {
        Some(place) => format!("line {}, column {}: {error}", place.line, place.column),
        None => error.to_string(),
    };
    refusal(layout::status(error), code, &message, hint.as_deref())
}

fn refusal(status: StatusCode, code: &str, message: &str, hint: Option<&str>) -> Response {
    (status, Json(json!({"error": code, "message": message, "hint": hint}))).into_response()
}

/// Rows as pieces of text. An error before the first of them is the answer's; one that comes later cuts the stream off, so
/// that nobody takes a part for all.
async fn pieces(
    rows: Rows,
    format: Format,
) -> Result<impl Stream<Item = Result<Bytes, EngineError>> + use<>, EngineError> {
    let writer = Writer::new(format, rows.schema(), Vec::new())?;
    let mut rows = rows.peekable();
    if let Some(error) = Pin::new(&mut rows).next_if(Result::is_err).await {
        error?;
    }
    Ok(stream::try_unfold((rows, Some(writer)), |(mut rows, writer)| async move {
        let Some(mut writer) = writer else { return Ok(None) };
        match rows.next().await {
            Some(batch) => {
                writer.write(&batch?)?;
                let piece = std::mem::take(writer.out());
                Ok(Some((Bytes::from(piece), (rows, Some(writer)))))
            }
            None => {
                let (_, rest) = writer.finish()?;
                Ok(Some((Bytes::from(rest), (rows, None))))
            }
        }
    }))
}
