//! Who and what a line of an access log is: ids that are the same each time the line is read.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use judi_world::{Disk, Random, write_durably};

const KEY_BYTES: usize = 32;

/// The project's secret, from which readers of access logs get their ids.
#[derive(Clone)]
pub struct ReaderKey([u8; KEY_BYTES]);

impl ReaderKey {
    /// Reads the key at `path`, or makes it.
    ///
    /// # Errors
    /// The disk's own; `InvalidData` when the file is no key.
    pub fn open(disk: &dyn Disk, random: &dyn Random, path: &Path) -> io::Result<Self> {
        match disk.read(path) {
            Ok(bytes) => bytes.try_into().map(Self).map_err(|_| {
                let detail = format!("{}: not a key of {KEY_BYTES} bytes", path.display());
                io::Error::new(io::ErrorKind::InvalidData, detail)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = [0; KEY_BYTES];
                random.fill(&mut key)?;
                write_durably(disk, path, &key)?;
                Ok(Self(key))
            }
            Err(error) => Err(error),
        }
    }

    /// The reader behind an address and an agent: a keyed hash, from which neither can be had back without the key.
    pub fn anonymous_id(&self, host: &str, agent: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        put(&mut hasher, host.as_bytes());
        put(&mut hasher, agent.as_bytes());
        short_hex(&hasher)
    }
}

/// Gives every line of one file its id: a hash of source, line and the line's ordinal among equal ones.
///
/// Memory grows by about 16 bytes a distinct line: equal lines may stand anywhere in a file.
#[derive(Default)]
pub struct LineIds {
    source: String,
    seen: HashSet<u64>,
    /// How often lines that came twice have come.
    repeated: HashMap<u64, u64>,
}

impl LineIds {
    /// For one file's lines; `source` keeps apart the logs of several servers.
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned(), ..Self::default() }
    }

    /// The id of the next line.
    pub fn next(&mut self, line: &[u8]) -> String {
        let mut hasher = blake3::Hasher::new();
        put(&mut hasher, self.source.as_bytes());
        put(&mut hasher, line);
        let mut short = [0; 8];
        hasher.finalize_xof().fill(&mut short);
        let short = u64::from_le_bytes(short);
        // Should two different lines ever share 64 bits, one gets an ordinal that it need not have: still an id
        // of its own, and the same each time.
        let ordinal = if self.seen.insert(short) {
            0
        } else {
            let count = self.repeated.entry(short).or_insert(0);
            *count += 1;
            *count
        };
        hasher.update(&ordinal.to_le_bytes());
        short_hex(&hasher)
    }
}

/// Adds a part with its length, so that no two lists of parts give the same bytes.
fn put(hasher: &mut blake3::Hasher, part: &[u8]) {
    hasher.update(&(part.len() as u64).to_le_bytes());
    hasher.update(part);
}

fn short_hex(hasher: &blake3::Hasher) -> String {
    // 128 bits: among a billion ids the chance of one collision is below 2^-68.
    hasher.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use judi_world::{LocalDisk, OsRandom};

    use super::*;

    #[test]
    fn equal_lines_of_a_file_have_their_own_ids_and_a_longer_file_keeps_the_old_ones() {
        let mut ids = LineIds::new("");
        let first: Vec<_> = ["a", "b", "a", "a"].map(|line| ids.next(line.as_bytes())).into();
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 4);
        let mut again = LineIds::new("");
        let longer: Vec<_> = ["a", "b", "a", "a", "b"].map(|line| again.next(line.as_bytes())).into();
        assert_eq!(longer[..4], first);
        assert!(!first.contains(&longer[4]));
    }

    #[test]
    fn another_source_gives_other_ids() {
        assert_ne!(LineIds::new("www1").next(b"a"), LineIds::new("www2").next(b"a"));
    }

    #[test]
    fn a_reader_is_known_again_with_the_same_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = ReaderKey::open(&LocalDisk, &OsRandom, &path).unwrap();
        let again = ReaderKey::open(&LocalDisk, &OsRandom, &path).unwrap();
        assert_eq!(key.anonymous_id("1.2.3.4", "Mozilla"), again.anonymous_id("1.2.3.4", "Mozilla"));
        let other = ReaderKey::open(&LocalDisk, &OsRandom, &folder.path().join("other")).unwrap();
        assert_ne!(key.anonymous_id("1.2.3.4", "Mozilla"), other.anonymous_id("1.2.3.4", "Mozilla"));
        assert_ne!(key.anonymous_id("ab", "c"), key.anonymous_id("a", "bc"));
    }
}
