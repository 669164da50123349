//! Names of files: a data file's from its content, a temporary one's from chance.

use std::path::Path;

use judi_world::World;

use crate::error::TableError;

/// `part-<sha256>.parquet` in `folder`; from the second file of the same content on with `-<ordinal>`.
pub(crate) fn data_file_name(folder: &str, sha256: &str, ordinal: usize) -> String {
    let slash = if folder.is_empty() { "" } else { "/" };
    match ordinal {
        0 | 1 => format!("{folder}{slash}part-{sha256}.parquet"),
        _ => format!("{folder}{slash}part-{sha256}-{ordinal}.parquet"),
    }
}

/// The name that a further file of the content of `path` gets; the same one where the name tells no content.
pub(crate) fn next_ordinal(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.strip_prefix("part-")?.strip_suffix(".parquet")?;
    let (sha256, ordinal) = match stem.split_once('-') {
        Some((sha256, ordinal)) => (sha256, ordinal.parse::<usize>().ok()?),
        None => (stem, 1),
    };
    Some(data_file_name(folder, sha256, ordinal.checked_add(1)?))
}

/// 32 hexadecimal digits that nobody else has.
pub(crate) fn unique_name(world: &World) -> Result<String, TableError> {
    let bytes = random_bytes(world)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A version 4 UUID (RFC 9562), for a table's id.
pub(crate) fn table_id(world: &World) -> Result<String, TableError> {
    let mut bytes = random_bytes(world)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok([&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"))
}

fn random_bytes(world: &World) -> Result<[u8; 16], TableError> {
    let mut bytes = [0; 16];
    world.random.fill(&mut bytes).map_err(TableError::io("read randomness for", Path::new("a name")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_count_up_and_names_of_others_have_none() {
        assert_eq!(data_file_name("", "ab", 1), "part-ab.parquet");
        assert_eq!(next_ordinal("d=1/part-ab.parquet").as_deref(), Some("d=1/part-ab-2.parquet"));
        assert_eq!(next_ordinal("part-ab-2.parquet").as_deref(), Some("part-ab-3.parquet"));
        assert_eq!(next_ordinal("part-00000-6c2a-c000.snappy.parquet"), None);
    }

    #[test]
    fn a_tables_id_is_a_version_4_uuid() {
        let id = table_id(&World::system()).unwrap();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]));
    }
}
