//! The defaults file as a page: each section a table of its keys, with their environment variables.

use std::fmt::Write;

use super::{cell, title};
use crate::failure::Failure;
use crate::repository;

const FILE: &str = "crates/judi/src/config/default.toml";

/// A section: `[http]`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    name: String,
    /// The comment above it, or under its head and above no key.
    about: String,
    keys: Vec<Key>,
}

/// A key of a section.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    name: String,
    default: String,
    /// The comment above it; empty where the key before says it for both.
    about: String,
}

/// The page.
pub(crate) fn page() -> Result<String, Failure> {
    let path = repository::root().join(FILE);
    let text = std::fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
    render(&text)
}

fn render(text: &str) -> Result<String, Failure> {
    let (intro, sections) = sections(text);
    check_complete(text, &sections)?;
    let mut page = title("Configuration", FILE);
    page.push_str(&intro);
    page.push('\n');
    for section in sections {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\n## `[{}]`\n", section.name);
        if !section.about.is_empty() {
            let _ = writeln!(page, "{}\n", section.about);
        }
        page.push_str("| key | default | environment | |\n|---|---|---|---|\n");
        for key in section.keys {
            let variable = format!("JUDI__{}__{}", section.name.replace('.', "__"), key.name).to_uppercase();
            let _ =
                writeln!(page, "| `{}` | `{}` | `{variable}` | {} |", key.name, cell(&key.default), cell(&key.about));
        }
    }
    Ok(page)
}

/// What stands before the first section, and the sections. Reads the plain shape of the defaults file: comments above
/// keys, each key on a line of its own.
fn sections(text: &str) -> (String, Vec<Section>) {
    let mut intro = String::new();
    let mut sections: Vec<Section> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix('#') {
            comment.push(words.trim());
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let about = std::mem::take(&mut comment).join(" ");
            sections.push(Section { name: name.to_owned(), about, keys: Vec::new() });
        } else if let Some((name, default)) = line.split_once('=') {
            let about = std::mem::take(&mut comment).join(" ");
            let key = Key { name: name.trim().to_owned(), default: default.trim().to_owned(), about };
            if let Some(section) = sections.last_mut() {
                section.keys.push(key);
            }
        } else if line.is_empty() && sections.is_empty() {
            intro = std::mem::take(&mut comment).join("\n");
        }
    }
    (intro, sections)
}

/// Every key of the file, as TOML has it, is on the page, and no other.
fn check_complete(text: &str, sections: &[Section]) -> Result<(), Failure> {
    let failed = |cause: String| Failure::Source { file: FILE, cause };
    let parsed: toml::Table = text.parse().map_err(|error: toml::de::Error| failed(error.to_string()))?;
    let mut wanted = Vec::new();
    keys_of(&parsed, "", &mut wanted);
    let mut found: Vec<String> = sections
        .iter()
        .flat_map(|section| section.keys.iter().map(|key| format!("{}.{}", section.name, key.name)))
        .collect();
    wanted.sort();
    found.sort();
    if wanted == found {
        return Ok(());
    }
    let missed: Vec<&String> = wanted.iter().filter(|key| !found.contains(key)).collect();
    Err(failed(format!("keys that the page would miss: {missed:?}; each key stands on a line of its own")))
}

fn keys_of(table: &toml::Table, prefix: &str, keys: &mut Vec<String>) {
    for (name, value) in table {
        let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(table) => keys_of(table, &name, keys),
            _ => keys.push(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "# Every key.\n\n# Limits.\n[a.b]\n# One | two.\nsize = \"1 kB\"\nother = 2\n";

    #[test]
    fn keys_come_with_their_words_and_variables() {
        let page = render(SMALL).unwrap();
        assert!(page.contains("Every key.\n\n## `[a.b]`\n\nLimits.\n"), "{page}");
        assert!(page.contains("| `size` | `\"1 kB\"` | `JUDI__A__B__SIZE` | One \\| two. |\n"), "{page}");
        assert!(page.contains("| `other` | `2` | `JUDI__A__B__OTHER` |  |\n"), "{page}");
    }

    #[test]
    fn a_key_that_would_be_missed_is_an_error() {
        let hidden = format!("{SMALL}many = [\n  1,\n]\ntable = {{ x = 1 }}\n");
        let error = render(&hidden).unwrap_err().to_string();
        assert!(error.contains("a.b.table.x"), "{error}");
    }

    #[test]
    fn the_defaults_of_the_binary_are_read_whole() {
        assert!(page().unwrap().contains("`JUDI__HTTP__PORT`"));
    }
}
