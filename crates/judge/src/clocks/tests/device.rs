//! A device whose clocks are off, drift and are set, and a network that delays, repeats, reorders and loses its
//! batches: what the log then has, and what is true.

use proptest::prelude::*;

use super::*;

/// One device's session, as it is.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The wall clock's error at the start.
    pub(super) off_ms: i64,
    /// How much faster than time both clocks go.
    pub(super) drift_ppm: i64,
    pub(super) says_monotonic: bool,
    pub(super) says_round_trip: bool,
    pub(super) batches: Vec<BatchPlan>,
}

#[derive(Debug, Clone)]
pub(super) struct BatchPlan {
    /// Time before each event.
    pub(super) gaps_ms: Vec<i64>,
    /// The wall clock is set by so much before the event of this place.
    pub(super) set: Option<(usize, i64)>,
    pub(super) wait_ms: i64,
    pub(super) transit_ms: i64,
    pub(super) back_ms: i64,
    pub(super) fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Arrives,
    Lost,
    /// The answer is lost, and it is sent once more, after this time.
    Again(i64),
}

/// A record of the log, and what is true of it.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) said: Said,
    pub(super) sequence: u64,
    pub(super) true_us: i64,
    /// Of the batch.
    pub(super) transit_us: i64,
    /// How often the clock had been set when the batch was sent.
    pub(super) setting: u64,
    /// Whether the same event has arrived before.
    pub(super) is_repeated: bool,
}

/// Plans of all kinds. `sets_ms` are the sizes by which clocks are set.
pub(super) fn plans(sets_ms: impl Strategy<Value = Option<i64>> + Clone + 'static) -> impl Strategy<Value = Plan> {
    let transit_ms = || prop_oneof![8 => 10_i64..300, 2 => 300_i64..5_000, 1 => 5_000_i64..600_000];
    let fate = prop_oneof![
        6 => Just(Fate::Arrives),
        1 => Just(Fate::Lost),
        1 => (500_i64..300_000).prop_map(Fate::Again),
    ];
    let gaps_ms = prop::collection::vec(prop_oneof![4 => 0_i64..3_000, 1 => 3_000_i64..120_000], 1..6);
    let set = (0_usize..6, sets_ms).prop_map(|(place, set)| set.map(|set| (place, set)));
    let batch = (gaps_ms, set, 0_i64..4_000, transit_ms(), transit_ms(), fate).prop_map(
        |(gaps_ms, set, wait_ms, transit_ms, back_ms, fate)| BatchPlan {
            gaps_ms,
            set,
            wait_ms,
            transit_ms,
            back_ms,
            fate,
        },
    );
    let off_ms = prop_oneof![-9_000_i64..9_000, -7_200_000_i64..7_200_000];
    (off_ms, -50_i64..50, any::<bool>(), any::<bool>(), prop::collection::vec(batch, 1..25)).prop_map(
        |(off_ms, drift_ppm, says_monotonic, says_round_trip, batches)| Plan {
            off_ms,
            drift_ppm,
            says_monotonic,
            says_round_trip,
            batches,
        },
    )
}

/// The clocks of a device at work.
struct Device {
    now_us: i64,
    off_us: i64,
    drift_ppm: i64,
    setting: u64,
}

impl Device {
    fn elapsed_us(&self, at_us: i64) -> i64 {
        let elapsed = at_us - START;
        elapsed + elapsed * self.drift_ppm / 1_000_000
    }

    fn wall_us(&self, at_us: i64) -> i64 {
        START + self.elapsed_us(at_us) - self.off_us
    }

    /// In whole milliseconds, as it travels.
    fn monotonic_us(&self, at_us: i64) -> i64 {
        (777 * S + self.elapsed_us(at_us)) / 1_000 * 1_000
    }
}

impl Plan {
    /// What the log has, in its order.
    pub(super) fn arrivals(&self) -> Vec<Arrival> {
        let mut device = Device { now_us: START, off_us: self.off_ms * 1_000, drift_ppm: self.drift_ppm, setting: 0 };
        let (mut sequence, mut answers, mut arrivals) = (0, Vec::new(), Vec::new());
        for batch in &self.batches {
            let mut events = Vec::new();
            for (place, gap_ms) in batch.gaps_ms.iter().enumerate() {
                device.now_us += gap_ms * 1_000;
                if let Some((_, by_ms)) = batch.set.filter(|(at, _)| *at == place) {
                    device.off_us -= by_ms * 1_000;
                    device.setting += 1;
                }
                sequence += 1;
                events.push((
                    sequence,
                    device.now_us,
                    device.wall_us(device.now_us),
                    device.monotonic_us(device.now_us),
                ));
            }
            device.now_us += batch.wait_ms * 1_000;
            let sendings = match batch.fate {
                Fate::Lost => vec![],
                Fate::Arrives => vec![device.now_us],
                Fate::Again(after_ms) => vec![device.now_us, device.now_us + after_ms * 1_000],
            };
            for (time, sent_us) in sendings.iter().enumerate() {
                let transit_us = batch.transit_ms * 1_000;
                let known = answers.iter().filter(|(at_us, _)| at_us <= sent_us).map(|(_, round_trip)| *round_trip);
                for (sequence, true_us, wall_us, monotonic_us) in &events {
                    let said = Said {
                        session: Some(Key::of("a", "s")),
                        received_at_us: sent_us + transit_us,
                        event_time_us: *wall_us,
                        occurred_at_us: Some(*wall_us),
                        sent_at_us: Some(device.wall_us(*sent_us)),
                        monotonic_us: self.says_monotonic.then_some(*monotonic_us),
                        sent_monotonic_us: self.says_monotonic.then(|| device.monotonic_us(*sent_us)),
                        round_trip_us: known.clone().min().filter(|_| self.says_round_trip),
                        sequence: Some(*sequence),
                        is_import: false,
                    };
                    let (sequence, true_us, setting) = (*sequence, *true_us, device.setting);
                    arrivals.push(Arrival { said, sequence, true_us, transit_us, setting, is_repeated: time > 0 });
                }
            }
            if batch.fate == Fate::Arrives {
                let round_trip_us = (batch.transit_ms + batch.back_ms) * 1_000;
                answers.push((device.now_us + round_trip_us, round_trip_us));
            }
        }
        // Records of one batch stay together, in their order.
        arrivals.sort_by_key(|arrival| arrival.said.received_at_us);
        arrivals
    }
}
