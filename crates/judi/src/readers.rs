//! The log's readers over HTTP: `GET /v1/subscribe`, and the inspector in development.

use std::sync::Arc;

use axum::Router;
use judi_collect::Collector;
use judi_log::Log;
use judi_present::Inspection;
use judi_schema::schemas::Schemas;
use judi_subscribe::{
    Inspector, Refused, RefusedSource, SubscribeOptions, SubscribeParts, inspect_router, no_inspector_router,
    subscribe_router,
};
use tokio::sync::watch;

use crate::failure::{Exit, Failure};
use crate::serving::ServeMode;
use crate::stack::Stack;

/// Events of either kind that the inspector's page shows when it is opened.
const PAGE_EVENTS: usize = 50;

/// The routes, and what the inspector's page shows where there is one.
pub fn routers(
    stack: &Arc<Stack>,
    collector: &Arc<Collector>,
    token: &str,
    mode: ServeMode,
    stopping: &watch::Receiver<bool>,
) -> Result<(Router, Option<Inspection>), Failure> {
    let config = &stack.project.config;
    let host = config.http.host.as_str();
    let is_loopback = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    let options = SubscribeOptions {
        tokens: config.subscribe.tokens.clone(),
        owner_token: Some(token.to_owned()),
        open_without_token: is_loopback,
        subscribers_max: config.subscribe.subscribers,
        slow_timeout: config.subscribe.slow_timeout.0,
        ..SubscribeOptions::default()
    };
    let known = Arc::clone(&stack.schemas);
    let schemas: Arc<dyn Fn() -> Arc<Schemas> + Send + Sync> = Arc::new(move || known.get());
    let log = Arc::clone(&stack.log) as Arc<dyn Log>;
    let parts =
        SubscribeParts { log: Arc::clone(&log), schemas: Arc::clone(&schemas), options, stopping: stopping.clone() };
    let (subscribe, figures) = subscribe_router(parts);
    collector.tell_metrics(figures);
    if mode == ServeMode::Ordinary {
        return Ok((subscribe.merge(no_inspector_router()), None));
    }
    let inspector = Inspector::new(log, schemas, refusals(collector))
        .map_err(|error| Failure::from_error(Exit::Outside, "the inspector", &error))?;
    let inspector = Arc::new(inspector);
    let shown = Arc::clone(&inspector);
    let inspection: Inspection = Arc::new(move || {
        let text = |error: judi_subscribe::FeedError| error.to_string();
        let as_json = |shown: Vec<judi_subscribe::Shown>| {
            shown.iter().map(|shown| serde_json::to_value(shown).unwrap_or_default()).collect()
        };
        let counts = shown.counts().map_err(text)?;
        Ok(judi_present::Inspected {
            good: counts.good,
            bad: counts.bad,
            latest_good: as_json(shown.good(None, PAGE_EVENTS).map_err(text)?),
            latest_bad: as_json(shown.bad(None, PAGE_EVENTS).map_err(text)?),
        })
    });
    Ok((subscribe.merge(inspect_router(inspector)), Some(inspection)))
}

/// What the Event API refused lately, as the inspector shows it.
fn refusals(collector: &Arc<Collector>) -> RefusedSource {
    let collector = Arc::clone(collector);
    Arc::new(move || {
        let recent = collector.numbered_refusals().into_iter();
        let shown = recent.map(|(number, refusal)| Refused {
            number,
            at: refusal.at,
            path: refusal.path,
            key: refusal.key.unwrap_or_default(),
            reason: refusal.reason.to_owned(),
            detail: match refusal.event_id {
                Some(event_id) => format!("event {event_id}: {}", refusal.detail),
                None => refusal.detail,
            },
        });
        shown.collect()
    })
}
