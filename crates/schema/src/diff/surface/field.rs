//! What changes of fields do.

use super::{Felt, LANGUAGES, Row, Surface, all, breaks, changes, grows, nothing, same};
use crate::diff::Subject;
use crate::diff::kind::{ChangeKind, Fit};
use crate::json_name::lower_camel;
use crate::ledger::Presence;

pub(super) fn oneof(kind: &ChangeKind, field: &str) -> Row {
    use ChangeKind as K;
    match kind {
        K::OneofAdded { oneof } => Row {
            wire: same(),
            json: same(),
            code: all(changes(format!("{field} is a case of {oneof}"))),
            column: grows(format!("{oneof}__case; an unset {field} is NULL from now on")),
            sql: grows(format!("{oneof}__case")),
        },
        K::OneofMerged { oneof } | K::OneofEntered { oneof } => Row {
            wire: breaks("of several values in old bytes only the last is read"),
            json: breaks("several at once are refused"),
            code: all(breaks(format!("{field} is a case of {oneof}: setting another clears it"))),
            column: breaks("rows of old producers would lose all values but one"),
            sql: breaks("the same"),
        },
        K::OneofLeft { oneof } => Row {
            wire: changes("old readers keep only the last of several values"),
            json: grows(format!("{field} beside another member of {oneof}")),
            code: all(breaks(format!("{field} is no case of {oneof}"))),
            column: changes(format!("{oneof}__case does not name it in new rows")),
            sql: changes(format!("{oneof}__case = '{field}' finds old rows only")),
        },
        K::OneofRenamed { from, to } => Row {
            wire: same(),
            json: same(),
            code: all(breaks(format!("{from} is called {to}"))),
            column: same(),
            sql: changes(format!("{from}__case is called {to}__case")),
        },
        _ => nothing(),
    }
}

pub(super) fn rules(kind: &ChangeKind) -> Row {
    match kind {
        ChangeKind::RequiredAdded | ChangeKind::RulesTightened { .. } => Row {
            wire: breaks("events of producers that do not keep to it go to quarantine"),
            json: breaks("the same"),
            code: all(changes("checks before sending")),
            column: same(),
            sql: same(),
        },
        ChangeKind::RequiredRemoved { by_wire: true } => Row {
            wire: breaks("readers of the old version refuse bytes that lack it"),
            json: same(),
            code: all(changes("it may be left out")),
            column: grows("NULL"),
            sql: grows("NULL"),
        },
        _ => Row {
            wire: grows("more is let through"),
            json: grows("more is let through"),
            code: all(changes("checks before sending")),
            column: grows("values that were refused"),
            sql: same(),
        },
    }
}

pub(super) fn name(kind: &ChangeKind) -> Row {
    use ChangeKind as K;
    match kind {
        K::FieldRenamed { from, to, aliased: true } => Row {
            wire: same(),
            json: grows(format!("{to}; {from} is taken still")),
            code: members(from, to),
            column: same(),
            sql: grows(format!("{to}; {from} is shown still")),
        },
        K::FieldRenamed { from, to, .. } => Row {
            wire: same(),
            json: breaks(format!("{from} is unknown: its values go to _unknown")),
            code: members(from, to),
            column: same(),
            sql: breaks(format!("{from} is called {to}")),
        },
        K::JsonNameChanged { from, to, aliased: true } => {
            Row { json: changes(format!("written as {to}; {from} is taken still")), ..nothing() }
        }
        K::JsonNameChanged { from, to, .. } => {
            Row { json: breaks(format!("written as {to}; {from} is unknown")), ..nothing() }
        }
        K::AliasAdded { alias } => {
            Row { json: grows(format!("{alias} is taken")), sql: grows(alias.clone()), ..nothing() }
        }
        K::AliasTaken { alias } | K::NameReused { name: alias } => Row {
            json: breaks(format!("{alias} in what old senders send means something else")),
            sql: breaks(format!("{alias} shows other values than before")),
            ..nothing()
        },
        K::AliasRemoved { alias, .. } => Row {
            json: breaks(format!("{alias} is unknown: its values go to _unknown")),
            sql: breaks(format!("{alias} is gone from the view")),
            ..nothing()
        },
        _ => nothing(),
    }
}

pub(super) fn retyped(from: &str, to: &str, fit: Fit) -> Row {
    let code = LANGUAGES.map(|language| match (in_language(language, from), in_language(language, to)) {
        (Some(a), Some(b)) if a == b => same(),
        (Some(a), Some(b)) => breaks(format!("{a} becomes {b}")),
        _ => breaks(format!("{from} becomes {to}")),
    });
    match fit {
        Fit::Column | Fit::Generation => Row {
            wire: grows("larger values, which old readers cut off"),
            json: changes(if to.contains("64") {
                "written as text; numbers are taken still"
            } else {
                "the same numbers"
            }),
            code,
            column: match fit {
                Fit::Column => same(),
                _ => grows("a second generation of the column; the first keeps its rows"),
            },
            sql: match fit {
                Fit::Column => same(),
                _ => changes("the view shows both, as DECIMAL(20,0)"),
            },
        },
        Fit::Neither => Row {
            wire: breaks("old bytes read as something else, or not at all"),
            json: breaks("what old senders send is refused, or means something else"),
            code,
            column: breaks("a column keeps its type"),
            sql: breaks("the column would have two types"),
        },
    }
}

