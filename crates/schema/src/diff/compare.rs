//! The walk over both states: events by name, messages and enums by pair; each finds its changes and says them here.

use std::collections::{BTreeSet, HashMap};

use prost_reflect::MessageDescriptor;

use super::fix::{Fix, FixStep};
use super::kind::ChangeKind;
use super::members;
use super::pairs::{How, Pair, Pairs};
use super::published::Published;
use super::side::Side;
use super::span::Span;
use super::{AFFECTED_MAX, Affected, Change, Subject, enumeration, surface};
use crate::compile::Compiled;
use crate::ledger::{ColumnRole, Ledger};

/// The largest number of a field.
const FIELD_NUMBER_MAX: u32 = 536_870_911;
/// Numbers that protobuf keeps for itself.
const PROTOBUFS_OWN: std::ops::RangeInclusive<u32> = 19_000..=19_999;

/// See [`super::diff_history`].
pub(super) fn changes(known: &[&Compiled], new: &Compiled, ledger: Option<&Ledger>) -> Vec<Change> {
    let new = Side::new(new);
    let Some((newest, earlier)) = known.split_last() else {
        return ledger.map(|ledger| against_ledger(&new, ledger)).unwrap_or_default();
    };
    let old = Side::new(newest);
    let pairs = Pairs::new(&old, &new);
    let mut compare = Compare::new(&old, &new, &pairs, ledger);
    compare.events();
    compare.messages();
    compare.enums();
    let mut changes = compare.changes;
    for event in new.events.keys().filter(|name| !old.events.contains_key(*name)) {
        // What the ledger does not know was never there; without a ledger every version has to be asked.
        let may_have_been = ledger.is_none_or(|ledger| ledger.event(event).is_some());
        let mut earlier = earlier.iter().rev().filter(|_| may_have_been).map(|known| Side::new(known));
        let Some(before) = earlier.find(|side| side.events.contains_key(event)) else { continue };
        let pairs = Pairs::new(&before, &new);
        let mut compare = Compare::new(&before, &new, &pairs, ledger);
        compare.returned(event, &old);
        changes.extend(compare.changes);
    }
    sorted(changes)
}

/// Two states, and the changes found so far.
pub(super) struct Compare<'a> {
    pub(super) old: &'a Side<'a>,
    pub(super) new: &'a Side<'a>,
    pub(super) pairs: &'a Pairs,
    published: Published<'a>,
    changes: Vec<Change>,
    /// Per message, the last number that a fix gave.
    given: HashMap<String, u32>,
}

/// Whose columns a change touches: a message or enum of one of the two states, and a field of it.
pub(super) struct Touched<'a> {
    pub(super) side: &'a Side<'a>,
    pub(super) full_name: &'a str,
    pub(super) member: Option<(u32, &'a str)>,
}

impl<'a> Compare<'a> {
    fn new(old: &'a Side<'a>, new: &'a Side<'a>, pairs: &'a Pairs, ledger: Option<&'a Ledger>) -> Self {
        Self { old, new, pairs, published: Published::new(ledger), changes: Vec::new(), given: HashMap::new() }
    }

    /// Says a change.
    pub(super) fn say(
        &mut self,
        kind: ChangeKind,
        subject: Subject,
        span: Span,
        touched: &Touched<'_>,
        fix: Option<Fix>,
    ) {
        let reached = touched.side.reached(touched.full_name).iter().take(AFFECTED_MAX);
        let affected = reached.map(|reached| reached.affected(touched.member, &self.published)).collect();
        self.say_of(kind, subject, span, affected, fix);
    }

    fn say_of(&mut self, kind: ChangeKind, subject: Subject, span: Span, affected: Vec<Affected>, fix: Option<Fix>) {
        let (verdict, surfaces) = (kind.verdict(), surface::effects(&kind, &subject));
        self.changes.push(Change { verdict, span, subject, affected, surfaces, fix, kind });
    }

