//! Laws over drawn schemas: nothing is no change; what a program fixes is not blocked, and the file still compiles.

use proptest::prelude::*;

use super::*;
use crate::model::Model;

/// A field as drawn: its type, its name and how it is held follow from numbers.
#[derive(Debug, Clone)]
struct Drawn {
    kind: usize,
    name: u8,
    shape: u8,
    alias: bool,
}

const KINDS: [&str; 10] = ["int32", "int64", "uint32", "uint64", "string", "bytes", "bool", "E", "B", "A.Inner"];

fn field() -> impl Strategy<Value = Drawn> {
    (0..KINDS.len(), 0u8..5, 0u8..6, any::<bool>()).prop_map(|(kind, name, shape, alias)| Drawn {
        kind,
        name,
        shape,
        alias,
    })
}

/// A schema: fields by number, values of an enum by number, and what is reserved.
#[derive(Debug, Clone)]
struct State {
    fields: std::collections::BTreeMap<u8, Drawn>,
    inner: std::collections::BTreeMap<u8, Drawn>,
    values: std::collections::BTreeMap<u8, u8>,
    reserves: bool,
}

fn state() -> impl Strategy<Value = State> {
    let fields = || prop::collection::btree_map(1u8..7, field(), 0..6);
    let values = prop::collection::btree_map(1u8..6, 0u8..5, 0..4);
    (fields(), fields(), values, any::<bool>()).prop_map(|(fields, inner, values, reserves)| State {
        fields,
        inner,
        values,
        reserves,
    })
}

impl State {
    fn text(&self) -> String {
        let mut text = String::from(HEAD);
        text.push_str("message A {\n  option (judi.event).name = \"a\"; // An event.\n");
        text.push_str("  message Inner { string s = 1; }\n");
        text.push_str(&written(&self.fields, self.reserves));
        text.push_str("}\nmessage B {\n");
        text.push_str(&written(&self.inner, false));
        text.push_str("}\n\nenum E { E_NONE = 0; ");
        let mut taken = std::collections::BTreeSet::new();
        for (number, name) in self.values.iter().filter(|(_, name)| taken.insert(**name)) {
            text.push_str(&format!("E_{name} = {number}; "));
        }
        text.push_str("}\n");
        text
    }
}

fn written(fields: &std::collections::BTreeMap<u8, Drawn>, reserves: bool) -> String {
    let mut taken = std::collections::BTreeSet::new();
    let (mut text, mut inside) = (String::new(), String::new());
    for (number, field) in fields {
        let name = if taken.insert(field.name) { format!("n{}", field.name) } else { format!("f{number}") };
        let kind = KINDS[field.kind];
        let options =
            if field.alias { format!(" [(judi.field) = {{ alias: \"old_{name}\" }}]") } else { String::new() };
        match field.shape {
            0 => text.push_str(&format!("  repeated {kind} {name} = {number}{options};\n")),
            1 => text.push_str(&format!("  map<string, {kind}> {name} = {number}{options};\n")),
            2 => text.push_str(&format!("  optional {kind} {name} = {number}{options}; // Said.\n")),
            3 => inside.push_str(&format!("    {kind} {name} = {number}{options};\n")),
            _ => text.push_str(&format!("  {kind} {name} = {number}{options};\n")),
        }
    }
    if !inside.is_empty() {
        text.push_str(&format!("  oneof choice {{\n{inside}  }}\n"));
    }
    if reserves {
        let free: Vec<String> = (1..7).filter(|number| !fields.contains_key(number)).map(|it| it.to_string()).collect();
        if !free.is_empty() {
            text.push_str(&format!("  reserved {};\n", free.join(", ")));
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_no_change_and_fixes_unblock((old, new) in (state(), state())) {
        let (old, new) = (old.text(), new.text());
        let (before, after) = (compiled(&old), compiled(&new));
        prop_assert_eq!(between(&before, &before), []);
        let Fixed { text, compiled, left } = fixed(&before, &new);
        let blocked: Vec<&Change> = left.iter().filter(|change| change.verdict == Verdict::Blocked).collect();
        for change in &blocked {
            // What is left takes a person, and says so.
            let fix = change.fix.as_ref();
            prop_assert!(fix.is_some_and(|fix| !fix.is_automatic()), "{}\n{old}\n{new}\n{text}", change.sentence());
        }
        // The comments are where they were.
        prop_assert_eq!(text.matches("// Said.").count(), new.matches("// Said.").count());
        // What can be published can be published after the fixes, too.
        if blocked.is_empty() && Model::first(after).is_ok() {
            prop_assert!(Model::first(compiled).is_ok(), "{old}\n{new}\n{text}");
        }
    }
}
