//! What the encoder knows of the schema: a string per message, as `sdks/js/src/codec.js` reads it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use judi_schema::plan::ScalarKind;

use crate::GeneratedFile;
use crate::library::{Field, Kind, Library, Message, Shape as Count, WellKnown};
use crate::naming::lower_camel;

/// Methods that every tracker has, and what an object has by itself; an event of such a name gets another.
const TAKEN: [&str; 17] = [
    "use",
    "setUser",
    "reset",
    "consent",
    "optOut",
    "optIn",
    "flush",
    "close",
    "then",
    "constructor",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "sent",
];

/// The names in JavaScript of what a schema has.
#[derive(Debug)]
pub(super) struct Shape {
    /// Of each event, in the library's order: the tracker's method.
    pub(super) methods: Vec<String>,
    /// Of each message: of each field.
    pub(super) fields: Vec<Vec<String>>,
}

impl Shape {
    pub(super) fn of(library: &Library) -> Self {
        let mut taken: HashSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        let methods =
            library.events.iter().map(|event| unique(lower_camel(&event.name), "Event", &mut taken)).collect();
        let fields = library.messages.iter().map(|message| {
            let mut taken = HashSet::new();
            message.fields.iter().map(|field| unique(lower_camel(&field.name), "_", &mut taken)).collect()
        });
        Self { methods, fields: fields.collect() }
    }
}

/// A name that nothing else has.
fn unique(name: String, suffix: &str, taken: &mut HashSet<String>) -> String {
    let name = if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("_{name}") };
    let mut found = name;
    while !taken.insert(found.clone()) {
        found.push_str(suffix);
    }
    found
}

/// What the encoder reads: each field said once, and of each message its event and the places of its fields.
pub(super) struct Tables {
    pub(super) fields: Vec<String>,
    pub(super) messages: Vec<String>,
}

/// The code of the first place. The characters from here on need no escape in a string, but for the backslash.
const FIRST_PLACE: u32 = 35;

impl Tables {
    pub(super) fn of(library: &Library, shape: &Shape) -> Self {
        let mut places: HashMap<String, u32> = HashMap::new();
        let mut fields = Vec::new();
        let names = library.messages.iter().zip(&shape.fields).enumerate();
        let messages = names.map(|(at, (message, names))| {
            let event = library.events.iter().zip(&shape.methods).find(|(event, _)| event.message == at);
            let mut text = event.map_or_else(String::new, |(event, method)| {
                if as_runtime(&event.name) == *method { event.name.clone() } else { format!("{}={method}", event.name) }
            });
            text.push('|');
            for field in self::fields(message, names) {
                let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
                let place = *places.entry(field.clone()).or_insert(next);
                if place == next {
                    fields.push(field);
                }
                text.push_str(&character(place));
            }
            text
        });
        let messages = messages.collect();
        Self { fields, messages }
    }
}

/// The character of a place, as it stands in a string: ASCII, whatever a page says of its characters.
fn character(place: u32) -> String {
    let mut code = FIRST_PLACE + place;
    code += u32::from(code >= u32::from('\\'));
    // What is no character to look at.
    code += if code > 126 { 34 } else { 0 };
    match char::from_u32(code) {
        Some(shown) if shown.is_ascii() => shown.to_string(),
        _ => format!("\\u{code:04x}"),
    }
}

/// The method that the runtime makes of an event's name where it is told none.
fn as_runtime(name: &str) -> String {
    let mut text = String::new();
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        match character {
            '_' => text.extend(characters.next().map(|next| next.to_ascii_uppercase())),
            other => text.push(other),
        }
    }
    text
}

fn fields(message: &Message, names: &[String]) -> Vec<String> {
    let mut before = 0;
    let one = |(field, name): (&Field, &String)| {
        let mut text = format!("{name}:");
        if field.number != before + 1 {
            let _ = write!(text, "{}", field.number);
        }
        before = field.number;
        let _ = write!(text, "{}{}", letters(field.kind), count(field.shape));
        if field.is_required {
            text.push('!');
        }
        if let Some(oneof) = field.oneof {
            let needed = message.oneofs.get(oneof).is_some_and(|oneof| oneof.is_required);
            // From 1: the runtime asks whether there is one.
            let _ = write!(text, "~{}{}", oneof + 1, if needed { "!" } else { "" });
        }
        text
    };
    message.fields.iter().zip(names).map(one).collect()
}

fn letters(kind: Kind) -> String {
    match kind {
        Kind::Scalar(scalar) => letter(scalar).to_string(),
        Kind::Enum(_) => "e".into(),
        Kind::Message(at) => format!("m{at}"),
        Kind::Group(at) => format!("g{at}"),
        Kind::WellKnown(known) => match known {
            WellKnown::Timestamp => "t".into(),
            WellKnown::Duration => "n".into(),
            WellKnown::Wrapper(scalar) => format!("W{}", letter(scalar)),
            WellKnown::Struct => "o".into(),
            WellKnown::Value => "v".into(),
            WellKnown::ListValue => "a".into(),
            WellKnown::Any => "p".into(),
        },
    }
}

