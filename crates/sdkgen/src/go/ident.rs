//! Names as Go developers write them: `ArticleID`, `articleURL`, and none twice.

use std::collections::HashSet;

use crate::naming::words;

/// Words that are written in capitals, as Go's own linters ask.
const INITIALISMS: [&str; 38] = [
    "acl", "api", "ascii", "cpu", "css", "dns", "eof", "guid", "html", "http", "https", "id", "ip", "json", "lhs",
    "qps", "ram", "rhs", "rpc", "sla", "smtp", "sql", "ssh", "tcp", "tls", "ttl", "udp", "ui", "uid", "uri", "url",
    "utf8", "uuid", "vm", "xml", "xmpp", "xsrf", "xss",
];

/// What a parameter or a struct's field cannot be called: keywords, what Go declares itself, and what the generated
/// code calls so.
const TAKEN: [&str; 72] = [
    "any",
    "append",
    "bool",
    "break",
    "byte",
    "cap",
    "case",
    "chan",
    "clear",
    "close",
    "comparable",
    "complex",
    "complex128",
    "complex64",
    "const",
    "continue",
    "copy",
    "default",
    "defer",
    "delete",
    "e",
    "else",
    "encode",
    "error",
    "fallthrough",
    "false",
    "float32",
    "float64",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "imag",
    "import",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "interface",
    "iota",
    "len",
    "m",
    "make",
    "map",
    "max",
    "min",
    "new",
    "nil",
    "package",
    "panic",
    "print",
    "println",
    "range",
    "real",
    "recover",
    "return",
    "rune",
    "select",
    "set",
    "string",
    "struct",
    "switch",
    "time",
    "true",
    "type",
    "uint",
    "uint32",
    "uint64",
    "var",
    "wire",
];

/// `ArticleID`.
pub(super) fn exported(name: &str) -> String {
    let name: String = words(name).iter().map(|word| written(word)).collect();
    match name.chars().next() {
        Some(first) if first.is_ascii_uppercase() => name,
        _ => format!("X{name}"),
    }
}

/// `articleID`, `id`.
pub(super) fn unexported(name: &str) -> String {
    let words = words(name);
    let tail: String = words.iter().skip(1).map(|word| written(word)).collect();
    let name = format!("{}{tail}", words.first().map_or("", String::as_str));
    match name.chars().next() {
        Some(first) if first.is_ascii_lowercase() => name,
        _ => format!("x{name}"),
    }
}

/// `article_view`: of a file.
pub(super) fn snake(name: &str) -> String {
    words(name).join("_")
}

fn written(word: &str) -> String {
    if INITIALISMS.contains(&word) {
        return word.to_uppercase();
    }
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Names in one scope.
#[derive(Debug, Default)]
pub(super) struct Scope(HashSet<String>);

impl Scope {
    /// A scope in which these are taken.
    pub(super) fn with(taken: &[&str]) -> Self {
        Self(taken.iter().map(|name| (*name).to_owned()).collect())
    }

    /// A scope of parameters and of a struct's fields.
    pub(super) fn of_locals() -> Self {
        Self::with(&TAKEN)
    }

    /// The name, or where it is taken the name with a word or a number behind it.
    pub(super) fn take(&mut self, wanted: &str, instead: &str) -> String {
        let numbered = (2_u32..).map(|number| format!("{wanted}{instead}{number}"));
        let names = [wanted.to_owned(), format!("{wanted}{instead}")].into_iter().chain(numbered);
        for name in names {
            if self.0.insert(name.clone()) {
                return name;
            }
        }
        wanted.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_gos_linters_want_them() {
        assert_eq!((exported("article_id"), unexported("article_id")), ("ArticleID".into(), "articleID".into()));
        assert_eq!((exported("url"), unexported("url_path")), ("URL".into(), "urlPath".into()));
        assert_eq!((exported("_1st"), unexported("_1st")), ("X1st".into(), "x1st".into()));
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut scope = Scope::of_locals();
        assert_eq!(
            ["type", "type", "a", "a", "a"].map(|name| scope.take(name, "Value")),
            ["typeValue", "typeValue2", "a", "aValue", "aValue2"]
        );
    }
}
