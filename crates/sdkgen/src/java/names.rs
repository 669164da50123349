//! Names of classes, methods, fields and constants: none is a word of Java, hides a class that the generated code needs,
//! or comes twice.

use std::collections::HashSet;

use crate::library::{Enum, Library, Message};
use crate::naming::{lower_camel, upper_camel, upper_snake};

/// Words that are no name in Java, and methods of Object that nothing may hide.
const WORDS: &[&str] = &[
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "equals",
    "extends",
    "false",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    "long",
    "native",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "true",
    "try",
    "void",
    "volatile",
    "wait",
    "while",
];

/// Classes of `java.lang`, of the runtime, and others that generated code names: a class of the schema that had such a
/// name would hide them.
const CLASSES: &[&str] = &[
    "any",
    "appendable",
    "arrays",
    "autocloseable",
    "biginteger",
    "boolean",
    "builder",
    "byte",
    "character",
    "class",
    "clock",
    "cloneable",
    "collections",
    "comparable",
    "consent",
    "context",
    "deprecated",
    "double",
    "duration",
    "enum",
    "enumvalue",
    "error",
    "event",
    "eventexception",
    "exception",
    "facade",
    "float",
    "function",
    "instant",
    "integer",
    "iterable",
    "json",
    "judi",
    "list",
    "long",
    "map",
    "math",
    "message",
    "middleware",
    "module",
    "nonnull",
    "nullable",
    "number",
    "object",
    "oneofvalue",
    "options",
    "outcome",
    "override",
    "package",
    "process",
    "record",
    "recorder",
    "report",
    "runnable",
    "runtime",
    "schema",
    "short",
    "string",
    "suppresswarnings",
    "system",
    "thread",
    "throwable",
    "tracker",
    "values",
    "void",
    "writer",
];

/// The names of a library's classes and of its tracker's methods.
pub(super) struct Classes {
    /// By the place in [`Library::messages`].
    pub(super) messages: Vec<String>,
    /// By the place in [`Library::enums`].
    pub(super) enums: Vec<String>,
    /// By the place in [`Library::messages`], then in [`Message::oneofs`].
    pub(super) oneofs: Vec<Vec<String>>,
    /// By the place in [`Library::events`].
    pub(super) methods: Vec<String>,
}

/// The names of a message's members.
pub(super) struct Members {
    /// By the place in [`Message::fields`].
    pub(super) fields: Vec<String>,
    /// By the place in [`Message::oneofs`].
    pub(super) oneofs: Vec<String>,
}

impl Classes {
    pub(super) fn of(library: &Library) -> Self {
        let mut taken: HashSet<String> = CLASSES.iter().map(|&name| name.to_owned()).collect();
        let mut messages = vec![String::new(); library.messages.len()];
        let mut enums = vec![String::new(); library.enums.len()];
        // Shorter paths first: Outer.Middle gives way to OuterMiddle.
        let mut types: Vec<(&[String], &str, Place)> = Vec::new();
        types.extend((0..).zip(&library.messages).map(|(at, it)| (&*it.path, &*it.full_name, Place::Message(at))));
        types.extend((0..).zip(&library.enums).map(|(at, it)| (&*it.path, &*it.full_name, Place::Enum(at))));
        types.sort_by_key(|(path, full_name, _)| (path.len(), *full_name));
        for (path, full_name, place) in types {
            let own: String = path.iter().map(|part| upper_camel(part)).collect();
            let kind = if matches!(place, Place::Message(_)) { "Message" } else { "Enum" };
            let whole = upper_camel(&full_name.replace('.', "_"));
            let name = take(&mut taken, [own.clone(), format!("{own}{kind}"), whole]);
            match place {
                Place::Message(at) => messages.get_mut(at).map(|place| *place = name),
                Place::Enum(at) => enums.get_mut(at).map(|place| *place = name),
            };
        }
        let oneofs = library.messages.iter().zip(&messages).map(|(message, class)| {
            let named = message.oneofs.iter().map(|oneof| {
                let own = format!("{class}{}", upper_camel(&oneof.name));
                take(&mut taken, [own.clone(), format!("{own}Oneof"), format!("{own}OneofValue")])
            });
            named.collect()
        });
        let oneofs = oneofs.collect();
        let mut taken: HashSet<String> = WORDS.iter().map(|&name| name.to_owned()).collect();
        let methods = library.events.iter().map(|event| {
            let own = lower_camel(&event.name);
            take(&mut taken, [starting(&own), format!("{}_", starting(&own)), format!("{own}Event")])
        });
        Self { messages, enums, oneofs, methods: methods.collect() }
    }
}

