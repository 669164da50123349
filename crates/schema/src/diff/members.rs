//! One message, then and now: its fields by number and by name, what it reserves, its oneofs, its rules.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::compare::{Compare, Touched};
use super::fix::{Fix, FixStep};
use super::kind::ChangeKind;
use super::matrix::field_text;
use super::span::Span;
use super::{Subject, constraint, field, oneof};

/// Finds the changes from `before` to `after`, which are the same message.
pub(super) fn compare(compare: &mut Compare<'_>, before: &MessageDescriptor, after: &MessageDescriptor) {
    let mut message = Message { compare, before, after };
    message.reserved();
    for field in before.fields() {
        message.old_field(&field);
    }
    for field in after.fields() {
        message.new_field(&field);
    }
    message.rules();
    oneof::compare(compare, before, after);
}

/// The field that an old one is today: the same number, under the same name or one that no other field had.
pub(super) fn successor(
    compare: &Compare<'_>,
    before: &FieldDescriptor,
    after: &MessageDescriptor,
) -> Option<FieldDescriptor> {
    let number = before.number();
    let here = after.get_field(number)?;
    if here.name() == before.name() {
        return Some(here);
    }
    let options = &compare.new.options;
    let moved = after.get_field_by_name(before.name());
    let is_kept = moved.as_ref().is_some_and(|moved| options.field(moved).replaces == number);
    let is_renamed = moved.is_none()
        && before.parent_message().get_field_by_name(here.name()).is_none()
        && (options.field(&here).aliases.iter().any(|alias| alias == before.name())
            || field::reads_the_same(compare.pairs, before, &here));
    (is_kept || is_renamed).then_some(here)
}

struct Message<'a, 'b> {
    compare: &'a mut Compare<'b>,
    before: &'a MessageDescriptor,
    after: &'a MessageDescriptor,
}

impl Message<'_, '_> {
    fn old_field(&mut self, before: &FieldDescriptor) {
        let number = before.number();
        let here = self.after.get_field(number);
        let moved = self.after.get_field_by_name(before.name()).filter(|field| field.number() != number);
        match (here, moved) {
            (Some(after), _) if after.name() == before.name() => field::compare(self.compare, before, &after),
            (here, Some(moved)) if self.replaces(&moved) == number => match here {
                // Kept beside what took over its name.
                Some(kept) => self.renamed(before, &kept, true),
                None => self.deleted(before, true),
            },
            (_, Some(moved)) => self.renumbered(before, &moved),
            (Some(after), None) if self.before.get_field_by_name(after.name()).is_none() => {
                match successor(self.compare, before, self.after) {
                    Some(after) => {
                        let aliases = self.compare.new.options.field(&after).aliases;
                        self.renamed(before, &after, aliases.iter().any(|alias| alias == before.name()));
                    }
                    None => {
                        let was = format!("the field {}, {}", before.name(), field_text(before));
                        self.reused(&after, was, Some(&[before.name()]));
                    }
                }
            }
            // Another field took its number, and is told apart.
            (_, None) => self.deleted(before, false),
        }
    }

    fn new_field(&mut self, after: &FieldDescriptor) {
        let number = after.number();
        let former = self.before.get_field(number);
        let is_known_name = self.before.get_field_by_name(after.name()).is_some();
        match former {
            // The old field, or one that was renamed or renumbered: told from the old side.
            Some(former) if former.name() == after.name() => {}
            Some(former) => {
                let moved = self.after.get_field_by_name(former.name());
                let is_kept = moved.as_ref().is_some_and(|moved| self.replaces(moved) == number);
                if moved.is_some() && !is_kept && !is_known_name {
                    // The former takes its number back, or reserves it.
                    self.reused(after, format!("the field {}", former.name()), None);
                }
            }
            None if is_known_name && self.replaced(after).is_none() => {}
            None => {
                let reserved = is_reserved(self.before, number);
                let used = self.compare.used_before(self.after.full_name(), number);
                match used.or_else(|| reserved.then(|| "a number that was reserved".to_owned())) {
                    Some(was) => self.reused(after, was, Some(&[])),
                    None => self.added(after),
                }
            }
        }
    }

    fn renamed(&mut self, before: &FieldDescriptor, after: &FieldDescriptor, aliased: bool) {
        let (from, to) = (before.name().to_owned(), after.name().to_owned());
        let fix =
            (!aliased).then(|| field::alias(&self.compare.new.options, after, &from, "keep the old name as an alias"));
        self.say_old(ChangeKind::FieldRenamed { from, to, aliased }, before, after, fix);
        self.name_reused(after);
        field::compare(self.compare, before, after);
    }

