//! Enums: typed numbers that know their names. A number without a name can still be given.

use std::collections::HashSet;

use super::header;
use super::names::Plan;
use super::text::{Text, sentence};
use crate::GeneratedFile;

/// The file of all enums; `None`: there is none.
pub(super) fn file_of(plan: &Plan<'_>) -> Option<Vec<u8>> {
    if plan.enums.is_empty() {
        return None;
    }
    let mut text = Text::default();
    text.line(0, &header(plan.library));
    text.gap();
    text.line(0, &format!("package {}", plan.names.package));
    text.gap();
    text.line(0, "import \"strconv\"");
    for at in 0..plan.enums.len() {
        enumeration(plan, at, &mut text);
    }
    Some(text.into_bytes())
}

pub(super) fn file(plan: &Plan<'_>) -> Option<GeneratedFile> {
    file_of(plan).map(|bytes| super::file("enums.go", bytes))
}

fn enumeration(plan: &Plan<'_>, at: usize, text: &mut Text) {
    let (enumeration, names) = (&plan.library.enums[at], &plan.enums[at]);
    let type_name = &names.type_name;
    text.gap();
    text.comment(0, &[format!("{type_name} is the enum {}.", enumeration.full_name), sentence(&enumeration.comment)]);
    text.line(0, &format!("type {type_name} int32"));
    text.gap();
    text.line(0, &format!("// The values of {type_name}."));
    text.line(0, "const (");
    for (at, (value, name)) in enumeration.values.iter().zip(&names.values).enumerate() {
        if at > 0 {
            text.gap();
        }
        let deprecation = if value.is_deprecated { "Deprecated: the schema says so." } else { "" };
        let what = format!("{name} is {}. {}", value.name, sentence(&value.comment));
        text.comment(1, &[what, deprecation.to_owned()]);
        text.line(1, &format!("{name} {type_name} = {}", value.number));
    }
    text.line(0, ")");
    text.gap();
    text.line(0, "// String is the value's name in the schema, and of a number without one the type and the number.");
    text.line(0, &format!("func (v {type_name}) String() string {{"));
    text.line(1, "switch v {");
    let mut seen = HashSet::new();
    for (value, name) in enumeration.values.iter().zip(&names.values) {
        if seen.insert(value.number) {
            text.line(1, &format!("case {name}:"));
            text.line(2, &format!("return \"{}\"", value.name));
        }
    }
    text.line(1, "}");
    text.line(1, &format!("return \"{type_name}(\" + strconv.Itoa(int(v)) + \")\""));
    text.line(0, "}");
}
