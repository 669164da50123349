//! The pages' paths, and the headers that all of them carry.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::html;

use crate::format::shortened;
use crate::presenter::Presenter;
use crate::{
    adoption_page, article_page, event_page, events_page, front_page, layout, loss_page, quarantine_page, sql_api,
    sql_page,
};

pub(crate) const STYLE: &str = include_str!("../assets/judi.css");
const SCRIPT: &str = include_str!("../assets/judi.js");

/// The longest question, in bytes with the JSON or form around it.
const QUESTION_BYTES_MAX: usize = 256 * 1024;

/// Characters of an unknown path that are repeated.
const PATH_CHARACTERS: usize = 200;

/// Only what this server sends may run or be shown.
const CONTENT_SECURITY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
);

/// Pages and service API. What no path knows is answered by a page that says so.
pub fn router(presenter: Arc<Presenter>) -> Router {
    Router::new()
        .route("/", get(front_page::front))
        .route("/live", get(front_page::live))
        .route("/article", get(article_page::article))
        .route("/events", get(events_page::events))
        .route("/events/{name}", get(event_page::event))
        .route("/adoption", get(adoption_page::adoption))
        .route("/loss", get(loss_page::loss))
        .route("/quarantine", get(quarantine_page::quarantine))
        .route("/sql", get(sql_page::by_link).post(sql_page::by_form))
        .route("/sql/download", get(sql_api::download))
        .route("/api/v1/sql", post(sql_api::query))
        .route("/assets/judi.css", get(|| asset("text/css; charset=utf-8", STYLE)))
        .route("/assets/judi.js", get(|| asset("text/javascript; charset=utf-8", SCRIPT)))
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(QUESTION_BYTES_MAX))
        .layer(middleware::from_fn(guarded))
        .with_state(presenter)
}

pub(crate) async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    // Short, since the names are not of the content: a new binary's style is there within minutes.
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=300")], text).into_response()
}

async fn unknown(request: Request) -> Response {
    let content = html! {
        h1 { "No such page" }
        p { "There is nothing at " code { (shortened(request.uri().path(), PATH_CHARACTERS)) } ". " a href="/" { "The front page" } }
    };
    (StatusCode::NOT_FOUND, layout::page("No such page", "", &content)).into_response()
}