    fn renumbered(&mut self, before: &FieldDescriptor, moved: &FieldDescriptor) {
        let (message, field) = (self.after.full_name().to_owned(), moved.name().to_owned());
        let (from, to) = (before.number(), moved.number());
        let can_go_back = field::reads_the_same(self.compare.pairs, before, moved) && !is_reserved(self.after, from);
        let fix = if can_go_back {
            Fix::of("give the field its number back", vec![FixStep::Number { message, field, number: from }])
        } else {
            let mut steps = vec![
                FixStep::Replaces { message: message.clone(), field: field.clone(), number: from },
                FixStep::Reserve { message: message.clone(), numbers: vec![from..=from], names: Vec::new() },
            ];
            if self.is_used(to) {
                let number = self.compare.fresh_number(self.before, self.after);
                steps.push(FixStep::Number { message, field, number });
            }
            Fix::of("say which field it replaces", steps)
        };
        self.say_old(ChangeKind::FieldRenumbered { from, to }, before, moved, Some(fix));
    }

    /// A field that has a used number; with it, these names are reserved.
    fn reused(&mut self, after: &FieldDescriptor, was: String, reserve: Option<&[&str]>) {
        let (message, field, number) = (self.after.full_name().to_owned(), after.name().to_owned(), after.number());
        let fresh = self.compare.fresh_number(self.before, self.after);
        let mut steps = vec![FixStep::Number { message: message.clone(), field, number: fresh }];
        if let Some(names) = reserve {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            steps.push(FixStep::Reserve { message, numbers: vec![number..=number], names });
        }
        let text = format!("give the field the number {fresh}, which is free: {number} was used before");
        self.say_new(ChangeKind::NumberReused { was }, after, Some(Fix::of(text, steps)));
    }

    fn deleted(&mut self, before: &FieldDescriptor, name_reserved: bool) {
        let (number, name) = (before.number(), before.name());
        let number_reserved = is_reserved(self.after, number);
        let is_taken_over = self.after.fields().any(|field| {
            self.replaces(&field) == number
                && self.compare.new.options.field(&field).aliases.iter().any(|alias| alias == name)
        });
        let name_reserved =
            name_reserved || is_taken_over || self.after.reserved_names().any(|reserved| reserved == name);
        let step = FixStep::Reserve {
            message: self.after.full_name().to_owned(),
            numbers: if number_reserved { Vec::new() } else { vec![number..=number] },
            names: if name_reserved { Vec::new() } else { vec![name.to_owned()] },
        };
        let fix = (!number_reserved || !name_reserved).then(|| Fix::of("reserve what the field had", vec![step]));
        let touched =
            Touched { side: self.compare.old, full_name: self.before.full_name(), member: Some((number, name)) };
        let subject = Subject::member(self.after.full_name(), name, number);
        let span = Span::of(&self.after.parent_file(), self.after.path());
        let kind = ChangeKind::FieldDeleted { number_reserved, name_reserved };
        self.compare.say(kind, subject, span, &touched, fix);
    }

    /// A name that is new to a field, and meant something else before. That it was another field's, or reserved, is
    /// told as that.
    fn name_reused(&mut self, after: &FieldDescriptor) {
        let is_told = |name: &str| {
            self.before.get_field_by_name(name).is_some() || self.before.reserved_names().any(|it| it == name)
        };
        let replaces = self.replaces(after);
        let names = [after.name(), after.json_name()];
        let other = names.into_iter().find_map(|name| {
            let other = field::meant(&self.compare.old.options, self.before, after.number(), replaces, name)?;
            Some((name.to_owned(), other))
        });
        if let Some((name, other)) = other.filter(|_| !is_told(after.name())) {
            let fix = Fix::by_hand(format!("give the field another name: {name} meant {other}"));
            self.say_new(ChangeKind::NameReused { name }, after, Some(fix));
        }
    }

    fn added(&mut self, after: &FieldDescriptor) {
        self.name_reused(after);
        let oneof = after.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        self.say_new(ChangeKind::FieldAdded { oneof: oneof.map(|oneof| oneof.name().to_owned()) }, after, None);
        if let Some(replaced) = self.replaced(after) {
            let (replaces, was) = (replaced.number(), format!("{}, {}", replaced.name(), field_text(&replaced)));
            self.say_new(ChangeKind::FieldReplaced { replaces, was }, after, None);
        }
        if self.compare.new.options.is_required(after) {
            self.say_new(ChangeKind::RequiredAdded, after, None);
        }
        let options = &self.compare.new.options;
        if let Some(rules) = options.rules(after).filter(|rules| constraint::refuse_absence(rules, after)) {
            let rules = constraint::names(&rules);
            self.say_new(ChangeKind::RulesTightened { rules }, after, None);
        }
    }

    /// Whether a number had, or may have had, another meaning before.
    fn is_used(&self, number: u32) -> bool {
        self.before.get_field(number).is_some()
            || is_reserved(self.before, number)
            || self.compare.used_before(self.after.full_name(), number).is_some()
    }

    fn replaces(&self, field: &FieldDescriptor) -> u32 {
        self.compare.new.options.field(field).replaces
    }

