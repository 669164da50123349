//! Partitions: the days or hours that a run computes, and when they begin.

use judi_engine::{HOUR_US, Parameter, Zone, day_text, moment_text};

/// How a table is cut into partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// By `date`, a day of the conventions' time zone.
    Day,
    /// By `hour`, the moment at which an hour begins.
    Hour,
}

impl Grain {
    /// The names that headers use.
    pub(crate) const NAMES: [(&'static str, Self); 2] = [("day", Self::Day), ("hour", Self::Hour)];

    /// The partition column.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Self::Day => "date",
            Self::Hour => "hour",
        }
    }
}

/// One partition: the moments `[from_us, to_us)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// How its table is cut.
    pub grain: Grain,
    /// The local day that it is, or that its hour lies in (days since 1970-01-01).
    pub day: i32,
    /// First moment, microseconds since 1970 (UTC).
    pub from_us: i64,
    /// First moment after it.
    pub to_us: i64,
}

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.grain {
            Grain::Day => f.write_str(&day_text(self.day)),
            Grain::Hour => f.write_str(&moment_text(self.from_us)),
        }
    }
}

impl Partition {
    /// The partitions of the days `from_day` to `to_day`, both inclusive, in order. Days that the zone left out have
    /// none; days that no calendar reaches have none either.
    pub fn of_days(grain: Grain, zone: Zone, from_day: i32, to_day: i32) -> impl Iterator<Item = Self> {
        (from_day..=to_day).flat_map(move |day| {
            let bounds = zone.day_start(day).zip(day.checked_add(1).and_then(|next| zone.day_start(next)));
            let (start, end) = bounds.unwrap_or_default();
            let step = match grain {
                Grain::Day => end - start,
                Grain::Hour => HOUR_US,
            };
            // Hours follow one another in time; where the clock is moved by half an hour, the day's last one is short.
            let count = if step > 0 { (end - start + step - 1) / step } else { 0 };
            (0..count).map(move |index| {
                let from_us = start + index * step;
                Self { grain, day, from_us, to_us: (from_us + step).min(end) }
            })
        })
    }

    /// The value of the partition column in its rows.
    #[must_use]
    pub fn value(&self) -> Parameter {
        match self.grain {
            Grain::Day => Parameter::Day(self.day),
            Grain::Hour => Parameter::Moment(self.from_us),
        }
    }

    /// That value as the table's log writes it.
    #[must_use]
    pub fn log_text(&self) -> String {
        match self.grain {
            Grain::Day => day_text(self.day),
            Grain::Hour => match chrono::DateTime::from_timestamp_micros(self.from_us) {
                Some(moment) => moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
                None => moment_text(self.from_us),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use judi_engine::parse_day;

    use super::*;

    fn partitions(grain: Grain, zone: &str, from: &str, to: &str) -> Vec<Partition> {
        Partition::of_days(grain, zone.parse().unwrap(), parse_day(from).unwrap(), parse_day(to).unwrap()).collect()
    }

    #[test]
    fn both_ends_are_inclusive_and_partitions_touch() {
        let days = partitions(Grain::Day, "Europe/Stockholm", "2026-10-24", "2026-10-26");
        assert_eq!(
            days.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["2026-10-24", "2026-10-25", "2026-10-26"]
        );
        assert!(days.windows(2).all(|pair| pair[0].to_us == pair[1].from_us));
        assert_eq!((days[1].to_us - days[1].from_us) / HOUR_US, 25);
        assert_eq!(partitions(Grain::Day, "UTC", "2026-01-02", "2026-01-01"), []);
    }

    #[test]
    fn a_day_of_25_hours_has_25_hours() {
        let hours = partitions(Grain::Hour, "Europe/Stockholm", "2026-10-25", "2026-10-25");
        assert_eq!(hours.len(), 25);
        assert_eq!(hours[0].to_string(), "2026-10-24T22:00:00Z");
        assert_eq!(hours[0].log_text(), "2026-10-24T22:00:00.000000Z");
        assert!(hours.windows(2).all(|pair| pair[0].to_us == pair[1].from_us));
        // Lord Howe moves its clock by half an hour.
        let hours = partitions(Grain::Hour, "Australia/Lord_Howe", "2026-04-05", "2026-04-05");
        assert_eq!(hours.len(), 25);
        assert_eq!(hours.last().map(|hour| hour.to_us - hour.from_us), Some(HOUR_US / 2));
    }

    #[test]
    fn a_day_that_was_left_out_has_no_partition() {
        assert_eq!(partitions(Grain::Day, "Pacific/Apia", "2011-12-30", "2011-12-30"), []);
    }
}
