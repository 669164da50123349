//! Each invariant holds of what is right, and names what breaks it.

use super::*;

const E: Topic = Topic::Events;

fn set(keys: &[&'static str]) -> BTreeSet<&'static str> {
    keys.iter().copied().collect()
}

#[test]
fn loss_doubles_and_inventions_are_named() {
    let tables = set(&["a", "b"]);
    assert_eq!(no_loss(&["a", "b"], |key| tables.contains(key)), Ok(()));
    let lost = no_loss(&["a", "c"], |key| tables.contains(key)).unwrap_err();
    assert_eq!((lost.id(), lost.to_string().as_str()), ("I2", "I2, no loss: \"c\" is in no table"));

    assert_eq!(no_double("events", &["a", "b"]), Ok(()));
    let double = no_double("events", &["a", "b", "a"]).unwrap_err();
    assert_eq!(double, JudgeViolation::Double { key: "\"a\"".to_owned(), table: "events", rows: 2 });
    assert_eq!(double.id(), "I3");

    let sent = |key: &&str| (*key == "a").then_some(1);
    assert_eq!(no_invention("events", [(&"a", &1)], sent), Ok(()));
    assert_eq!(no_invention("events", [(&"a", &2)], sent).unwrap_err().id(), "I4");
    assert_eq!(no_invention("events", [(&"b", &1)], sent).unwrap_err().id(), "I4");
}

#[test]
fn offsets_and_rows_go_together() {
    let records = [((E, 0, 4), "a"), ((E, 0, 5), "b"), ((E, 1, 0), "c")];
    let past = |topic, partition| (topic == E && partition == 0).then_some(4);
    let check = |tables: &[&'static str]| {
        let tables = set(tables);
        offsets_have_their_rows(records.iter().map(|(place, key)| (place, key)), past, |key| tables.contains(key))
    };
    assert_eq!(check(&["a"]), Ok(()));
    assert_eq!(check(&["b", "c"]).unwrap_err().id(), "I5");

    let places = |key: &&str| records.iter().filter(|(_, its)| its == key).map(|(place, _)| *place).collect();
    assert_eq!(rows_have_their_offsets("events", &["a", "unknown"], places, past), Ok(()));
    for ahead in ["b", "c"] {
        assert_eq!(rows_have_their_offsets("events", &[ahead], places, past).unwrap_err().id(), "I5");
    }
}

#[test]
fn the_index_lags_and_positions_grow() {
    let at = |offset| Positions::from([((E, 0), offset)]);
    assert_eq!(index_is_behind(&at(4), &at(4)), Ok(()));
    assert_eq!(index_is_behind(&at(5), &at(4)).unwrap_err().id(), "I6");
    assert_eq!(index_is_behind(&at(1), &Positions::new()).unwrap_err().id(), "I6");
    assert_eq!(index_never_leads(&["a"], |key| *key == "a"), Ok(()));
    assert_eq!(index_never_leads(&["a"], |_| false).unwrap_err().id(), "I6");
    assert_eq!(positions_only_grow(&at(4), &at(5)), Ok(()));
    assert_eq!(positions_only_grow(&at(4), &at(3)).unwrap_err().id(), "I7");
    assert_eq!(positions_only_grow(&at(4), &Positions::new()).unwrap_err().id(), "I7");
}

#[test]
fn a_session_is_in_the_order_of_its_sequence() {
    let check = |rows: &[(&'static str, u64, i64)]| order_in_session(rows.iter().copied());
    assert_eq!(check(&[("s", 2, 10), ("s", 1, 10), ("t", 1, 99), ("t", 4, 100)]), Ok(()));
    let inverted = check(&[("s", 7, 9), ("s", 1, 10)]).unwrap_err();
    assert!(matches!(inverted, JudgeViolation::OutOfOrder { earlier: 1, later: 7, .. }), "{inverted}");
    assert_eq!(inverted.id(), "I15");
}

#[test]
fn the_table_keeps_to_the_answer() {
    let check = |told, events: &[&'static str], quarantine: &[&'static str]| {
        one_verdict([(&"a", told)], &set(events), &set(quarantine))
    };
    assert_eq!(check(Told::Ok, &["a"], &[]), Ok(()));
    assert_eq!(check(Told::Quarantined, &[], &["a"]), Ok(()));
    assert_eq!(check(Told::Quarantined, &["a"], &["a"]), Ok(()), "read by a later schema, and still told");
    assert_eq!(check(Told::Quarantined, &["a"], &[]), Ok(()), "read by a later schema before its round");
    for (told, events, quarantine) in
        [(Told::Ok, vec![], vec!["a"]), (Told::Ok, vec!["a"], vec!["a"]), (Told::Ok, vec![], vec![])]
    {
        assert_eq!(check(told, &events, &quarantine).unwrap_err().id(), "I8");
    }
    assert_eq!(check(Told::Quarantined, &[], &[]).unwrap_err().id(), "I8");
}
