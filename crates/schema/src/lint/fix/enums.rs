//! Repairs of the names of enums' values, where nobody has them yet.

use std::collections::BTreeSet;

use super::super::buf::value_prefix;
use super::super::events::{NAME, value_enum};
use super::super::names::upper_snake_case;
use super::super::subject::LintFile;
use super::edits::Edit;
use super::{Fixer, Problem, Repair};

/// What people call the value that says nothing, when they do not call it unspecified.
const SAYS_NOTHING: [&str; 6] = ["NOT_SET", "NOT_SPECIFIED", "UNDEFINED", "UNKNOWN", "UNSET", "UNSPECIFIED"];

/// Renames a value so that all that is wrong with its name is right.
pub(super) fn value(fixer: &Fixer<'_, '_>, file: &LintFile<'_>, problem: &Problem, all: &[Problem]) -> Option<Repair> {
    let (enum_path, index) = match problem.path.strip_suffix(&[NAME])? {
        [enum_path @ .., 2, index] => (enum_path, usize::try_from(*index).ok()?),
        _ => return None,
    };
    let users: Vec<_> = fixer
        .events
        .fields
        .iter()
        .filter_map(|field| Some((field, value_enum(&field.field)?)))
        .filter(|(_, it)| it.parent_file().name() == file.name() && it.path() == enum_path)
        .collect();
    let Some((_, r#enum)) = users.first() else {
        return Some(Repair::Not("it is no value in an event: code that uses the name would break".to_owned()));
    };
    if users.iter().any(|(field, _)| field.is_published) {
        return Some(Repair::Not(
            "it is published, and rows hold the name: rename it with (judi.value).alias for the old name".to_owned(),
        ));
    }
    let old = r#enum.enum_descriptor_proto().value.get(index)?.name().to_owned();
    let same_place = |other: &&Problem| other.file == problem.file && other.path == problem.path;
    let rules: BTreeSet<&str> = all.iter().filter(same_place).map(|other| other.finding.rule.as_str()).collect();
    let config = &fixer.standards.workspace.modules.get(file.module)?.lint;
    let new = renamed(&old, r#enum.name(), &rules, &config.enum_zero_value_suffix);
    if problem.finding.rule == "ENUM_ZERO_VALUE_SUFFIX" && !new.ends_with(&config.enum_zero_value_suffix) {
        return Some(Repair::Not("the value seems to mean something: add one that means nothing before it".to_owned()));
    }
    Some(Repair::Edits(vec![Edit::replace(&file.range(&problem.path)?, new)]))
}

fn renamed(old: &str, enum_name: &str, rules: &BTreeSet<&str>, suffix: &str) -> String {
    let prefix = value_prefix(enum_name);
    let mut new = old.to_owned();
    if rules.contains("ENUM_VALUE_UPPER_SNAKE_CASE") {
        new = upper_snake_case(&new);
    }
    if rules.contains("ENUM_VALUE_PREFIX") {
        // `e1_b` of the enum E1 lacks only the capitals.
        let bare =
            new.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(&prefix)).and(new.get(prefix.len()..));
        new = format!("{prefix}{}", bare.unwrap_or(&new));
    }
    if rules.contains("ENUM_ZERO_VALUE_SUFFIX") {
        let rest = new.strip_prefix(&prefix).unwrap_or(&new);
        if SAYS_NOTHING.contains(&upper_snake_case(rest).as_str()) {
            let kept = new.strip_suffix(rest).unwrap_or_default().trim_end_matches('_');
            new = format!("{kept}{}{suffix}", if suffix.starts_with('_') || kept.is_empty() { "" } else { "_" });
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_right_in_one_step() {
        let all = BTreeSet::from(["ENUM_VALUE_UPPER_SNAKE_CASE", "ENUM_VALUE_PREFIX", "ENUM_ZERO_VALUE_SUFFIX"]);
        for (old, new) in [
            ("unknown", "SHARE_KIND_UNSPECIFIED"),
            ("shareKindUnknown", "SHARE_KIND_UNSPECIFIED"),
            ("red", "SHARE_KIND_RED"),
            ("share_kind_red", "SHARE_KIND_RED"),
        ] {
            assert_eq!(renamed(old, "ShareKind", &all, "_UNSPECIFIED"), new, "{old}");
        }
        let suffix = BTreeSet::from(["ENUM_ZERO_VALUE_SUFFIX"]);
        assert_eq!(renamed("SHARE_KIND_UNKNOWN", "ShareKind", &suffix, "_NONE"), "SHARE_KIND_NONE");
        assert_eq!(renamed("SHARE_KIND_MAIL", "ShareKind", &suffix, "_NONE"), "SHARE_KIND_MAIL");
    }
}
