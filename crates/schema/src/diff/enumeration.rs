//! One enum, then and now: its values by number, their names, and what it reserves.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use prost_reflect::{EnumDescriptor, EnumValueDescriptor};

use super::Subject;
use super::compare::{Compare, Touched};
use super::features::is_closed;
use super::fix::{Fix, FixStep};
use super::kind::ChangeKind;
use super::pairs::How;
use super::span::Span;

/// Says that an enum has another name.
pub(super) fn moved(compare: &mut Compare<'_>, before: &EnumDescriptor, after: &EnumDescriptor, how: How) {
    if matches!(how, How::Same | How::Package | How::Parent) {
        return;
    }
    let stated = how == How::Stated;
    let (from, enumeration) = (before.full_name().to_owned(), after.full_name().to_owned());
    let step = FixStep::EnumMovedFrom { enumeration, from: from.clone() };
    let fix = (!stated).then(|| Fix::of("say where the enum came from", vec![step]));
    Enum { compare, before, after }.say_whole(ChangeKind::EnumMoved { from, stated }, fix);
}

/// Finds the changes from `before` to `after`, which are the same enum.
pub(super) fn compare(compare: &mut Compare<'_>, before: &EnumDescriptor, after: &EnumDescriptor) {
    let mut both = Enum { compare, before, after };
    let then = is_closed(before, both.compare.old.editions);
    let closed = is_closed(after, both.compare.new.editions);
    if then != closed {
        both.say_whole(ChangeKind::EnumOpennessChanged { closed }, None);
    }
    both.reserved();
    for number in numbers(before) {
        both.old_number(number);
    }
    for number in numbers(after) {
        both.new_number(number);
    }
}

struct Enum<'a, 'b> {
    compare: &'a mut Compare<'b>,
    before: &'a EnumDescriptor,
    after: &'a EnumDescriptor,
}

impl Enum<'_, '_> {
    fn old_number(&mut self, number: i32) {
        let (then, now) = (named(self.before, number), named(self.after, number));
        let Some(shown) = then.first() else { return };
        let aliases = self.aliases(number);
        if let Some(today) = now.first() {
            self.aliases_kept(number, today, &aliases);
        }
        for name in then.iter().filter(|name| !now.contains(name)) {
            let elsewhere = self.after.get_value_by_name(name);
            match (elsewhere, now.first()) {
                (Some(elsewhere), _) => self.renumbered(number, &elsewhere),
                (None, None) => self.deleted(number, name),
                // Another value took the number, and is told apart.
                (None, Some(today)) if self.is_from_elsewhere(number, today) => self.deleted(number, name),
                (None, Some(today)) if name == shown => {
                    // A name that was there beside the first is no new name: the first one is gone.
                    self.renamed(number, name, today, aliases.contains(name));
                }
                (None, Some(_)) if aliases.contains(name) => {}
                (None, Some(today)) => {
                    let fix = self.alias(today, name);
                    self.say(ChangeKind::EnumSynonymRemoved, number, name, Some(fix));
                }
            }
        }
        // The name that rows get is another one, though the old one is still a name.
        if let Some(today) = now.first().filter(|today| *today != shown && now.contains(shown)) {
            self.renamed(number, shown, today, true);
        }
    }

    fn new_number(&mut self, number: i32) {
        let (then, now) = (named(self.before, number), named(self.after, number));
        let was_reserved = self.before.reserved_ranges().any(|range| range.contains(&number));
        for (at, name) in now.iter().enumerate() {
            if then.contains(name) || self.before.get_value_by_name(name).is_some() {
                continue;
            }
            match (then.first(), at) {
                _ if self.was_alias(number, name) => {
                    let fix = Fix::by_hand(format!("give the value another name: {name} meant another one"));
                    self.say(ChangeKind::NameReused { name: name.clone() }, number, name, Some(fix));
                }
                (None, 0) if was_reserved => self.reused(number, name),
                (None, 0) => self.say(ChangeKind::EnumValueAdded, number, name, None),
                // The first name of a number that had another one is told as a rename.
                (Some(_), 0) if self.is_told(number) => {}
                _ => self.say(ChangeKind::EnumSynonymAdded, number, name, None),
            }
        }
    }

    /// Whether a name was an alias of another number's value.
    fn was_alias(&self, number: i32, name: &str) -> bool {
        let options = &self.compare.old.options;
        let others = self.before.values().filter(|value| value.number() != number);
        others.into_iter().any(|value| options.value_aliases(&value).iter().any(|alias| alias == name))
    }

    /// Whether a name that a number has now was another number's.
    fn is_from_elsewhere(&self, number: i32, name: &str) -> bool {
        self.before.get_value_by_name(name).is_some_and(|value| value.number() != number)
    }

