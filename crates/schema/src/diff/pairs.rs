//! Who is who: the messages and enums of the old state with those that they are in the new one.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::matrix::type_text;
use super::side::{Side, value_kind};

/// How it is known that two names mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The name is the same.
    Same,
    /// The new one says `moved_from`.
    Stated,
    /// All of their package has moved.
    Package,
    /// The message that they are declared in has moved.
    Parent,
    /// Nobody says so; the event, a field, or the shape does.
    Likely,
}

/// What an old name is today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) new: String,
    pub(super) how: How,
}

/// All pairs.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// By the old full name.
    pub(super) messages: Matching,
    pub(super) enums: Matching,
    /// Packages that moved as a whole.
    pub(super) packages: Vec<(String, String)>,
    /// Old and new names of messages that are compared beside the pairs: one message became two, or an event
    /// another message.
    pub(super) beside: BTreeSet<(String, String)>,
    /// The same of enums.
    pub(super) enums_beside: BTreeSet<(String, String)>,
}

/// The pairs of one kind of declaration; each name is in one at most.
#[derive(Debug, Default)]
pub(super) struct Matching {
    pairs: BTreeMap<String, Pair>,
    old: BTreeSet<String>,
    new: BTreeSet<String>,
    taken: BTreeSet<String>,
}

impl Pairs {
    pub(super) fn new(old: &Side<'_>, new: &Side<'_>) -> Self {
        let mut pairs = Self {
            messages: Matching::same_names(old.messages.keys(), new.messages.keys()),
            enums: Matching::same_names(old.enums.keys(), new.enums.keys()),
            ..Self::default()
        };
        pairs.stated(old, new);
        pairs.packages(old, new);
        pairs.events(old, new);
        // What one pair shows may show the next: a field of a message that moved, a message declared inside it.
        while pairs.inside() | pairs.by_fields(old, new) {}
        pairs.by_shape(old, new);
        while pairs.inside() | pairs.by_fields(old, new) {}
        pairs
    }

    /// Whether a field whose messages have these names has still the same type.
    pub(super) fn is_same_message(&self, old: &str, new: &str) -> bool {
        old == new || self.messages.is(old, new) || self.beside.contains(&(old.to_owned(), new.to_owned()))
    }

    /// Whether a field whose enums have these names has still the same type.
    pub(super) fn is_same_enum(&self, old: &str, new: &str) -> bool {
        old == new || self.enums.is(old, new) || self.enums_beside.contains(&(old.to_owned(), new.to_owned()))
    }

    fn stated(&mut self, old: &Side<'_>, new: &Side<'_>) {
        for (name, message) in &new.messages {
            for from in new.options.moved_from(message) {
                if !self.messages.pair(&from, name, How::Stated) && old.messages.contains_key(&from) && from != *name {
                    self.beside.insert((from, name.clone()));
                }
            }
        }
        for (name, enumeration) in &new.enums {
            for from in new.options.enum_moved_from(enumeration) {
                if !self.enums.pair(&from, name, How::Stated) && old.enums.contains_key(&from) && from != *name {
                    self.enums_beside.insert((from, name.clone()));
                }
            }
        }
    }

    fn packages(&mut self, old: &Side<'_>, new: &Side<'_>) {
        let (old_packages, new_packages) = (by_package(old), by_package(new));
        for (from, names) in &old_packages {
            if new_packages.contains_key(from) {
                continue;
            }
            let free = |relative: &String| {
                let name = joined(from, relative);
                self.messages.is_gone(&name) || self.enums.is_gone(&name)
            };
            let moved: Vec<&String> = names.iter().filter(|relative| free(relative)).collect();
            let to = new_packages.iter().find(|(to, there)| {
                !moved.is_empty()
                    && moved.iter().all(|relative| {
                        let name = joined(to, relative);
                        there.contains(*relative) && (self.messages.is_fresh(&name) || self.enums.is_fresh(&name))
                    })
            });
            let Some((to, _)) = to else { continue };
            for relative in moved {
                let (before, after) = (joined(from, relative), joined(to, relative));
                self.messages.pair(&before, &after, How::Package);
                self.enums.pair(&before, &after, How::Package);
            }
            self.packages.push((from.clone(), to.clone()));
        }
    }

    /// An event is its name, whatever message it is.
    fn events(&mut self, old: &Side<'_>, new: &Side<'_>) {
        for (name, (_, before)) in &old.events {
            let Some((_, after)) = new.events.get(name) else { continue };
            let (before, after) = (before.full_name(), after.full_name());
            if !self.messages.is(before, after) && !self.messages.pair(before, after, How::Likely) {
                self.beside.insert((before.to_owned(), after.to_owned()));
            }
        }
    }

    /// What is declared inside a message moves with it.
    fn inside(&mut self) -> bool {
        let moved: Vec<(String, Pair)> = self
            .messages
            .iter()
            .filter(|(_, pair)| pair.how != How::Same)
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect();
        let mut found = false;
        for (old, pair) in moved {
            for matching in [&mut self.messages, &mut self.enums] {
                for inner in matching.gone_inside(&old) {
                    let after = format!("{}{}", pair.new, inner.get(old.len()..).unwrap_or_default());
                    found |= matching.pair(&inner, &after, How::Parent);
                }
            }
        }
        found
    }

