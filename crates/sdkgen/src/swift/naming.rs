//! Names as Swift writes them: `articleID`, `ArticleView`, `.copyLink`.

use crate::naming::{upper_camel, words};

/// Words that Swift writes in capitals, wherever they do not begin a name.
const INITIALISMS: &[&str] =
    &["api", "html", "http", "https", "id", "ids", "json", "uri", "url", "urls", "uuid", "xml"];

/// What needs backticks to be a name.
const KEYWORDS: &[&str] = &[
    "as",
    "associatedtype",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "continue",
    "default",
    "defer",
    "deinit",
    "do",
    "else",
    "enum",
    "extension",
    "fallthrough",
    "false",
    "fileprivate",
    "for",
    "func",
    "guard",
    "if",
    "import",
    "in",
    "inout",
    "internal",
    "is",
    "let",
    "nil",
    "operator",
    "precedencegroup",
    "private",
    "protocol",
    "public",
    "repeat",
    "rethrows",
    "return",
    "static",
    "struct",
    "subscript",
    "super",
    "switch",
    "throw",
    "throws",
    "true",
    "try",
    "typealias",
    "var",
    "where",
    "while",
];

/// Members that every message has, and words that no backticks make a name.
const MEMBERS: &[&str] = &["encode", "encoded", "encoder", "hash", "hashValue", "init", "self"];

/// The same of enums.
const CASES: &[&str] = &["allCases", "hash", "hashValue", "init", "rawValue", "self", "unrecognized"];

/// Types of Swift and Foundation that generated code, the runtime or an app's lines around it use.
const TYPES: &[&str] = &[
    "Any",
    "AnyObject",
    "Array",
    "Bool",
    "Bundle",
    "CaseIterable",
    "Character",
    "Codable",
    "Collection",
    "Comparable",
    "CustomStringConvertible",
    "Data",
    "Date",
    "DateFormatter",
    "Decodable",
    "Decoder",
    "Dictionary",
    "DispatchQueue",
    "DispatchSource",
    "DispatchTime",
    "DispatchWorkItem",
    "Double",
    "Duration",
    "Encodable",
    "Encoder",
    "Equatable",
    "Error",
    "Event",
    "FileHandle",
    "FileManager",
    "Float",
    "HTTPURLResponse",
    "Hashable",
    "Hasher",
    "Int",
    "Int32",
    "Int64",
    "JSONDecoder",
    "JSONEncoder",
    "Locale",
    "NSLock",
    "NSObject",
    "Never",
    "Notification",
    "NotificationCenter",
    "Optional",
    "ProcessInfo",
    "Protocol",
    "RawRepresentable",
    "Result",
    "Self",
    "Sendable",
    "Sequence",
    "Set",
    "String",
    "Task",
    "TimeInterval",
    "TimeZone",
    "Type",
    "UInt32",
    "UInt64",
    "UInt8",
    "UIApplication",
    "UIDevice",
    "URL",
    "URLComponents",
    "URLError",
    "URLRequest",
    "URLResponse",
    "URLSession",
    "URLSessionConfiguration",
    "URLSessionDataTask",
    "URLSessionTask",
    "UUID",
    "Void",
];

/// Methods of the tracker, which a method of an event's name must not hide.
const TRACKER: &[&str] = &[
    "clear",
    "close",
    "closeAndWait",
    "closeOnSignals",
    "closed",
    "consent",
    "events",
    "flush",
    "flushed",
    "init",
    "key",
    "optIn",
    "optOut",
    "options",
    "reset",
    "self",
    "sent",
    "setConsent",
    "setPage",
    "setUser",
    "track",
];

/// `articleID`: a name of words with a small letter first.
pub(super) fn camel(name: &str) -> String {
    let mut out = String::new();
    for (at, word) in words(name).iter().enumerate() {
        if at > 0 && INITIALISMS.contains(&word.as_str()) {
            let plural = word.strip_suffix('s').filter(|_| matches!(word.as_str(), "ids" | "urls"));
            out.push_str(&plural.unwrap_or(word).to_uppercase());
            if plural.is_some() {
                out.push('s');
            }
        } else if at > 0 {
            out.push_str(&upper_camel(word));
        } else {
            out.push_str(word);
        }
    }
    if out.starts_with(|first: char| first.is_numeric()) || out.is_empty() {
        out.insert(0, '_');
    }
    out
}

/// A property's name, without backticks.
pub(super) fn property(name: &str) -> String {
    suffixed(camel(name), MEMBERS, "Value")
}

/// A case's name, without backticks: the value's own behind the enum's, `copyLink` of `SHARE_CHANNEL_COPY_LINK`.
pub(super) fn case(enumeration: &str, value: &str) -> String {
    let (prefix, all) = (words(enumeration), words(value));
    let own = all
        .strip_prefix(&*prefix)
        .filter(|own| own.first().is_some_and(|first| !first.starts_with(|first: char| first.is_numeric())));
    suffixed(camel(&own.unwrap_or(&all).join("_")), CASES, "Value")
}

/// A method of the tracker.
pub(super) fn method(event: &str) -> String {
    suffixed(camel(event), TRACKER, "Event")
}

/// A type's name, of one part of its path; `kind` is put behind it for as long as it is taken.
pub(super) fn type_name(part: &str, taken: impl Fn(&str) -> bool, kind: &str) -> String {
    let is_camel = part.starts_with(|first: char| first.is_uppercase()) && !part.contains('_');
    let mut name = if is_camel { part.to_owned() } else { upper_camel(part) };
    if !name.starts_with(|first: char| first.is_alphabetic()) {
        name.insert(0, 'N');
    }
    while TYPES.contains(&name.as_str()) || taken(&name) {
        name.push_str(kind);
    }
    name
}

/// A name as it is declared and used.
pub(super) fn quoted(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("`{name}`") } else { name.to_owned() }
}

/// A name as an argument's label.
pub(super) fn label(name: &str) -> String {
    if name == "inout" { format!("`{name}`") } else { name.to_owned() }
}

fn suffixed(name: String, reserved: &[&str], suffix: &str) -> String {
    if reserved.contains(&name.as_str()) { format!("{name}{suffix}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_swift_does() {
        assert_eq!(
            ["article_id", "target_url", "id", "urlOfIds", "2fa", "default", "hash_value"].map(property),
            ["articleID", "targetURL", "id", "urlOfIDs", "_2fa", "default", "hashValueValue"]
        );
        assert_eq!(quoted("default"), "`default`");
        assert_eq!(case("ShareChannel", "SHARE_CHANNEL_COPY_LINK"), "copyLink");
        assert_eq!(case("Kind", "KIND_2"), "kind2");
        assert_eq!(case("Kind", "OTHER"), "other");
        assert_eq!(method("flush"), "flushEvent");
        assert_eq!(type_name("data", |_| false, "Message"), "DataMessage");
        assert_eq!(type_name("HTTPStatus", |_| false, "Message"), "HTTPStatus");
    }
}