    /// Whether the first name of this number is told as a rename of the old first name.
    fn is_told(&self, number: i32) -> bool {
        let (then, now) = (named(self.before, number), named(self.after, number));
        then.first().is_some_and(|shown| {
            now.first() != Some(shown) && { now.contains(shown) || self.after.get_value_by_name(shown).is_none() }
        })
    }

    fn renamed(&mut self, number: i32, from: &str, to: &str, aliased: bool) {
        let fix = (!aliased).then(|| self.alias(to, from));
        let kind = ChangeKind::EnumValueRenamed { from: from.to_owned(), to: to.to_owned(), aliased };
        self.say(kind, number, to, fix);
    }

    fn renumbered(&mut self, from: i32, value: &EnumValueDescriptor) {
        let (enumeration, name) = (self.after.full_name().to_owned(), value.name().to_owned());
        let step =
            |value: String, number: i32| FixStep::ValueNumber { enumeration: enumeration.clone(), value, number };
        let mut steps = vec![step(name.clone(), from)];
        // Who has the number now moves on, unless it goes back itself.
        for other in named(self.after, from) {
            if self.before.get_value_by_name(&other).is_none() {
                steps.push(step(other, self.fresh_number()));
            }
        }
        let kind = ChangeKind::EnumValueRenumbered { from, to: value.number() };
        let is_reserved = self.after.reserved_ranges().any(|range| range.contains(&from));
        let fix = match is_reserved {
            true => Fix::by_hand(format!("give the value its number {from} back, and do not reserve that")),
            false => Fix::of("give the value its number back", steps),
        };
        self.say(kind, value.number(), &name, Some(fix));
    }

    fn deleted(&mut self, number: i32, name: &str) {
        let number_reserved = self.after.reserved_ranges().any(|range| range.contains(&number));
        let name_reserved = self.after.reserved_names().any(|reserved| reserved == name);
        let step = FixStep::ReserveValues {
            enumeration: self.after.full_name().to_owned(),
            numbers: if number_reserved { Vec::new() } else { vec![number..=number] },
            names: if name_reserved { Vec::new() } else { vec![name.to_owned()] },
        };
        let fix = (!number_reserved || !name_reserved).then(|| Fix::of("reserve what the value had", vec![step]));
        self.say(ChangeKind::EnumValueDeleted { number_reserved, name_reserved }, number, name, fix);
    }

    fn reused(&mut self, number: i32, name: &str) {
        let enumeration = self.after.full_name().to_owned();
        let fresh = self.fresh_number();
        let steps = vec![
            FixStep::ValueNumber { enumeration: enumeration.clone(), value: name.to_owned(), number: fresh },
            FixStep::ReserveValues { enumeration, numbers: vec![number..=number], names: Vec::new() },
        ];
        let was = "a number that was reserved".to_owned();
        let fix = Fix::of(format!("give the value the number {fresh}, which is free, and reserve {number}"), steps);
        self.say(ChangeKind::NumberReused { was }, number, name, Some(fix));
    }

    fn aliases_kept(&mut self, number: i32, today: &str, now: &BTreeSet<String>) {
        let values = self.before.values().filter(|value| value.number() == number);
        let then: BTreeSet<String> = values.flat_map(|value| self.compare.old.options.value_aliases(&value)).collect();
        let known: BTreeSet<String> = named(self.before, number).into_iter().chain(then.iter().cloned()).collect();
        for alias in then.iter().filter(|alias| !now.contains(*alias) && self.after.get_value_by_name(alias).is_none())
        {
            let fix = self.alias(today, alias);
            self.say(ChangeKind::ValueAliasRemoved { alias: alias.clone() }, number, today, Some(fix));
        }
        for alias in now.iter().filter(|alias| !known.contains(*alias)) {
            let alias = alias.clone();
            if self.is_from_elsewhere(number, &alias) || self.before.reserved_names().any(|name| name == alias) {
                let fix = Fix::by_hand(format!("remove the alias {alias}: it meant another value"));
                self.say(ChangeKind::AliasTaken { alias }, number, today, Some(fix));
            } else {
                self.say(ChangeKind::ValueAliasAdded { alias }, number, today, None);
            }
        }
    }

