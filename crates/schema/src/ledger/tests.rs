//! What a changed schema does to columns that are there for ever, drawn changes included.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::compile::{Source, SourceText};
use crate::schemas::Schemas;

fn sources(text: &str) -> Vec<Source> {
    let text = format!("syntax = \"proto3\";\nimport \"judi/v1/options.proto\";\n{text}");
    vec![Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]
}

fn first(text: &str) -> Schemas {
    Schemas::first(&sources(text)).unwrap()
}

fn columns(schemas: &Schemas) -> Vec<String> {
    let shown = |column: &LedgerColumn| format!("{} {}", column.column.join("."), column.kind);
    schemas.ledger().columns.iter().map(shown).collect()
}

const GOOD: &str = r#"{
  "format": 1,
  "versions": [
    {"number":1,"semver":"1.0.0","fingerprint":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"number":2,"semver":"1.1.0","fingerprint":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}
  ],
  "events": [
    {"id":1,"name":"a","message":"p.A","since":1},
    {"id":3,"name":"b","message":"p.B","since":2}
  ],
  "columns": [
    {"event":1,"path":[],"column":["a"],"type":"STRUCT","since":1},
    {"event":1,"path":[1],"column":["a","x"],"type":"MAP<DECIMAL(20,0),DECIMAL(20,0)>","since":1},
    {"event":1,"path":[2],"column":["a","y"],"type":"LIST<STRUCT>","since":1},
    {"event":1,"path":[2,7],"column":["a","y","z"],"type":"BIGINT","since":1},
    {"event":1,"path":[2,7],"generation":2,"column":["a","y","z__2"],"type":"DECIMAL(20,0)","since":2},
    {"event":1,"path":[2,8],"role":"number","column":["a","y","k__number"],"type":"BIGINT","since":1},
    {"event":1,"path":[2,9],"role":"case","column":["a","y","o__case"],"type":"VARCHAR","since":1},
    {"event":3,"path":[],"column":["b"],"type":"STRUCT","since":2},
    {"event":3,"path":[],"role":"present","column":["b","_present"],"type":"BOOLEAN","since":2}
  ]
}
"#;

#[test]
fn a_good_ledger_is_read_and_written_as_it_was() {
    let ledger = Ledger::parse("ledger.json", GOOD).unwrap();
    assert_eq!(ledger.to_text(), GOOD);
    assert_eq!(ledger.newest().unwrap().number, 2);
    assert_eq!(ledger.event("b").unwrap().id, 3);
    let empty = Ledger::default();
    assert_eq!(Ledger::parse("ledger.json", &empty.to_text()).unwrap(), empty);
    // The same with other white space, as a merge may leave it.
    assert_eq!(Ledger::parse("ledger.json", &GOOD.replace("    {", "{").replace("},\n{", "}, {")).unwrap(), ledger);
}