    /// The old field that a new one says it replaces.
    fn replaced(&self, field: &FieldDescriptor) -> Option<FieldDescriptor> {
        self.before.get_field(self.replaces(field)).filter(|replaced| replaced.number() != field.number())
    }

    /// Ranges that were reserved and are not, unless a field has them now, which is told at the field.
    fn reserved(&mut self) {
        let after = self.after;
        let mut gone: Vec<std::ops::RangeInclusive<u32>> = Vec::new();
        for range in self.before.reserved_ranges() {
            for piece in without(range, after) {
                gone.push(piece);
            }
        }
        let names: BTreeSet<&str> = after.reserved_names().collect();
        let lost: Vec<String> =
            self.before.reserved_names().filter(|name| !names.contains(name)).map(str::to_owned).collect();
        let used = |name: &String| after.get_field_by_name(name);
        let taken_over = |name: &String| used(name).is_some_and(|field| self.replaces(&field) != 0);
        let lost: Vec<String> = lost.into_iter().filter(|name| !taken_over(name)).collect();
        if !gone.is_empty() || !lost.is_empty() {
            let what = listed(&gone, &lost);
            let message = after.full_name().to_owned();
            // A name that a field has now cannot be reserved: the field needs another one, which only people know.
            let fix = match lost.iter().find(|name| used(name).is_some()) {
                Some(name) => Fix::by_hand(format!("give the new field another name than {name}, and reserve that")),
                None => Fix::of("reserve them again", vec![FixStep::Reserve { message, numbers: gone, names: lost }]),
            };
            self.say_whole(ChangeKind::ReservedRemoved { what }, Some(fix));
        }
        let before = self.before;
        // What a deleted field leaves behind is told at the field.
        let new_ranges: Vec<_> = after.reserved_ranges().flat_map(|range| without(range, before)).collect();
        let old_names: BTreeSet<&str> = before.reserved_names().collect();
        let new_names = after.reserved_names();
        let new_names = new_names.filter(|name| !old_names.contains(name) && before.get_field_by_name(name).is_none());
        let new_names: Vec<String> = new_names.map(str::to_owned).collect();
        if !new_ranges.is_empty() || !new_names.is_empty() {
            self.say_whole(ChangeKind::ReservedAdded { what: listed(&new_ranges, &new_names) }, None);
        }
    }

    fn rules(&mut self) {
        if let Some(tightened) = constraint::message_rules(self.before, self.after) {
            self.say_whole(ChangeKind::MessageRulesChanged { tightened }, None);
        }
    }

    fn say_whole(&mut self, kind: ChangeKind, fix: Option<Fix>) {
        let touched = Touched { side: self.compare.old, full_name: self.before.full_name(), member: None };
        let subject = Subject::whole(self.after.full_name());
        let span = Span::of(&self.after.parent_file(), self.after.path());
        self.compare.say(kind, subject, span, &touched, fix);
    }

    fn say_old(&mut self, kind: ChangeKind, before: &FieldDescriptor, after: &FieldDescriptor, fix: Option<Fix>) {
        field::say(self.compare, kind, before, after, fix);
    }

    fn say_new(&mut self, kind: ChangeKind, after: &FieldDescriptor, fix: Option<Fix>) {
        let member = Some((after.number(), after.name()));
        let touched = Touched { side: self.compare.new, full_name: self.after.full_name(), member };
        let subject = Subject::member(self.after.full_name(), after.name(), after.number());
        self.compare.say(kind, subject, Span::of(&after.parent_file(), after.path()), &touched, fix);
    }
}

fn is_reserved(message: &MessageDescriptor, number: u32) -> bool {
    message.reserved_ranges().any(|range| range.contains(&number))
}

/// The pieces of a range that a message neither reserves nor has fields at.
fn without(range: std::ops::Range<u32>, message: &MessageDescriptor) -> Vec<std::ops::RangeInclusive<u32>> {
    let reserved = message.reserved_ranges();
    let fields = message.fields().map(|field| field.number()..field.number().saturating_add(1));
    let mut kept: Vec<std::ops::Range<u32>> = reserved.chain(fields).collect();
    kept.sort_by_key(|range| range.start);
    let mut pieces = Vec::new();
    let mut start = range.start;
    for other in kept {
        if other.start > start && start < range.end {
            pieces.push(start..=other.start.min(range.end).saturating_sub(1));
        }
        start = start.max(other.end);
    }
    if start < range.end {
        pieces.push(start..=range.end.saturating_sub(1));
    }
    pieces
}

/// `2, 5 to 7, "title"`.
fn listed(numbers: &[std::ops::RangeInclusive<u32>], names: &[String]) -> String {
    let numbers = numbers.iter().map(|range| match (range.start(), range.end()) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start} to {end}"),
    });
    let names = names.iter().map(|name| format!("\"{name}\""));
    numbers.chain(names).collect::<Vec<_>>().join(", ")
}
