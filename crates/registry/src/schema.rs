//! A schema as the registry keeps it: text, references, and the two hashes by which it is found again.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A file that a schema imports, as a version of a subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Reference {
    /// The import name.
    pub(crate) name: String,
    /// The subject that has it.
    pub(crate) subject: String,
    /// The version of the subject.
    pub(crate) version: u32,
}

/// A schema with an id. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) id: u32,
    /// Of the file's bytes: where it lies on disk.
    pub(crate) content: Hash,
    /// Of what it says: comments and layout leave it as it is.
    pub(crate) identity: Hash,
    pub(crate) text: String,
    pub(crate) references: Vec<Reference>,
}

/// SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hash([u8; 32]);

/// The file of a schema.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content<'a> {
    schema: std::borrow::Cow<'a, str>,
    references: std::borrow::Cow<'a, [Reference]>,
}

impl Schema {
    pub(crate) fn new(id: u32, identity: Hash, text: String, references: Vec<Reference>) -> Self {
        let content = content_hash(&text, &references);
        Self { id, content, identity, text, references }
    }

    /// From the file's bytes; `None` when these are not the bytes of that hash.
    pub(crate) fn from_file(id: u32, content: Hash, identity: Hash, bytes: &[u8]) -> Option<Self> {
        if Hash::of(bytes) != content {
            return None;
        }
        let Content { schema, references } = serde_json::from_slice(bytes).ok()?;
        Some(Self { id, content, identity, text: schema.into_owned(), references: references.into_owned() })
    }

    /// The bytes of the file.
    pub(crate) fn file(&self) -> Vec<u8> {
        file_bytes(&self.text, &self.references)
    }

    /// The identity as a UUID, by which newer clients ask for schemas.
    pub(crate) fn guid(&self) -> String {
        let hex = self.identity.to_string();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        // Version 8: made by rules of one's own; variant 8.
        format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
    }
}

/// The hash of the file that a schema would have.
pub(crate) fn content_hash(text: &str, references: &[Reference]) -> Hash {
    Hash::of(&file_bytes(text, references))
}

fn file_bytes(text: &str, references: &[Reference]) -> Vec<u8> {
    // Text and numbers: there is nothing in them that JSON cannot write.
    serde_json::to_vec(&Content { schema: text.into(), references: references.into() }).unwrap_or_default()
}

impl Hash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = String::deserialize(deserializer)?;
        let refused = || serde::de::Error::custom("a hash has 64 hexadecimal digits");
        let mut hash = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(refused());
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            let digits = hex.get(at * 2..at * 2 + 2).ok_or_else(refused)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| refused())?;
        }
        Ok(Self(hash))
    }
}
