//! Breaking Judi on purpose, so that a simulator that finds nothing is known to look.

use bytes::Bytes;
use judi_log::Fetched;

/// One promise that the simulated chain does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Syncs of the disk say that they are done and do nothing.
    LyingDisk,
    /// The log answers before it has appended.
    AnswerBeforeAppend,
    /// The judge is given another's event in place of every seventh.
    SkippedRecord,
    /// The judge is given records whose payload has changed.
    AlteredRecord,
    /// The judge forgets ids after a day.
    ShortMemory,
    /// The judge is not told of publications.
    UntoldJudge,
    /// The tables lose their last commit between two lives.
    LostCommit,
    /// Commits do not carry the log's offsets.
    StrippedOffsets,
    /// Data files are cut between two lives.
    CutFile,
}

/// Which records are tampered with.
const EVERY: u64 = 7;

impl Sabotage {
    /// Changes what the judge reads of the log.
    pub(crate) fn tamper(self, fetched: &mut Fetched) {
        match self {
            Self::SkippedRecord => {
                for place in 1..fetched.records.len() {
                    let (before, rest) = fetched.records.split_at_mut(place);
                    if let (Some(before), Some(record)) = (before.last(), rest.first_mut())
                        && record.offset % EVERY == 1
                    {
                        record.record = before.record.clone();
                    }
                }
            }
            Self::AlteredRecord => {
                for fetched in fetched.records.iter_mut().filter(|fetched| fetched.offset % EVERY == 1) {
                    let mut value = fetched.record.value.to_vec();
                    // The payload stands last, and ends in the characters of a token.
                    if let Some(last) = value.iter_mut().rev().find(|byte| byte.is_ascii_digit()) {
                        *last = if *last == b'0' { b'1' } else { b'0' };
                    }
                    fetched.record.value = Bytes::from(value);
                }
            }
            _ => {}
        }
    }
}