fn count(shape: Count) -> String {
    match shape {
        Count::Implicit => String::new(),
        Count::Optional => "?".into(),
        Count::Repeated { is_packed: true } => "+".into(),
        Count::Repeated { is_packed: false } => "*".into(),
        Count::Map(key) => format!("{{{}", letter(key)),
    }
}

const fn letter(scalar: ScalarKind) -> char {
    match scalar {
        ScalarKind::Double => 'd',
        ScalarKind::Float => 'f',
        ScalarKind::Int32 => 'i',
        ScalarKind::Int64 => 'l',
        ScalarKind::Uint32 => 'u',
        ScalarKind::Uint64 => 'k',
        ScalarKind::Sint32 => 'z',
        ScalarKind::Sint64 => 'c',
        ScalarKind::Fixed32 => 'x',
        ScalarKind::Fixed64 => 'w',
        ScalarKind::Sfixed32 => 'q',
        ScalarKind::Sfixed64 => 'r',
        ScalarKind::Bool => 'b',
        ScalarKind::String => 's',
        ScalarKind::Bytes => 'y',
    }
}

/// What the schema needs beyond the encoder's core: by letter the file and its function.
pub(super) fn parts(library: &Library) -> BTreeMap<char, (&'static str, &'static str)> {
    let mut found = BTreeSet::new();
    let fields: Vec<&Field> = library.messages.iter().flat_map(|message| &message.fields).collect();
    for field in fields {
        found.extend(letters(field.kind).chars());
        if let Count::Map(key) = field.shape {
            found.extend(['{', letter(key)]);
        }
    }
    let known = |letter: char| {
        Some(match letter {
            'd' => ("floats", "double"),
            'f' => ("floats", "float"),
            'z' | 'c' => ("numbers", "zigzag"),
            'x' | 'w' | 'q' | 'r' => ("numbers", "fixed"),
            'y' => ("numbers", "bytes"),
            't' => ("times", "timestamp"),
            'n' => ("times", "duration"),
            'o' => ("json", "struct"),
            'v' => ("json", "value"),
            'a' => ("json", "list"),
            'p' => ("boxes", "any"),
            'W' => ("boxes", "wrapper"),
            '{' => ("maps", "map"),
            _ => return None,
        })
    };
    found.into_iter().filter_map(|letter| Some((letter, known(letter)?))).collect()
}

/// For tests: what turns a call in JSON, with the schema's own names, into one of the package. A JSON object of
/// messages, by full name, and enums, by full name; of each field its name here, its type's letters, its shape, and
/// the full name of what it refers to.
#[must_use]
pub fn driver(library: &Library) -> GeneratedFile {
    let shape = Shape::of(library);
    let quoted = |text: &str| in_quotes(text);
    let mut text = String::from("{\n  \"events\": {\n");
    let events: Vec<String> = library
        .events
        .iter()
        .zip(&shape.methods)
        .map(|(event, method)| {
            let message = library.messages.get(event.message).map_or("", |message| &message.full_name);
            format!("    {}: [{}, {}]", quoted(&event.name), quoted(method), quoted(message))
        })
        .collect();
    text.push_str(&events.join(",\n"));
    text.push_str("\n  },\n  \"messages\": {\n");
    let messages: Vec<String> = library
        .messages
        .iter()
        .zip(&shape.fields)
        .map(|(message, names)| {
            let fields: Vec<String> = message
                .fields
                .iter()
                .zip(names)
                .map(|(field, name)| {
                    let reference = match field.kind {
                        Kind::Message(at) | Kind::Group(at) => library.messages.get(at).map_or("", |it| &*it.full_name),
                        Kind::Enum(at) => library.enums.get(at).map_or("", |it| &*it.full_name),
                        _ => "",
                    };
                    let kind = letters(field.kind).trim_end_matches(|it: char| it.is_ascii_digit()).to_owned();
                    format!(
                        "      {}: [{}, {}, {}, {}]",
                        quoted(&field.name),
                        quoted(name),
                        quoted(&kind),
                        quoted(&count(field.shape)),
                        quoted(reference)
                    )
                })
                .collect();
            format!("    {}: {{\n{}\n    }}", quoted(&message.full_name), fields.join(",\n"))
        })
        .collect();
    text.push_str(&messages.join(",\n"));
    text.push_str("\n  },\n  \"enums\": {\n");
    let enums: Vec<String> = library
        .enums
        .iter()
        .map(|it| {
            let values: Vec<String> =
                it.values.iter().map(|value| format!("{}: {}", quoted(&value.name), value.number)).collect();
            format!("    {}: {{{}}}", quoted(&it.full_name), values.join(", "))
        })
        .collect();
    text.push_str(&enums.join(",\n"));
    text.push_str("\n  }\n}\n");
    super::file("driver.json", text)
}

/// A name in JSON; names of a schema need no escapes.
fn in_quotes(name: &str) -> String {
    format!("\"{name}\"")
}
