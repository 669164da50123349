//! Rows that an older schema could not read in full equal, once read again, those that the newest reads at once; but
//! for what the writer's schema lacked and did not send, which stays NULL.

use std::collections::BTreeMap;

use proptest::prelude::*;
use prost::Message;

use super::cell::{Cell, cell_of};
use super::project::Project;
use super::random::{Choices, message};
use crate::columns::{CatchUp, EventColumns};
use crate::envelope::Envelope;
use crate::json;

const WIDE: &str = include_str!("wide.proto");

/// The schema without some of its fields and enum values.
fn older(keep: &[bool]) -> String {
    let mut keep = keep.iter().copied().chain(std::iter::repeat(true));
    let droppable = |line: &str| line.starts_with("  ") && line.contains(" = ") && !line.contains("option (");
    let kept = WIDE.lines().filter(|line| {
        let needed = line.contains("c_number") || line.contains("UNSPECIFIED");
        !droppable(line) || needed || keep.next().unwrap_or(true)
    });
    kept.collect::<Vec<_>>().join("\n")
}

fn envelope(version: u32) -> Vec<u8> {
    Envelope { event: "wide".to_owned(), schema_version: version, ..Envelope::default() }.encode_to_vec()
}

/// Whether `caught_up` is `fresh`, or NULL where fresh is what a field that is not set holds.
fn agrees(caught_up: &Cell, fresh: &Cell) -> bool {
    match (caught_up, fresh) {
        (Cell::Null, Cell::Struct(members)) => members.iter().all(|(_, member)| agrees(&Cell::Null, member)),
        (Cell::Null, fresh) => is_default(fresh),
        (Cell::Struct(own), Cell::Struct(fresh)) => {
            let own: BTreeMap<_, _> = own.iter().map(|(name, cell)| (name, cell)).collect();
            own.len() == fresh.len() && fresh.iter().all(|(name, cell)| own.get(name).is_some_and(|o| agrees(o, cell)))
        }
        (Cell::List(own), Cell::List(fresh)) => {
            own.len() == fresh.len() && own.iter().zip(fresh).all(|(own, fresh)| agrees(own, fresh))
        }
        (Cell::Map(own), Cell::Map(fresh)) => {
            let pairs = own.iter().zip(fresh);
            own.len() == fresh.len()
                && pairs.into_iter().all(|(own, fresh)| own.0 == fresh.0 && agrees(&own.1, &fresh.1))
        }
        (own, fresh) => own == fresh,
    }
}

fn is_default(cell: &Cell) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Integer(value) => *value == 0,
        Cell::Float(bits) => *bits == 0,
        Cell::Double(bits) => *bits == 0,
        Cell::Bool(value) => !value,
        Cell::Text(text) => text.is_empty() || text == "COLOR_UNSPECIFIED",
        Cell::Bytes(bytes) => bytes.is_empty(),
        Cell::List(cells) => cells.is_empty(),
        Cell::Map(entries) => entries.is_empty(),
        Cell::Struct(_) | Cell::Message(_) => false,
    }
}