    fn events(&mut self) {
        for (name, (options, message)) in &self.old.events {
            match self.new.events.get(name) {
                Some((today, now)) => self.event(name, (options, message), (today, now)),
                None => self.event_gone(name, message),
            }
        }
        for (name, (options, message)) in &self.new.events {
            let is_known = self.old.events.contains_key(name) || self.former_name(message, options.id).is_some();
            if !is_known {
                let has_been = self.published.id(name).is_some();
                let kind = if has_been { ChangeKind::EventReturned } else { ChangeKind::EventAdded };
                self.say_event(kind, name, message, None);
            }
        }
    }

    fn event(
        &mut self,
        name: &str,
        (before, message): (&crate::options::EventOptions, &MessageDescriptor),
        (after, now): (&crate::options::EventOptions, &MessageDescriptor),
    ) {
        if before.owner != after.owner {
            self.say_event(ChangeKind::EventWordsChanged { what: "owner" }, name, now, None);
        }
        if before.description != after.description {
            self.say_event(ChangeKind::EventWordsChanged { what: "description" }, name, now, None);
        }
        if before.id != after.id {
            let known = self.published.id(name).unwrap_or(before.id);
            if after.id != 0 && known != 0 && known != after.id {
                let fix = Fix::by_hand(format!("write the id {known}, or none"));
                self.say_event(ChangeKind::EventIdChanged { from: known, to: after.id }, name, now, Some(fix));
            } else {
                self.say_event(ChangeKind::EventWordsChanged { what: "id" }, name, now, None);
            }
        }
        let (from, to) = (message.full_name(), now.full_name());
        if self.pairs.beside.contains(&(from.to_owned(), to.to_owned())) {
            let kind = ChangeKind::EventMessageChanged { from: from.to_owned(), to: to.to_owned() };
            self.say_event(kind, name, now, None);
        }
    }

    fn event_gone(&mut self, name: &str, message: &MessageDescriptor) {
        let renamed = self.new.events.iter().find(|(today, (options, now))| {
            !self.old.events.contains_key(*today)
                && self.former_name(now, options.id).is_some_and(|former| former == name)
        });
        if let Some((today, (_, now))) = renamed {
            let kind = ChangeKind::EventRenamed { from: name.to_owned(), to: today.clone() };
            let step = FixStep::EventName { message: now.full_name().to_owned(), name: name.to_owned() };
            self.say_event(kind, name, now, Some(Fix::of("give the event its name back", vec![step])));
            return;
        }
        let file = message.parent_file();
        let span = match self.new.message(message.full_name()) {
            Some(now) => Span::of(&now.parent_file(), now.path()),
            None => Span::file(file.name()),
        };
        let affected = vec![self.whole(name)];
        let subject = Subject::whole(name);
        self.say_of(ChangeKind::EventDeleted, subject, span, affected, None);
    }

