//! The time of one event by its device's clock and the clock's error: see the [module](super).

use std::time::Duration;

use judi_schema::event_time::{EventTime, TimeFlag};

use super::ClockRules;
use super::offset::{Offset, Sample};
use super::said::{CALENDAR_US, Said};

/// [`ClockRules`] in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) tolerance_us: i64,
    far_future_us: i64,
    far_past_us: i64,
}

impl Limits {
    pub(super) fn new(rules: &ClockRules) -> Self {
        // No two times of the calendar are further apart than it is long.
        let longest_us = CALENDAR_US.end() - CALENDAR_US.start();
        let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(longest_us).min(longest_us);
        Self {
            tolerance_us: micros(rules.tolerance),
            far_future_us: micros(rules.far_future),
            far_past_us: micros(rules.far_past),
        }
    }

    /// The time of an event by its device's clock, of which something is known.
    pub(super) fn place(&self, said: &Said, sample: &Sample, offset: &Offset) -> EventTime {
        let Some(occurred_us) = said.occurred_at_us else { return received(said) };
        let leads = said.lead_us().zip(sample.lead_us());
        // A monotonic clock that shows more at the event than at the sending is not the same one.
        let leads = leads.filter(|_| said.monotonic_us <= sample.sent_monotonic_us);
        let shift_us = leads.map_or(0, |(lead_us, sent_lead_us)| offset.shift_us(lead_us, sent_lead_us));
        let error_us = offset.error_us() + shift_us;
        if error_us.abs() <= self.tolerance_us {
            return self.flagged(said, EventTime { us: occurred_us, flag: None });
        }
        let us = (occurred_us + error_us).clamp(*CALENDAR_US.start(), *CALENDAR_US.end());
        self.flagged(said, EventTime { us, flag: Some(TimeFlag::Corrected) })
    }

    /// The time of an event that comes with nothing to correct it by.
    pub(super) fn as_said(&self, said: &Said) -> EventTime {
        let as_said = EventTime { us: said.event_time_us, flag: None };
        match said.occurred_at_us {
            _ if said.is_import => as_said,
            None => EventTime { flag: Some(TimeFlag::Received), ..as_said },
            Some(_) => self.flagged(said, as_said),
        }
    }

    /// A time that is not after the receipt by more than a clock may be off.
    pub(super) fn before_receipt(&self, said: &Said, placed: EventTime) -> EventTime {
        if placed.us <= said.received_at_us.saturating_add(self.tolerance_us) {
            return placed;
        }
        EventTime { us: said.received_at_us, flag: Some(TimeFlag::Ordered) }
    }

    fn flagged(&self, said: &Said, placed: EventTime) -> EventTime {
        let after_us = placed.us.saturating_sub(said.received_at_us);
        let flag = match after_us {
            us if us > self.far_future_us => Some(TimeFlag::Future),
            us if us < -self.far_past_us => Some(TimeFlag::Past),
            _ => placed.flag,
        };
        EventTime { flag, ..placed }
    }
}

/// An event after its order was looked at.
pub(super) fn moved(placed: EventTime, us: i64) -> EventTime {
    if us == placed.us { placed } else { EventTime { us, flag: Some(TimeFlag::Ordered) } }
}

fn received(said: &Said) -> EventTime {
    EventTime { us: said.received_at_us, flag: Some(TimeFlag::Received) }
}
