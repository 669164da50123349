//! What a collector tells of itself: figures, health, what was refused lately, and what each key has used.

use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, StatusCode, Uri};
use judi_log::{AppendError, AppendResult};

use super::{Collector, MetricsText};
use crate::accept::Status;
use crate::batch::Settled;
use crate::recent::{RECENT_MAX, RecentRefusal};
use crate::refusal::Refusal;
use crate::telemetry::{KeyFigures, Now};
use crate::usage;

/// How long after a failed append the log counts as not writable. Nobody sends to a server that is not ready,
/// so only time can make it ready again.
const LOG_FAILURE_REMEMBERED: Duration = Duration::from_secs(5);

/// How much of a path is remembered of a refused request, in characters.
const PATH_CHARACTERS_MAX: usize = 200;

impl Collector {
    /// The requests and events that were refused last, oldest first; at most 1,000.
    #[must_use]
    pub fn recent_refusals(&self) -> Vec<RecentRefusal> {
        self.recent.all()
    }

    /// The same, each with its number: it tells what is new since the last look.
    #[must_use]
    pub fn numbered_refusals(&self) -> Vec<(u64, RecentRefusal)> {
        self.recent.numbered()
    }

    /// Keeps the day's count of the keys with a quota, where the options say so: to be called now and then, and at
    /// the end.
    ///
    /// # Errors
    /// The disk's; what was kept before stays.
    pub fn save_usage(&self) -> io::Result<()> {
        match &self.options.usage_path {
            Some(path) => usage::save(&*self.world.disk, path, &self.keys),
            None => Ok(()),
        }
    }

    /// Notes a request that has been answered.
    pub(crate) fn answered(&self, status: StatusCode, took: Duration) {
        self.telemetry.request(status, took);
    }

    /// Has `/metrics` tell the figures of another stage, too: text in Prometheus' form.
    pub fn tell_metrics(&self, figures: MetricsText) {
        self.more_metrics.lock().unwrap_or_else(PoisonError::into_inner).push(figures);
    }

    pub(crate) fn metrics(&self) -> String {
        let keys = self.keys.tenants().map(|tenant| {
            let (events, refused) = tenant.figures();
            KeyFigures { name: tenant.name(), events, refused }
        });
        let mut text = self.telemetry.render(&self.now(), keys.collect());
        let more = self.more_metrics.lock().unwrap_or_else(PoisonError::into_inner).clone();
        more.iter().for_each(|figures| text.push_str(&figures()));
        text
    }

    pub(crate) fn now(&self) -> Now {
        let failed_us = self.log_failed_us.load(Ordering::Relaxed);
        let since = self.monotonic().saturating_sub(Duration::from_micros(failed_us.saturating_sub(1)));
        Now {
            in_flight_requests: self.in_flight.requests(),
            in_flight_bytes: self.in_flight.bytes(),
            judge_lag: (self.judge_lag)(),
            log_writable: failed_us == 0 || since >= LOG_FAILURE_REMEMBERED,
        }
    }

    /// Remembers a request that was refused as a whole.
    pub(crate) fn note_refusal(&self, uri: &Uri, headers: &HeaderMap, refusal: &Refusal) {
        let tenant = self.tenant(uri, headers);
        if let Some(tenant) = tenant {
            tenant.note_refused();
        }
        let key = match refusal {
            Refusal::DisabledKey { name }
            | Refusal::ForeignOrigin { name, .. }
            | Refusal::OverRate { name, .. }
            | Refusal::OverQuota { name, .. } => Some(name.clone()),
            _ => tenant.map(|tenant| tenant.name().to_owned()),
        };
        self.recent.note(RecentRefusal {
            at: self.world.clock.now(),
            path: uri.path().chars().take(PATH_CHARACTERS_MAX).collect(),
            key,
            status: refusal.status().as_u16(),
            reason: refusal.code(),
            event_id: None,
            detail: refusal.to_string(),
        });
    }

    pub(super) fn note_rejected(&self, parts: &Parts, settled: &Settled) {
        for result in settled.results.iter().filter(|result| result.status == Status::Rejected).take(RECENT_MAX) {
            self.recent.note(RecentRefusal {
                at: self.world.clock.now(),
                path: parts.uri.path().chars().take(PATH_CHARACTERS_MAX).collect(),
                key: self.tenant(&parts.uri, &parts.headers).map(|tenant| tenant.name().to_owned()),
                status: 200,
                reason: result.reason.unwrap_or_default(),
                event_id: Some(result.event_id.clone()),
                detail: result.detail.clone().unwrap_or_default(),
            });
        }
    }

    /// Notes whether the log took what it was given.
    pub(super) fn note_log(&self, outcomes: &[AppendResult]) {
        let failure = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).find(|error| is_failure(error));
        let Some(error) = failure else {
            if outcomes.iter().any(Result::is_ok) {
                self.log_failed_us.store(0, Ordering::Relaxed);
            }
            return;
        };
        let now_us = u64::try_from(self.monotonic().as_micros()).unwrap_or(u64::MAX - 1);
        if self.log_failed_us.swap(now_us + 1, Ordering::Relaxed) == 0 {
            tracing::error!(%error, "events are refused: the log does not take them");
        }
    }
}

/// Whether the log is broken, and not just busy.
const fn is_failure(error: &AppendError) -> bool {
    matches!(error, AppendError::NoSpace { .. } | AppendError::Io { .. } | AppendError::Closed)
}
