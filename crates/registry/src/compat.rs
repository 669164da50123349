//! Whether a reader with one schema can read what a writer with another wrote. Pure: two files in, differences out.
//!
//! A registry asks this in both directions: BACKWARD is the newer schema reading the older's data, FORWARD the
//! older reading the newer's, FULL both. The rules are those of protobuf's language guide on updating messages;
//! which differences count is [`DifferenceKind::is_compatible`].
//!
//! Types are matched by their names below the package, fields by number, oneofs by name. A oneof that the
//! compiler made for a proto3 `optional` is none: adding such a field is adding a field.

mod difference;
mod field;
mod oneof;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use prost_reflect::{EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor};

pub use difference::{Difference, DifferenceKind};

/// What differs between the schema of a writer and that of a reader, in the order of the writer's schema. Messages
/// of other files are compared, too, where a field leads to them.
#[must_use]
pub fn differences(writer: &FileDescriptor, reader: &FileDescriptor) -> Vec<Difference> {
    let mut walk = Walk::new(writer, reader);
    if writer.package_name() != reader.package_name() {
        let detail = format!("the package was {:?} and is {:?}", writer.package_name(), reader.package_name());
        walk.add(DifferenceKind::PackageChanged, "#/", detail);
    }
    let (old, new): (Vec<_>, Vec<_>) = (writer.messages().collect(), reader.messages().collect());
    walk.messages("#", &old, &new);
    let (old, new): (Vec<_>, Vec<_>) = (writer.enums().collect(), reader.enums().collect());
    walk.enums("#", &old, &new);
    while let Some((old, new)) = walk.led_to.pop_front() {
        let path = format!("#/{}", old.full_name());
        walk.message(&path, &old, &new);
    }
    walk.found
}

/// The comparison under way.
#[derive(Debug)]
struct Walk {
    writer: FileDescriptor,
    reader: FileDescriptor,
    found: Vec<Difference>,
    /// Messages of other files that a field leads to.
    led_to: VecDeque<(MessageDescriptor, MessageDescriptor)>,
    /// The full names of those, so that each is compared once.
    seen: HashSet<String>,
}

impl Walk {
    fn new(writer: &FileDescriptor, reader: &FileDescriptor) -> Self {
        Self {
            writer: writer.clone(),
            reader: reader.clone(),
            found: Vec::new(),
            led_to: VecDeque::new(),
            seen: HashSet::new(),
        }
    }

    fn add(&mut self, kind: DifferenceKind, path: impl Into<String>, detail: impl Into<String>) {
        self.found.push(Difference { kind, path: path.into(), detail: detail.into() });
    }

    /// The messages of one scope.
    fn messages(&mut self, scope: &str, old: &[MessageDescriptor], new: &[MessageDescriptor]) {
        // A map's entry is part of its field.
        let declared = |messages: &[MessageDescriptor]| -> Vec<MessageDescriptor> {
            messages.iter().filter(|message| !message.is_map_entry()).cloned().collect()
        };
        let (old, new) = (declared(old), declared(new));
        for (place, writers) in old.iter().enumerate() {
            let path = format!("{scope}/{}", writers.name());
            let found = new.iter().enumerate().find(|(_, readers)| readers.name() == writers.name());
            let Some((new_place, readers)) = found else {
                self.add(DifferenceKind::MessageRemoved, path, "the reader's schema lacks this message");
                continue;
            };
            if place != new_place {
                let detail = format!("the message was number {place} of its scope and is number {new_place}");
                self.add(DifferenceKind::MessageMoved, path.as_str(), detail);
            }
            self.message(&path, writers, readers);
        }
        for added in new.iter().filter(|added| old.iter().all(|old| old.name() != added.name())) {
            let path = format!("{scope}/{}", added.name());
            self.add(DifferenceKind::MessageAdded, path, "the writer's schema lacks this message");
        }
    }

    fn message(&mut self, path: &str, old: &MessageDescriptor, new: &MessageDescriptor) {
        self.fields(path, old, new);
        self.oneofs(path, old, new);
        let (old_messages, new_messages): (Vec<_>, Vec<_>) =
            (old.child_messages().collect(), new.child_messages().collect());
        self.messages(path, &old_messages, &new_messages);
        let (old_enums, new_enums): (Vec<_>, Vec<_>) = (old.child_enums().collect(), new.child_enums().collect());
        self.enums(path, &old_enums, &new_enums);
    }

