//! The frame of every page: head, navigation, and how errors look.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use judi_engine::Fault;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::links::Links;
use crate::presenter::AskError;

/// The pages of the navigation.
const PAGES: [(&str, &str); 5] =
    [("/", "Articles"), ("/events", "Events"), ("/quarantine", "Quarantine"), ("/loss", "Loss"), ("/sql", "SQL")];

/// A whole page.
pub(crate) fn page(title: &str, path: &str, content: &Markup) -> Html<String> {
    let script = html! { script src="/assets/judi.js" defer {} };
    Html(document(title, Links::Server, &script, &navigation("/", &PAGES, path), content))
}

/// A page of the catalogue as a file; `script` runs where the file is opened.
pub(crate) fn file(title: &str, links: Links, path: &str, script: Option<&str>, content: &Markup) -> String {
    let (list, adoption) = (links.list(), links.adoption());
    let pages = [(list.as_str(), "Events"), (adoption.as_str(), "Releases")];
    // The text is the binary's own, and holds no end of a script.
    let script = html! { @if let Some(script) = script { script { (PreEscaped(script)) } } };
    document(title, links, &script, &navigation(&list, &pages, path), content)
}

fn navigation(home: &str, pages: &[(&str, &str)], path: &str) -> Markup {
    html! {
        a.brand href=(home) { "Judi" }
        nav aria-label="Pages" {
            @for (target, name) in pages {
                a href=(target) aria-current=[(*target == path).then_some("page")] { (name) }
            }
        }
    }
}

fn document(title: &str, links: Links, script: &Markup, navigation: &Markup, content: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Judi" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(links.style());
                @if links.is_server() { (script) }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header { (navigation) }
                main id="content" { (content) }
                // A file's script stands behind what it works on.
                @if !links.is_server() { (script) }
            }
        }
    };
    markup.into_string()
}

/// A page that says why there is no other.
pub(crate) fn failed(path: &str, error: &AskError) -> Response {
    let content = html! {
        h1 { "This page has no answer" }
        (explained(error))
        p { "Try again in a moment; " a href="/health/ready" { "the server's health" } " tells more." }
    };
    (status(error), page("No answer", path, &content)).into_response()
}

/// A page that says what is wrong with the request.
pub(crate) fn refused(path: &str, status: StatusCode, problem: &str) -> Response {
    let content = html! {
        h1 { "This cannot be asked" }
        div.problem role="alert" { p { (problem) } }
        p { a href=(path) { "Start again" } }
    };
    (status, page("Not understood", path, &content)).into_response()
}

/// An error with its place and its hint.
pub(crate) fn explained(error: &AskError) -> Markup {
    let (place, hint) = match error {
        AskError::Engine(engine) => (engine.place(), engine.hint()),
        AskError::Catalog(_) => (None, None),
    };
    html! {
        div.problem role="alert" {
            p {
                @if let Some(place) = place { "Line " (place.line) ", column " (place.column) ": " }
                (error.to_string())
            }
            @if let Some(hint) = hint { p.hint { "Hint: " (hint) } }
        }
    }
}

/// The status that tells whose turn it is.
pub(crate) fn status(error: &AskError) -> StatusCode {
    match error {
        AskError::Engine(judi_engine::EngineError::Timeout { .. }) => StatusCode::GATEWAY_TIMEOUT,
        AskError::Engine(engine) => match engine.fault() {
            Fault::User => StatusCode::BAD_REQUEST,
            Fault::External => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        },
        AskError::Catalog(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
