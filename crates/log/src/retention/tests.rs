//! Old segments go, in order, and nothing that a group has yet to read.

use proptest::prelude::*;

use super::*;

/// A partition whose sealed segments hold 10 records and 100 bytes each.
fn partition(number: u32, newest: &[i64], floor: Option<u64>) -> PartitionFacts {
    let segment = |(index, newest): (u64, &i64)| SegmentFacts {
        base: index * 10,
        end: index * 10 + 10,
        bytes: 100,
        newest: Timestamp(*newest),
    };
    PartitionFacts {
        topic: Topic::Events,
        partition: number,
        sealed: (0..).zip(newest).map(segment).collect(),
        active_bytes: 50,
        floor,
    }
}

fn removed(partitions: &[PartitionFacts], retention: &Retention, now: i64) -> Vec<(u32, u64)> {
    decide(partitions, retention, Timestamp(now)).into_iter().map(|removal| (removal.partition, removal.base)).collect()
}

fn age(micros: u64) -> Retention {
    Retention { age_max: Some(Duration::from_micros(micros)), bytes_max: None }
}

fn bytes(bytes_max: u64) -> Retention {
    Retention { age_max: None, bytes_max: Some(bytes_max) }
}

#[test]
fn without_limits_nothing_goes() {
    assert_eq!(removed(&[partition(0, &[1, 2], None)], &Retention::default(), i64::MAX), []);
}

#[test]
fn what_is_older_than_the_limit_goes_and_what_is_as_old_stays() {
    let partitions = [partition(0, &[10, 20, 30], None), partition(1, &[15, 40], None)];
    assert_eq!(removed(&partitions, &age(10), 30), [(0, 0), (1, 0)]);
    assert_eq!(removed(&partitions, &age(10), 31), [(0, 0), (1, 0), (0, 10)]);
}

#[test]
fn bytes_over_the_limit_go_oldest_first_over_all_partitions() {
    let partitions = [partition(0, &[10, 30], None), partition(1, &[20, 40], None)];
    assert_eq!(removed(&partitions, &bytes(500), 0), []);
    assert_eq!(removed(&partitions, &bytes(499), 0), [(0, 0)]);
    assert_eq!(removed(&partitions, &bytes(250), 0), [(0, 0), (1, 0), (0, 10)]);
    assert_eq!(removed(&partitions, &bytes(0), 0).len(), 4);
}

#[test]
fn a_group_that_has_not_read_to_a_segments_end_keeps_it_and_all_behind_it() {
    let partitions = [partition(0, &[10, 20, 30], Some(19)), partition(1, &[10], Some(10))];
    assert_eq!(removed(&partitions, &bytes(0), 0), [(0, 0), (1, 0)]);
}

#[test]
fn an_age_beyond_the_clocks_range_removes_nothing() {
    assert_eq!(removed(&[partition(0, &[1], None)], &age(u64::MAX), 5), []);
    let forever = Retention { age_max: Some(Duration::MAX), bytes_max: None };
    assert_eq!(removed(&[partition(0, &[1], None)], &forever, 5), []);
}

proptest! {
    #[test]
    fn removals_are_a_prefix_that_every_group_has_read(
        newest in proptest::collection::vec(proptest::collection::vec(0..100_i64, 0..6), 1..4),
        floors in proptest::collection::vec(proptest::option::of(0..60_u64), 4),
        age_max in proptest::option::of(0..100_u64),
        bytes_max in proptest::option::of(0..1000_u64),
        now in 0..150_i64,
    ) {
        let partitions: Vec<PartitionFacts> =
            (0..).zip(&newest).zip(floors).map(|((number, newest), floor)| partition(number, newest, floor)).collect();
        let retention = Retention { age_max: age_max.map(Duration::from_micros), bytes_max };
        let removals = decide(&partitions, &retention, Timestamp(now));
        for facts in &partitions {
            let of_it: Vec<u64> = removals.iter().filter(|r| r.partition == facts.partition).map(|r| r.base).collect();
            let prefix: Vec<u64> = facts.sealed.iter().take(of_it.len()).map(|segment| segment.base).collect();
            prop_assert_eq!(&of_it, &prefix);
            let end = facts.sealed.iter().take(of_it.len()).map(|segment| segment.end).max();
            prop_assert!(end.is_none() || facts.floor.is_none_or(|floor| end <= Some(floor)));
        }
        // What stays first of a partition has a reason to: it is needed, or young and within the bytes.
        let total: u64 = partitions.iter().map(|p| 50 + 100 * p.sealed.len() as u64).sum::<u64>() - 100 * removals.len() as u64;
        for facts in &partitions {
            let gone = removals.iter().filter(|r| r.partition == facts.partition).count();
            if let Some(first) = facts.sealed.get(gone) {
                let needed = facts.floor.is_some_and(|floor| first.end > floor);
                let young = age_max.is_none_or(|age| now - first.newest.0 <= age.cast_signed());
                prop_assert!(needed || (young && bytes_max.is_none_or(|bytes_max| total <= bytes_max)));
            }
        }
    }
}
