//! Single cases by hand; laws over random devices are in `laws`, the devices in `device`.

mod device;
mod laws;

use judi_schema::event_time::TimeFlag;

use super::*;
use crate::dedup::Key;

const S: i64 = 1_000_000;
const HOUR: i64 = 3_600 * S;
/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600 * S;

fn clocks() -> Clocks {
    Clocks::new(&ClockRules::default(), 1)
}

/// An event of the session "s", received so many seconds after the start, sent and occurred by the device's clock.
fn said(received_s: i64, sent_s: i64, occurred_s: i64) -> Said {
    Said {
        session: Some(Key::of("a", "s")),
        received_at_us: START + received_s * S,
        event_time_us: START,
        occurred_at_us: Some(START + occurred_s * S),
        sent_at_us: Some(START + sent_s * S),
        ..Said::default()
    }
}

fn numbered(sequence: u64, said: Said) -> Said {
    Said { sequence: Some(sequence), ..said }
}

/// With the monotonic clock at the event and at the sending, in seconds.
fn monotonic(at_event_s: i64, at_sending_s: i64, said: Said) -> Said {
    Said { monotonic_us: Some(at_event_s * S), sent_monotonic_us: Some(at_sending_s * S), ..said }
}

/// The time in seconds after the start, and its flag.
fn taken(clocks: &mut Clocks, said: Said) -> (i64, Option<TimeFlag>) {
    let time = clocks.take(0, &said);
    assert_eq!((time.us - START) % S, 0, "{time:?}");
    ((time.us - START) / S, time.flag)
}

const CORRECTED: Option<TimeFlag> = Some(TimeFlag::Corrected);
const ORDERED: Option<TimeFlag> = Some(TimeFlag::Ordered);

#[test]
fn one_batch_is_the_simple_rule() {
    // Within the tolerance, at it, and beyond it, either way.
    assert_eq!(taken(&mut clocks(), said(100, 99, 90)), (90, None));
    assert_eq!(taken(&mut clocks(), said(110, 100, 90)), (90, None));
    assert_eq!(taken(&mut clocks(), said(100, 110, 90)), (90, None));
    assert_eq!(taken(&mut clocks(), said(111, 100, 90)), (101, CORRECTED));
    assert_eq!(taken(&mut clocks(), said(100, 111, 90)), (79, CORRECTED));
    let alone = time_alone(&ClockRules::default(), &said(111, 100, 90));
    assert_eq!(((alone.us - START) / S, alone.flag), (101, CORRECTED));
}

#[test]
fn what_is_history_stays_as_it_is() {
    let mut clocks = clocks();
    let history = Said { sent_at_us: None, ..numbered(7, said(1000, 0, 90)) };
    assert_eq!(clocks.take(0, &Said { event_time_us: START + 5 * S, ..history }).us, START + 5 * S);
    let import = Said { is_import: true, event_time_us: START - 400 * 24 * HOUR, ..numbered(1, said(1000, 0, 90)) };
    assert_eq!(clocks.take(0, &import), EventTime { us: START - 400 * 24 * HOUR, flag: None });
    assert_eq!(clocks.sessions(), 0, "and nothing is remembered of it");
}

#[test]
fn an_event_without_a_time_has_that_of_its_receipt() {
    let mut clocks = clocks();
    let silent = |said| Said { occurred_at_us: None, ..said };
    assert_eq!(taken(&mut clocks, silent(said(100, 20, 0))), (100, Some(TimeFlag::Received)));
    let unsent = Said { sent_at_us: None, event_time_us: START + 100 * S, ..silent(said(100, 0, 0)) };
    assert_eq!(taken(&mut clocks, unsent), (100, Some(TimeFlag::Received)));
    // It keeps to the order, too.
    assert_eq!(taken(&mut clocks, numbered(8, said(200, 120, 110))), (190, CORRECTED));
    assert_eq!(taken(&mut clocks, numbered(9, silent(said(150, 70, 0)))), (190, ORDERED));
}

#[test]
fn a_batch_that_was_long_on_its_way_is_measured_by_those_that_were_not() {
    let mut clocks = clocks();
    assert_eq!(taken(&mut clocks, said(101, 100, 90)), (90, None));
    assert_eq!(taken(&mut clocks, said(700, 110, 105)), (105, None));
    // The clock is an hour behind, and of the sum of 3,700 s most is known to be the clock's.
    let mut clocks = self::clocks();
    assert_eq!(taken(&mut clocks, said(3_601, 0, -10)), (3_591, CORRECTED));
    assert_eq!(taken(&mut clocks, said(3_720, 20, 15)), (3_616, CORRECTED));
}