    /// The name of the old event that this new message must be: by its message, or by the id that it states.
    fn former_name(&self, message: &MessageDescriptor, id: u32) -> Option<&'a str> {
        let is_gone = |name: &str| !self.new.events.contains_key(name);
        let by_message = self.old.events.iter().find(|(name, (_, before))| {
            is_gone(name) && self.pairs.messages.is(before.full_name(), message.full_name())
        });
        let by_id = || {
            let known = |name: &str, stated: u32| self.published.id(name).unwrap_or(stated);
            self.old
                .events
                .iter()
                .find(|(name, (options, _))| id != 0 && is_gone(name) && known(name, options.id) == id)
        };
        by_message.or_else(by_id).map(|(name, _)| name.as_str())
    }

    fn say_event(&mut self, kind: ChangeKind, name: &str, message: &MessageDescriptor, fix: Option<Fix>) {
        let subject = Subject::whole(name);
        let affected = vec![self.whole(name)];
        self.say_of(kind, subject, Span::of(&message.parent_file(), message.path()), affected, fix);
    }

    fn whole(&self, event: &str) -> Affected {
        let column = self.published.column(event, &[]).map(<[String]>::to_vec).unwrap_or_default();
        Affected { event: event.to_owned(), column, ..Affected::default() }
    }

    fn messages(&mut self) {
        for (from, to) in &self.pairs.packages {
            self.package(from, to);
        }
        let pairs = self.pairs;
        for (name, pair) in pairs.messages.iter() {
            self.moved(name, pair);
            if let (Some(before), Some(after)) = (self.old.messages.get(name), self.new.messages.get(&pair.new)) {
                members::compare(self, before, after);
            }
        }
        for (name, today) in &pairs.beside {
            if let (Some(before), Some(after)) = (self.old.message(name), self.new.message(today)) {
                members::compare(self, &before, &after);
            }
        }
        for name in pairs.messages.gone() {
            let Some(before) = self.old.messages.get(&name) else { continue };
            let is_inside =
                before.parent_message().is_some_and(|outer| !self.new.messages.contains_key(outer.full_name()));
            if !is_inside && self.old.event_of(before).is_none() {
                let subject = Subject::whole(&name);
                let touched = Touched { side: self.old, full_name: &name, member: None };
                self.say(ChangeKind::MessageDeleted, subject, Span::file(before.parent_file().name()), &touched, None);
            }
        }
        for name in pairs.messages.fresh() {
            let Some(after) = self.new.messages.get(&name) else { continue };
            let is_inside =
                after.parent_message().is_some_and(|outer| !self.old.messages.contains_key(outer.full_name()));
            if !is_inside && self.new.event_of(after).is_none() {
                let subject = Subject::whole(&name);
                let touched = Touched { side: self.new, full_name: &name, member: None };
                let span = Span::of(&after.parent_file(), after.path());
                self.say(ChangeKind::MessageAdded, subject, span, &touched, None);
            }
        }
    }

    fn package(&mut self, from: &str, to: &str) {
        let moved = self.new.messages.values().filter(|message| message.package_name() == to);
        let file = moved.map(|message| message.parent_file().name().to_owned()).min().unwrap_or_default();
        let of_it = |message: &MessageDescriptor| message.package_name() == from;
        let events = self.old.events.iter().filter(|(_, (_, message))| of_it(message)).take(AFFECTED_MAX);
        let affected = events.map(|(name, _)| self.whole(name)).collect();
        let kind = ChangeKind::PackageChanged { from: from.to_owned(), to: to.to_owned() };
        let subject = Subject::whole(to);
        self.say_of(kind, subject, Span::file(file), affected, None);
    }

    fn moved(&mut self, name: &str, pair: &Pair) {
        if matches!(pair.how, How::Same | How::Package | How::Parent) {
            return;
        }
        let Some(after) = self.new.messages.get(&pair.new) else { return };
        let stated = pair.how == How::Stated;
        let step = || FixStep::MovedFrom { message: pair.new.clone(), from: name.to_owned() };
        let fix = (!stated).then(|| Fix::of("say where the message came from", vec![step()]));
        let kind = ChangeKind::MessageMoved { from: name.to_owned(), stated };
        let subject = Subject::whole(&pair.new);
        let touched = Touched { side: self.old, full_name: name, member: None };
        self.say(kind, subject, Span::of(&after.parent_file(), after.path()), &touched, fix);
    }

    fn enums(&mut self) {
        let pairs = self.pairs;
        let beside = pairs.enums_beside.iter().map(|(name, today)| (name, today, How::Same));
        let paired = pairs.enums.iter().map(|(name, pair)| (name, &pair.new, pair.how));
        for (name, today, how) in paired.chain(beside) {
            if let (Some(before), Some(after)) = (self.old.enums.get(name), self.new.enums.get(today)) {
                enumeration::moved(self, before, after, how);
                enumeration::compare(self, before, after);
            }
        }
        for name in pairs.enums.gone() {
            let Some(before) = self.old.enums.get(&name) else { continue };
            if before.parent_message().is_none_or(|outer| self.new.messages.contains_key(outer.full_name())) {
                let subject = Subject::whole(&name);
                let touched = Touched { side: self.old, full_name: &name, member: None };
                self.say(ChangeKind::EnumDeleted, subject, Span::file(before.parent_file().name()), &touched, None);
            }
        }
        for name in pairs.enums.fresh() {
            let Some(after) = self.new.enums.get(&name) else { continue };
            if after.parent_message().is_none_or(|outer| self.old.messages.contains_key(outer.full_name())) {
                let subject = Subject::whole(&name);
                let touched = Touched { side: self.new, full_name: &name, member: None };
                let span = Span::of(&after.parent_file(), after.path());
                self.say(ChangeKind::EnumAdded, subject, span, &touched, None);
            }
        }
    }

    /// An event that was away: its messages, other than those that `meanwhile` had all the time.
    fn returned(&mut self, event: &str, meanwhile: &Side<'_>) {
        let is_here = |full_name: &str| self.new.reached(full_name).iter().any(|reached| reached.event == event);
        let pairs = self.pairs;
        let both = pairs.messages.iter().map(|(name, pair)| (name, &pair.new));
        let both = both.chain(pairs.beside.iter().map(|(name, today)| (name, today)));
        let concerned: Vec<(&String, &String)> =
            both.filter(|(_, today)| is_here(today) && meanwhile.reached(today).is_empty()).collect();
        for (name, today) in concerned {
            if let (Some(before), Some(after)) = (self.old.messages.get(name), self.new.messages.get(today)) {
                members::compare(self, before, after);
            }
        }
    }

    /// What is known of a number of a message that the old state does not have: a version before it used it.
    pub(super) fn used_before(&self, message: &str, number: u32) -> Option<String> {
        let known = self.new.reached(message).iter().filter(|reached| self.old.events.contains_key(&reached.event));
        let columns = known.filter_map(|reached| {
            let path: Vec<u32> = reached.numbers.iter().copied().chain([number]).collect();
            self.published.column(&reached.event, &path)
        });
        columns.map(|column| format!("the column {}", column.join("."))).next()
    }

    /// A number that no field of the message has or had.
    pub(super) fn fresh_number(&mut self, before: &MessageDescriptor, after: &MessageDescriptor) -> u32 {
        let own = before.fields().chain(after.fields()).map(|field| field.number());
        let highest = own.max().unwrap_or(0).max(self.given.get(after.full_name()).copied().unwrap_or(0));
        let is_free = |number: &u32| {
            !PROTOBUFS_OWN.contains(number)
                && [before, after].iter().all(|message| {
                    message.reserved_ranges().chain(message.extension_ranges()).all(|range| !range.contains(number))
                })
                && self.used_before(after.full_name(), *number).is_none()
        };
        let number = (highest.saturating_add(1)..=FIELD_NUMBER_MAX).find(is_free).unwrap_or(FIELD_NUMBER_MAX);
        self.given.insert(after.full_name().to_owned(), number);
        number
    }
}