#[test]
fn contradictions_are_refused_with_their_lines() {
    let refused = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        match Ledger::parse("ledger.json", &GOOD.replacen(from, to, 1)) {
            Err(error @ SchemaError::Ledger { .. }) => {
                assert!(error.hint().is_some());
                error.to_string()
            }
            other => panic!("{from} -> {to}: {other:?}"),
        }
    };
    let cases = [
        ("\"number\":2", "\"number\":1", "ledger.json:4 and ledger.json:5: version 1 comes after version 1"),
        ("\"number\":1,", "\"number\":0,", "ledger.json:4: versions count from 1"),
        ("1.1.0", "1.1", "ledger.json:5: \"1.1\" is no semver"),
        ("bbb", "BBB", "ledger.json:5: \"BBB"),
        ("\"id\":3", "\"id\":1", "ledger.json:8 and ledger.json:9: the event id 1 is there twice"),
        ("\"name\":\"b\"", "\"name\":\"a\"", "ledger.json:8 and ledger.json:9: the event name a is there twice"),
        ("\"name\":\"b\"", "\"name\":\"os\"", "ledger.json:9: \"os\" is no name for an event"),
        ("\"message\":\"p.B\",\"since\":2", "\"message\":\"p.B\",\"since\":7", "ledger.json:9: there is no version 7"),
        ("\"path\":[2],", "\"path\":[1],", "ledger.json:13 and ledger.json:14: the path [1] of event 1 is there twice"),
        ("[\"a\",\"y\"]", "[\"a\",\"X\"]", "ledger.json:13 and ledger.json:14: the column a.X is there twice"),
        ("{\"event\":1,\"path\":[1]", "{\"event\":2,\"path\":[1]", "ledger.json:13: there is no event 2"),
        ("[\"a\",\"x\"]", "[\"b\",\"x\"]", "ledger.json:13: no line above gives"),
        ("\"path\":[2,7],\"column\"", "\"path\":[3,7],\"column\"", "ledger.json:15: no line above gives"),
        ("LIST<STRUCT>", "LIST<BIGINT>", "ledger.json:15: no line above gives"),
        ("\"generation\":2", "\"generation\":3", "ledger.json:16: generation 3 comes after generation 1"),
        (
            "\"k__number\"],\"type\":\"BIGINT\"",
            "\"k__number\"],\"type\":\"DOUBLE\"",
            "ledger.json:17: this column must be BIGINT",
        ),
        ("[\"a\"],\"type\":\"STRUCT\"", "[\"a\"],\"type\":\"BIGINT\"", "ledger.json:12: the struct of the event"),
        ("[\"a\",\"x\"]", "[\"a\",\"x y\"]", "ledger.json:13: [\"a\", \"x y\"] is no path of columns"),
        (
            "MAP<DECIMAL(20,0),DECIMAL(20,0)>",
            "MAP<STRUCT,BIGINT>",
            "ledger.json:13: \"MAP<STRUCT,BIGINT>\" is no column type",
        ),
        ("LIST<STRUCT>", "LIST<LIST<BIGINT>>", "ledger.json:14: \"LIST<LIST<BIGINT>>\" is no column type"),
        ("\"format\": 1", "\"format\": 2", "format 2 is not known"),
        ("\"role\":\"case\"", "\"role\":\"caze\"", "ledger.json:18: unknown variant `caze`"),
        (
            "\"since\":1},\n    {\"event\":1,\"path\":[1]",
            "\"since\":1,\"x\":1},\n    {\"event\":1,\"path\":[1]",
            "ledger.json:12: unknown field `x`",
        ),
        ("  \"events\": [", "<<<<<<< HEAD\n  \"events\": [", "ledger.json:7: "),
    ];
    for (from, to, expected) in cases {
        let message = refused(from, to);
        assert!(message.contains(expected), "{from} -> {to}: {message}");
    }
    let lines: Vec<&str> = GOOD.lines().collect();
    let without = |line: usize| {
        let kept = lines.iter().enumerate().filter(|(at, _)| at + 1 != line).map(|(_, line)| *line);
        kept.collect::<Vec<_>>().join("\n")
    };
    let error = Ledger::parse("ledger.json", &without(12)).unwrap_err().to_string();
    assert!(error.starts_with("ledger.json:12: no line above"), "{error}");
    let error = Ledger::parse(
        "ledger.json",
        &GOOD.replace(",\n    {\"event\":3,\"path\":[],\"role\"", ",\n    {\"event\":3,\"path\":[4],\"role\""),
    )
    .unwrap_err()
    .to_string();
    assert!(error.starts_with("ledger.json:20: no line above"), "{error}");
    let no_columns =
        GOOD.split("    {\"event\":3").next().unwrap().trim_end().trim_end_matches(',').to_owned() + "\n]}";
    let error = Ledger::parse("ledger.json", &no_columns).unwrap_err().to_string();
    assert_eq!(error, "ledger.json:9: the event \"b\" has no column");
}