pub(super) fn field(kind: &ChangeKind, subject: &Subject) -> Row {
    use ChangeKind as K;
    let name = &subject.member;
    match kind {
        K::FieldAdded { .. } => Row {
            wire: grows("readers that do not know it keep it as unknown"),
            json: grows(lower_camel(name)),
            code: all(grows(format!("the member {name}"))),
            column: grows(format!("{name}, NULL in the rows of older producers; _unknown is read again for it")),
            sql: grows(name.clone()),
        },
        K::FieldDeleted { number_reserved: true, name_reserved: true } => gone(name),
        K::FieldDeleted { .. } => Row {
            wire: breaks("another field may take the number, and be read from old bytes"),
            json: breaks("another field may take the name"),
            column: breaks("another field may take the column"),
            ..gone(name)
        },
        K::NumberReused { was } => Row {
            wire: breaks(format!("old bytes of {was} are read as {name}")),
            json: changes("by name, nothing is confused"),
            code: all(grows(format!("the member {name}"))),
            column: breaks(format!("values of two fields in one column: {was}")),
            sql: breaks("the same"),
        },
        K::FieldReplaced { was, .. } => Row {
            wire: grows("both numbers are read"),
            json: changes("what old senders send under the same name has to be of the new type"),
            code: all(breaks(format!("{name} is of another type than {was}"))),
            column: grows("a column of its own"),
            sql: changes("the view shows the new value, and the old one where only that is there"),
        },
        K::ReplacesRemoved { .. } => {
            Row { sql: breaks("the view no longer shows the old field's values"), ..nothing() }
        }
        K::FieldRenumbered { from, to } => Row {
            wire: breaks(format!("{from} in old bytes is not read as {name}, and old readers do not know {to}")),
            json: same(),
            code: all(breaks("programs of both versions lose each other's values")),
            column: breaks(format!("{name} would begin a new column, without the old values")),
            sql: breaks("the same"),
        },
        K::CardinalityChanged { from, to } => Row {
            wire: breaks("of many values one is read, or packed ones not at all"),
            json: breaks("a list where a value was, or the other way round"),
            code: all(breaks(format!("{from} becomes {to}"))),
            column: breaks("a column keeps its type"),
            sql: breaks("the column would have two types"),
        },
        K::EncodingChanged { from, to } => Row {
            wire: breaks(format!("a {from} does not read as a {to}")),
            code: all(breaks("programs of both versions lose each other's values")),
            ..nothing()
        },
        K::PackingChanged => Row { wire: changes("written in another form; every reader takes both"), ..nothing() },
        K::PresenceChanged { to: Presence::Explicit, .. } => Row {
            wire: changes("0 and '' are written where they are set"),
            json: changes("0 and '' are written where they are set"),
            code: all(breaks(format!("{name} can be unset"))),
            column: changes("unset is NULL from now on, and was 0 or ''; the ledger has the epochs"),
            sql: changes("comparisons with 0 or '' find fewer rows from now on"),
        },
        K::PresenceChanged { .. } => Row {
            wire: changes("0 and '' are not written"),
            json: changes("0 and '' are not written"),
            code: all(breaks(format!("{name} cannot be unset"))),
            column: changes("unset is 0 or '' from now on, and was NULL; the ledger has the epochs"),
            sql: changes("IS NULL finds fewer rows from now on"),
        },
        K::DefaultChanged { from, to } => Row {
            wire: breaks(format!("absent in old bytes reads as {to}, and meant {from}")),
            code: all(breaks(format!("unset reads as {to}"))),
            ..nothing()
        },
        K::PiiChanged { .. } => Row { column: changes("who may see it"), ..nothing() },
        K::FieldWordsChanged { what: "deprecated" } => Row { code: all(changes("a warning")), ..nothing() },
        K::FieldWordsChanged { what: "alias_until" } => {
            Row { sql: changes("the day on which aliases end"), ..nothing() }
        }
        K::FieldWordsChanged { what: "replaces" } => {
            Row { sql: grows("the view shows the replaced field's values, too"), ..nothing() }
        }
        _ => nothing(),
    }
}

/// A field that is gone, as it should be.
fn gone(name: &str) -> Row {
    Row {
        wire: changes("old producers send it still; it is kept in _unknown"),
        json: changes("the same"),
        code: all(breaks(format!("the member {name} is gone"))),
        column: changes(format!("{name} stays with its values, and gets no new ones")),
        sql: breaks(format!("{name} is hidden from the view")),
    }
}

/// The member that a field is, in each language.
fn members(from: &str, to: &str) -> [Felt; 4] {
    LANGUAGES.map(|language| {
        let member = |name: &str| match language {
            Surface::Go => upper(&lower_camel(name)),
            Surface::Java => format!("set{}", upper(&lower_camel(name))),
            _ => lower_camel(name),
        };
        match (member(from), member(to)) {
            (from, to) if from == to => same(),
            (from, to) => changes(format!("{from} is called {to}")),
        }
    })
}

fn upper(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A scalar type in a language; `None` for what is no scalar.
fn in_language(language: Surface, kind: &str) -> Option<&'static str> {
    let [js, go, java, swift] = match kind {
        "int32" | "sint32" | "sfixed32" => ["number", "int32", "int", "Int32"],
        "uint32" | "fixed32" => ["number", "uint32", "int", "UInt32"],
        "int64" | "sint64" | "sfixed64" => ["bigint", "int64", "long", "Int64"],
        "uint64" | "fixed64" => ["bigint", "uint64", "long", "UInt64"],
        "float" => ["number", "float32", "float", "Float"],
        "double" => ["number", "float64", "double", "Double"],
        "bool" => ["boolean", "bool", "boolean", "Bool"],
        "string" => ["string", "string", "String", "String"],
        "bytes" => ["Uint8Array", "[]byte", "ByteString", "Data"],
        _ => return None,
    };
    match language {
        Surface::Js => Some(js),
        Surface::Go => Some(go),
        Surface::Java => Some(java),
        Surface::Swift => Some(swift),
        _ => None,
    }
}
