//! Each invariant holds of what is right, and names what breaks it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_owed_is_there_unless_retention_took_it() {
    let owed = BTreeMap::from([(3, 'a'), (4, 'b'), (6, 'd')]);
    assert_eq!(acknowledged_is_durable(&owed, 0, 3, &['a', 'b', 'c', 'd']), Ok(()));
    assert_eq!(acknowledged_is_durable(&owed, 4, 4, &['b', 'c', 'd']), Ok(()), "the first was retained");
    let gone = |offset, start, end| Err(LogViolation::Lost { offset, start, end });
    assert_eq!(acknowledged_is_durable(&owed, 3, 4, &['b', 'c', 'd']), gone(3, 4, 7));
    assert_eq!(acknowledged_is_durable(&owed, 0, 3, &['a', 'b', 'c']), gone(6, 3, 6));
    let changed = acknowledged_is_durable(&owed, 0, 3, &['a', 'x', 'c', 'd']);
    assert_eq!(changed, Err(LogViolation::Changed { offset: 4 }));
    assert_eq!(changed.unwrap_err().id(), "I1");
}

#[test]
fn sequences_ascend() {
    assert_eq!(order_is_kept([1, 2, 7]), Ok(()));
    assert_eq!(order_is_kept([1, 7, 2]), Err(LogViolation::Disorder { earlier: 2, later: 7 }));
    assert_eq!(order_is_kept([1, 1]).unwrap_err().id(), "I15");
}

#[test]
fn retention_stays_behind_the_slowest() {
    assert_eq!(retention_waits(9, None), Ok(()));
    assert_eq!(retention_waits(9, Some(9)), Ok(()));
    assert_eq!(retention_waits(9, Some(8)).unwrap_err().id(), "I18");
}

proptest! {
    #[test]
    fn only_dense_offsets_are_dense(first in 0_u64..1000, offsets in prop::collection::vec(0_u64..1100, 0..5)) {
        let is_dense = offsets.iter().enumerate().all(|(place, offset)| *offset == first + place as u64);
        prop_assert_eq!(offsets_are_dense(first, offsets.iter().copied()).is_ok(), is_dense);
    }
}
