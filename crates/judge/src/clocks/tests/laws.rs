//! What holds for any device and any network.

use proptest::prelude::*;

use super::device::{Arrival, Plan, plans};
use super::*;

/// A clock is set now and then, by seconds to hours either way.
fn any_sets() -> impl Strategy<Value = Option<i64>> + Clone {
    prop_oneof![6 => Just(None), 1 => (-7_200_000_i64..7_200_000).prop_map(Some)]
}

/// Never.
fn no_sets() -> impl Strategy<Value = Option<i64>> + Clone {
    Just(None)
}

/// By more than twice what any batch is on its way, so that it is no question what has happened.
fn clear_sets() -> impl Strategy<Value = Option<i64>> + Clone {
    prop_oneof![6 => Just(None), 1 => (1_800_000_i64..7_200_000).prop_map(Some)]
}

fn times(arrivals: &[Arrival]) -> Vec<EventTime> {
    let mut clocks = clocks();
    arrivals.iter().map(|arrival| clocks.take(0, &arrival.said)).collect()
}

/// The rows that there will be: the first arrival of each event.
fn rows<'a>(arrivals: &'a [Arrival], times: &'a [EventTime]) -> impl Iterator<Item = (&'a Arrival, EventTime)> {
    arrivals.iter().zip(times.iter().copied()).filter(|(arrival, _)| !arrival.is_repeated)
}

/// How far a time may be from the truth, by the batches that have arrived.
struct Bound {
    /// The smallest transit since the clock was set, by setting.
    smallest_us: BTreeMap<u64, i64>,
    round_trip_us: i64,
    largest_us: i64,
}

impl Bound {
    fn new() -> Self {
        Self { smallest_us: BTreeMap::new(), round_trip_us: i64::MAX, largest_us: 0 }
    }

    /// The bound of an event that is placed by itself, and of any event of the session so far.
    fn after(&mut self, arrival: &Arrival) -> (i64, i64) {
        let smallest_us = self.smallest_us.entry(arrival.setting).or_insert(arrival.transit_us);
        let sum_us = arrival.said.received_at_us - arrival.said.sent_at_us.unwrap_or(0);
        if arrival.said.sent_monotonic_us.is_none() && sum_us.abs() <= 10 * S {
            // A transit that hides the clock's error is taken for none.
            *smallest_us = arrival.transit_us;
        }
        *smallest_us = arrival.transit_us.min(*smallest_us);
        self.round_trip_us = self.round_trip_us.min(arrival.said.round_trip_us.unwrap_or(i64::MAX));
        let round_trip_us = Some(self.round_trip_us).filter(|us| *us <= ROUND_TRIP_US_MAX).unwrap_or(0);
        // What the clocks drift in this time, what a sum ages, and milliseconds that were cut off.
        let slack_us = (arrival.said.received_at_us - START).abs() / 5_000 + 10_000;
        let own_us = 10 * S + (*smallest_us).max(round_trip_us / 2) + slack_us;
        self.largest_us = self.largest_us.max(own_us);
        (own_us, self.largest_us)
    }
}