#[test]
fn presence_epochs_are_read_and_their_contradictions_refused() {
    let with = |lines: &[&str]| {
        let head = GOOD.trim_end().trim_end_matches("  ]\n}");
        format!("{head}  ],\n  \"presence\": [\n    {}\n  ]\n}}\n", lines.join(",\n    "))
    };
    let turn = |path: &str, presence: &str, since: u32| {
        format!("{{\"event\":1,\"path\":{path},\"presence\":\"{presence}\",\"since\":{since}}}")
    };
    let (before, after) = (turn("[1]", "implicit", 1), turn("[1]", "explicit", 2));
    let good = with(&[&before, &after]);
    let ledger = Ledger::parse("ledger.json", &good).unwrap();
    assert_eq!(ledger.to_text(), good);
    assert_eq!(ledger.epochs(1, &[1]).map(|epoch| epoch.since).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(ledger.epochs(1, &[2]).count(), 0);
    let cases: [(&[&str], &str); 7] = [
        (&[&before], "ledger.json:23: a presence that changed has a before and an after"),
        (&[&before, &turn("[1]", "implicit", 2)], "ledger.json:23 and ledger.json:24: the presence of the path [1]"),
        (&[&after, &before], "ledger.json:23: the path [1] of event 1 is there since version 1, not 2"),
        (&[&before, &after, &turn("[1]", "implicit", 2)], "ledger.json:24 and ledger.json:25: version 2 comes after"),
        (&[&turn("[4]", "implicit", 1), &after], "ledger.json:23: there is no column for the path [4] of event 1"),
        (&[&before, &turn("[1]", "explicit", 7)], "ledger.json:24: there is no version 7"),
        (&[&before, &turn("[1]", "always", 2)], "ledger.json:24: unknown variant `always`"),
    ];
    for (lines, expected) in cases {
        let error = Ledger::parse("ledger.json", &with(lines)).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn deleted_and_renamed_fields_keep_their_columns() {
    let one = first("message A { option (judi.event).name = \"a\"; string x = 1; int32 y = 2; }");
    assert_eq!(columns(&one), ["a STRUCT", "a.x VARCHAR", "a.y BIGINT"]);
    // x goes, y is called z now, and a new field takes the name x in another case.
    let two = "message A { option (judi.event).name = \"a\"; reserved 1; reserved \"x\";
        int64 z = 2 [(judi.field).alias = \"y\"]; bool X = 3; }";
    let two = one.next(&sources(two)).unwrap();
    assert_eq!(columns(&two), ["a STRUCT", "a.x VARCHAR", "a.y BIGINT", "a.X__2 BOOLEAN"]);
    let versions: Vec<_> =
        two.ledger().versions.iter().map(|version| (version.number, version.semver.as_str())).collect();
    assert_eq!(versions, [(1, "1.0.0"), (2, "2.0.0")]);
    let layout = two.layout(2, 0).unwrap();
    assert_eq!(layout.root.fields.iter().map(|field| field.child).collect::<Vec<_>>(), [1, 2]);
    let old = two.layout(1, 0).unwrap().clone();
    assert_eq!(old.root.fields.iter().map(|field| field.child).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(old.root.children, 3);
    // An event that goes keeps its struct, and the next gets an id of its own.
    let three = two.next(&sources("message B { option (judi.event).name = \"b\"; string x = 1; }")).unwrap();
    assert_eq!(three.ledger().events.iter().map(|event| event.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(three.layout(3, 0).unwrap().column, crate::layout::ENVELOPE_COLUMNS.len() + 1);
    assert_eq!(three.layout(1, 0), Some(&old));
    assert_eq!(three.events_schema().fields().len(), crate::layout::ENVELOPE_COLUMNS.len() + 2);
}

#[test]
fn types_that_a_column_cannot_hold_are_refused_with_the_place() {
    let event = |fields: &str| {
        format!(
            "message In {{ string s = 1; }}\nenum E {{ ZERO = 0; }}\nmessage A {{\n  option (judi.event).name = \"a\";\n  {fields}\n}}"
        )
    };
    let fine = [
        ("int32 x = 1;", "int64 x = 1;"),
        ("sint32 x = 1;", "sint64 x = 1;"),
        ("string x = 1;", "optional string x = 1;"),
        ("uint32 x = 1;", "uint64 x = 1;"),
    ];
    for (from, to) in fine {
        first(&event(from)).next(&sources(&event(to))).unwrap();
    }
    let refused = [
        ("int64 x = 1;", "bool x = 1;", "int64", "bool"),
        ("string x = 1;", "bytes x = 1;", "string", "bytes"),
        ("sint32 x = 1;", "fixed32 x = 1;", "sint32", "fixed32"),
        ("E x = 1;", "string x = 1;", "E", "string"),
        ("string x = 1;", "repeated string x = 1;", "string", "repeated string"),
        ("uint64 x = 1;", "uint32 x = 1;", "uint64", "uint32"),
        ("float x = 1;", "double x = 1;", "float", "double"),
        ("In x = 1;", "map<string, In> x = 1;", "In", "map<string, In>"),
        ("repeated uint32 x = 1;", "repeated uint64 x = 1;", "repeated uint32", "repeated uint64"),
    ];
    for (from, to, known, wanted) in refused {
        let error = first(&event(from)).next(&sources(&event(to))).unwrap_err();
        assert_eq!(error.place().unwrap().to_string(), "t.proto:7:3");
        let text = error.to_string();
        assert!(text.ends_with(&format!("x (1) of A is {wanted}, and was {known}")), "{text}");
        assert!(error.hint().unwrap().contains("the number 2, which replaces 1"));
    }
}

#[test]
fn widening_gets_a_second_generation() {
    let event = |kind: &str| format!("message A {{ option (judi.event).name = \"a\"; {kind} x = 1; }}");
    let schemas = first(&event("uint32")).next(&sources(&event("uint64"))).unwrap();
    assert_eq!(columns(&schemas), ["a STRUCT", "a.x BIGINT", "a.x__2 DECIMAL(20,0)"]);
    assert_eq!(schemas.layout(1, 0).unwrap().root.fields[0].child, 0);
    assert_eq!(schemas.layout(2, 0).unwrap().root.fields[0].child, 1);
    let view = &schemas.views()[0];
    let x = view.columns.iter().find(|column| column.name == "x").unwrap();
    assert_eq!((x.path.join("."), x.older.len(), x.older[0].join(".")), ("a.x__2".to_owned(), 1, "a.x".to_owned()));
    let ledger = schemas.ledger();
    assert_eq!(&Ledger::parse("l", &ledger.to_text()).unwrap(), ledger);
}

#[test]
fn a_oneof_keeps_its_case_column_when_renamed_or_grown() {
    let event = |oneof: &str| format!("message A {{ option (judi.event).name = \"a\"; {oneof} }}");
    let schemas = first(&event("oneof o { string x = 5; int32 y = 6; }"));
    assert_eq!(columns(&schemas), ["a STRUCT", "a.x VARCHAR", "a.y BIGINT", "a.o__case VARCHAR"]);
    let grown = schemas
        .next(&sources(&event("oneof which { bool w = 2; string x = 5; } reserved 6; reserved \"y\";")))
        .unwrap();
    assert_eq!(columns(&grown), ["a STRUCT", "a.x VARCHAR", "a.y BIGINT", "a.o__case VARCHAR", "a.w BOOLEAN"]);
    assert_eq!(grown.layout(1, 0).unwrap().root.cases, [2]);
    assert_eq!(grown.layout(2, 0).unwrap().root.cases, [2]);
    let names: Vec<&str> = grown.views()[0]
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .skip(crate::layout::ENVELOPE_COLUMNS.len())
        .collect();
    assert_eq!(names, ["w", "x", "which__case"]);
}

#[test]
fn stated_ids_are_kept_and_never_given_twice() {
    let with_id = |name: &str, id: u32| {
        format!("message M_{name} {{ option (judi.event) = {{ name: \"{name}\" id: {id} }}; string x = 1; }}\n")
    };
    let one = first(&(with_id("a", 0) + &with_id("b", 7)));
    assert_eq!((one.ledger().event("a").unwrap().id, one.ledger().event("b").unwrap().id), (8, 7));
    assert_eq!(one.current().events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    let error = one.next(&sources(&with_id("a", 3))).unwrap_err();
    assert!(error.to_string().contains("has the id 8 for ever"), "{error}");
    let error = first(&with_id("a", 0)).next(&sources(&with_id("c", 1))).unwrap_err();
    assert!(error.to_string().contains("the id 1 is the event \"a\"'s"), "{error}");
    assert!(Schemas::first(&sources(&(with_id("a", 5) + &with_id("b", 5)))).is_err());
}

#[test]
fn semver_says_what_a_change_does() {
    let base = "message A { option (judi.event) = { name: \"a\" owner: \"o\" }; string x = 1; E e = 2; }\nenum E { ZERO = 0; }";
    let cases = [
        (base.replace("\"o\"", "\"p\""), "1.0.1"),
        (base.replace("string x = 1;", "string x = 1; bool y = 3;"), "1.1.0"),
        (base.replace("ZERO = 0;", "ZERO = 0; ONE = 1;"), "1.1.0"),
        (format!("{base} message B {{ option (judi.event).name = \"b\"; }}"), "1.1.0"),
        (base.replace("string x = 1;", "string z = 1 [(judi.field).alias = \"x\"];"), "1.1.0"),
        (base.replace("string x = 1;", "optional string x = 1;"), "2.0.0"),
        (base.replace("string x = 1;", "reserved 1; reserved \"x\";"), "2.0.0"),
        (base.replace("string x = 1;", "string x = 1 [(judi.field).required = true];"), "2.0.0"),
    ];
    for (changed, semver) in cases {
        let next = first(base).next(&sources(&changed)).unwrap();
        assert_eq!(next.current().semver, semver, "{changed}");
        assert_eq!(next.ledger().newest().unwrap().semver, semver);
    }
    for refused in ["string z = 1;", "", "bytes x = 1;"] {
        assert!(first(base).next(&sources(&base.replace("string x = 1;", refused))).is_err(), "{refused}");
    }
}

/// Some version of a schema: per event, the fields that it has, each with the name that it has now. A field's
/// type follows from its number, so that no change is refused.
#[derive(Debug, Clone)]
struct Drawn {
    events: BTreeMap<u8, BTreeMap<u8, u8>>,
}

/// What an event's versions before had: the names of each number, and the numbers that went, which stay reserved.
#[derive(Default)]
struct Had {
    names: BTreeMap<u8, BTreeSet<String>>,
    gone: BTreeSet<u8>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let fields = prop::collection::btree_map(1u8..=9, 0u8..4, 0..8);
    prop::collection::btree_map(0u8..3, fields, 0..4).prop_map(|events| Drawn { events })
}

impl Drawn {
    /// The file, in a way that keeps what `had` says: never refused.
    fn text(&self, had: &mut BTreeMap<u8, Had>) -> String {
        let mut text =
            "enum E { ZERO = 0; }\nmessage Empty {}\nmessage Node { string label = 1; Node next = 2; }\n".to_owned();
        for (event, fields) in &self.events {
            let _ = writeln!(text, "message M{event} {{ option (judi.event).name = \"e{event}\";");
            let had = had.entry(*event).or_default();
            had.gone.extend(had.names.keys().filter(|number| !fields.contains_key(number)));
            for number in &had.gone {
                let names: Vec<String> = had.names[number].iter().map(|name| format!("{name:?}")).collect();
                let _ = writeln!(text, "  reserved {number};\n  reserved {};", names.join(", "));
            }
            let mut taken = BTreeSet::new();
            for (number, name) in fields.iter().filter(|(number, _)| !had.gone.contains(number)) {
                let kind = [
                    "int32",
                    "repeated double",
                    "E",
                    "Node",
                    "map<string, Node>",
                    "uint64",
                    "Empty",
                    "repeated E",
                    "bytes",
                ][usize::from(number - 1)];
                // One field's name can be another's that went, but for the case, which tables do not tell apart.
                let case = if number % 2 == 0 { 'N' } else { 'n' };
                let wanted = format!("{case}{}_{name}", number.div_ceil(2));
                let is_free = taken.insert(wanted.to_lowercase());
                let name = if is_free { wanted } else { format!("f{number}") };
                let names = had.names.entry(*number).or_default();
                let aliases: Vec<String> =
                    names.iter().filter(|old| **old != name).map(|old| format!("{old:?}")).collect();
                let options = match aliases.as_slice() {
                    [] => String::new(),
                    aliases => format!(" [(judi.field) = {{ alias: [{}] }}]", aliases.join(", ")),
                };
                let _ = writeln!(text, "  {kind} {name} = {number}{options};");
                names.insert(name);
            }
            text.push_str("}\n");
        }
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_only_grows(history in prop::collection::vec(drawn(), 1..6)) {
        let mut schemas: Option<Schemas> = None;
        let mut had = BTreeMap::new();
        let mut remembered: Vec<(u32, u32, Vec<Vec<String>>)> = Vec::new();
        for drawn in history {
            let before = schemas.as_ref().map(|schemas| (schemas.ledger().clone(), schemas.events_schema().clone()));
            let now = match schemas {
                None => first(&drawn.text(&mut had)),
                Some(schemas) => schemas.next(&sources(&drawn.text(&mut had))).unwrap(),
            };
            let ledger = now.ledger();
            prop_assert_eq!(&Ledger::parse("l", &ledger.to_text()).unwrap(), ledger);
            if let Some((old, schema)) = before {
                prop_assert!(ledger.versions.starts_with(&old.versions));
                prop_assert!(ledger.events.starts_with(&old.events));
                prop_assert!(ledger.columns.starts_with(&old.columns));
                for (old, new) in schema.fields().iter().zip(now.events_schema().fields()) {
                    prop_assert_eq!(old.name(), new.name());
                }
            }
            let model = now.current();
            for event in &model.events {
                remembered.push((model.version, event.index, filled(&now, model.version, event.index)));
            }
            // What a version's fields fill never moves, whatever comes later.
            for (version, index, columns) in &remembered {
                prop_assert_eq!(&filled(&now, *version, *index), columns);
            }
            schemas = Some(now);
        }
    }
}

/// The paths of the columns that an event's fields fill, by walking the layout along the Arrow schema.
fn filled(schemas: &Schemas, version: u32, index: u32) -> Vec<Vec<String>> {
    let layout = schemas.layout(version, index).unwrap();
    let column = schemas.events_schema().field(layout.column);
    let mut paths = Vec::new();
    walk(&layout.root, column.data_type(), &[column.name().clone()], &mut paths);
    paths
}

fn walk(
    layout: &crate::layout::StructLayout,
    kind: &arrow::datatypes::DataType,
    above: &[String],
    paths: &mut Vec<Vec<String>>,
) {
    use arrow::datatypes::DataType;
    let children = match kind {
        DataType::Struct(children) => children.clone(),
        DataType::List(element) => return walk(layout, element.data_type(), above, paths),
        DataType::Map(entries, _) => {
            let DataType::Struct(entry) = entries.data_type() else { panic!("{entries:?}") };
            return walk(layout, entry[1].data_type(), above, paths);
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(children.len(), layout.children);
    assert!(!children.is_empty(), "a struct without children cannot be stored");
    let others = layout.cases.iter().copied().chain(layout.present);
    let own = layout.fields.iter().flat_map(|field| [Some(field.child), field.unknown_number]).flatten();
    for child in own.chain(others) {
        paths.push(above.iter().cloned().chain([children[child].name().clone()]).collect());
    }
    for field in &layout.fields {
        if let crate::layout::Inner::Struct(inner) = &field.inner {
            let child = &children[field.child];
            let above: Vec<String> = above.iter().cloned().chain([child.name().clone()]).collect();
            walk(inner, child.data_type(), &above, paths);
        }
    }
}
