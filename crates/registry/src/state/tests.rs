//! Whatever happens to a registry, its shortest history gives the same state, and numbers are not given twice.

use proptest::prelude::*;

use super::*;

/// Something that a registry does: register the schema of a number in a subject, hide or delete a version, set a level.
#[derive(Debug, Clone)]
enum Step {
    Register { subject: usize, schema: u8 },
    Hide { subject: usize, version: u32 },
    Delete { subject: usize, version: u32 },
    Set { subject: Option<usize>, level: Option<Level>, mode: Option<Mode> },
}

const SUBJECTS: [&str; 3] = ["a", "b", "c"];

fn step() -> impl Strategy<Value = Step> {
    let subject = 0..SUBJECTS.len();
    let level = prop::option::of(prop::sample::select(vec![Level::None, Level::Full]));
    let mode = prop::option::of(prop::sample::select(vec![Mode::Readonly, Mode::Import]));
    prop_oneof![
        4 => (subject.clone(), 0..5u8).prop_map(|(subject, schema)| Step::Register { subject, schema }),
        2 => (subject.clone(), 1..6u32).prop_map(|(subject, version)| Step::Hide { subject, version }),
        2 => (subject.clone(), 1..6u32).prop_map(|(subject, version)| Step::Delete { subject, version }),
        1 => (prop::option::of(subject), level, mode).prop_map(|(subject, level, mode)| Step::Set { subject, level, mode }),
    ]
}

/// What a step changes in a state, with the schema that it brings.
fn changes(state: &State, step: &Step) -> Vec<(Change, Option<Arc<Schema>>)> {
    let name = |subject: &usize| SUBJECTS[*subject].to_owned();
    let there = |subject: &usize, version: u32| state.version(SUBJECTS[*subject], version);
    match step {
        Step::Register { subject, schema } => {
            let identity = Hash::of(&[*schema]);
            let known = state.by_identity(identity).map(|known| known.id);
            let id = known.unwrap_or(state.next_id());
            let mut changes = Vec::new();
            if known.is_none() {
                let schema = Arc::new(Schema::new(id, identity, format!("text {schema}"), Vec::new()));
                changes.push((Change::Schema { id, content: schema.content, identity }, Some(schema)));
            }
            let version = state.next_version(SUBJECTS[*subject]);
            changes.push((Change::Version { subject: name(subject), version, id }, None));
            changes
        }
        Step::Hide { subject, version } if there(subject, *version).is_some() => {
            vec![(Change::SoftDeleted { subject: name(subject), version: *version }, None)]
        }
        Step::Delete { subject, version } if there(subject, *version).is_some_and(|found| found.deleted) => {
            vec![(Change::Deleted { subject: name(subject), version: *version }, None)]
        }
        Step::Hide { .. } | Step::Delete { .. } => Vec::new(),
        Step::Set { subject, level, mode } => {
            let subject = subject.as_ref().map(name);
            vec![
                (Change::Level { subject: subject.clone(), level: *level }, None),
                (Change::Mode { subject, mode: *mode }, None),
            ]
        }
    }
}

/// All that can be asked of a state.
fn seen(state: &State) -> String {
    let mut seen = format!("next {} ", state.next_id());
    for schema in state.schemas() {
        assert_eq!(state.by_identity(schema.identity).map(|found| found.id), Some(schema.id));
        assert_eq!(state.by_content(schema.content).map(|found| found.id), Some(schema.id));
        seen.push_str(&format!("{schema:?} "));
    }
    for subject in SUBJECTS {
        let versions: Vec<_> = state.versions(subject).collect();
        for (_, version) in &versions {
            assert!(state.schema(version.id).is_some(), "a version without its schema");
        }
        let settings = (state.level_in_force(subject), state.mode_in_force(subject));
        seen.push_str(&format!("{subject} {} {versions:?} {settings:?} ", state.next_version(subject)));
    }
    seen
}

proptest! {
    #[test]
    fn the_shortest_history_gives_the_same_state(steps in prop::collection::vec(step(), 0..40)) {
        let mut state = State::default();
        let mut ids = BTreeMap::new();
        for step in &steps {
            for (change, schema) in changes(&state, step) {
                if let Some(schema) = &schema {
                    let before = ids.insert(schema.id, schema.identity);
                    prop_assert!(before.is_none(), "the id {} was given twice", schema.id);
                }
                state.apply(&change, schema).unwrap();
            }
        }
        let mut again = State::default();
        for change in state.as_changes() {
            let schema = match change {
                Change::Schema { id, .. } => state.schema(id).cloned(),
                _ => None,
            };
            again.apply(&change, schema).unwrap();
        }
        prop_assert_eq!(seen(&again), seen(&state));
        prop_assert_eq!(again.as_changes(), state.as_changes());
        // Schemas that no version uses are gone.
        let used: BTreeSet<u32> = SUBJECTS.iter().flat_map(|name| state.versions(name)).map(|(_, found)| found.id).collect();
        prop_assert_eq!(state.schemas().map(|schema| schema.id).collect::<BTreeSet<_>>(), used);
    }
}

#[test]
fn changes_that_do_not_follow_are_refused() {
    let mut state = State::default();
    let refused = [
        Change::Schema { id: 7, content: Hash::of(b"x"), identity: Hash::of(b"y") },
        Change::Version { subject: "a".to_owned(), version: 1, id: 7 },
        Change::SoftDeleted { subject: "a".to_owned(), version: 1 },
        Change::Deleted { subject: "a".to_owned(), version: 1 },
    ];
    for change in refused {
        assert!(state.apply(&change, None).is_err(), "{change:?}");
    }
    assert_eq!(state.counts().subjects, 0);
}