#[test]
fn half_of_the_round_trip_is_taken_off_where_it_is_believed() {
    let with = |round_trip_s: i64, said: Said| Said { round_trip_us: Some(round_trip_s * S), ..said };
    assert_eq!(taken(&mut clocks(), with(6, said(3_603, 0, -10))), (3_590, CORRECTED));
    assert_eq!(taken(&mut clocks(), with(8, said(13, 0, -10))), (-10, None), "nine seconds are within the tolerance");
    assert_eq!(taken(&mut clocks(), with(61, said(3_603, 0, -10))), (3_593, CORRECTED));
    let mut clocks = clocks();
    taken(&mut clocks, with(20, said(3_603, 0, -10)));
    assert_eq!(taken(&mut clocks, with(4, said(3_613, 10, 5))), (3_606, CORRECTED), "the smallest counts");
    assert_eq!(taken(&mut clocks, said(3_623, 20, 15)), (3_616, CORRECTED));
}

#[test]
fn a_wall_clock_that_was_set_after_the_event_is_seen_by_the_monotonic_one() {
    // Set forward by an hour between the event and the sending, ten seconds apart; right since then.
    let forward = monotonic(50, 60, said(3_700, 3_700, 90));
    assert_eq!(taken(&mut clocks(), forward), (3_690, CORRECTED));
    // Set back by an hour; the event would have happened after it was sent.
    let back = monotonic(50, 60, said(100, 100, 3_690));
    assert_eq!(taken(&mut clocks(), back), (90, CORRECTED));
    // A monotonic clock that shows more before than after is another one.
    assert_eq!(taken(&mut clocks(), monotonic(61, 60, said(3_700, 3_700, 90))), (90, None));
}

#[test]
fn a_wall_clock_that_was_set_between_two_batches_does_not_take_the_transit_with_it() {
    let mut clocks = clocks();
    assert_eq!(taken(&mut clocks, monotonic(5, 10, said(11, 10, 5))), (5, None));
    // Set forward by an hour, and the next batch is 30 s on its way: the error is that of the first batch.
    assert_eq!(taken(&mut clocks, monotonic(95, 100, said(130, 3_700, 3_695))), (96, CORRECTED));
    // A batch of before comes late, with an event of before.
    assert_eq!(taken(&mut clocks, monotonic(15, 20, said(300, 20, 15))), (15, None));
    // An event of before in a batch of after.
    assert_eq!(taken(&mut clocks, monotonic(90, 200, said(201, 3_800, 90))), (90, None));
}

#[test]
fn a_monotonic_clock_that_starts_anew_or_sleeps_is_no_setting_of_the_other() {
    let mut clocks = clocks();
    assert_eq!(taken(&mut clocks, monotonic(500, 510, said(1_011, 1_010, 1_000))), (1_000, None));
    // A page that was loaded anew, with what the page before had left in its queue, then two in turn.
    assert_eq!(taken(&mut clocks, monotonic(1, 3, said(1_104, 1_103, 1_101))), (1_101, None));
    assert_eq!(taken(&mut clocks, monotonic(530, 3, said(1_104, 1_103, 1_030))), (1_030, None));
    assert_eq!(taken(&mut clocks, monotonic(640, 650, said(1_151, 1_150, 1_140))), (1_140, None));
    assert_eq!(taken(&mut clocks, monotonic(70, 71, said(1_172, 1_171, 1_170))), (1_170, None));
    // Asleep for an hour.
    assert_eq!(taken(&mut clocks, monotonic(80, 90, said(4_791, 4_790, 4_780))), (4_780, None));
}

#[test]
fn without_a_monotonic_clock_many_late_batches_say_that_the_clock_was_set_back() {
    let mut clocks = clocks();
    assert_eq!(taken(&mut clocks, said(1, 0, 0)), (0, None));
    for batch in 1..i64::from(LATE_BATCHES) {
        let sent_s = batch * 20;
        // The events of a batch count as one.
        for _ in 0..20 {
            assert_eq!(taken(&mut clocks, said(sent_s + 1_805 - batch, sent_s, sent_s)), (sent_s, None));
        }
    }
    assert_eq!(taken(&mut clocks, said(2_025, 210, 200)), (200 + 1_798, CORRECTED), "the smallest of them counts");
    assert_eq!(taken(&mut clocks, said(2_035, 234, 225)), (225 + 1_798, CORRECTED));
}

