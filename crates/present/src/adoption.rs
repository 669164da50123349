//! Which releases of which app send which version of the schema: when an old field can go.

use std::collections::BTreeMap;

use judi_engine::Zone;
use maud::{Markup, html};

use crate::chart::{self, Stack, StackDay};
use crate::figures::{self, Release, VersionDay};
use crate::format::{counted, long_day, number, percent, short_day};
use crate::links::Links;
use crate::period::Period;
use crate::presenter::{AskError, Presenter};
use crate::questions::{self, Asking, RELEASE_ROWS};

/// The periods that a reader may choose, in days.
pub(crate) const CHOICES: [i32; 3] = [7, 30, 90];

/// The one that is shown where none is chosen.
pub(crate) const DAYS: i32 = 30;

/// What was sent with which version, within some days.
#[derive(Debug, Clone)]
pub(crate) struct Adoption {
    pub(crate) period: Period,
    zone: Zone,
    /// The newest version of the schema.
    newest: u32,
    /// Newest first.
    versions: Vec<VersionShare>,
    days: Vec<StackDay>,
    releases: Vec<Release>,
    has_more: bool,
}

/// The events of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct VersionShare {
    version: u32,
    events: i64,
    last_us: Option<i64>,
}

/// The number of days that a reader asked for, if it is one of the choices.
pub(crate) fn chosen(asked: Option<&str>) -> i32 {
    let days = asked.and_then(|text| text.parse().ok());
    days.filter(|days| CHOICES.contains(days)).unwrap_or(DAYS)
}

impl Adoption {
    /// Of the events asked for, in `days` days up to `today`.
    pub(crate) async fn load(
        presenter: &Presenter,
        asking: Asking<'_>,
        newest: u32,
        today: i32,
        days: i32,
    ) -> Result<Self, AskError> {
        let zone = presenter.catalog().await?.zone();
        let period = Period::ending(today, days);
        let (question, parameters) = questions::version_days(asking, period.window(zone));
        let found = figures::version_days(&presenter.ask(question, &parameters).await?);
        let (question, parameters) = questions::releases(asking, period.window(zone));
        let mut releases = figures::releases(&presenter.ask(question, &parameters).await?);
        let has_more = releases.len() > RELEASE_ROWS;
        releases.truncate(RELEASE_ROWS);
        Ok(Self::new(period, zone, newest, &found, releases, has_more))
    }

    fn new(
        period: Period,
        zone: Zone,
        newest: u32,
        found: &[VersionDay],
        releases: Vec<Release>,
        has_more: bool,
    ) -> Self {
        let mut by_version: BTreeMap<u32, VersionShare> = BTreeMap::new();
        for row in found {
            let share = by_version.entry(row.version).or_insert(VersionShare {
                version: row.version,
                events: 0,
                last_us: None,
            });
            share.events = share.events.saturating_add(row.events);
            share.last_us = share.last_us.max(row.last_us);
        }
        let versions: Vec<VersionShare> = by_version.into_values().rev().collect();
        let before = versions.iter().map(|share| share.version).find(|version| *version < newest);
        let mut days: Vec<StackDay> =
            (period.first..=period.last).map(|day| StackDay { day, ..StackDay::default() }).collect();
        for row in found {
            let at = usize::try_from(row.day.saturating_sub(period.first)).ok();
            let place =
                at.and_then(|at| days.get_mut(at)?.events.get_mut(part_of(row.version, newest, before) as usize));
            if let Some(events) = place {
                *events = events.saturating_add(row.events);
            }
        }
        Self { period, zone, newest, versions, days, releases, has_more }
    }

    /// All events of the period.
    pub(crate) fn total(&self) -> i64 {
        self.versions.iter().fold(0, |sum, share| sum.saturating_add(share.events))
    }

    /// The events of the versions that `has` says yes to.
    pub(crate) fn events_with(&self, has: impl Fn(u32) -> bool) -> i64 {
        let shares = self.versions.iter().filter(|share| has(share.version));
        shares.fold(0, |sum, share| sum.saturating_add(share.events))
    }

    /// `30 days to Wed 25 Nov 2026`.
    pub(crate) fn period_text(&self) -> String {
        format!("{} days to {}", self.period.last - self.period.first + 1, long_day(self.period.last))
    }

    /// The sentence, the chart and the tables. `path` is the page's own, for its choices.
    pub(crate) fn content(&self, links: Links, path: &str) -> Markup {
        let days = self.period.last - self.period.first + 1;
        let names = self.part_names();
        html! {
            @if links.is_server() {
                p.choices {
                    @for choice in CHOICES {
                        a href=(format!("{path}?days={choice}#adoption")) aria-current=[(choice == days).then_some("true")] { (choice) " days" }
                    }
                }
            }
            p { (self.sentence()) }
            @if self.total() > 0 {
                (chart::stack_legend(&names))
                (chart::stacks_per_day(&self.days, &names))
                details { summary { "The same as a table" } (chart::stacks_table(&self.days, &names)) }
                (self.releases_table())
                p.note { "An app that does not say which version it was built with counts as the newest of its day." }
            }
        }
    }