/// Without descriptors of any version, the ledger alone: a number that it knows must be a field, or reserved.
fn against_ledger(new: &Side<'_>, ledger: &Ledger) -> Vec<Change> {
    let pairs = Pairs::default();
    let mut compare = Compare::new(new, new, &pairs, Some(ledger));
    let known: HashMap<u32, &str> = ledger.events.iter().map(|event| (event.id, event.name.as_str())).collect();
    let by_path = new.by_path();
    let mut said = BTreeSet::new();
    for column in ledger.columns.iter().filter(|column| column.key.role == ColumnRole::Value) {
        let Some((&number, above)) = column.key.path.split_last() else { continue };
        let event = known.get(&column.key.event).copied().unwrap_or_default();
        let Some(message) = by_path.get(&(event, above)) else { continue };
        let is_kept =
            message.get_field(number).is_some() || message.reserved_ranges().any(|range| range.contains(&number));
        let full_name = message.full_name().to_owned();
        if is_kept || !said.insert((full_name.clone(), number)) {
            continue;
        }
        let member = column.column.last().cloned().unwrap_or_default();
        let step = FixStep::Reserve { message: full_name.clone(), numbers: vec![number..=number], names: Vec::new() };
        let kind = ChangeKind::FieldDeleted { number_reserved: false, name_reserved: true };
        let touched = Touched { side: new, full_name: &full_name, member: Some((number, &member)) };
        let subject = Subject::member(&full_name, &member, number);
        let span = Span::of(&message.parent_file(), message.path());
        compare.say(kind, subject, span, &touched, Some(Fix::of("reserve the number", vec![step])));
    }
    sorted(compare.changes)
}

fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by(|a, b| {
        let key = |it: &Change| (it.span.clone(), it.subject.clone(), it.kind.id());
        key(a).cmp(&key(b))
    });
    changes.dedup();
    changes
}
