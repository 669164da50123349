//! Which schema version and which mapping the round under way is judged by. Rows that an older version refused can still come to
//! `quarantine` after a newer one is published; who reads them again has to begin after the last of them.

use std::sync::atomic::{AtomicU64, Ordering};

/// Shared by whoever judges rounds and whoever reads again.
///
/// A round notes its version while it holds the lock under which it takes its schemas, and a publication takes that lock,
/// too. So whoever has seen the newer schemas sees every round that was begun with older ones.
#[derive(Debug, Default)]
pub(crate) struct RoundUnderWay(AtomicU64);

/// Versions begin at 1.
const NONE: u64 = 0;

/// A schema version and a revision of the mapping, in the order in which they follow one another: both only grow.
fn place(version: u32, revision: u32) -> u64 {
    u64::from(version) << 32 | u64::from(revision)
}

impl RoundUnderWay {
    /// A round begins that is judged by `version`, and by `revision` of the mapping.
    pub(crate) fn begins(&self, version: u32, revision: u32) {
        self.0.store(place(version, revision), Ordering::Release);
    }

    /// Its rows are in the tables, or it has none.
    pub(crate) fn is_over(&self) {
        self.0.store(NONE, Ordering::Release);
    }

    /// Whether rows may still come that were refused before `version` and `revision` were the newest.
    pub(crate) fn is_older_than(&self, version: u32, revision: u32) -> bool {
        let by = self.0.load(Ordering::Acquire);
        by != NONE && by < place(version, revision)
    }
}
