//! What judi.toml says of the Event API, as its crate takes it.

use std::sync::Arc;
use std::time::Duration;

use judi_collect::{CollectOptions, Collector, CookieOptions, Key, Limits, PathPrefix, SegmentLimits, Tls};
use tokio::signal::unix::{SignalKind, signal};

use crate::config;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::stack::Stack;

/// How often the files of the certificate are looked at.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(60);

/// Keys, limits, cookie and paths.
pub(super) fn options(project: &Project) -> Result<CollectOptions, Failure> {
    let config = &project.config.collect;
    Ok(CollectOptions {
        keys: config.keys.iter().map(key).collect::<Result<_, _>>()?,
        limits: limits(&config.limits),
        clock_tolerance: project.config.judge.clock_tolerance.0,
        path_prefix: path_prefix(project)?,
        cookie: (!config.cookie.name.is_empty()).then(|| CookieOptions {
            name: config.cookie.name.clone(),
            domain: config.cookie.domain.clone(),
            max_age: config.cookie.max_age.0,
            needs_consent: config.cookie.needs_consent,
        }),
        robots: config.robots.clone(),
        usage_path: Some(project.state_dir().join("usage.json")),
        ..CollectOptions::default()
    })
}

/// First parts of paths that stand for something.
const OWN_PATHS: [&str; 14] = [
    "v1",
    "b",
    "pixel",
    "beacon",
    "health",
    "metrics",
    "robots.txt",
    "inspect",
    "api",
    "assets",
    "events",
    "sql",
    "quarantine",
    "loss",
];

/// The beginning of the paths that are served once more; `None`: none is.
pub(super) fn path_prefix(project: &Project) -> Result<Option<PathPrefix>, Failure> {
    let text = &project.config.collect.path_prefix;
    if text.is_empty() {
        return Ok(None);
    }
    let first = text.trim_start_matches('/').split('/').next().unwrap_or_default();
    if OWN_PATHS.contains(&first) || first.starts_with('.') {
        let failure =
            Failure::usage(format!("collect.path_prefix: {text:?} begins like a path that is served already"));
        return Err(failure.hint("a first part that is not one of Judi's own paths, as in \"/t\""));
    }
    PathPrefix::parse(text).map(Some).ok_or_else(|| {
        Failure::usage(format!("collect.path_prefix: {text:?} is no beginning of a path"))
            .hint("letters, digits, \"-\", \"_\", \".\" and \"/\", as in \"/t\"")
    })
}

/// The certificate, where one is configured.
pub(super) fn tls(stack: &Stack) -> Result<Option<Arc<Tls>>, Failure> {
    let config = &stack.project.config.http.tls;
    let (cert, key) = match (config.cert.as_str(), config.key.as_str()) {
        ("", "") => return Ok(None),
        ("", _) | (_, "") => {
            return Err(Failure::usage("http.tls: `cert` and `key` go together")
                .hint("name the files of the certificate chain and of its private key, both in PEM form"));
        }
        (cert, key) => (stack.project.dir.join(cert), stack.project.dir.join(key)),
    };
    let opened = Tls::open(Arc::clone(&stack.world.disk), &cert, &key);
    opened.map(Some).map_err(|error| Failure::from_error(Exit::Usage, "http.tls", &error))
}

/// Takes a certificate that was renewed: within a minute, or at once on SIGHUP.
pub(super) async fn renew(tls: Arc<Tls>) {
    let mut asked = signal(SignalKind::hangup()).ok();
    loop {
        let asked_now = async {
            match &mut asked {
                Some(asked) => _ = asked.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(RENEWAL_INTERVAL) => {}
            () = asked_now => {}
        }
        let renewing = Arc::clone(&tls);
        match tokio::task::spawn_blocking(move || renewing.reload()).await {
            Ok(Ok(true)) => tracing::info!("new connections get the renewed certificate"),
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => tracing::error!(%error, "the certificate from before stays in use"),
        }
    }
}

/// Keeps what the keys have used of their quotas.
pub(super) fn save_usage(collector: &Collector) {
    if let Err(error) = collector.save_usage() {
        tracing::warn!(%error, "what keys used today could not be kept: a restart will not know it");
    }
}

fn key(key: &config::WriteKey) -> Result<Key, Failure> {
    let not_positive = |value: Option<f64>| value.is_some_and(|value| !value.is_finite() || value <= 0.0);
    for (name, value) in [("events_per_second", key.events_per_second), ("burst", key.burst)] {
        if not_positive(value) {
            return Err(Failure::usage(format!("collect.keys: {name} of {:?} is not a number above 0", key.name))
                .hint("leave it out for no limit; `enabled = false` keeps a key from writing"));
        }
    }
    Ok(Key {
        key: key.key.clone(),
        name: key.name.clone(),
        enabled: key.enabled,
        origins: key.origins.clone(),
        events_per_second: key.events_per_second,
        burst: key.burst,
        events_per_day: key.events_per_day,
        in_flight_bytes: key.in_flight.map(config::Size::as_usize),
    })
}

fn limits(limits: &config::Limits) -> Limits {
    let limits = Limits {
        event_bytes: limits.event.as_usize(),
        batch_bytes: limits.batch.as_usize(),
        inflated_bytes: limits.inflated_batch.as_usize(),
        batch_events: limits.batch_events,
        in_flight_bytes: limits.in_flight.as_usize(),
        segment: SegmentLimits {
            event_bytes: limits.segment_event.as_usize(),
            batch_bytes: limits.segment_batch.as_usize(),
            batch_events: limits.segment_batch_events,
        },
        ..Limits::default()
    };
    limits.with_room_for_one()
}
