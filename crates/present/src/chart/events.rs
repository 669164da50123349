//! Charts of events: how many a day, and with which versions of the schema they came.

use std::fmt::Write;

use maud::{Markup, html};

use super::{HEIGHT, Scale, WIDTH, day_labels, one};
use crate::format::{counted, long_day, number};

/// A sparkline's bar with the room around it, and its height.
const SPARK_SLOT: usize = 6;
const SPARK_TALL: usize = 24;

/// Which part of a stack: those of the newest version lie at the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stack {
    Newest,
    Before,
    Older,
}

/// One day's events by part: newest, before, older.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StackDay {
    pub(crate) day: i32,
    pub(crate) events: [i64; 3],
}

impl Stack {
    const ALL: [Self; 3] = [Self::Newest, Self::Before, Self::Older];

    const fn class(self) -> &'static str {
        match self {
            Self::Newest => "bar",
            Self::Before => "bar before",
            Self::Older => "older",
        }
    }

    /// The oldest part has a pattern, which a stylesheet cannot refer to.
    fn fill(self) -> Option<&'static str> {
        (self == Self::Older).then_some("url(#hatch)")
    }
}

impl StackDay {
    /// The parts that there are, from the bottom, each with where it begins and ends.
    fn parts(&self) -> impl Iterator<Item = (Stack, i64, i64)> {
        let stacked = Stack::ALL.into_iter().zip(self.events).scan(0_i64, |below, (part, events)| {
            let from = *below;
            *below = from.saturating_add(events);
            Some((part, from, *below))
        });
        stacked.filter(|(_, from, to)| to > from)
    }

    /// All of its events.
    pub(crate) fn total(&self) -> i64 {
        self.events.iter().fold(0, |sum, events| sum.saturating_add(*events))
    }
}

/// Events per day as bars. `today` is not over: it is drawn apart.
pub(crate) fn events_per_day(days: &[(i32, i64)], today: i32) -> Markup {
    let scale = Scale::to(days.iter().map(|(_, events)| *events).max().unwrap_or(0));
    let slot = scale.slot(days.len());
    let middle = |at: usize| scale.left + slot * (at as f64 + 0.5);
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby="volume-title volume-desc" {
            title id="volume-title" { "Events per day" }
            desc id="volume-desc" { "The table below has the same figures." }
            (scale.grid())
            @for (at, (day, events)) in days.iter().enumerate() {
                rect.bar.unfinished[*day >= today] x=(one(middle(at) - slot * 0.34)) width=(one(slot * 0.68)) y=(one(scale.y(*events)))
                    height=(one(scale.y(0) - scale.y(*events))) rx="2" {
                    title { (long_day(*day)) @if *day >= today { " so far" } ": " (counted(*events, "event", "events")) }
                }
            }
            (day_labels(days.len(), |at| days.get(at).map_or(0, |(day, _)| *day), middle))
        }
    }
}

/// Events per day as bars, each of parts by version. `names` are those of the parts that occur.
pub(crate) fn stacks_per_day(days: &[StackDay], names: &[(Stack, String)]) -> Markup {
    let scale = Scale::to(days.iter().map(StackDay::total).max().unwrap_or(0));
    let slot = scale.slot(days.len());
    let middle = |at: usize| scale.left + slot * (at as f64 + 0.5);
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby="versions-title versions-desc" {
            title id="versions-title" { "Events per day by version of the schema" }
            desc id="versions-desc" { "The newest version lies at the bottom of each bar. The table below has the same figures." }
            (hatch())
            (scale.grid())
            @for (at, day) in days.iter().enumerate() {
                @for (part, from, to) in day.parts() {
                    rect class=(part.class()) fill=[part.fill()] x=(one(middle(at) - slot * 0.34)) width=(one(slot * 0.68))
                        y=(one(scale.y(to))) height=(one(scale.y(from) - scale.y(to))) {
                        title { (long_day(day.day)) ", " (name_of(part, names)) ": " (counted(to - from, "event", "events")) }
                    }
                }
            }
            (day_labels(days.len(), |at| days.get(at).map_or(0, |day| day.day), middle))
        }
    }
}

