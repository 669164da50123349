//! Charts as SVG, drawn on the server: bars for reads, a line for readers, and small bars for the last minutes.
//!
//! Colours are CSS variables, so that dark mode and print are the stylesheet's; shapes differ as well as colours.

mod events;

use maud::{Markup, html};

pub(crate) use events::{Stack, StackDay, events_per_day, sparkline, stack_legend, stacks_per_day, stacks_table};

use crate::figures::Day;
use crate::format::{long_day, number, short_day};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 280.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;

/// Room for one figure of the scale, in the larger letters of a phone.
const FIGURE: f64 = 12.0;

/// Between the scale and the chart.
const GAP: f64 = 8.0;

/// Lines across the chart, the one at zero not counted.
const GRID_LINES: i64 = 4;

/// Days of which every second one has its name under it.
const LABELLED_DAYS: usize = 14;

/// The step of a scale from zero that reaches `most` in [`GRID_LINES`] steps: 1, 2, 2.5 or 5 times a power of ten.
fn nice_step(most: i64) -> i64 {
    let least = most.max(1) / GRID_LINES + i64::from(most.max(1) % GRID_LINES != 0);
    let powers = std::iter::successors(Some(1_i64), |power| power.checked_mul(10));
    let steps = powers.flat_map(|power| {
        [(1, 1), (2, 1), (5, 2), (5, 1)].map(|(over, under)| {
            power.checked_mul(over).filter(|product| product % under == 0).map(|product| product / under)
        })
    });
    steps.flatten().find(|step| *step >= least).unwrap_or(least)
}

/// The scale at the left of a chart, from zero to a round number.
struct Scale {
    step: i64,
    /// Where the chart begins.
    left: f64,
}

impl Scale {
    /// One that reaches `most`.
    fn to(most: i64) -> Self {
        let step = nice_step(most);
        let left = GAP + FIGURE * number(step.saturating_mul(GRID_LINES)).len().max(2) as f64;
        Self { step, left }
    }

    fn y(&self, value: i64) -> f64 {
        let top = self.step.saturating_mul(GRID_LINES) as f64;
        TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value as f64 / top)
    }

    /// Room for each of so many days.
    fn slot(&self, days: usize) -> f64 {
        (WIDTH - self.left - RIGHT) / days.max(1) as f64
    }

    fn grid(&self) -> Markup {
        html! {
            @for value in (0..=GRID_LINES).map(|n| n * self.step) {
                @let y = self.y(value);
                line.grid x1=(self.left) x2=(WIDTH - RIGHT) y1=(one(y)) y2=(one(y)) {}
                text.axis x=(self.left - GAP) y=(one(y + 4.0)) text-anchor="end" { (number(value)) }
            }
        }
    }
}

/// The names of days under a chart of `count` days: every label would touch the next; on a phone every second one
/// would, too. `day` gives the day at a place, `middle` where it is.
fn day_labels(count: usize, day: impl Fn(usize) -> i32, middle: impl Fn(usize) -> f64) -> Markup {
    // As many labels as fourteen days have, whatever their number.
    let every = count.div_ceil(LABELLED_DAYS).max(1) * 2;
    html! {
        @for at in 0..count {
            @let from_end = count - at;
            @if from_end % every == 1 {
                // The middle of a narrow last day is too near to the edge for its name.
                @let (x, anchor) = if from_end == 1 && count > LABELLED_DAYS { (WIDTH, "end") } else { (middle(at), "middle") };
                text.axis.every-other[from_end % (2 * every) == every + 1] x=(one(x)) y=(HEIGHT - 8.0) text-anchor=(anchor) {
                    (short_day(day(at)))
                }
            }
        }
    }
}

