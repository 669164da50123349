//! Rules about messages: their fields, oneofs and options.

use std::collections::HashSet;

use super::field::description;
use super::image::{Field, Message};
use super::pairs::Pairs;
use super::report::Report;

/// `DescriptorProto.options`, and two of `MessageOptions`.
const OPTIONS: i32 = 7;
const NO_STANDARD_DESCRIPTOR_ACCESSOR: i32 = 2;
const FEATURES: i32 = 12;
/// `FeatureSet.json_format`.
const JSON_FORMAT: i32 = 6;

pub(super) fn field_no_delete(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    field_deleted(report, pairs, |_, _| None);
}

pub(super) fn field_no_delete_unless_name_reserved(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    field_deleted(report, pairs, |message, field| {
        let is_reserved = message.reserved_names.contains(&field.element.name);
        Some((is_reserved, format!(" without reserving the name {:?}", field.element.name)))
    });
}

pub(super) fn field_no_delete_unless_number_reserved(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    field_deleted(report, pairs, |message, field| {
        let number = i64::from(field.number);
        let is_reserved = message.reserved_ranges.iter().any(|range| range.start <= number && number <= range.end);
        Some((is_reserved, format!(" without reserving the number \"{number}\"")))
    });
}

/// Reports deleted fields. `excuse` says whether what a rule asks for instead was done, and what it is.
fn field_deleted(
    report: &mut Report<'_>,
    pairs: &Pairs<'_>,
    excuse: impl Fn(&Message, &Field) -> Option<(bool, String)>,
) {
    for (now, before) in &pairs.messages {
        let numbers: HashSet<i32> = now.fields.iter().map(|field| field.number).collect();
        for field in before.fields.iter().filter(|field| !numbers.contains(&field.number)) {
            let (is_excused, missing) = excuse(now, field).unwrap_or_default();
            if !is_excused {
                let what = description(field).replacen("Field", "field", 1);
                let text = format!("Previously present {what} was deleted{missing}.");
                report.add(report.at_message(now), report.before(&before.element), text);
            }
        }
    }
}

pub(super) fn oneof_no_delete(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.messages {
        for oneof in before.oneofs.iter().filter(|oneof| !now.oneofs.contains(oneof)) {
            let text = format!("Previously present oneof {oneof:?} on message {:?} was deleted.", now.element.name);
            report.add(report.at_message(now), report.before(&before.element), text);
        }
    }
}

pub(super) fn same_required_fields(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    const WHY: &str = "Required fields must always be sent, so if one side does not know about the required field, \
                       this will result in a breakage.";
    let required = |message: &Message| -> HashSet<i32> {
        message.fields.iter().filter(|field| field.is_labelled_required).map(|field| field.number).collect()
    };
    for (now, before) in &pairs.messages {
        let (required_now, required_before) = (required(now), required(before));
        for number in required_before.difference(&required_now) {
            let text = format!("Message {:?} had required field \"{number}\" deleted. {WHY}", before.element.name);
            report.add(report.at_message(now), report.before(&before.element), text);
        }
        let added = now.fields.iter().filter(|field| field.is_labelled_required);
        for field in added.filter(|field| !required_before.contains(&field.number)) {
            let text = format!("Message {:?} had required field \"{}\" added. {WHY}", now.element.name, field.number);
            report.add(report.at_field(field, &[]), None, text);
        }
    }
}

pub(super) fn same_json_format(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.messages {
        if before.features.allows_json && !now.features.allows_json {
            let at =
                report.at_option(&now.element, &[OPTIONS], &[FEATURES, JSON_FORMAT], 1).or(|| report.at_message(now));
            let text =
                format!("Message {:?} JSON format support changed from ALLOW to LEGACY_BEST_EFFORT.", now.element.name);
            report.add(at, report.before(&before.element), text);
        }
    }
}

pub(super) fn no_remove_standard_descriptor_accessor(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.messages {
        if !before.has_no_standard_descriptor_accessor && now.has_no_standard_descriptor_accessor {
            let path = [now.element.path.as_slice(), &[OPTIONS, NO_STANDARD_DESCRIPTOR_ACCESSOR]].concat();
            let text = "Message option \"no_standard_descriptor_accessor\" changed from \"false\" to \"true\".";
            report.add(report.at_path(&now.element, &path), report.before(&before.element), text.to_owned());
        }
    }
}