fn read_again(keep: &[bool], payload: &[u8]) -> (Cell, Cell, Cell) {
    let older = older(keep);
    let project = Project::published(&[&[("wide.proto", &older)], &[("wide.proto", WIDE)]]);
    let mut columns = EventColumns::new(&project.schemas);
    for version in [1, 2] {
        let model = project.schemas.version(version).unwrap();
        columns.push(model, model.event("wide").unwrap(), &envelope(version), payload).unwrap();
    }
    let batch = columns.finish().unwrap();
    let catch_up = CatchUp::new(&project.schemas);
    let caught_up = catch_up.read_again(&batch).unwrap();
    if let Some(caught_up) = &caught_up {
        assert_eq!(caught_up.changed, [0]);
        assert!(catch_up.may_change(&batch).unwrap());
        assert_eq!(catch_up.read_again(&caught_up.batch).unwrap(), None, "twice is once");
        caught_up.batch.columns().iter().for_each(|column| column.to_data().validate_full().unwrap());
    }
    let after = caught_up.map_or(batch.clone(), |caught_up| caught_up.batch);
    assert_eq!(cell_of(&after, "wide", 1), cell_of(&batch, "wide", 1), "what was read in full stays as it is");
    (cell_of(&after, "wide", 0), cell_of(&after, "wide", 1), cell_of(&after, "_unknown", 0))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn rows_read_again_equal_a_fresh_load(
        keep in proptest::collection::vec(any::<bool>(), 70),
        choices in proptest::collection::vec(any::<u8>(), 0..900),
    ) {
        let message = message(&Project::wide().descriptor("wide"), &mut Choices::new(&choices), 4);
        let (caught_up, fresh, unknown) = read_again(&keep, &message.encode_to_vec());
        prop_assert!(agrees(&caught_up, &fresh), "{:?}\nis not\n{:?}", caught_up, fresh);
        prop_assert_eq!(unknown, Cell::Null);
    }
}

#[test]
fn json_members_enum_names_and_nested_fields_are_read() {
    let project = Project::published(&[&[("wide.proto", &older(&[false; 70]))], &[("wide.proto", WIDE)]]);
    let (old, new) = (project.schemas.version(1).unwrap(), project.schemas.current());
    let text = r#"{"i64": "7", "oText": "t", "inner": {"name": "n", "size": 3}, "u32": -1, "nobody": [1], "color": "COLOR_RED"}"#;
    let mut payload = Vec::new();
    let event = old.event("wide").unwrap();
    json::to_wire(&old.plans, event.message, text, &mut payload).unwrap();
    let mut columns = EventColumns::new(&project.schemas);
    columns.push(old, event, &envelope(1), &payload).unwrap();
    let batch = columns.finish().unwrap();
    let caught_up = CatchUp::new(&project.schemas).read_again(&batch).unwrap().unwrap().batch;
    let wide = cell_of(&caught_up, "wide", 0);
    assert_eq!(wide.member("i64"), &Cell::Integer(7));
    assert_eq!(wide.member("o_text"), &Cell::text("t"));
    assert_eq!(wide.member("inner").member("name"), &Cell::text("n"));
    assert_eq!(wide.member("inner").member("size"), &Cell::Integer(3));
    assert_eq!(wide.member("color"), &Cell::text("COLOR_RED"));
    assert_eq!(wide.member("u32"), &Cell::Null, "a value that does not fit stays unknown");
    let Cell::Bytes(rest) = cell_of(&caught_up, "_unknown", 0) else { panic!() };
    let rest = String::from_utf8_lossy(&rest).into_owned();
    assert!(rest.contains(r#"{"nobody":[1],"u32":-1}"#), "{rest}");
    assert_eq!(new.version, 2);
}

#[test]
fn a_table_may_have_its_columns_in_another_order() {
    let project = Project::published(&[&[("wide.proto", &older(&[false; 70]))], &[("wide.proto", WIDE)]]);
    let model = project.schemas.version(1).unwrap();
    let event = model.event("wide").unwrap();
    let mut payload = Vec::new();
    let text = r#"{"i64": "7", "color": "COLOR_RED", "nobody": 1}"#;
    json::to_wire(&model.plans, event.message, text, &mut payload).unwrap();
    let mut columns = EventColumns::new(&project.schemas);
    columns.push(model, event, &envelope(1), &payload).unwrap();
    let batch = columns.finish().unwrap();
    let backwards: Vec<usize> = (0..batch.num_columns()).rev().collect();
    let catch_up = CatchUp::new(&project.schemas);
    let straight = catch_up.read_again(&batch).unwrap().unwrap();
    let turned = catch_up.read_again(&batch.project(&backwards).unwrap()).unwrap().unwrap();
    assert_eq!(turned.changed, straight.changed);
    assert_eq!(turned.batch, straight.batch.project(&backwards).unwrap());
}