/// What the parts of [`stacks_per_day`] are.
pub(crate) fn stack_legend(names: &[(Stack, String)]) -> Markup {
    html! {
        p.legend {
            @for (part, name) in names {
                span { svg.key viewBox="0 0 14 12" aria-hidden="true" { rect class=(part.class()) fill=[part.fill()] width="14" height="12" {} } (name) }
            }
        }
    }
}

/// Lines across, so that the oldest part is told by its shape and not by its colour alone.
fn hatch() -> Markup {
    html! {
        defs { pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
            rect.paper width="6" height="6" {}
            rect.stripe width="3" height="6" {}
        } }
    }
}

fn name_of(part: Stack, names: &[(Stack, String)]) -> &str {
    names.iter().find(|(known, _)| *known == part).map_or("", |(_, name)| name)
}

/// Counts of consecutive days as bars of one small shape; its figures stand beside it.
pub(crate) fn sparkline(days: &[i64]) -> Markup {
    let most = days.iter().copied().max().unwrap_or(0).max(1);
    let mut path = String::new();
    for (at, events) in days.iter().enumerate() {
        // A day with few events has a bar, one without has a line.
        let tall = if *events > 0 { (*events as f64 / most as f64 * (SPARK_TALL - 1) as f64).max(3.0) } else { 1.0 };
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} {SPARK_TALL}v-{tall:.0}h{}v{tall:.0}z", at * SPARK_SLOT, SPARK_SLOT - 2);
    }
    let width = days.len().max(1) * SPARK_SLOT;
    html! {
        svg.spark viewBox=(format!("0 0 {width} {SPARK_TALL}")) preserveAspectRatio="none" aria-hidden="true" {
            path.bar d=(path) {}
        }
    }
}

/// The days of [`stacks_per_day`] as a table.
pub(crate) fn stacks_table(days: &[StackDay], names: &[(Stack, String)]) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Day" } @for (_, name) in names { th.number scope="col" { (name) } } } }
            tbody { @for day in days.iter().rev() {
                tr {
                    th scope="row" { (long_day(day.day)) }
                    @for (part, _) in names { td.number { (number(day.events.get(*part as usize).copied().unwrap_or(0))) } }
                }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_of_nothing_are_drawn_without_infinities() {
        let names = [(Stack::Newest, "version 1".to_owned())];
        for text in [
            events_per_day(&[], 0),
            events_per_day(&[(1, 0)], 0),
            stacks_per_day(&[], &names),
            stacks_per_day(&[StackDay::default()], &names),
            sparkline(&[]),
            sparkline(&[0, 0]),
        ] {
            let text = text.into_string();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }

    #[test]
    fn parts_lie_on_each_other_and_tell_their_figures() {
        let names = [(Stack::Newest, "version 2".to_owned()), (Stack::Older, "older".to_owned())];
        let days = [StackDay { day: 16_572, events: [3, 0, 1] }];
        let text = stacks_per_day(&days, &names).into_string();
        assert!(text.contains("Sun 17 May 2015, version 2: 3 events"), "{text}");
        assert!(text.contains("Sun 17 May 2015, older: 1 event<"), "{text}");
        assert_eq!(text.matches("class=\"bar").count(), 1, "no part of nothing");
        assert!(stacks_table(&days, &names).into_string().contains("<td class=\"number\">1</td>"));
    }

    #[test]
    fn a_sparkline_shows_the_least_event_and_marks_silence() {
        let text = sparkline(&[0, 1, 1_000_000]).into_string();
        assert!(text.contains("\"M0 24v-1h4v1zM6 24v-3h4v3zM12 24v-23h4v23z\""), "{text}");
    }
}
