//! The error of a device's clock, from what its batches tell: see the [module](super).

/// How much the device's clock may drift, as a part of the time that passes: one in 10,000, twice what the quartz of
/// phones does.
pub const DRIFT_PER_UNIT: i64 = 10_000;

/// From here on, microseconds, two clocks that are read one after the other have been set apart.
pub const SET_US: i64 = 1_000_000;

/// Late batches in a row after which the clock is taken to have been set back, where no monotonic clock tells: as many
/// samples as the clock filter of NTP keeps.
pub const LATE_BATCHES: u8 = 8;

/// The longest that a batch is on its way, microseconds, where no monotonic clock tells: no request takes longer.
pub const TRANSIT_US_MAX: i64 = 3_600_000_000;

/// The longest round trip that is believed, microseconds.
pub const ROUND_TRIP_US_MAX: i64 = 60_000_000;

/// What one batch tells. Microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) received_us: i64,
    pub(super) sent_us: i64,
    pub(super) sent_monotonic_us: Option<i64>,
    pub(super) round_trip_us: Option<i64>,
}

/// What is known of the clock of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offset {
    /// The clock's error and the smallest transit: the smallest `received_at − sent_at` since it was set.
    pub(super) smallest_us: i64,
    /// When that was received.
    pub(super) at_us: i64,
    /// By how much the wall clock is ahead of the monotonic one.
    pub(super) lead_us: Option<i64>,
    /// The smallest round trip that is known.
    pub(super) round_trip_us: Option<i64>,
    /// What most sessions do not have, so that the rest is small.
    pub(super) rare: Option<Box<Rare>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rare {
    /// The setting before, or the monotonic clock before.
    earlier: Option<Earlier>,
    late: Option<Late>,
}

/// How the clock was set before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earlier {
    pub(super) lead_us: i64,
    /// The error then, less that of now.
    pub(super) shift_us: i64,
}

/// Batches in a row that are later than the clock is expected to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Late {
    pub(super) batches: u8,
    pub(super) smallest_us: i64,
    /// When the last of them was received.
    pub(super) at_us: i64,
}

impl Sample {
    fn sum_us(&self) -> i64 {
        self.received_us - self.sent_us
    }

    pub(super) fn lead_us(&self) -> Option<i64> {
        Some(self.sent_us - self.sent_monotonic_us?)
    }
}

impl Offset {
    /// From a first batch.
    pub(super) fn new(sample: &Sample) -> Self {
        Self {
            smallest_us: sample.sum_us(),
            at_us: sample.received_us,
            lead_us: sample.lead_us(),
            round_trip_us: believed(sample.round_trip_us),
            rare: None,
        }
    }

    /// From one more; the same batch may come any number of times in a row.
    pub(super) fn learn(&mut self, sample: &Sample, tolerance_us: i64) {
        if let Some(lead_us) = sample.lead_us() {
            self.follow(lead_us, sample.sum_us());
            self.set_late(None);
        }
        let (sum_us, aged_us) = (sample.sum_us(), (sample.received_us - self.at_us).max(0) / DRIFT_PER_UNIT);
        if sum_us <= self.smallest_us + aged_us {
            (self.smallest_us, self.at_us) = (sum_us, sample.received_us);
            self.set_late(None);
        } else if sample.lead_us().is_none() {
            let above_us = sum_us - self.smallest_us - aged_us;
            self.doubt(sample, above_us > tolerance_us, sum_us.abs() <= tolerance_us || above_us > TRANSIT_US_MAX);
        }
        let round_trips = self.round_trip_us.into_iter().chain(believed(sample.round_trip_us));
        self.round_trip_us = round_trips.min();
    }

    pub(super) fn earlier(&self) -> Option<Earlier> {
        self.rare.as_ref().and_then(|rare| rare.earlier)
    }

    pub(super) fn late(&self) -> Option<Late> {
        self.rare.as_ref().and_then(|rare| rare.late)
    }

    pub(super) fn set_earlier(&mut self, earlier: Option<Earlier>) {
        let rare = Rare { earlier, late: self.late() };
        self.rare = (rare != Rare::default()).then(|| Box::new(rare));
    }

    pub(super) fn set_late(&mut self, late: Option<Late>) {
        if late != self.late() {
            let rare = Rare { earlier: self.earlier(), late };
            self.rare = (rare != Rare::default()).then(|| Box::new(rare));
        }
    }

    /// The clock's error at the time of sending.
    pub(super) fn error_us(&self) -> i64 {
        self.smallest_us - self.round_trip_us.unwrap_or(0) / 2
    }

    /// How much larger the clock's error was when the wall clock was ahead of the monotonic one by `lead_us`, before a
    /// sending at which it was ahead by `sent_lead_us`.
    pub(super) fn shift_us(&self, lead_us: i64, sent_lead_us: i64) -> i64 {
        match self.earlier() {
            _ if is_same(lead_us, sent_lead_us) => 0,
            Some(earlier) if is_same(lead_us, earlier.lead_us) => earlier.shift_us,
            _ => sent_lead_us - lead_us,
        }
    }

    /// Goes on with the setting of the wall clock that a batch shows.
    fn follow(&mut self, lead_us: i64, sum_us: i64) {
        let Some(before_us) = self.lead_us else {
            self.lead_us = Some(lead_us);
            return;
        };
        if is_same(lead_us, before_us) {
            return;
        }
        let shift_us = match self.earlier() {
            // Back to the setting before: the batch is late, or two processes send in turn.
            Some(earlier) if is_same(lead_us, earlier.lead_us) => -earlier.shift_us,
            _ => {
                let moved_us = lead_us - before_us;
                let wall_us = (sum_us - self.smallest_us).abs();
                let monotonic_us = (sum_us + moved_us - self.smallest_us).abs();
                if monotonic_us < wall_us { moved_us } else { 0 }
            }
        };
        self.smallest_us -= shift_us;
        self.lead_us = Some(lead_us);
        self.set_earlier(Some(Earlier { lead_us: before_us, shift_us }));
    }

    /// Looks at a batch that is above the smallest sum, where no monotonic clock tells why. When that is for long
    /// (`is_late`), its transit was long, or the clock was set back: for certain (`is_set`), or since all are late.
    fn doubt(&mut self, sample: &Sample, is_late: bool, is_set: bool) {
        let sum_us = sample.sum_us();
        let late = match self.late() {
            _ if !is_late => None,
            // Another event of the same batch.
            Some(late) if late.at_us == sample.received_us => Some(late),
            Some(late) => Some(Late {
                batches: late.batches + 1,
                smallest_us: late.smallest_us.min(sum_us),
                at_us: sample.received_us,
            }),
            None => Some(Late { batches: 1, smallest_us: sum_us, at_us: sample.received_us }),
        };
        let waits = late.filter(|late| late.batches < LATE_BATCHES && !is_set);
        self.set_late(waits);
        if is_late && waits.is_none() {
            self.smallest_us = if is_set { sum_us } else { late.map_or(sum_us, |late| late.smallest_us) };
            self.at_us = sample.received_us;
        }
    }
}

fn is_same(lead_us: i64, other_us: i64) -> bool {
    (lead_us - other_us).abs() <= SET_US
}

fn believed(round_trip_us: Option<i64>) -> Option<i64> {
    round_trip_us.filter(|us| (0..=ROUND_TRIP_US_MAX).contains(us))
}
