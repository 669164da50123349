//! Nobody holds more than its share, what is held is given back, and waits are as long as the work before them.

use judi_world::SystemClock;

use super::*;
use crate::turns::Window;

fn writing() -> Arc<Turns> {
    Turns::new(Arc::new(SystemClock::default()), Window::Fixed(1 << 20), 1)
}

fn room_of(bytes_max: usize) -> Arc<InFlight> {
    InFlight::new(Arc::new(SystemClock::default()), bytes_max, 1_000, writing())
}

fn share(bytes_max: usize) -> Arc<Share> {
    Share::new(bytes_max, 0)
}

#[test]
fn what_is_held_is_bounded_by_key_and_given_back() {
    let all = room_of(300);
    let (greedy, modest) = (share(usize::MAX), share(20));
    let mut first = InFlight::begin(&all, &greedy, 200).unwrap();
    first.grow(200).unwrap();
    assert!(first.grow(1).is_err() && InFlight::begin(&all, &greedy, 1).is_err(), "two thirds for one alone");
    let mut second = InFlight::begin(&all, &modest, 20).unwrap();
    second.grow(20).unwrap();
    assert!(second.grow(1).is_err(), "its own limit");
    assert_eq!((all.bytes(), all.requests()), (220, 2));
    drop(first);
    assert_eq!((all.bytes(), all.requests()), (20, 1));
    assert!(second.grow(usize::MAX).is_err());
}

#[test]
fn requests_are_bounded_by_key_too() {
    let all = InFlight::new(Arc::new(SystemClock::default()), 1_000, 30, writing());
    let (greedy, other) = (share(usize::MAX), share(usize::MAX));
    let many: Vec<_> = (0..100).filter_map(|_| InFlight::begin(&all, &greedy, 0).ok()).collect();
    assert_eq!(many.len(), 20);
    assert!(InFlight::begin(&all, &other, 0).is_ok());
    drop(many);
    assert_eq!(all.requests(), 0);
}

#[test]
fn a_body_that_told_its_key_counts_for_it() {
    let all = room_of(1_000);
    let (nobody, key) = (share(usize::MAX), share(usize::MAX));
    let mut held = InFlight::begin(&all, &nobody, 0).unwrap();
    held.grow(10).unwrap();
    held.belongs_to(&key).unwrap();
    held.belongs_to(&key).unwrap();
    let of = |share: &Share| (share.bytes.load(Ordering::Relaxed), share.requests.load(Ordering::Relaxed));
    assert_eq!((of(&nobody), of(&key), all.bytes()), ((0, 0), (10, 1), 10));
    drop(held);
    assert_eq!((of(&key), all.bytes()), ((0, 0), 0));
}

#[test]
fn a_body_is_weighed_by_what_others_grew_to() {
    let (all, share) = (room_of(1_000_000), share(usize::MAX));
    assert_eq!((all.weight(&share, 1_000), all.weight(&share, 0)), (1_000, 0));
    for _ in 0..100 {
        let mut held = InFlight::begin(&all, &share, 0).unwrap();
        held.grow(1_000).unwrap();
        let announced = held.announce().unwrap();
        held.grow(2_000).unwrap();
        held.note_growth();
        drop(announced);
    }
    assert!((2_900..=3_100).contains(&all.weight(&share, 1_000)), "{}", all.weight(&share, 1_000));
}

#[tokio::test]
async fn what_waits_too_long_is_refused_with_a_wait_that_grows_with_each_that_was_told() {
    let all = room_of(1 << 30);
    let (greedy, other) = (Share::new(usize::MAX, 1), Share::new(usize::MAX, 2));
    // Nothing is measured yet: twenty megabytes a second are assumed; one key may have two thirds of two seconds.
    let _waiting = all.writing.wait(1, 24_000_000).await;
    assert!(InFlight::begin(&all, &greedy, 1_000_000).is_ok());
    let waits: Vec<_> = (0..3)
        .map(|_| match InFlight::begin(&all, &greedy, 10_000_000) {
            Err(Refusal::Busy { retry_after }) => retry_after.as_secs_f64(),
            other => panic!("{other:?}"),
        })
        .collect();
    for (wait, expected) in waits.iter().zip([1.2, 1.76, 2.31]) {
        assert!((wait - expected).abs() < 0.1, "{waits:?}");
    }
    assert!(InFlight::begin(&all, &other, 100_000_000).is_ok(), "who has nothing waiting is heard");
}
