//! Each line gets the same, nothing is forgotten, and the window holds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

#[test]
fn a_long_line_does_not_hold_up_a_short_one() {
    let mut rounds = Rounds::new(100, 100);
    assert_eq!(rounds.ask(1, 100), Asked::Now);
    let long: Vec<_> = (0..50).map(|_| rounds.ask(1, 100)).collect();
    let Asked::Waits(short) = rounds.ask(2, 100) else { panic!("the window is full") };
    assert!(matches!(long[0], Asked::Waits(0)));
    let (first, second) = (rounds.give_back(100), rounds.give_back(100));
    assert_eq!((first, second), (vec![0], vec![short]), "the second turn is the other's, though fifty came before");
}

#[test]
fn what_is_larger_than_the_window_has_its_turn_alone() {
    let mut rounds = Rounds::new(10, 1);
    assert_eq!(rounds.ask(1, 5), Asked::Now);
    assert_eq!(rounds.ask(1, 1_000), Asked::Waits(0));
    assert_eq!(rounds.ask(2, 1), Asked::Waits(1), "nobody passes a line");
    assert_eq!(rounds.give_back(5), [1], "the small one has gathered its due sooner");
    assert_eq!(rounds.give_back(1), [0]);
    assert_eq!(rounds.under_way(), 1_000);
}

#[test]
fn who_left_is_passed_over() {
    let mut rounds = Rounds::new(1, 1);
    assert_eq!(rounds.ask(1, 1), Asked::Now);
    let (Asked::Waits(gone), Asked::Waits(stays)) = (rounds.ask(1, 1), rounds.ask(2, 1)) else { panic!() };
    assert!(rounds.leave(1, gone) && !rounds.leave(1, gone));
    assert_eq!(rounds.give_back(1), [stays]);
    assert!(rounds.give_back(1).is_empty() && rounds.lines.is_empty() && rounds.turns.is_empty());
}

proptest! {
    #[test]
    fn every_ticket_has_its_turn_once_and_lines_share_alike(
        asks in proptest::collection::vec((0..4_usize, 1..50_usize), 1..200),
    ) {
        const WINDOW: usize = 60;
        let mut rounds = Rounds::new(WINDOW, 10);
        let mut waiting = BTreeMap::new();
        let mut under_way = VecDeque::new();
        for (key, amount) in asks {
            match rounds.ask(key, amount) {
                Asked::Now => under_way.push_back(amount),
                Asked::Waits(ticket) => _ = waiting.insert(ticket, (key, amount)),
            }
        }
        let mut got = [0_usize; 4];
        while let Some(done) = under_way.pop_front() {
            for ticket in rounds.give_back(done) {
                let (key, amount) = waiting.remove(&ticket).expect("granted once");
                got[key] += amount;
                under_way.push_back(amount);
            }
            let sum: usize = under_way.iter().sum();
            prop_assert_eq!(rounds.under_way(), sum);
            prop_assert!(sum <= WINDOW || under_way.len() == 1);
            // Lines that both still wait are never further apart than a quantum and one piece of work.
            let still: BTreeSet<_> = waiting.values().map(|(key, _)| *key).collect();
            for (one, other) in still.iter().flat_map(|one| still.iter().map(move |other| (*one, *other))) {
                prop_assert!(got[one].abs_diff(got[other]) <= 10 + 2 * 50, "{got:?}");
            }
        }
        prop_assert!(waiting.is_empty(), "{waiting:?} never had a turn");
    }
}