    fn fields(&mut self, path: &str, old: &MessageDescriptor, new: &MessageDescriptor) {
        let numbers: BTreeSet<u32> = old.fields().map(|f| f.number()).chain(new.fields().map(|f| f.number())).collect();
        for number in numbers {
            let path = format!("{path}/{number}");
            match (old.get_field(number), new.get_field(number)) {
                (Some(writers), Some(readers)) => {
                    self.field(&path, &writers, &readers);
                    self.moved_between_oneofs(&path, (old, &writers), (new, &readers));
                }
                (Some(gone), None) => {
                    let (kind, detail) = removed(&gone, new);
                    self.add(kind, path, format!("`{}` {detail}", gone.name()));
                }
                (None, Some(fresh)) => {
                    let (kind, detail) = added(&fresh, old);
                    self.add(kind, path, format!("`{}` {detail}", fresh.name()));
                }
                (None, None) => {}
            }
        }
    }

    /// The enums of one scope.
    fn enums(&mut self, scope: &str, old: &[EnumDescriptor], new: &[EnumDescriptor]) {
        for writers in old {
            let path = format!("{scope}/{}", writers.name());
            match new.iter().find(|readers| readers.name() == writers.name()) {
                Some(readers) => self.enumeration(&path, writers, readers),
                None => self.add(DifferenceKind::EnumRemoved, path, "the reader's schema lacks this enum"),
            }
        }
        for added in new.iter().filter(|added| old.iter().all(|old| old.name() != added.name())) {
            let path = format!("{scope}/{}", added.name());
            self.add(DifferenceKind::EnumAdded, path, "the writer's schema lacks this enum");
        }
    }

    fn enumeration(&mut self, path: &str, old: &EnumDescriptor, new: &EnumDescriptor) {
        let names = |enumeration: &EnumDescriptor| {
            let mut names = BTreeMap::<i32, BTreeSet<String>>::new();
            for value in enumeration.values() {
                names.entry(value.number()).or_default().insert(value.name().to_owned());
            }
            names
        };
        let (old, new) = (names(old), names(new));
        for (number, writers) in &old {
            let path = format!("{path}/{number}");
            match new.get(number) {
                Some(readers) if readers == writers => {}
                Some(readers) => {
                    let detail = format!("the value was {} and is {}", listed(writers), listed(readers));
                    self.add(DifferenceKind::EnumConstChanged, path, detail);
                }
                None => {
                    let detail = format!("the reader's schema lacks the value {}", listed(writers));
                    self.add(DifferenceKind::EnumConstRemoved, path, detail);
                }
            }
        }
        for (number, readers) in new.iter().filter(|(number, _)| !old.contains_key(number)) {
            let detail = format!("the writer's schema lacks the value {}", listed(readers));
            self.add(DifferenceKind::EnumConstAdded, format!("{path}/{number}"), detail);
        }
    }
}

fn removed(gone: &FieldDescriptor, new: &MessageDescriptor) -> (DifferenceKind, &'static str) {
    match oneof::of(gone) {
        Some(oneof) if oneof::named(new, &oneof) => {
            (DifferenceKind::OneofFieldRemoved, "is no member of the reader's oneof, which would seem unset")
        }
        _ if gone.is_required() => (DifferenceKind::RequiredFieldRemoved, "is required by the writer's schema alone"),
        _ => (DifferenceKind::FieldRemoved, "is not in the reader's schema"),
    }
}

fn added(fresh: &FieldDescriptor, old: &MessageDescriptor) -> (DifferenceKind, &'static str) {
    match oneof::of(fresh) {
        Some(oneof) if oneof::named(old, &oneof) => {
            (DifferenceKind::OneofFieldAdded, "is no member of the writer's oneof")
        }
        _ if fresh.is_required() => (DifferenceKind::RequiredFieldAdded, "is required by the reader's schema alone"),
        _ => (DifferenceKind::FieldAdded, "is not in the writer's schema"),
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
