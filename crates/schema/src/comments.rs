//! What people wrote above messages, fields, enums and their values in the `.proto` files: their meaning, in words.
//!
//! Comments are no part of a version's fingerprint and not of its kept descriptors. They are kept beside those, so
//! that a published version can be described when its sources are gone.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::{DescriptorPool, EnumDescriptor, FileDescriptor, MessageDescriptor};
use prost_types::FileDescriptorProto;

use crate::embedded;

/// Characters of one comment that are kept: more is an essay, and belongs elsewhere.
const COMMENT_CHARACTERS_MAX: usize = 4_000;

/// Comments that are orders to tools, not words to people.
const ORDERS: [&str; 2] = ["buf:lint:", "judi:lint:"];

/// The comments of one schema version, by the full name of what they are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comments {
    by_name: BTreeMap<String, String>,
}

impl Comments {
    /// Those of the project's own files in `pool`, as far as they were compiled from text.
    #[must_use]
    pub fn of(pool: &DescriptorPool) -> Self {
        let mut comments = Self::default();
        for file in pool.files().filter(|file| !embedded::is_reserved(file.name())) {
            let places = Places::of(file.file_descriptor_proto());
            if !places.by_path.is_empty() {
                comments.file(&file, &places);
            }
        }
        comments
    }

    /// What is said about the message, field, enum or value of this full name; empty where nothing is.
    #[must_use]
    pub fn about(&self, full_name: &str) -> &str {
        self.by_name.get(full_name).map_or("", String::as_str)
    }

    /// Whether nothing is said about anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The comments as a file: a JSON object, sorted. The same comments give the same bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.by_name).unwrap_or_else(|_| "{}".to_owned());
        text.push('\n');
        text
    }

    /// Reads what [`Self::to_text`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(|by_name| Self { by_name })
    }

    fn file(&mut self, file: &FileDescriptor, places: &Places<'_>) {
        file.messages().for_each(|message| self.message(&message, places));
        file.enums().for_each(|values| self.enumeration(&values, places));
    }

    fn message(&mut self, message: &MessageDescriptor, places: &Places<'_>) {
        self.add(message.full_name(), message.path(), places);
        for field in message.fields() {
            self.add(field.full_name(), field.path(), places);
        }
        message.child_messages().for_each(|inner| self.message(&inner, places));
        message.child_enums().for_each(|values| self.enumeration(&values, places));
    }

    fn enumeration(&mut self, values: &EnumDescriptor, places: &Places<'_>) {
        self.add(values.full_name(), values.path(), places);
        for value in values.values() {
            self.add(value.full_name(), value.path(), places);
        }
    }

    fn add(&mut self, full_name: &str, path: &[i32], places: &Places<'_>) {
        if let Some(comment) = places.by_path.get(path) {
            self.by_name.insert(full_name.to_owned(), comment.clone());
        }
    }
}

/// The comments of one file by the path of what they are about.
struct Places<'a> {
    by_path: HashMap<&'a [i32], String>,
}

impl<'a> Places<'a> {
    fn of(file: &'a FileDescriptorProto) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let said = locations.filter_map(|location| {
            let leading = words(location.leading_comments());
            // Behind the declaration, on its line.
            let comment = if leading.is_empty() { words(location.trailing_comments()) } else { leading };
            (!comment.is_empty()).then_some((location.path.as_slice(), comment))
        });
        Self { by_path: said.collect() }
    }
}

/// A comment as people read it: without the space that sets it off, and without orders to tools.
fn words(comment: &str) -> String {
    let lines = comment.lines().map(str::trim).filter(|line| !ORDERS.iter().any(|order| line.starts_with(order)));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.trim().chars().take(COMMENT_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Compiled, Source, SourceText, compile};

    const TEXT: &str = r#"syntax = "proto3";
package news.v1;

// Not about anything.

// A reader opened
// an article.
message Read {
  // buf:lint:ignore FIELD_LOWER_SNAKE_CASE
  // Which one.
  string id = 1;
  string title = 2; // As printed.
  /* Where
   * it stood. */
  Place place = 3;
  string silent = 4;
  // Inside.
  message Inner {
    // Deep.
    int32 depth = 1;
  }
}
enum Place {
  PLACE_UNSPECIFIED = 0;
  // On top.
  PLACE_TOP = 1;
}
"#;

    fn compiled() -> Compiled {
        let text = SourceText::Proto(TEXT.to_owned());
        compile(&[Source { name: "news/v1/read.proto".to_owned(), text }]).unwrap()
    }

    #[test]
    fn what_is_written_above_and_behind_is_read() {
        let comments = Comments::of(&compiled().pool);
        let about = |name: &str| comments.about(&format!("news.v1.{name}")).to_owned();
        assert_eq!(about("Read"), "A reader opened\nan article.");
        assert_eq!(about("Read.id"), "Which one.");
        assert_eq!(about("Read.title"), "As printed.");
        assert_eq!(about("Read.place"), "Where\nit stood.");
        assert_eq!(about("Read.silent"), "");
        assert_eq!(about("Read.Inner.depth"), "Deep.");
        assert_eq!(about("PLACE_TOP"), "On top.");
        assert_eq!(about("PLACE_UNSPECIFIED"), "");
    }

    #[test]
    fn a_file_of_comments_reads_back_and_kept_descriptors_have_none() {
        let compiled = compiled();
        let comments = Comments::of(&compiled.pool);
        assert_eq!(Comments::parse(&comments.to_text()), Some(comments));
        assert_eq!(Comments::parse("[]"), None);
        let kept = Compiled::from_descriptor_set("1.binpb", &compiled.descriptor_set()).unwrap();
        assert!(Comments::of(&kept.pool).is_empty());
    }
}
