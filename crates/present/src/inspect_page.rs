//! `/inspect`: what an app under test sends, while it sends it, with what is wrong spelled out. In development only.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde_json::Value;

use crate::format::{counted, readable};
use crate::layout;
use crate::router::guarded;

const SCRIPT: &str = include_str!("../assets/inspect.js");

/// Characters of a payload that are shown.
const PAYLOAD_CHARACTERS: usize = 2_000;

/// What the page shows when it is opened. Events are objects as the stream carries them.
#[derive(Debug, Clone, Default)]
pub struct Inspected {
    /// Events that fit, since the last reset.
    pub good: u64,
    /// Events that do not, and requests that were refused.
    pub bad: u64,
    /// The newest good ones, oldest first.
    pub latest_good: Vec<Value>,
    /// The newest bad ones, oldest first.
    pub latest_bad: Vec<Value>,
}

/// Says what has come, or for people why it can't. May read the disk.
pub type Inspection = Arc<dyn Fn() -> Result<Inspected, String> + Send + Sync>;

/// The page and its script.
pub fn inspect_router(inspection: Inspection) -> Router {
    Router::new()
        .route("/inspect", get(inspect))
        .route("/assets/inspect.js", get(script))
        .layer(middleware::from_fn(guarded))
        .with_state(inspection)
}

async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

async fn inspect(State(inspection): State<Inspection>) -> Response {
    match tokio::task::spawn_blocking(move || inspection()).await {
        Ok(Ok(inspected)) => layout::page("Inspector", "/inspect", &content(&inspected)).into_response(),
        Ok(Err(problem)) => layout::refused("/inspect", StatusCode::SERVICE_UNAVAILABLE, &problem),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn content(inspected: &Inspected) -> Markup {
    let mut latest: Vec<&Value> = inspected.latest_good.iter().chain(&inspected.latest_bad).collect();
    // Times of one zone and form are in order as text.
    latest.sort_by_key(|event| std::cmp::Reverse(text(event, "received_at").to_owned()));
    html! {
        h1 { "Inspector" }
        p.lead id="counts" role="status" { (counts(inspected)) }
        p.note { "Every event that reaches this server, at once. Tests read " code { "/inspect/good" } ", " code { "/inspect/bad" } " and " code { "/inspect/all" } ", or run " code { "judi expect" } "." }
        // Shown by the script, which they need.
        form.inspecting id="controls" hidden {
            label { input type="checkbox" id="only-bad"; " Only what is wrong" }
            label { input type="checkbox" id="paused"; " Hold" }
            button type="button" id="reset" { "Start over" }
        }
        section aria-label="Events" id="events" {
            @for event in &latest { (shown(event)) }
            @if latest.is_empty() { p id="nothing" { "Nothing has come yet. Send an event, or open the app." } }
        }
        template id="event" { (shown(&Value::Null)) }
        script src="/assets/inspect.js" defer {}
    }
}

fn counts(inspected: &Inspected) -> String {
    let good = i64::try_from(inspected.good).unwrap_or(i64::MAX);
    format!("{}, {} wrong.", counted(good, "good event", "good events"), inspected.bad)
}

/// One event; the template of the script is that of no event.
fn shown(event: &Value) -> Markup {
    let status = text(event, "status");
    let payload = event.get("payload").map(|payload| readable(payload.to_string().as_bytes(), PAYLOAD_CHARACTERS));
    html! {
        article.inspected data-status=(status) {
            p {
                strong.status { (status) } " " code.event dir="auto" { (text(event, "event")) } " "
                time.note { (text(event, "received_at")) }
            }
            p.detail dir="auto" hidden[text(event, "detail").is_empty()] {
                code.reason { (text(event, "reason")) } " " span.why { (text(event, "detail")) }
            }
            p.note.id dir="auto" { (text(event, "event_id")) }
            pre hidden[payload.is_none()] { code.payload dir="auto" { (payload.unwrap_or_default()) } }
        }
    }
}

fn text<'a>(event: &'a Value, name: &str) -> &'a str {
    event.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_event_is_first_and_what_is_wrong_is_spelled_out() {
        let good = json!({"status": "ok", "event": "page_view", "received_at": "2026-11-23T08:00:01Z", "payload": {"path": "/<b>"}});
        let bad = json!({"status": "quarantined", "event": "page_view", "received_at": "2026-11-23T08:00:02Z",
                         "reason": "constraint", "detail": "percent: 101 is over 100"});
        let page =
            content(&Inspected { good: 1, bad: 1, latest_good: vec![good], latest_bad: vec![bad] }).into_string();
        assert!(page.find("101 is over 100").unwrap() < page.find("/&lt;b&gt;").unwrap(), "{page}");
        assert!(page.contains("1 good event, 1 wrong."));
    }
}
