//! Rules about ranges of numbers and names that are reserved, or left to extensions.

use super::image::{Element, Range};
use super::pairs::Pairs;
use super::report::{At, Report};

/// The highest numbers: of a field, of a field of a message set, of an enum value.
const FIELD_MAX: i64 = 536_870_911;
const MESSAGE_SET_MAX: i64 = 2_147_483_646;
const ENUM_MAX: i64 = 2_147_483_647;

/// Whose ranges are compared.
struct Owner<'a> {
    kind: &'static str,
    element: &'a Element,
    before: &'a Element,
    at: At<'a>,
    /// What is written `max`.
    max: i64,
}

pub(super) fn extension_message_no_delete(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for &(now, before) in &pairs.messages {
        let max = if now.is_message_set { MESSAGE_SET_MAX } else { FIELD_MAX };
        let at = report.at_message(now);
        let owner = Owner { kind: "message", element: &now.element, before: &before.element, at, max };
        ranges(report, &owner, "extension", &now.extension_ranges, &before.extension_ranges);
    }
}

pub(super) fn message_no_delete(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for &(now, before) in &pairs.messages {
        let max = if now.is_message_set { MESSAGE_SET_MAX } else { FIELD_MAX };
        let at = report.at_message(now);
        let owner = Owner { kind: "message", element: &now.element, before: &before.element, at, max };
        ranges(report, &owner, "reserved", &now.reserved_ranges, &before.reserved_ranges);
        names(report, &owner, &now.reserved_names, &before.reserved_names);
    }
}

pub(super) fn enum_no_delete(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for &(now, before) in &pairs.enums {
        let at = report.at(&now.element);
        let owner = Owner { kind: "enum", element: &now.element, before: &before.element, at, max: ENUM_MAX };
        ranges(report, &owner, "reserved", &now.reserved_ranges, &before.reserved_ranges);
        names(report, &owner, &now.reserved_names, &before.reserved_names);
    }
}

fn ranges(report: &mut Report<'_>, owner: &Owner<'_>, what: &str, now: &[Range], before: &[Range]) {
    if before.is_empty() {
        return;
    }
    let covered = joined(now);
    let text = |range: &Range| match *range {
        Range { start, end } if start == end => format!("[{start}]"),
        Range { start, end } if end == owner.max => format!("[{start},max]"),
        Range { start, end } => format!("[{start},{end}]"),
    };
    for range in before {
        let missing = missing(*range, &covered);
        if missing.is_empty() {
            continue;
        }
        let removed = missing.iter().map(text).collect::<Vec<_>>().join(", ");
        let message = format!(
            "Previously present {what} range {:?} on {} {:?} is missing values: {removed} were removed.",
            text(range),
            owner.kind,
            owner.element.name
        );
        report.add(owner.at, report.before(owner.before), message);
    }
}

fn names(report: &mut Report<'_>, owner: &Owner<'_>, now: &[String], before: &[String]) {
    let mut reported: Vec<&String> = Vec::new();
    for name in before.iter().filter(|name| !now.contains(name)) {
        if reported.contains(&name) {
            continue;
        }
        reported.push(name);
        let message = format!(
            "Previously present reserved name {name:?} on {} {:?} was deleted.",
            owner.kind, owner.element.name
        );
        report.add(owner.at, report.before(owner.before), message);
    }
}

/// The ranges in order, those that touch or overlap as one.
fn joined(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<Range> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match joined.last_mut() {
            Some(last) if range.start <= last.end + 1 => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The parts of `range` that none of the joined ranges covers.
fn missing(range: Range, covered: &[Range]) -> Vec<Range> {
    let mut missing = Vec::new();
    let mut start = range.start;
    let first = covered.partition_point(|one| one.end < range.start);
    for one in covered.iter().skip(first).take_while(|one| one.start <= range.end) {
        if start < one.start {
            missing.push(Range { start, end: one.start - 1 });
        }
        start = one.end + 1;
    }
    if start <= range.end {
        missing.push(Range { start, end: range.end });
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::{Range, joined, missing};

    fn ranges(ranges: &[(i64, i64)]) -> Vec<Range> {
        ranges.iter().map(|&(start, end)| Range { start, end }).collect()
    }

    #[test]
    fn what_no_range_covers_is_missing() {
        let covered = joined(&ranges(&[(10, 12), (1, 3), (4, 5), (20, 30), (25, 27)]));
        assert_eq!(covered, ranges(&[(1, 5), (10, 12), (20, 30)]));
        let missing = |start, end| missing(Range { start, end }, &covered);
        assert_eq!(missing(2, 5), []);
        assert_eq!(missing(4, 11), ranges(&[(6, 9)]));
        assert_eq!(missing(0, 40), ranges(&[(0, 0), (6, 9), (13, 19), (31, 40)]));
        assert_eq!(missing(13, 14), ranges(&[(13, 14)]));
        assert_eq!(super::missing(Range { start: 1, end: 2 }, &[]), ranges(&[(1, 2)]));
    }
}