#[test]
fn without_a_monotonic_clock_a_clock_that_is_right_or_far_back_is_believed_at_once() {
    // An hour ahead, then put right, then an event of before the setting, then right again.
    let mut clocks = clocks();
    assert_eq!(taken(&mut clocks, said(100, 3_699, 3_690)), (91, CORRECTED));
    assert_eq!(taken(&mut clocks, said(121, 120, 110)), (110, None));
    assert_eq!(taken(&mut clocks, said(200, 3_750, 3_740)), (190, CORRECTED));
    assert_eq!(taken(&mut clocks, said(231, 230, 220)), (220, None));
    // Set back by more than a request takes.
    assert_eq!(taken(&mut clocks, said(3_900, 240, 235)), (3_895, CORRECTED));
    // With a monotonic clock, a batch may be on its way for as long as it likes.
    let mut clocks = self::clocks();
    assert_eq!(taken(&mut clocks, monotonic(90, 99, said(100, 3_699, 3_690))), (91, CORRECTED));
    assert_eq!(taken(&mut clocks, monotonic(191, 200, said(3_801, 3_800, 3_791))), (192, CORRECTED));
}

#[test]
fn a_sum_ages_as_clocks_drift() {
    let mut clocks = clocks();
    assert_eq!(taken(&mut clocks, said(3_601, 1, 0)), (3_600, CORRECTED));
    // 5 s in ten hours are more than drift; 3 s are not.
    assert_eq!(taken(&mut clocks, said(39_606, 36_001, 36_000)), (39_600, CORRECTED));
    assert_eq!(taken(&mut clocks, said(39_604, 36_001, 36_000)), (39_603, CORRECTED));
}

#[test]
fn what_is_far_from_its_receipt_is_kept_and_flagged_and_is_outside_of_the_order() {
    let mut clocks = clocks();
    let (day, month) = (24 * 3_600, 30 * 24 * 3_600);
    assert_eq!(taken(&mut clocks, numbered(1, said(100, 100, 90))), (90, None));
    assert_eq!(taken(&mut clocks, numbered(2, said(100, 100, 101 + day))), (101 + day, Some(TimeFlag::Future)));
    assert_eq!(taken(&mut clocks, numbered(3, said(100, 100, 99 - month))), (99 - month, Some(TimeFlag::Past)));
    assert_eq!(taken(&mut clocks, numbered(4, said(100, 100, 95))), (95, None));
    // After the correction it counts, not before it.
    assert_eq!(taken(&mut self::clocks(), said(100, 100 - 2 * month, 90 - 2 * month)), (90, CORRECTED));
    // With no sending to correct it by, too, but not of imports.
    let unsent = Said { sent_at_us: None, ..said(100, 0, 0) };
    let far = Said { event_time_us: START + (101 + day) * S, ..unsent };
    assert_eq!(taken(&mut clocks, far), (101 + day, Some(TimeFlag::Future)));
    assert_eq!(taken(&mut clocks, Said { is_import: true, ..far }), (101 + day, None));
}

#[test]
fn a_sequence_is_never_inverted() {
    let mut clocks = clocks();
    assert_eq!(taken(&mut clocks, numbered(5, said(101, 100, 50))), (50, None));
    assert_eq!(taken(&mut clocks, numbered(9, said(101, 100, 90))), (90, None));
    assert_eq!(taken(&mut clocks, numbered(7, said(101, 100, 95))), (90, ORDERED));
    assert_eq!(taken(&mut clocks, numbered(6, said(101, 100, 20))), (50, ORDERED));
    assert_eq!(taken(&mut clocks, numbered(8, said(101, 100, 90))), (90, None));
    assert_eq!(taken(&mut clocks, numbered(4, said(101, 100, 60))), (50, ORDERED));
    assert_eq!(taken(&mut clocks, numbered(10, said(101, 100, 93))), (93, None));
    // Another session, and a number that was there before, are no neighbours.
    let other = Said { session: Some(Key::of("a", "t")), ..numbered(11, said(101, 100, 10)) };
    assert_eq!(taken(&mut clocks, other), (10, None));
    assert_eq!(taken(&mut clocks, numbered(6, said(101, 100, 99))), (99, None));
}

#[test]
fn an_event_that_happened_after_it_was_received_does_not_push_those_that_follow() {
    let mut clocks = clocks();
    assert_eq!(taken(&mut clocks, numbered(1, said(101, 100, 2_000))), (101, ORDERED));
    assert_eq!(taken(&mut clocks, numbered(2, said(111, 110, 105))), (105, None));
    // Within the tolerance a time stays as it was sent, and without a number there is nothing to push.
    assert_eq!(taken(&mut clocks, numbered(3, said(121, 120, 130))), (130, None));
    assert_eq!(taken(&mut clocks, said(121, 120, 2_000)), (2_000, None));
}

