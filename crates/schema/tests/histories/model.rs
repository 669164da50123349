//! A small model of a schema, from which `.proto` text is printed. Messages and enums are known by their place in
//! lists that only grow, and fields by their number, so that what a change moves or renames is still the same here.

/// The place of a message in [`Schema::messages`].
pub(crate) type MessageKey = usize;
/// The place of an enum in [`Schema::enums`].
pub(crate) type EnumKey = usize;

/// One version of the schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schema {
    /// Of `events.proto`; `shared.proto` is always `lib`.
    pub(crate) package: String,
    pub(crate) messages: Vec<Message>,
    pub(crate) enums: Vec<Enumeration>,
    /// Names that were given so far: none is given twice.
    pub(crate) names: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) home: Home,
    pub(crate) moved_from: Vec<String>,
    /// The event's name; none: a message that others hold.
    pub(crate) event: Option<String>,
    pub(crate) is_gone: bool,
    pub(crate) fields: Vec<Field>,
    /// By the oneof's place, which [`Field::oneof`] is: its name.
    pub(crate) oneofs: Vec<String>,
    pub(crate) reserved_numbers: Vec<u32>,
    pub(crate) reserved_names: Vec<String>,
    /// No field ever had a number from here on.
    pub(crate) next_number: u32,
}

/// Where a message is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Events,
    Shared,
    Inside(MessageKey),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) many: Many,
    pub(crate) oneof: Option<usize>,
    pub(crate) aliases: Vec<String>,
    /// 0: none.
    pub(crate) replaces: u32,
    pub(crate) rule: Option<Rule>,
}

/// What a value must satisfy beyond its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Required,
    /// Characters of a text.
    LengthMax(usize),
    /// Of an int64.
    Most(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar(Scalar),
    Enum(EnumKey),
    Message(MessageKey),
    Time,
    Span,
    Wrapper(Scalar),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed64,
    Bool,
    Float,
    Double,
    String,
    Bytes,
}

/// How many values, and whether absence is told from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Many {
    Implicit,
    /// `optional`, members of oneofs, and every single message.
    Explicit,
    Repeated,
    Map(Scalar),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Enumeration {
    pub(crate) name: String,
    pub(crate) moved_from: Vec<String>,
    pub(crate) values: Vec<EnumValue>,
    pub(crate) reserved_numbers: Vec<i32>,
    pub(crate) reserved_names: Vec<String>,
    pub(crate) next_number: i32,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EnumValue {
    pub(crate) number: i32,
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
}

impl Schema {
    /// A name that nothing ever had.
    pub(crate) fn fresh_name(&mut self, word: &str) -> String {
        self.names += 1;
        format!("{word}_{}", self.names)
    }

    /// The message, if it is there still.
    pub(crate) fn message(&self, key: MessageKey) -> Option<&Message> {
        self.messages.get(key).filter(|message| !message.is_gone)
    }

    pub(crate) fn field(&self, key: MessageKey, number: u32) -> Option<&Field> {
        self.message(key)?.fields.iter().find(|field| field.number == number)
    }

    /// The events that are there.
    pub(crate) fn events(&self) -> impl Iterator<Item = MessageKey> {
        let is_event = |key: &MessageKey| self.message(*key).is_some_and(|message| message.event.is_some());
        (0..self.messages.len()).filter(is_event)
    }

    pub(crate) fn full_name(&self, key: MessageKey) -> String {
        let message = &self.messages[key];
        match message.home {
            Home::Events => format!("{}.{}", self.package, message.name),
            Home::Shared => format!("lib.{}", message.name),
            Home::Inside(outer) => format!("{}.{}", self.full_name(outer), message.name),
        }
    }

    pub(crate) fn enum_full_name(&self, key: EnumKey) -> String {
        format!("{}.{}", self.package, self.enums[key].name)
    }
}

impl Message {
    pub(crate) fn give_number(&mut self, gap: u32) -> u32 {
        let number = self.next_number + gap;
        self.next_number = number + 1;
        number
    }

    /// Takes a field out, and reserves what it had.
    pub(crate) fn retire(&mut self, number: u32) -> Field {
        let at = self.fields.iter().position(|field| field.number == number).unwrap();
        let field = self.fields.remove(at);
        self.reserved_numbers.push(number);
        self.reserved_names.push(field.name.clone());
        field
    }

    pub(crate) fn members(&self, oneof: usize) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.oneof == Some(oneof))
    }
}

impl Field {
    pub(crate) fn new(number: u32, name: String, kind: Kind, many: Many) -> Self {
        Self { number, name, kind, many, oneof: None, aliases: Vec::new(), replaces: 0, rule: None }
    }

    /// Whether JSON may call the field so; lowerCamelCase forms follow from these.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// Whether the field is one value that is there or not, but no message.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.many, Many::Implicit | Many::Explicit) && matches!(self.kind, Kind::Scalar(_) | Kind::Enum(_))
    }
}

impl Kind {
    /// Whether a single one always has presence.
    pub(crate) const fn is_message(self) -> bool {
        !matches!(self, Self::Scalar(_) | Self::Enum(_))
    }
}

impl Enumeration {
    pub(crate) fn name_of(&self, number: i32) -> Option<&str> {
        self.values.iter().find(|value| value.number == number).map(|value| value.name.as_str())
    }

    /// The number that JSON means by `name`.
    pub(crate) fn number_of(&self, name: &str) -> Option<i32> {
        let is_called = |value: &&EnumValue| value.name == name || value.aliases.iter().any(|alias| alias == name);
        self.values.iter().find(is_called).map(|value| value.number)
    }
}
