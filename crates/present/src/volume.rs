//! How often events come: today, in the last days, and when last.

use std::collections::HashMap;

use judi_engine::{Zone, moment_text};
use maud::{Markup, html};

use crate::figures;
use crate::format::{counted, long_day, number, short_day, year_of};
use crate::period::{CHART_DAYS, Period};
use crate::presenter::{AskError, Presenter};
use crate::questions;
use crate::{chart, format};

/// Days of "the last days", the last one included.
const RECENT_DAYS: usize = 7;

/// The volume of every event, up to one day.
#[derive(Debug, Clone)]
pub(crate) struct Volumes {
    /// The last day.
    pub(crate) today: i32,
    /// Whether more can come on the last day.
    pub(crate) is_live: bool,
    pub(crate) zone: Zone,
    by_event: HashMap<String, EventVolume>,
}

/// The volume of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EventVolume {
    /// By day, the last day last; empty where there was none in all of them.
    pub(crate) days: Vec<i64>,
    /// The last moment, if it is in these days.
    pub(crate) last_us: Option<i64>,
    /// The last day of all.
    pub(crate) last_day: Option<i32>,
    /// Ever.
    pub(crate) total: i64,
}

impl Volumes {
    /// Of the days up to `today`.
    pub(crate) async fn load(presenter: &Presenter, today: i32, is_live: bool) -> Result<Self, AskError> {
        let catalog = presenter.catalog().await?;
        let zone = catalog.zone();
        let period = Period::ending(today, CHART_DAYS);
        let starts: Vec<i64> =
            (period.first..=today.saturating_add(1)).map(|day| zone.day_start(day).unwrap_or(i64::MAX)).collect();
        let (question, parameters) = questions::volumes(&starts);
        let rows = presenter.ask(question, &parameters).await?;
        let mut by_event: HashMap<String, EventVolume> = HashMap::new();
        for found in figures::volumes(&rows, starts.len().saturating_sub(1)) {
            let last_day = found.last_us.and_then(|last| zone.day_of(last));
            let total = found.days.iter().sum();
            let volume = EventVolume { days: found.days, last_us: found.last_us, last_day, total };
            by_event.insert(found.event, volume);
        }
        if catalog.contains(questions::COMMITS_TABLE) {
            let (question, parameters) = questions::last_days(today.saturating_add(1));
            for (event, last, total) in figures::last_days(&presenter.ask(question, &parameters).await?) {
                let volume = by_event.entry(event).or_default();
                volume.last_day = volume.last_day.or(last);
                volume.total = volume.total.max(total);
            }
        }
        Ok(Self { today, is_live, zone, by_event })
    }

    /// Of one event; silence where none has come.
    pub(crate) fn of(&self, event: &str) -> EventVolume {
        let mut volume = self.by_event.get(event).cloned().unwrap_or_default();
        if volume.days.is_empty() {
            volume.days = vec![0; usize::try_from(CHART_DAYS).unwrap_or(0)];
        }
        volume
    }

    /// When an event was last seen, short.
    pub(crate) fn last_seen(&self, volume: &EventVolume) -> Markup {
        html! {
            @match (volume.last_us, volume.last_day) {
                (Some(last), Some(day)) if day == self.today => {
                    time datetime=(moment_text(last)) { (format::minute(last)) " UTC" @if self.is_live { ", today" } }
                }
                (_, Some(day)) => { (short_day(day)) @if year_of(day) != year_of(self.today) { " " (year_of(day)) } }
                (_, None) => { "never" }
            }
        }
    }

    /// What the last day is called.
    pub(crate) fn last_day_name(&self) -> String {
        if self.is_live { "Today".to_owned() } else { short_day(self.today) }
    }

    /// How often one event comes, in words, a chart and a table.
    pub(crate) fn section(&self, event: &str) -> Markup {
        let volume = self.of(event);
        let first = Period::ending(self.today, CHART_DAYS).first;
        let days: Vec<(i32, i64)> = (first..).zip(volume.days.iter().copied()).collect();
        let end = if self.is_live { self.today } else { i32::MAX };
        html! {
            section aria-labelledby="volume" {
                h2 id="volume" { "How often it comes" }
                p { (self.sentence(&volume)) }
                @if volume.in_days() > 0 {
                    (chart::events_per_day(&days, end))
                    details { summary { "The same as a table" } table {
                        thead { tr { th scope="col" { "Day" } th.number scope="col" { "Events" } } }
                        tbody { @for (day, events) in days.iter().rev() { tr { th scope="row" { (long_day(*day)) } td.number { (number(*events)) } } } }
                    } }
                }
            }
        }
    }

    fn sentence(&self, volume: &EventVolume) -> String {
        let Some(last_day) = volume.last_day else { return "It has never been received.".to_owned() };
        if volume.in_days() == 0 {
            return format!(
                "It was last seen on {}; {} in all. None came in the {CHART_DAYS} days to {}.",
                long_day(last_day),
                counted(volume.total, "event", "events"),
                long_day(self.today)
            );
        }
        let today = if self.is_live { "today so far".to_owned() } else { format!("on {}", long_day(self.today)) };
        let last = match volume.last_us {
            Some(last) => format!("the last at {}", format::second(last)),
            None => format!("the last on {}", long_day(last_day)),
        };
        format!(
            "{} {today}, {} in {RECENT_DAYS} days, {} in all; {last}.",
            counted(volume.today(), "event", "events"),
            number(volume.recent()),
            number(volume.total)
        )
    }
}

impl EventVolume {
    /// On the last day.
    pub(crate) fn today(&self) -> i64 {
        self.days.last().copied().unwrap_or(0)
    }

    /// In the last [`RECENT_DAYS`].
    pub(crate) fn recent(&self) -> i64 {
        self.days.iter().rev().take(RECENT_DAYS).sum()
    }

    /// In all the days that are looked at.
    pub(crate) fn in_days(&self) -> i64 {
        self.days.iter().sum()
    }
}