/// Reads as bars and readers as a line with points, per day. `today` is not over: it is drawn apart.
pub(crate) fn reads_per_day(days: &[Day], today: i32) -> Markup {
    let scale = Scale::to(days.iter().map(|day| day.reads.max(day.readers)).max().unwrap_or(0));
    let y = |value: i64| scale.y(value);
    let slot = scale.slot(days.len());
    let middle = |at: usize| scale.left + slot * (at as f64 + 0.5);
    let whole = days.iter().enumerate().filter(|(_, day)| day.day < today);
    let line = whole.map(|(at, day)| format!("{:.1},{:.1}", middle(at), y(day.readers)));
    let line = line.collect::<Vec<_>>().join(" ");
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby="chart-title chart-desc" {
            title id="chart-title" { "Article reads and readers per day" }
            desc id="chart-desc" { "Bars are reads, the line is readers. The table below has the same figures." }
            (scale.grid())
            @for (at, day) in days.iter().enumerate() {
                rect.bar.unfinished[day.day >= today] x=(one(middle(at) - slot * 0.34)) width=(one(slot * 0.68)) y=(one(y(day.reads)))
                    height=(one(y(0) - y(day.reads))) rx="2" {
                    title { (long_day(day.day)) @if day.day >= today { " so far" } ": " (number(day.reads)) " reads, " (number(day.readers)) " readers" }
                }
            }
            (day_labels(days.len(), |at| days.get(at).map_or(0, |day| day.day), middle))
            // Under the line lies a wider one in the colour of paper: line and bars need not differ in brightness.
            polyline.halo points=(line) {}
            polyline.line points=(line) {}
            @for (at, day) in days.iter().enumerate() {
                circle.point cx=(one(middle(at))) cy=(one(y(day.readers))) r="3.5" {}
            }
        }
    }
}

/// What bars and line of [`reads_per_day`] are.
pub(crate) fn legend(days: &[Day], today: i32) -> Markup {
    html! {
        p.legend {
            span { span.key.bar-key {} "Reads" }
            span { span.key.line-key {} "Readers" }
            @if days.iter().any(|day| day.day >= today) { span { span.key.unfinished-key {} "Today so far" } }
        }
    }
}

/// Counts of consecutive minutes as bars without an axis; the newest is at the right.
pub(crate) fn minutes(counts: &[i64]) -> Markup {
    const BAR: f64 = 10.0;
    const TALL: f64 = 64.0;
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let total: i64 = counts.iter().sum();
    let width = BAR * counts.len().max(1) as f64;
    html! {
        svg.minutes viewBox=(format!("0 0 {width} {TALL}")) preserveAspectRatio="none" role="img"
            aria-label=(format!("Reads in each of the last {} minutes, {} in all", counts.len(), number(total))) {
            @for (at, count) in counts.iter().enumerate() {
                @let height = (*count as f64 / most * (TALL - 4.0)).max(1.0);
                rect.bar x=(one(BAR * at as f64 + 1.0)) width=(BAR - 2.0) y=(one(TALL - height)) height=(one(height)) {
                    title { (number(*count)) }
                }
            }
        }
    }
}

/// A coordinate with one decimal: more is noise in the page's source.
fn one(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_scale_holds_every_value_and_is_not_mostly_empty(most in 0_i64..=i64::MAX / 16) {
            let top = nice_step(most).saturating_mul(GRID_LINES);
            prop_assert!(top >= most);
            prop_assert!(most < 8 || top <= most.saturating_mul(3), "{most} in {top}");
        }
    }

    #[test]
    fn steps_are_round() {
        assert_eq!([0, 3, 9, 99, 180, 4_512, 100_000].map(nice_step), [1, 1, 5, 25, 50, 2_000, 25_000]);
    }

    #[test]
    fn a_chart_of_nothing_and_of_one_day_is_drawn_without_infinities() {
        for days in [vec![], vec![Day { day: 1, reads: 0, ..Day::default() }]] {
            let text = reads_per_day(&days, 16_573).into_string();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
        assert!(minutes(&[]).into_string().contains("0 in all"));
    }

    #[test]
    fn a_bar_tells_its_figures() {
        let days = [Day { day: 16_572, reads: 1_234, readers: 56, bot_reads: 7 }];
        let text = reads_per_day(&days, 16_573).into_string();
        assert!(text.contains("Sun 17 May 2015: 1,234 reads, 56 readers"), "{text}");
    }
}
