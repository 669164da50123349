//! Rules about enums and their values.

use std::collections::{BTreeMap, BTreeSet};

use super::image::Enum;
use super::pairs::Pairs;
use super::report::{At, Report};

/// `EnumDescriptorProto.value` and `.options`, `EnumOptions.features`, two of `FeatureSet`,
/// `EnumValueDescriptorProto.number`.
const VALUE: i32 = 2;
const OPTIONS: i32 = 3;
const FEATURES: i32 = 7;
const ENUM_TYPE: i32 = 2;
const JSON_FORMAT: i32 = 6;
const NUMBER: i32 = 2;

pub(super) fn same_type(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    let name = |is_closed: bool| if is_closed { "closed" } else { "open" };
    for (now, before) in &pairs.enums {
        let (old, new) = (before.features.is_closed_enum, now.features.is_closed_enum);
        if old != new {
            let at = at_feature(report, now, ENUM_TYPE);
            let text = format!("Enum {:?} changed from {} to {}.", now.element.name, name(old), name(new));
            report.add(at, report.before(&before.element), text);
        }
    }
}

pub(super) fn same_json_format(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.enums {
        if before.features.allows_json && !now.features.allows_json {
            let at = at_feature(report, now, JSON_FORMAT);
            let text =
                format!("Enum {:?} JSON format support changed from ALLOW to LEGACY_BEST_EFFORT.", now.element.name);
            report.add(at, report.before(&before.element), text);
        }
    }
}

fn at_feature<'a>(report: &Report<'a>, now: &Enum, feature: i32) -> At<'a> {
    report.at_option(&now.element, &[OPTIONS], &[FEATURES, feature], 1).or(|| report.at(&now.element))
}

pub(super) fn value_no_delete(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    value_deleted(report, pairs, |_, _, _| None);
}

pub(super) fn value_no_delete_unless_name_reserved(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    value_deleted(report, pairs, |now, _, names| {
        let is_reserved = names.iter().all(|name| now.reserved_names.iter().any(|reserved| reserved == name));
        let plural = if names.len() > 1 { "s" } else { "" };
        Some((is_reserved, format!(" without reserving the name{plural} {}", quoted(names))))
    });
}

pub(super) fn value_no_delete_unless_number_reserved(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    value_deleted(report, pairs, |now, number, _| {
        let number = i64::from(number);
        let is_reserved = now.reserved_ranges.iter().any(|range| range.start <= number && number <= range.end);
        Some((is_reserved, format!(" without reserving the number \"{number}\"")))
    });
}

/// Reports deleted numbers. `excuse` says whether what a rule asks for instead was done, and what it is.
fn value_deleted(
    report: &mut Report<'_>,
    pairs: &Pairs<'_>,
    excuse: impl Fn(&Enum, i32, &BTreeSet<&str>) -> Option<(bool, String)>,
) {
    for (now, before) in &pairs.enums {
        let kept = by_number(now);
        for (number, names) in by_number(before).into_iter().filter(|(number, _)| !kept.contains_key(number)) {
            let (is_excused, missing) = excuse(now, number, &names).unwrap_or_default();
            if !is_excused {
                let text = format!(
                    "Previously present enum value \"{number}\" on enum {:?} was deleted{missing}.",
                    now.element.name
                );
                report.add(report.at(&now.element), report.before(&before.element), text);
            }
        }
    }
}

pub(super) fn value_same_name(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.enums {
        let (names_now, names_before) = (by_number(now), by_number(before));
        for (number, old) in names_before {
            let Some(new) = names_now.get(&number) else { continue };
            if old.is_subset(new) {
                continue;
            }
            let plural = if old.len() > 1 && new.len() > 1 { "s" } else { "" };
            for (index, _) in now.values.iter().enumerate().filter(|(_, value)| value.number == number) {
                let index = i32::try_from(index).unwrap_or(i32::MAX);
                let path = [now.element.path.as_slice(), &[VALUE, index, NUMBER]].concat();
                let text = format!(
                    "Enum value \"{number}\" on enum {:?} changed name{plural} from {} to {}.",
                    now.element.name,
                    quoted(&old),
                    quoted(new)
                );
                report.add(report.at_path(&now.element, &path), report.before(&before.element), text);
            }
        }
    }
}

fn by_number(one: &Enum) -> BTreeMap<i32, BTreeSet<&str>> {
    let mut by_number: BTreeMap<i32, BTreeSet<&str>> = BTreeMap::new();
    for value in &one.values {
        by_number.entry(value.number).or_default().insert(&value.name);
    }
    by_number
}

fn quoted(names: &BTreeSet<&str>) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
