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
    let mut rest = bytes;
    let mut line = 1;
    while let Some((of_line, length)) = parse(rest) {
        changes.extend(of_line);
        rest = rest.get(length..).unwrap_or_default();
        line += 1;
    }
    // At any place, since the byte that has changed may be the end of the line before.
    if (1..rest.len()).any(|at| rest.get(at..).and_then(parse).is_some()) {
        return Recovered::Corrupt { line };
    }
    Recovered::Good { changes, good_bytes: bytes.len() - rest.len() }
}

/// The line that `bytes` begin with, and its length.
fn parse(bytes: &[u8]) -> Option<(Vec<Change>, usize)> {
    let (checksum, rest) = bytes.split_at_checked(9)?;
    let digits = checksum
        .strip_suffix(b" ")
        .filter(|digits| digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')))?;
    let checksum = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    let length = rest.iter().position(|byte| *byte == b'\n')?;
    let json = rest.get(..length)?;
    if checksum != crc32fast::hash(json) {
        return None;
    }
    Some((serde_json::from_slice(json).ok()?, 9 + length + 1))
}

#[cfg(test)]
mod tests;
