//! What each message, enum and oneof is called in Swift, and what type a field has.

use std::collections::HashSet;

use judi_schema::plan::ScalarKind;

use super::{naming, type_names};
use crate::library::{Event, Field, Kind, Library, Shape, WellKnown};

/// The names of a library's types.
pub(super) struct Types<'a> {
    pub(super) library: &'a Library,
    pub(super) module: &'a str,
    /// Of each message, in parts: `["ArticleView", "Teaser"]`.
    pub(super) messages: Vec<Vec<String>>,
    /// Of each enum, in parts.
    pub(super) enums: Vec<Vec<String>>,
    /// Of each message, the names of its fields' properties, without backticks.
    pub(super) properties: Vec<Vec<String>>,
    /// Of each message, the name and the type's name of each of its oneofs.
    pub(super) oneofs: Vec<Vec<(String, String)>>,
    /// Fields through which a message can hold one of its own type: (message, field).
    pub(super) recursive: HashSet<(usize, usize)>,
}

impl<'a> Types<'a> {
    pub(super) fn of(library: &'a Library, module: &'a str) -> Self {
        let (messages, enums) = type_names::of(library, module);
        let mut types = Self {
            library,
            module,
            messages,
            enums,
            properties: Vec::new(),
            oneofs: Vec::new(),
            recursive: recursive(library),
        };
        for at in 0..library.messages.len() {
            types.name_members(at);
        }
        types
    }

    /// Properties of a message's fields and oneofs, each name once.
    fn name_members(&mut self, at: usize) {
        let Some((message, path)) = self.library.messages.get(at).zip(self.messages.get(at)) else { return };
        let mut used = HashSet::new();
        let mut once = |name: String, number: u32| {
            if used.insert(name.clone()) { name } else { format!("{name}{number}") }
        };
        let properties = message.fields.iter().map(|field| once(naming::property(&field.name), field.number)).collect();
        let mut taken: HashSet<String> = path.iter().cloned().collect();
        taken.extend(
            self.messages.iter().chain(&self.enums).filter_map(|it| it.strip_prefix(&**path)?.first().cloned()),
        );
        let oneofs = (0..)
            .zip(&message.oneofs)
            .map(|(number, oneof)| {
                let name = naming::type_name(&oneof.name, |name| taken.contains(name), "Choice");
                taken.insert(name.clone());
                (once(naming::property(&oneof.name), number), name)
            })
            .collect();
        self.properties.push(properties);
        self.oneofs.push(oneofs);
    }

    /// A message's type as it is written inside the message `inside`.
    pub(super) fn message(&self, at: usize, inside: &[String]) -> String {
        self.written(self.messages.get(at), inside)
    }

    /// An enum's type as it is written inside the message `inside`.
    pub(super) fn enumeration(&self, at: usize, inside: &[String]) -> String {
        self.written(self.enums.get(at), inside)
    }

    /// The module's name is before a type whose first part means something else where it is written.
    fn written(&self, path: Option<&Vec<String>>, inside: &[String]) -> String {
        let path = path.map(Vec::as_slice).unwrap_or_default();
        let first = path.first().map(String::as_str).unwrap_or_default();
        let is_hidden = (1..=inside.len()).any(|depth| {
            let scope = inside.get(..depth).unwrap_or_default();
            let nested =
                self.messages.iter().chain(&self.enums).any(|it| {
                    it.strip_prefix(scope).is_some_and(|rest| rest.first().is_some_and(|name| name == first))
                });
            let at = self.messages.iter().position(|it| it == scope);
            nested || at.and_then(|at| self.oneofs.get(at)).is_some_and(|all| all.iter().any(|(_, name)| name == first))
        });
        if is_hidden { format!("{}.{}", self.module, path.join(".")) } else { path.join(".") }
    }

    /// The type of one value of a field.
    pub(super) fn value(&self, kind: Kind, inside: &[String]) -> String {
        match kind {
            Kind::Scalar(scalar) | Kind::WellKnown(WellKnown::Wrapper(scalar)) => scalar_type(scalar).to_owned(),
            Kind::Enum(at) => self.enumeration(at, inside),
            Kind::Message(at) | Kind::Group(at) => self.message(at, inside),
            Kind::WellKnown(known) => match known {
                WellKnown::Timestamp => "Timestamp",
                WellKnown::Duration => "TimeSpan",
                WellKnown::Struct => "[String: JSONValue]",
                WellKnown::Value => "JSONValue",
                WellKnown::ListValue => "[JSONValue]",
                WellKnown::Any | WellKnown::Wrapper(_) => "JudiAny",
            }
            .to_owned(),
        }
    }