    fn sentence(&self) -> String {
        let total = self.total();
        if total == 0 {
            return format!("None came in the {}.", self.period_text());
        }
        let newest = self.events_with(|version| version == self.newest);
        let oldest = self.versions.last().filter(|share| share.version != self.newest);
        let old = oldest.map_or_else(
            || String::from(" No older version is in use."),
            |share| {
                let last = share.last_us.and_then(|last| self.zone.day_of(last));
                let last = last.map_or(String::new(), |day| format!(", last on {}", long_day(day)));
                format!(
                    " The oldest that is still sent is version {}, with {}{last}.",
                    share.version,
                    counted(share.events, "event", "events")
                )
            },
        );
        format!(
            "Of {} in the {}, {} came with version {}, the newest.{old}",
            counted(total, "event", "events"),
            self.period_text(),
            percent(newest, total),
            self.newest
        )
    }

    /// The names of the parts that occur.
    fn part_names(&self) -> Vec<(Stack, String)> {
        let before = self.versions.iter().map(|share| share.version).find(|version| *version < self.newest);
        let mut names = vec![(Stack::Newest, format!("Version {}, the newest", self.newest))];
        names.extend(before.map(|version| (Stack::Before, format!("Version {version}"))));
        if self.versions.iter().any(|share| part_of(share.version, self.newest, before) == Stack::Older) {
            names.push((Stack::Older, "Older versions".to_owned()));
        }
        names
    }

    fn releases_table(&self) -> Markup {
        let said = |text: &str| if text.is_empty() { "not said".to_owned() } else { text.to_owned() };
        html! {
            h3 { "Releases" }
            div.wide tabindex="0" role="region" aria-label="Releases" { table {
                thead { tr {
                    th scope="col" { "App" } th scope="col" { "Release" } th scope="col" { "Platform" } th scope="col" { "SDK" }
                    th.number scope="col" { "Version" } th.number scope="col" { "Events" } th.number scope="col" { "People" } th scope="col" { "Last seen" }
                } }
                tbody { @for release in &self.releases {
                    tr {
                        td dir="auto" { (said(&release.app)) } td dir="auto" { (said(&release.app_version)) }
                        td dir="auto" { (said(&release.platform)) } td dir="auto" { (said(&release.sdk)) }
                        td.number { (release.version) } td.number { (number(release.events)) } td.number { (number(release.people)) }
                        td { @if let Some(day) = release.last_us.and_then(|last| self.zone.day_of(last)) { (short_day(day)) } }
                    }
                } }
            } }
            @if self.has_more { p.note { "There are more releases; these are the " (RELEASE_ROWS) " with most events." } }
        }
    }
}

/// A version that is newer than the newest known (a publication between two questions) counts as the newest.
fn part_of(version: u32, newest: u32, before: Option<u32>) -> Stack {
    match version {
        version if version >= newest => Stack::Newest,
        version if Some(version) == before => Stack::Before,
        _ => Stack::Older,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adoption(rows: &[(i32, u32, i64)]) -> Adoption {
        let found: Vec<VersionDay> = rows
            .iter()
            .map(|&(day, version, events)| VersionDay {
                day,
                version,
                events,
                last_us: Some(i64::from(day) * judi_engine::DAY_US),
            })
            .collect();
        Adoption::new(Period::ending(16_573, 7), Zone::UTC, 5, &found, Vec::new(), false)
    }

    #[test]
    fn versions_are_summed_and_the_oldest_is_told() {
        let adoption = adoption(&[(16_572, 1, 2), (16_572, 5, 90), (16_573, 4, 6), (16_573, 3, 1), (16_573, 5, 1)]);
        let expected = "Of 100 events in the 7 days to Mon 18 May 2015, 91 % came with version 5, the newest. \
                        The oldest that is still sent is version 1, with 2 events, last on Sun 17 May 2015.";
        assert_eq!(adoption.sentence(), expected);
        assert_eq!(adoption.days[6].events, [1, 6, 1]);
        assert_eq!(adoption.days[5].events, [90, 0, 2]);
        assert_eq!(adoption.part_names().len(), 3);
        assert_eq!(adoption.events_with(|version| version >= 4), 97);
    }

    #[test]
    fn silence_and_one_version_are_told() {
        assert_eq!(adoption(&[]).sentence(), "None came in the 7 days to Mon 18 May 2015.");
        let one = adoption(&[(16_573, 5, 1)]);
        assert!(one.sentence().ends_with("100 % came with version 5, the newest. No older version is in use."));
        assert_eq!(one.part_names().len(), 1);
    }

    #[test]
    fn only_a_choice_can_be_chosen() {
        assert_eq!([Some("90"), Some("8"), Some("x"), None].map(chosen), [90, 30, 30, 30]);
    }
}
