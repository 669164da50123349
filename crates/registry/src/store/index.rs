//! The index file: one line per commit, a checksum and the changes as JSON. Pure: bytes in, a decision out.
//!
//! A commit is acknowledged when its line is synced, so a crash can leave only the last line torn: it is cut off.
//! A defect with a good line behind it means that acknowledged bytes have changed, and nothing is cut.

use crate::state::Change;

/// What an index file says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Recovered {
    /// These changes; bytes behind the first `good_bytes` were never acknowledged.
    Good { changes: Vec<Change>, good_bytes: usize },
    /// The line of this number, from 1, was acknowledged and has changed.
    Corrupt { line: usize },
}

/// The line of one commit.
pub(crate) fn line(changes: &[Change]) -> Vec<u8> {
    // Names and numbers: there is nothing in them that JSON cannot write.
    let json = serde_json::to_vec(changes).unwrap_or_default();
    let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    line
}

/// Reads an index file.
pub(crate) fn recover(bytes: &[u8]) -> Recovered {
    let mut changes = Vec::new();
    let mut good_bytes = 0;
    let mut defect = None;
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        match (parse(line), defect) {
            (Some(of_line), None) => {
                changes.extend(of_line);
                good_bytes += line.len();
            }
            (Some(_), Some(line)) => return Recovered::Corrupt { line },
            (None, _) => defect = defect.or(Some(number)),
        }
    }
    Recovered::Good { changes, good_bytes }
}

fn parse(line: &[u8]) -> Option<Vec<Change>> {
    let (checksum, rest) = line.split_at_checked(9)?;
    let json = rest.strip_suffix(b"\n")?;
    let digits = std::str::from_utf8(checksum.strip_suffix(b" ")?).ok()?;
    if u32::from_str_radix(digits, 16).ok()? != crc32fast::hash(json) {
        return None;
    }
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests;
