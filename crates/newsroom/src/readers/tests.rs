//! The readers repeat, their number is what was asked for, and every kind of mishap happens.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const MONDAY: i64 = 20_000 * DAY_MINUTES;

fn day(newsroom: &Newsroom) -> Vec<ReaderEvent> {
    (MONDAY..MONDAY + DAY_MINUTES).flat_map(|minute| newsroom.minute(minute, 0)).collect()
}

fn text<'a>(event: &'a ReaderEvent, name: &str) -> &'a str {
    event.members[name].as_str().unwrap()
}

#[test]
fn a_minute_is_the_same_each_time_and_another_seed_gives_another() {
    let newsroom = Newsroom::new(1, 30_000).unwrap();
    assert_eq!(newsroom.minute(MONDAY + 700, 3), newsroom.minute(MONDAY + 700, 3));
    assert_ne!(newsroom.minute(MONDAY + 700, 3), Newsroom::new(2, 30_000).unwrap().minute(MONDAY + 700, 3));
}

#[test]
fn a_day_has_about_as_many_events_as_asked_for() {
    let events = day(&Newsroom::new(1, 30_000).unwrap());
    assert!((27_000..33_000).contains(&events.len()), "{} events", events.len());
}

#[test]
fn mishaps_happen_and_ids_are_unique_but_for_what_is_sent_twice() {
    let events = day(&Newsroom::new(1, 60_000).unwrap());
    let ids: BTreeSet<_> = events.iter().map(|event| text(event, "event_id")).collect();
    let twice = events.len() - ids.len();
    assert!((200..800).contains(&twice), "{twice} sent twice");
    let late = events.iter().filter(|e| e.received_at_us - e.occurred_at_us > 600 * SECOND_US).count();
    assert!(late > 100, "{late} late");
    let misspelt = Scenario::load().unwrap().events.misspelt;
    assert!(events.iter().any(|event| text(event, "event") == misspelt));
    let mut per_app = BTreeMap::new();
    for event in &events {
        *per_app.entry(event.members["context"]["app"].as_str().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(per_app.len(), 3, "{per_app:?}");
}

#[test]
fn an_id_is_a_uuid_of_version_7_with_its_time() {
    let id = uuid_v7(&mut fastrand::Rng::with_seed(1), 1_763_971_200_123_000);
    assert_eq!(id.len(), 36);
    assert_eq!(&id[14..15], "7");
    assert!("89ab".contains(&id[19..20]), "{id}");
    let millis = u64::from_str_radix(&id.replace('-', "")[..12], 16).unwrap();
    assert_eq!(millis, 1_763_971_200_123);
}