#[derive(Clone, Copy)]
enum Place {
    Message(usize),
    Enum(usize),
}

impl Members {
    pub(super) fn of(message: &Message) -> Self {
        let mut taken: HashSet<String> = WORDS.iter().map(|&name| name.to_owned()).collect();
        let mut member = |name: &str, number: u32| {
            let own = starting(&lower_camel(name));
            take(&mut taken, [own.clone(), format!("{own}_"), format!("{own}{number}_")])
        };
        Self {
            fields: message.fields.iter().map(|field| member(&field.name, field.number)).collect(),
            oneofs: message.oneofs.iter().map(|oneof| member(&oneof.name, 0)).collect(),
        }
    }
}

/// The constants of an enum's values: `SHARE_CHANNEL_MAIL` of ShareChannel is MAIL.
pub(super) fn constants(enumeration: &Enum) -> Vec<String> {
    let own = enumeration.path.last().map(|name| upper_snake(name)).unwrap_or_default();
    let mut taken = HashSet::new();
    let named = enumeration.values.iter().map(|value| {
        let whole = upper_snake(&value.name);
        let short = whole.strip_prefix(&own).and_then(|rest| rest.strip_prefix('_'));
        let short = short.filter(|rest| rest.starts_with(char::is_alphabetic)).unwrap_or(&whole);
        take(&mut taken, [starting(short), starting(&whole), format!("{}_", starting(&whole))])
    });
    named.collect()
}

/// `sectionName` is read by `getSectionName`.
pub(super) fn getter(member: &str) -> String {
    let mut characters = member.chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let name = format!("get{first}{}", characters.as_str());
    if name == "getClass" { "getClass_".to_owned() } else { name }
}

/// A name begins with a letter or an underscore.
fn starting(name: &str) -> String {
    if name.starts_with(|first: char| first.is_alphabetic()) { name.to_owned() } else { format!("_{name}") }
}

/// The first wish that is free, or the last one with a number. File systems do not all tell capitals.
fn take<const N: usize>(taken: &mut HashSet<String>, wishes: [String; N]) -> String {
    let is_free = |taken: &HashSet<String>, name: &str| name != "_" && !taken.contains(&name.to_lowercase());
    let last = wishes.last().cloned().unwrap_or_default();
    let free = wishes.into_iter().find(|name| is_free(taken, name));
    let name = free.unwrap_or_else(|| {
        let numbered = (2..).map(|number: u32| format!("{last}{number}"));
        numbered.into_iter().find(|name| is_free(taken, name)).unwrap_or(last)
    });
    taken.insert(name.to_lowercase());
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::EnumValue;

    #[test]
    fn names_are_legal_and_come_once() {
        let mut taken = HashSet::from(["list".to_owned()]);
        assert_eq!(take(&mut taken, ["List".into(), "ListMessage".into()]), "ListMessage");
        assert_eq!(take(&mut taken, ["List".into(), "ListMessage".into()]), "ListMessage2");
        assert_eq!((getter("class_"), getter("class")), ("getClass_".into(), "getClass_".into()));
        let value =
            |name: &str| EnumValue { name: name.into(), number: 0, comment: String::new(), is_deprecated: false };
        let style = Enum {
            full_name: "a.v1.Style".into(),
            path: vec!["Style".into()],
            comment: String::new(),
            values: ["STYLE_A_B", "STYLE_1", "true", "camelCase", "A_B"].map(value).into(),
            is_closed: true,
        };
        assert_eq!(constants(&style), ["A_B", "STYLE_1", "TRUE", "CAMEL_CASE", "A_B_"]);
    }
}