    /// The type of a field, and what it is where it is not given; none: it must be.
    pub(super) fn field(&self, field: &Field, inside: &[String]) -> (String, Option<String>) {
        let value = self.value(field.kind, inside);
        let (name, default) = match field.shape {
            Shape::Optional if field.is_required => (value, String::new()),
            Shape::Optional => (format!("{value}?"), "nil".into()),
            Shape::Repeated { .. } => (format!("[{value}]"), "[]".into()),
            Shape::Map(key) => (format!("[{}: {value}]", scalar_type(key)), "[:]".into()),
            Shape::Implicit => {
                let zero = zero(field.kind, &value);
                (value, zero)
            }
        };
        (name, Some(default).filter(|_| !field.is_required))
    }

    /// Whether a field's property is deprecated to the compiler, and the value therefore kept in another.
    pub(super) fn is_hidden(&self, message: usize, place: usize) -> bool {
        let field = self.library.messages.get(message).and_then(|it| it.fields.get(place));
        field.is_some_and(|it| it.is_deprecated && it.oneof.is_none()) && !self.recursive.contains(&(message, place))
    }

    /// Whether a message's type is deprecated to the compiler: one that no other message holds.
    pub(super) fn is_deprecated(&self, message: usize) -> bool {
        let held = |kind: Kind| matches!(kind, Kind::Message(at) | Kind::Group(at) if at == message);
        self.library.messages.get(message).is_some_and(|it| it.is_deprecated)
            && !self.library.messages.iter().any(|it| it.fields.iter().any(|field| held(field.kind)))
    }

    /// The event whose message this is.
    pub(super) fn event(&self, message: usize) -> Option<&'a Event> {
        self.library.events.iter().find(|event| event.message == message)
    }
}

/// A scalar's type.
pub(super) const fn scalar_type(kind: ScalarKind) -> &'static str {
    match kind {
        ScalarKind::Double => "Double",
        ScalarKind::Float => "Float",
        ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => "Int32",
        ScalarKind::Int64 | ScalarKind::Sint64 | ScalarKind::Sfixed64 => "Int64",
        ScalarKind::Uint32 | ScalarKind::Fixed32 => "UInt32",
        ScalarKind::Uint64 | ScalarKind::Fixed64 => "UInt64",
        ScalarKind::Bool => "Bool",
        ScalarKind::String => "String",
        ScalarKind::Bytes => "Data",
    }
}

fn zero(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Scalar(ScalarKind::String) => "\"\"".into(),
        Kind::Scalar(ScalarKind::Bytes) => "Data()".into(),
        Kind::Scalar(ScalarKind::Bool) => "false".into(),
        Kind::Enum(_) => format!("{value}(rawValue: 0)"),
        _ => "0".into(),
    }
}

/// Fields with one message, from which a message of the field's own message can be reached by such fields.
fn recursive(library: &Library) -> HashSet<(usize, usize)> {
    let inner = |at: usize| {
        let fields = library.messages.get(at).map(|it| it.fields.as_slice()).unwrap_or_default();
        fields.iter().enumerate().filter_map(|(place, field)| match (field.kind, field.shape) {
            (Kind::Message(to) | Kind::Group(to), Shape::Optional) => Some((place, to)),
            _ => None,
        })
    };
    let reaches = |from: usize, to: usize| {
        let (mut seen, mut waiting) = (HashSet::from([from]), vec![from]);
        while let Some(at) = waiting.pop() {
            if at == to {
                return true;
            }
            waiting.extend(inner(at).map(|(_, next)| next).filter(|next| seen.insert(*next)));
        }
        false
    };
    let edges = (0..library.messages.len()).flat_map(|at| inner(at).map(move |(place, to)| (at, place, to)));
    edges.filter(|(at, _, to)| reaches(*to, *at)).map(|(at, place, _)| (at, place)).collect()
}