fn assert_bounded(plan: &Plan) -> Result<(), TestCaseError> {
    let arrivals = plan.arrivals();
    let mut bound = Bound::new();
    for (arrival, time) in arrivals.iter().zip(times(&arrivals)) {
        let (own_us, session_us) = bound.after(arrival);
        let error_us = (time.us - arrival.true_us).abs();
        let most_us = if time.flag == Some(TimeFlag::Ordered) { session_us } else { own_us };
        prop_assert!(error_us <= most_us, "{error_us} of {most_us}: {time:?} {arrival:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever is off, set, late, lost, repeated or reordered.
    #[test]
    fn a_sequence_is_never_inverted_on_any_device(plan in plans(any_sets())) {
        let arrivals = plan.arrivals();
        let times = times(&arrivals);
        let in_order = rows(&arrivals, &times).filter(|(_, time)| !is_far(*time));
        let in_order: Vec<(u64, i64)> = in_order.map(|(arrival, time)| (arrival.sequence, time.us)).collect();
        prop_assert_eq!(first_inversion(&in_order), None);
    }

    /// A restart at any record, and looking in between, change nothing.
    #[test]
    fn the_same_records_have_the_same_times(
        plan in plans(any_sets()),
        restarts in prop::collection::vec(any::<bool>(), 1..20),
    ) {
        let arrivals = plan.arrivals();
        let mut whole = clocks();
        let mut interrupted = clocks();
        for (arrival, restart) in arrivals.iter().zip(restarts.iter().cycle()) {
            prop_assert_eq!(whole.take(0, &arrival.said), interrupted.take(0, &arrival.said));
            if *restart {
                let _ = interrupted.look(0, &numbered(3, arrival.said));
                interrupted = Clocks::decode(&interrupted.encode(), &ClockRules::default(), 1).unwrap();
            }
        }
        prop_assert_eq!(whole, interrupted);
    }

    #[test]
    fn a_time_is_off_by_the_tolerance_and_the_smallest_transit_at_most(plan in plans(no_sets())) {
        assert_bounded(&plan)?;
    }

    /// Always forward or always back: two settings that undo each other are hard to tell from none.
    #[test]
    fn a_clock_that_is_set_makes_no_time_worse_where_a_monotonic_one_tells(
        mut plan in plans(clear_sets()),
        is_back in any::<bool>(),
    ) {
        for (_, by_ms) in plan.batches.iter_mut().filter(|_| is_back).flat_map(|batch| &mut batch.set) {
            *by_ms = -*by_ms;
        }
        assert_bounded(&Plan { says_monotonic: true, ..plan })?;
    }

    /// One batch a session: `event_time` is `occurred_at`, corrected only when `sent_at` is further from receipt than
    /// the tolerance: then by that offset.
    #[test]
    fn one_batch_is_the_simple_rule_on_any_device(plan in plans(no_sets())) {
        for batch in &plan.batches {
            let one = Plan { batches: vec![batch.clone()], says_round_trip: false, ..plan.clone() };
            let arrivals = one.arrivals();
            for (arrival, time) in rows(&arrivals, &times(&arrivals)) {
                let said = &arrival.said;
                let (occurred_us, sent_us) = (said.occurred_at_us.unwrap(), said.sent_at_us.unwrap());
                let offset_us = said.received_at_us - sent_us;
                let simple_us = if offset_us.abs() > 10 * S { occurred_us + offset_us } else { occurred_us };
                prop_assert_eq!(time.us, simple_us);
            }
        }
    }

    /// Numbers of any size neither overflow nor take the state out of order.
    #[test]
    fn anything_may_be_said(
        events in prop::collection::vec(
            (any::<[i64; 3]>(), any::<[Option<i64>; 3]>(), any::<Option<u64>>(), any::<[u8; 3]>()), 1..40,
        ),
    ) {
        let mut clocks = clocks();
        for ([received, occurred, sent], monotonic, sequence, [small, far, session]) in events {
            // Times near each other, and anywhere in the calendar and beyond it.
            let time = |time: i64| if far % 4 == 0 { time } else { START + time % (1 << (small % 60)) };
            let sane = |time: i64| time.clamp(-62_135_596_800_000_000, 253_402_300_799_999_999);
            let monotonic = monotonic.map(|us| us.map(|us| us.rem_euclid(315_576_000_000_000_000)));
            let said = Said {
                session: Some(Key::of("a", if session % 2 == 0 { "s" } else { "t" })),
                received_at_us: sane(time(received)),
                event_time_us: time(occurred),
                occurred_at_us: Some(time(occurred)),
                sent_at_us: Some(time(sent)),
                monotonic_us: monotonic[0],
                sent_monotonic_us: monotonic[1],
                round_trip_us: monotonic[2],
                sequence: sequence.map(|sequence| if small % 2 == 0 { sequence } else { sequence % 50 }),
                is_import: false,
            };
            prop_assert_eq!(clocks.look(0, &said), {
                let mut clocks = clocks.clone();
                clocks.take(0, &said)
            });
            clocks.take(0, &said);
        }
        prop_assert_eq!(Clocks::decode(&clocks.encode(), &ClockRules::default(), 1), Ok(clocks));
    }
}
