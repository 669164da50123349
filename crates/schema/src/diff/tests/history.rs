//! What only the history knows: numbers that were used before, events that come back, columns that are touched.

use super::*;
use crate::schemas::Schemas;

fn ledger(versions: &[&str]) -> Ledger {
    let mut schemas: Option<Schemas> = None;
    for text in versions {
        let sources = source(&whole(text));
        schemas = Some(match schemas {
            None => Schemas::first(&sources).unwrap(),
            Some(before) => before.next(&sources).unwrap(),
        });
    }
    schemas.map(|schemas| schemas.ledger().clone()).unwrap_or_default()
}

fn ids(changes: &[Change]) -> Vec<(&'static str, Verdict)> {
    changes.iter().map(|change| (change.kind.id(), change.verdict)).collect()
}

#[test]
fn a_number_that_only_the_ledger_knows_is_not_used_again() {
    let one = event("string x = 1; In in = 3;") + "message In { string a = 1; string b = 2; }";
    let ledger = ledger(&[&one]);
    // A state of before verdicts: deleted, and nothing reserved.
    let two = event("In in = 3;") + "message In { string b = 2; }";
    let three = event("string y = 1; In in = 3; int32 fresh = 4;") + "message In { string c = 1; string b = 2; }";
    let changes = diff(&compiled(&two), &compiled(&three), Some(&ledger));
    let blocked: Vec<String> =
        changes.iter().filter(|it| it.verdict == Verdict::Blocked).map(Change::sentence).collect();
    assert_eq!(
        blocked,
        ["y (1) of p.A has the number of the column a.x", "c (1) of p.In has the number of the column a.in.a"]
    );
    assert!(changes.iter().any(|change| change.subject.member == "fresh" && change.verdict == Verdict::Safe));
    // The number that the fix gives is one that the ledger does not know either.
    let FixStep::Number { number, .. } = &changes[0].fix.as_ref().unwrap().steps[0] else { panic!("{changes:?}") };
    assert_eq!(*number, 5);
}

#[test]
fn an_event_that_comes_back_is_compared_with_what_it_was() {
    let a = event("string x = 1; int32 n = 2;");
    let away = "message B { option (judi.event).name = \"b\"; string x = 1; }";
    let both = |fields: &str| format!("{} {away}", event(fields));
    let (one, two) = (compiled(&format!("{a} {away}")), compiled(away));
    let ledger = ledger(&[&format!("{a} {away}"), away]);
    let again = |fields: &str| diff_history(&[&one, &two], &compiled(&both(fields)), Some(&ledger));
    assert_eq!(ids(&again("string x = 1; int32 n = 2;")), [("EVENT_RETURNED", Verdict::Safe)]);
    assert_eq!(
        ids(&again("bytes x = 1; int64 n = 2;")),
        [("EVENT_RETURNED", Verdict::Safe), ("TYPE_CHANGED", Verdict::Blocked), ("TYPE_CHANGED", Verdict::Guarded)]
    );
    assert_eq!(ids(&again("int32 n = 2;"))[1], ("FIELD_DELETED", Verdict::Blocked));
    // And is published so.
    let schemas = Schemas::first(&source(&whole(&format!("{a} {away}")))).unwrap();
    let schemas = schemas.next(&source(&whole(away))).unwrap();
    assert!(schemas.next(&source(&whole(&both("bytes x = 1; int32 n = 2;")))).is_err());
}

#[test]
fn with_no_version_at_hand_the_ledger_still_guards_its_numbers() {
    let ledger = ledger(&[&(event("string x = 1; In in = 3;") + "message In { string a = 1; }")]);
    let changed = event("In in = 3; string z = 9;") + "message In { string a = 1; reserved 2; }";
    let changes = diff_history(&[], &compiled(&changed), Some(&ledger));
    assert_eq!(
        changes.iter().map(Change::sentence).collect::<Vec<_>>(),
        ["x (1) of p.A is gone; its number is not reserved"]
    );
    let kept = changed.replace("string z = 9;", "string z = 9; reserved 1;");
    assert_eq!(diff_history(&[], &compiled(&kept), Some(&ledger)), []);
    assert_eq!(diff_history(&[], &compiled(&changed), None), []);
}

#[test]
fn a_change_names_the_columns_that_it_touches() {
    let text = |inner: &str| {
        format!(
            "{} message B {{ option (judi.event).name = \"b\"; repeated In list = 7; }} message In {{ {inner} }}",
            event("In in = 3;")
        )
    };
    let old = text("string title = 2;");
    let ledger = ledger(&[&old]);
    let renamed = text("string headline = 2 [(judi.field).alias = \"title\"];");
    let changes = diff(&compiled(&old), &compiled(&renamed), Some(&ledger));
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    let touched: Vec<String> = change
        .affected
        .iter()
        .map(|it| format!("{} {:?} {} {}", it.event, it.numbers, it.names.join("."), it.column.join(".")))
        .collect();
    assert_eq!(touched, ["a [3, 2] in.title a.in.title", "b [7, 2] list.title b.list.title"]);
    assert_eq!((change.span.start_line, change.span.path.as_str()), (4, "t.proto"));
}

#[test]
fn a_recursive_message_is_walked_within_the_tables_bounds() {
    let text = |field: &str| event("Node node = 1;") + &format!("message Node {{ Node next = 1; {field} }}");
    let changes = diff(&compiled(&text("")), &compiled(&text("string label = 2;")), None);
    let paths: Vec<&[u32]> = changes[0].affected.iter().map(|it| it.numbers.as_slice()).collect();
    assert_eq!(paths, [&[1, 2][..], &[1, 1, 2], &[1, 1, 1, 2]]);
}

#[test]
fn presence_turns_are_kept_in_the_ledger_as_epochs() {
    let optional = event("optional string x = 1;");
    let schemas = Schemas::first(&source(&whole(&event("string x = 1; int32 y = 2;")))).unwrap();
    assert!(schemas.ledger().presence.is_empty());
    let versions = [
        event("optional string x = 1; int32 y = 2;"),
        event("optional string x = 1; int32 y = 2; bool z = 3;"),
        event("string x = 1; oneof o { int32 y = 2; } bool z = 3;"),
    ];
    let mut schemas = schemas;
    for version in &versions {
        schemas = schemas.next(&source(&whole(version))).unwrap();
    }
    let ledger = schemas.ledger();
    let told = |path: &[u32]| {
        ledger.epochs(1, path).map(|epoch| format!("{} {}", epoch.since, epoch.presence)).collect::<Vec<_>>()
    };
    assert_eq!(told(&[1]), ["1 implicit", "2 explicit", "4 implicit"]);
    assert_eq!(told(&[2]), ["1 implicit", "4 explicit"]);
    assert!(told(&[3]).is_empty());
    let text = ledger.to_text();
    assert!(text.contains("{\"event\":1,\"path\":[1],\"presence\":\"explicit\",\"since\":2}"), "{text}");
    assert_eq!(&Ledger::parse("l", &text).unwrap(), ledger);
    assert_eq!(found(&optional, &optional), []);
}