    /// A field whose type is gone and is now one that was not there before.
    fn by_fields(&mut self, old: &Side<'_>, new: &Side<'_>) -> bool {
        let mut found = false;
        let known: Vec<(String, String)> = self.messages.iter().map(|(a, b)| (a.clone(), b.new.clone())).collect();
        for (before, after) in known {
            let (Some(before), Some(after)) = (old.messages.get(&before), new.messages.get(&after)) else { continue };
            for field in before.fields() {
                let Some(today) = after.get_field(field.number()) else { continue };
                match (value_kind(&field), value_kind(&today)) {
                    (Kind::Message(a), Kind::Message(b)) if in_common(&a, &b) > 0 => {
                        found |= self.messages.pair(a.full_name(), b.full_name(), How::Likely);
                    }
                    (Kind::Enum(a), Kind::Enum(b)) if has_all(&b, &a) => {
                        found |= self.enums.pair(a.full_name(), b.full_name(), How::Likely);
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// What is gone, and what is there instead that looks the same: all fields alike, or most under the same name.
    fn by_shape(&mut self, old: &Side<'_>, new: &Side<'_>) {
        let (were_events, are_events) = (event_messages(old), event_messages(new));
        for gone in self.messages.gone() {
            let Some(before) = old.messages.get(&gone) else { continue };
            let likely = self.messages.fresh().into_iter().filter_map(|name| {
                // Events say who they are: one that ended and one that began have fields in common, and no more.
                let after = new.messages.get(&name);
                let after = after.filter(|_| !(were_events.contains(&gone) && are_events.contains(&name)))?;
                let common = in_common(before, after);
                let is_like = common > 1 && names(before) == names(after) && common == before.fields().len();
                let is_called = after.name() == before.name() && common * 2 >= before.fields().len() && common > 0;
                (is_like || is_called).then_some((common, std::cmp::Reverse(name)))
            });
            if let Some((_, std::cmp::Reverse(name))) = likely.max() {
                self.messages.pair(&gone, &name, How::Likely);
            }
        }
    }
}

impl Matching {
    fn same_names<'a>(old: impl Iterator<Item = &'a String>, new: impl Iterator<Item = &'a String>) -> Self {
        let mut matching = Self { old: old.cloned().collect(), new: new.cloned().collect(), ..Self::default() };
        let both: Vec<String> = matching.old.intersection(&matching.new).cloned().collect();
        for name in both {
            matching.pair(&name, &name, How::Same);
        }
        matching
    }

    /// The pairs, by the old name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Pair)> {
        self.pairs.iter()
    }

    /// Old names that are nobody today.
    pub(super) fn gone(&self) -> Vec<String> {
        self.old.iter().filter(|name| self.is_gone(name)).cloned().collect()
    }

    /// New names that were nobody before.
    pub(super) fn fresh(&self) -> Vec<String> {
        self.new.iter().filter(|name| self.is_fresh(name)).cloned().collect()
    }

    /// Whether `old` is called `new` today.
    pub(super) fn is(&self, old: &str, new: &str) -> bool {
        self.pairs.get(old).is_some_and(|pair| pair.new == new)
    }

    fn is_gone(&self, name: &str) -> bool {
        self.old.contains(name) && !self.pairs.contains_key(name)
    }

    fn is_fresh(&self, name: &str) -> bool {
        self.new.contains(name) && !self.taken.contains(name)
    }

    /// Names that are gone and were declared inside the message `outer`.
    fn gone_inside(&self, outer: &str) -> Vec<String> {
        let prefix = format!("{outer}.");
        let inside = self.old.range(prefix.clone()..).take_while(|name| name.starts_with(&prefix));
        inside.filter(|name| self.is_gone(name)).cloned().collect()
    }

    fn pair(&mut self, old: &str, new: &str, how: How) -> bool {
        let is_free = self.is_gone(old) && self.is_fresh(new);
        if is_free {
            self.pairs.insert(old.to_owned(), Pair { new: new.to_owned(), how });
            self.taken.insert(new.to_owned());
        }
        is_free
    }
}

/// Names relative to their packages, by package.
fn by_package(side: &Side<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let messages = side.messages.values().map(|message| (message.package_name(), message.full_name()));
    let enums = side.enums.values().map(|enumeration| (enumeration.package_name(), enumeration.full_name()));
    for (package, full_name) in messages.chain(enums) {
        let relative = full_name.strip_prefix(package).unwrap_or(full_name).trim_start_matches('.');
        packages.entry(package.to_owned()).or_default().insert(relative.to_owned());
    }
    packages
}

fn joined(package: &str, relative: &str) -> String {
    if package.is_empty() { relative.to_owned() } else { format!("{package}.{relative}") }
}

/// The full names of the messages that are events.
fn event_messages(side: &Side<'_>) -> BTreeSet<String> {
    side.events.values().map(|(_, message)| message.full_name().to_owned()).collect()
}

/// The names of a message's fields by number: two messages that share all of them, by chance, are rare.
fn names(message: &MessageDescriptor) -> BTreeMap<u32, String> {
    message.fields().map(|field| (field.number(), field.name().to_owned())).collect()
}

/// How many fields of two messages have the same number and type.
fn in_common(a: &MessageDescriptor, b: &MessageDescriptor) -> usize {
    let same = |field: &FieldDescriptor| b.get_field(field.number()).is_some_and(|other| shape(&other) == shape(field));
    a.fields().filter(same).count()
}

/// A field's type where the names of messages and enums do not count.
fn shape(field: &FieldDescriptor) -> String {
    let kind = match value_kind(field) {
        Kind::Message(_) => "message".to_owned(),
        Kind::Enum(_) => "enum".to_owned(),
        kind => type_text(&kind),
    };
    format!("{} {} {kind}", field.is_list(), field.is_map())
}

/// Whether `all` has every value of `some`, by number and name.
pub(super) fn has_all(all: &EnumDescriptor, some: &EnumDescriptor) -> bool {
    some.values().all(|value| all.get_value_by_name(value.name()).is_some_and(|same| same.number() == value.number()))
}
