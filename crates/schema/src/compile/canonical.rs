//! The canonical descriptor set: the same schema gives the same bytes, and so the same fingerprint.
//!
//! Canonical means: files sorted by name, each without `source_code_info` (comments and places), fields in
//! the order of their numbers, as prost writes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use prost::Message;
use prost_reflect::DescriptorPool;
use prost_types::SourceCodeInfo;
use sha2::{Digest, Sha256};

use crate::embedded;
use crate::wire::{Cursor, WireError, WireType};

/// `FileDescriptorSet.file`, and `FileDescriptorProto.name`: both field 1.
const FIELD_FILE: u32 = 1;
const FIELD_NAME: u32 = 1;
/// `FileDescriptorProto.source_code_info`.
const FIELD_SOURCE_CODE_INFO: u32 = 9;

/// SHA-256 of the project's own files, in hex. The carried files do not count: they belong to the release of
/// the binary, and a new release must not make a new version of an unchanged schema.
pub(super) fn fingerprint(pool: &DescriptorPool, editions: &BTreeMap<String, i32>) -> String {
    fingerprint_of(&descriptor_set(pool, editions, |name| !embedded::is_reserved(name)))
}

/// SHA-256 in hex of a canonical descriptor set.
#[must_use]
pub fn fingerprint_of(canonical_set: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(canonical_set) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

pub(super) fn descriptor_set(
    pool: &DescriptorPool,
    editions: &BTreeMap<String, i32>,
    wanted: impl Fn(&str) -> bool,
) -> Vec<u8> {
    let files: BTreeMap<String, Vec<u8>> = pool
        .files()
        .filter(|file| wanted(file.name()))
        .map(|file| {
            let encoded = file.encode_to_vec();
            // What the library has just encoded is well-formed; if ever not, the whole is kept.
            let mut stripped = without_source_code_info(&encoded).unwrap_or(encoded);
            if let Some(&edition) = editions.get(file.name()) {
                super::editions::put_edition(&mut stripped, edition);
            }
            (file.name().to_owned(), stripped)
        })
        .collect();
    set_of(files.into_values().collect())
}

/// The `FileDescriptorSet` of encoded files.
pub(super) fn set_of(file: Vec<Vec<u8>>) -> Vec<u8> {
    EncodedSet { file }.encode_to_vec()
}

/// The files of a set by name, each in its encoded form, so that extension options survive.
pub(super) fn files_of_set(set: &[u8]) -> Result<Vec<(String, Vec<u8>)>, WireError> {
    let mut files = Vec::new();
    let mut cursor = Cursor::new(set);
    while let Some(tag) = cursor.tag()? {
        if tag.number == FIELD_FILE && tag.wire_type == WireType::Len {
            let file = cursor.bytes()?;
            files.push((name_of_file(file)?.to_owned(), file.to_vec()));
        } else {
            cursor.skip(tag, 0)?;
        }
    }
    Ok(files)
}

/// Appends source locations to a file's descriptor.
pub(super) fn put_source_code_info(file: &mut Vec<u8>, info: &SourceCodeInfo) {
    prost::encoding::message::encode(FIELD_SOURCE_CODE_INFO, info, file);
}

fn name_of_file(file: &[u8]) -> Result<&str, WireError> {
    let mut cursor = Cursor::new(file);
    let mut name = "";
    while let Some(tag) = cursor.tag()? {
        if tag.number == FIELD_NAME && tag.wire_type == WireType::Len {
            name = cursor.text()?;
        } else {
            cursor.skip(tag, 0)?;
        }
    }
    Ok(name)
}

pub(super) fn without_source_code_info(file: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut kept = Vec::with_capacity(file.len());
    let mut cursor = Cursor::new(file);
    loop {
        let mark = cursor;
        let Some(tag) = cursor.tag()? else { return Ok(kept) };
        cursor.skip(tag, 0)?;
        if tag.number != FIELD_SOURCE_CODE_INFO {
            kept.extend_from_slice(cursor.since(&mark));
        }
    }
}

/// `google.protobuf.FileDescriptorSet` whose files are bytes already.
#[derive(Clone, PartialEq, Message)]
struct EncodedSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}
