//! What changes of events, messages, enums and values do.

use super::field::rules;
use super::{Row, all, breaks, changes, grows, nothing, same};
use crate::diff::Subject;
use crate::diff::kind::ChangeKind;

pub(super) fn event(kind: &ChangeKind, name: &str) -> Row {
    use ChangeKind as K;
    match kind {
        K::EventAdded | K::EventReturned => Row {
            wire: grows(format!("{name} is taken")),
            json: grows(format!("{name} is taken")),
            code: all(grows(format!("the event {name}"))),
            column: grows(format!("the struct {name}")),
            sql: grows(format!("the view {name}")),
        },
        K::EventDeleted => Row {
            wire: breaks(format!("{name} goes to quarantine, where it waits for a schema that has it")),
            json: breaks("the same"),
            code: all(breaks(format!("the event {name} is gone"))),
            column: changes(format!("the struct {name} stays, and gets no new values")),
            sql: changes(format!("the view {name} stays, and gets no new rows")),
        },
        K::EventRenamed { from, to } => Row {
            wire: breaks(format!("{from} goes to quarantine: senders of it cannot know {to}")),
            json: breaks("the same"),
            code: all(breaks(format!("the event {from} is gone"))),
            column: breaks(format!("{to} would begin a new struct, without the rows of {from}")),
            sql: breaks(format!("{from} gets no new rows")),
        },
        K::EventMessageChanged { from, to } => Row {
            wire: changes("fields are told apart by their numbers, as below"),
            json: changes("fields are told apart by their names, as below"),
            code: all(breaks(format!("the event is made from {to}, not {from}"))),
            column: same(),
            sql: same(),
        },
        K::EventIdChanged { .. } => Row { column: breaks("columns belong to the id, for ever"), ..nothing() },
        _ => Row { code: all(changes("the comment")), ..nothing() },
    }
}

pub(super) fn declaration(kind: &ChangeKind, subject: &Subject) -> Row {
    use ChangeKind as K;
    let name = &subject.full_name;
    match kind {
        K::MessageAdded | K::EnumAdded => Row { code: all(grows(format!("the type {name}"))), ..nothing() },
        K::MessageDeleted | K::EnumDeleted => {
            Row { code: all(breaks(format!("the type {name} is gone"))), ..nothing() }
        }
        K::MessageMoved { from, .. } | K::EnumMoved { from, .. } => {
            Row { code: all(changes(format!("the type {from} is called {name}"))), ..nothing() }
        }
        K::PackageChanged { from, to } => {
            Row { code: all(breaks(format!("imports of {from} become imports of {to}"))), ..nothing() }
        }
        K::MessageRulesChanged { tightened: true } => rules(&K::RulesTightened { rules: Vec::new() }),
        K::MessageRulesChanged { .. } => rules(&K::RulesLoosened { rules: Vec::new() }),
        K::ReservedRemoved { .. } => Row {
            wire: breaks("a later field with the number would be read from old bytes"),
            json: breaks("a later field with the name would be read from what old senders send"),
            column: breaks("a later field would share the column"),
            ..nothing()
        },
        _ => nothing(),
    }
}

pub(super) fn value(kind: &ChangeKind, name: &str) -> Row {
    use ChangeKind as K;
    match kind {
        K::EnumOpennessChanged { closed: true } => {
            Row { code: all(changes("unknown numbers become unknown fields")), ..nothing() }
        }
        K::EnumOpennessChanged { .. } => Row { code: all(changes("unknown numbers stay in the field")), ..nothing() },
        K::EnumValueAdded => Row {
            wire: grows("readers that do not know the number keep it"),
            json: grows(format!("{name}, which older parsers of JSON refuse")),
            code: all(grows(format!("the constant {name}"))),
            column: grows(format!("the text {name}")),
            sql: changes("a CASE over all names has one more to name"),
        },
        K::EnumValueDeleted { .. } => Row {
            wire: changes("the number is kept as an unknown one"),
            json: breaks(format!("{name} is refused")),
            code: all(breaks(format!("the constant {name} is gone"))),
            column: changes(format!("rows with {name} keep it; the number becomes UNKNOWN(n)")),
            sql: changes(format!("comparisons with '{name}' find old rows only")),
        },
        K::EnumValueRenamed { from, to, aliased: true } => Row {
            wire: same(),
            json: grows(format!("{to}; {from} is taken still")),
            code: all(breaks(format!("the constant {from} is called {to}"))),
            column: changes(format!("old rows hold {from}, new ones {to}")),
            sql: changes(format!("the view shows {to} in all rows; comparisons with '{from}' find nothing")),
        },
        K::EnumValueRenamed { from, to, .. } => Row {
            wire: same(),
            json: breaks(format!("{from} is refused")),
            code: all(breaks(format!("the constant {from} is called {to}"))),
            column: breaks(format!("old rows hold {from}, new ones {to}, and nobody knows that they mean the same")),
            sql: breaks(format!("comparisons with '{from}' lose the new rows, those with '{to}' the old ones")),
        },
        K::EnumValueRenumbered { from, .. } => Row {
            wire: breaks(format!("{from} in old bytes is no longer {name}")),
            json: same(),
            code: all(breaks("programs of both versions disagree")),
            column: breaks(format!("old producers' {name} comes out as another value")),
            sql: breaks("the same"),
        },
        K::EnumSynonymRemoved | K::ValueAliasRemoved { .. } => Row {
            json: breaks("the old name is refused"),
            code: all(breaks("the constant is gone")),
            sql: breaks("rows with the old name are no longer shown under today's"),
            ..nothing()
        },
        _ => Row { json: grows("one more name is taken"), ..nothing() },
    }
}
