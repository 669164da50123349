//! Allowances are neither exceeded nor withheld, and a wait that was told is long enough.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_burst_passes_and_then_the_rate() {
    let mut bucket = Bucket::new(10.0, 20.0);
    assert_eq!(bucket.take(SECOND, 20), Ok(()));
    let wait = bucket.take(SECOND, 1).unwrap_err();
    assert!(wait < Duration::from_millis(1), "{wait:?}: a token is next to nothing away");
    assert_eq!(bucket.take(SECOND + SECOND / 10, 30), Ok(()), "a batch over the burst is taken, and owed");
    let wait = bucket.take(SECOND + SECOND / 10, 1).unwrap_err();
    assert!((Duration::from_millis(2_800)..Duration::from_millis(3_200)).contains(&wait), "{wait:?}");
}

#[test]
fn what_is_given_back_can_be_taken_again_and_no_more() {
    let mut bucket = Bucket::new(1.0, 5.0);
    bucket.take(SECOND, 8).unwrap();
    assert!(bucket.take(SECOND, 1).is_err());
    bucket.give_back(8);
    bucket.give_back(100);
    bucket.take(SECOND, 5).unwrap();
    assert!(bucket.take(SECOND, 1).is_err());
}

#[test]
fn a_day_ends_at_midnight_utc_and_does_not_come_again() {
    let noon = Timestamp(20_000 * DAY_US + DAY_US / 2);
    let mut count = DayCount::default();
    count.take(noon, 9, 10).unwrap();
    count.take(noon, 5, 10).unwrap();
    assert_eq!(count.take(noon, 1, 10), Err(Duration::from_secs(43_200)));
    assert!(count.admit(Timestamp(noon.0 - DAY_US), 10).is_err(), "a clock set back is no new day");
    count.give_back(5);
    assert_eq!(count.admit(noon, 10), Ok(()));
    count.take(noon, 1, 10).unwrap();
    assert_eq!(count.take(Timestamp(noon.0 + DAY_US / 2), 1, 10), Ok(()));
    assert_eq!(count.counted(), (20_001, 1));
}

#[test]
fn promises_stand_in_a_row_and_are_forgotten_as_time_passes() {
    let mut promised = Promised::default();
    let told: Vec<_> = (0..4).map(|_| promised.next(SECOND, 5.0, 10.0).as_millis()).collect();
    assert_eq!(told, [0, 500, 1_000, 1_500]);
    assert_eq!(promised.next(SECOND * 3, 5.0, 10.0), Duration::ZERO, "after two seconds nothing is ahead");
    for _ in 0..1_000 {
        assert!(promised.next(SECOND * 3, 50.0, 10.0) <= PROMISED_MAX);
    }
}

proptest! {
    /// Whatever is sent, no more than burst and rate (and one debt) pass; and who waits as told is taken.
    #[test]
    fn the_rate_holds_and_retry_after_clears(
        per_second in 1.0..1_000.0_f64,
        burst in 1.0..1_000.0_f64,
        requests in proptest::collection::vec((0..200_u64, 1..300_usize), 1..100),
    ) {
        let mut bucket = Bucket::new(per_second, burst);
        let mut now = Duration::ZERO;
        let mut taken = 0;
        let mut largest = 0;
        for (pause_ms, events) in requests {
            now += Duration::from_millis(pause_ms);
            largest = largest.max(events);
            match bucket.take(now, events) {
                Ok(()) => taken += events,
                Err(wait) => {
                    let mut alone = bucket.clone();
                    prop_assert!(alone.take(now + wait + Duration::from_micros(2), events).is_ok(), "told {wait:?}");
                }
            }
            let allowed = burst + per_second * now.as_secs_f64() + count(largest);
            prop_assert!(count(taken) <= allowed + 1e-6, "{taken} of {allowed}");
        }
    }

    /// Many senders that are refused at once and all come back when they were told are taken at the first return.
    #[test]
    fn senders_that_keep_to_what_they_were_told_are_not_sent_away_twice(
        senders in 2..60_usize,
        events in 1..20_usize,
        per_second in 10.0..500.0_f64,
    ) {
        // Within what is promised ahead at all.
        prop_assume!(count(senders * events) / per_second < PROMISED_MAX.as_secs_f64() * 0.9);
        let mut bucket = Bucket::new(per_second, 1.0);
        // It has learnt how much a request brings.
        for second in 0..200 {
            bucket.take(SECOND * 1_000 * second, events).unwrap();
        }
        let start = SECOND * 1_000 * 199;
        let mut returns: Vec<_> = (0..senders).filter_map(|_| bucket.take(start, events).err()).collect();
        let told = returns.len();
        returns.retain(|wait| bucket.take(start + *wait + Duration::from_millis(1), events).is_err());
        prop_assert!(returns.len() * 10 <= told + 9, "{} of {told} were sent away twice", returns.len());
    }
}
