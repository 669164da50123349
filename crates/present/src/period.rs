//! Which days a page is about.

use judi_engine::Zone;

use crate::figures::Day;
use crate::questions::Window;

/// Days of the chart.
pub(crate) const CHART_DAYS: i32 = 14;

/// The periods that a reader may choose for the list of articles, in days.
pub(crate) const CHOICES: [(i32, &str); 3] = [(1, "Last day"), (7, "7 days"), (14, "14 days")];

/// Whole local days, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) first: i32,
    pub(crate) last: i32,
}

impl Period {
    /// `days` days up to `last`.
    pub(crate) fn ending(last: i32, days: i32) -> Self {
        Self { first: last.saturating_sub(days - 1), last }
    }

    /// Its moments.
    pub(crate) fn window(self, zone: Zone) -> Window {
        let start = |day: i32| zone.day_start(day);
        Window {
            from_us: start(self.first).unwrap_or(i64::MIN),
            to_us: start(self.last.saturating_add(1)).unwrap_or(i64::MAX),
        }
    }

    /// One entry for each of its days: what was found, and zero where nothing was.
    pub(crate) fn fill(self, found: &[Day]) -> Vec<Day> {
        (self.first..=self.last)
            .map(|day| found.iter().find(|one| one.day == day).copied().unwrap_or(Day { day, ..Day::default() }))
            .collect()
    }
}

/// The number of days that a reader asked for, if it is one of the choices.
pub(crate) fn chosen(asked: Option<&str>) -> i32 {
    let days = asked.and_then(|text| text.parse().ok());
    days.filter(|days| CHOICES.iter().any(|(choice, _)| choice == days)).unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_each_of_its_days_once() {
        let period = Period::ending(20_000, 14);
        let filled = period.fill(&[Day { day: 19_990, reads: 5, ..Day::default() }]);
        assert_eq!(filled.len(), 14);
        assert_eq!((filled[0].day, filled[13].day), (19_987, 20_000));
        assert_eq!(filled.iter().map(|day| day.reads).sum::<i64>(), 5);
    }

    #[test]
    fn a_local_day_of_a_clock_change_is_not_24_hours() {
        let zone: Zone = "Europe/Stockholm".parse().unwrap();
        let day = judi_engine::parse_day("2026-03-29").unwrap();
        let window = Period::ending(day, 1).window(zone);
        assert_eq!(window.to_us - window.from_us, 23 * judi_engine::HOUR_US);
    }

    #[test]
    fn only_a_choice_can_be_chosen() {
        assert_eq!([Some("14"), Some("9999999999"), Some("3"), None].map(chosen), [14, 7, 7, 7]);
    }
}