#[test]
fn more_gaps_than_are_remembered_leave_the_rest_in_order() {
    let mut clocks = clocks();
    let every_third = |n: u64| numbered(3 * n, said(1_000, 999, 10 * n.cast_signed()));
    for n in 1..=50 {
        assert_eq!(taken(&mut clocks, every_third(n)), (10 * n.cast_signed(), None));
    }
    // Below what is remembered one by one, all that is known is the whole.
    assert_eq!(taken(&mut clocks, numbered(4, said(1_000, 999, 7))), (10, ORDERED));
    assert_eq!(taken(&mut clocks, numbered(4, said(1_000, 999, 900))), (190, ORDERED));
    assert_eq!(taken(&mut clocks, numbered(1, said(1_000, 999, 900))), (10, ORDERED));
    assert_eq!(taken(&mut clocks, numbered(148, said(1_000, 999, 900))), (500, ORDERED));
    assert_eq!(taken(&mut clocks, numbered(149, said(1_000, 999, 1))), (500, ORDERED));
}

#[test]
fn looking_places_an_event_among_its_neighbours_and_leaves_no_trace() {
    let mut clocks = clocks();
    taken(&mut clocks, numbered(4, said(3_601, 0, -10)));
    taken(&mut clocks, numbered(6, said(3_601, 0, -5)));
    let before = clocks.clone();
    let look = |said: Said| ((clocks.look(0, &said).us - START) / S, clocks.look(0, &said).flag);
    // Its batch was on its way for long, which its neighbours' were not.
    assert_eq!(look(numbered(5, said(3_701, 0, -7))), (3_594, CORRECTED));
    assert_eq!(look(numbered(5, said(3_601, 0, -20))), (3_591, ORDERED));
    assert_eq!(look(numbered(7, said(3_601, 0, -20))), (3_596, ORDERED));
    let stranger = Said { session: Some(Key::of("b", "s")), ..said(3_701, 0, -7) };
    assert_eq!(look(stranger), (3_694, CORRECTED));
    assert_eq!(clocks, before);
}

#[test]
fn sessions_are_forgotten_by_age_and_bounded_per_partition() {
    let rules = ClockRules { sessions: 6, ..ClockRules::default() };
    let mut clocks = Clocks::new(&rules, 2);
    let of = |session: &str, said: Said| Said { session: Some(Key::of("a", session)), ..said };
    // An hour off, so that what is remembered can be told from the simple rule.
    let first = |session: &str| of(session, said(3_600, 0, 0));
    let late = |session: &str| of(session, said(7_300, 100, 0));
    for session in ["1", "2", "3", "1", "4"] {
        clocks.take(0, &first(session));
    }
    clocks.take(1, &first("5"));
    assert_eq!(clocks.sessions(), 4);
    // "2" had its only record before the second one of "1".
    let is_known = |clocks: &Clocks, session| clocks.look(0, &late(session)).us == START + HOUR;
    assert_eq!(["1", "2", "3", "4"].map(|session| is_known(&clocks, session)), [true, false, true, true]);
    // A day and an hour later they are over, the partition's own clock says.
    clocks.take(0, &of("6", said(3_600 + 24 * 3_600, 0, 0)));
    assert_eq!(clocks.sessions(), 4);
    clocks.take(0, &of("7", said(3_601 + 24 * 3_600, 0, 0)));
    assert_eq!(clocks.sessions(), 3, "6 and 7, and 5 of the other partition");
    assert!(!is_known(&clocks, "4"));
}

#[test]
fn sessions_belong_to_installs_or_else_to_people() {
    let of = |anonymous_id: &str, user_id: &str, session_id: &str| session(anonymous_id, user_id, session_id);
    assert_eq!(of("", "", "s"), None);
    assert_eq!(of("a", "u", "s"), of("a", "", "s"));
    assert!(of("a", "", "").is_some());
    let different = [of("a", "", "s"), of("", "a", "s"), of("a", "", ""), of("a", "", "t"), of("as", "", "")];
    for (at, one) in different.iter().enumerate() {
        assert!(different.iter().skip(at + 1).all(|other| one != other));
    }
}

#[test]
fn damaged_bytes_are_told_and_rules_may_change() {
    let mut clocks = clocks();
    for n in 0..40 {
        taken(&mut clocks, numbered(2 * n, monotonic(5, 10, said(3_600, 0, 0))));
    }
    taken(&mut clocks, Said { session: Some(Key::of("b", "")), ..said(3_600, 0, 0) });
    let bytes = clocks.encode();
    let rules = ClockRules::default();
    assert_eq!(Clocks::decode(&bytes, &rules, 1), Ok(clocks));
    for at in 0..bytes.len() {
        let mut broken = bytes.clone();
        broken[at] ^= 0x10;
        assert!(Clocks::decode(&broken, &rules, 1).is_err(), "byte {at}");
        assert!(Clocks::decode(&bytes[..at], &rules, 1).is_err(), "cut at {at}");
    }
    let fewer = Clocks::decode(&bytes, &ClockRules { sessions: 1, ..rules }, 1).unwrap();
    assert_eq!(fewer.sessions(), 1);
}