    fn reserved(&mut self) {
        let used = numbers(self.after);
        let kept =
            |number: &i32| used.contains(number) || self.after.reserved_ranges().any(|range| range.contains(number));
        // A range that lost a piece is reserved again as a whole but for what has values now.
        let lost: Vec<RangeInclusive<i32>> = self
            .before
            .reserved_ranges()
            .flat_map(|range| without(&range, self.after, &used))
            .filter(|range| !kept(range.start()))
            .collect();
        let names: BTreeSet<&str> = self.after.reserved_names().collect();
        let lost_names: Vec<String> =
            self.before.reserved_names().filter(|name| !names.contains(name)).map(str::to_owned).collect();
        if lost.is_empty() && lost_names.is_empty() {
            return;
        }
        let numbers = lost.iter().map(|range| format!("{} to {}", range.start(), range.end()));
        let what: Vec<String> = numbers.chain(lost_names.iter().map(|name| format!("\"{name}\""))).collect();
        let fix = match lost_names.iter().find(|name| self.after.get_value_by_name(name).is_some()) {
            Some(name) => Fix::by_hand(format!("give the new value another name than {name}, and reserve that")),
            None => {
                let enumeration = self.after.full_name().to_owned();
                Fix::of(
                    "reserve them again",
                    vec![FixStep::ReserveValues { enumeration, numbers: lost, names: lost_names }],
                )
            }
        };
        self.say_whole(ChangeKind::ReservedRemoved { what: what.join(", ") }, Some(fix));
    }

    fn aliases(&self, number: i32) -> BTreeSet<String> {
        let values = self.after.values().filter(|value| value.number() == number);
        values.flat_map(|value| self.compare.new.options.value_aliases(&value)).collect()
    }

    fn alias(&self, value: &str, alias: &str) -> Fix {
        let (enumeration, value) = (self.after.full_name().to_owned(), value.to_owned());
        let step = FixStep::ValueAlias { enumeration, value, alias: alias.to_owned() };
        Fix::of("keep the old name as an alias", vec![step])
    }

    /// A number that no value has or had.
    fn fresh_number(&self) -> i32 {
        let all = numbers(self.before).into_iter().chain(numbers(self.after));
        let highest = all.max().unwrap_or(0);
        let is_free = |number: &i32| {
            [self.before, self.after].iter().all(|it| it.reserved_ranges().all(|range| !range.contains(number)))
        };
        (highest.saturating_add(1)..=i32::MAX).find(is_free).unwrap_or(i32::MAX)
    }

    fn say_whole(&mut self, kind: ChangeKind, fix: Option<Fix>) {
        let touched = Touched { side: self.compare.old, full_name: self.before.full_name(), member: None };
        let subject = Subject::whole(self.after.full_name());
        self.compare.say(kind, subject, Span::of(&self.after.parent_file(), self.after.path()), &touched, fix);
    }

    fn say(&mut self, kind: ChangeKind, number: i32, name: &str, fix: Option<Fix>) {
        let value = self.after.get_value_by_name(name);
        let path = value.as_ref().map_or_else(|| self.after.path(), |value| value.path());
        let touched = Touched { side: self.compare.old, full_name: self.before.full_name(), member: None };
        let subject = Subject { full_name: self.after.full_name().to_owned(), member: name.to_owned(), number };
        self.compare.say(kind, subject, Span::of(&self.after.parent_file(), path), &touched, fix);
    }
}

/// The numbers that have values.
fn numbers(enumeration: &EnumDescriptor) -> BTreeSet<i32> {
    enumeration.values().map(|value| value.number()).collect()
}

/// The names of a number, in the order of the file: rows hold the first.
fn named(enumeration: &EnumDescriptor, number: i32) -> Vec<String> {
    let values = &enumeration.enum_descriptor_proto().value;
    values.iter().filter(|value| value.number() == number).map(|value| value.name().to_owned()).collect()
}

/// The pieces of a range that an enum neither reserves nor has values at.
fn without(
    range: &RangeInclusive<i32>,
    enumeration: &EnumDescriptor,
    used: &BTreeSet<i32>,
) -> Vec<RangeInclusive<i32>> {
    let single = used.iter().map(|number| *number..=*number);
    let mut kept: Vec<RangeInclusive<i32>> = enumeration.reserved_ranges().chain(single).collect();
    kept.sort_by_key(|range| *range.start());
    let (mut start, end) = (i64::from(*range.start()), i64::from(*range.end()));
    let mut pieces = Vec::new();
    let mut piece = |from: i64, to: i64| {
        if let (Ok(from), Ok(to)) = (i32::try_from(from), i32::try_from(to)) {
            pieces.push(from..=to);
        }
    };
    for other in kept {
        let (other_start, other_end) = (i64::from(*other.start()), i64::from(*other.end()));
        if other_start > start && start <= end {
            piece(start, (other_start - 1).min(end));
        }
        start = start.max(other_end + 1);
    }
    if start <= end {
        piece(start, end);
    }
    pieces
}
