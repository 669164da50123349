//! Which schema version the round under way is judged by. Rows that an older version refused can still come to
//! `quarantine` after a newer one is published; who reads them again has to begin after the last of them.

use std::sync::atomic::{AtomicU32, Ordering};

/// Shared by whoever judges rounds and whoever reads again.
///
/// A round notes its version while it holds the lock under which it takes its schemas, and a publication takes that lock,
/// too. So whoever has seen the newer schemas sees every round that was begun with older ones.
#[derive(Debug, Default)]
pub(crate) struct RoundUnderWay(AtomicU32);

/// Versions begin at 1.
const NONE: u32 = 0;

impl RoundUnderWay {
    /// A round begins that is judged by `version`.
    pub(crate) fn begins(&self, version: u32) {
        self.0.store(version, Ordering::Release);
    }

    /// Its rows are in the tables, or it has none.
    pub(crate) fn is_over(&self) {
        self.0.store(NONE, Ordering::Release);
    }

    /// Whether rows may still come that a version before `version` refused.
    pub(crate) fn is_older_than(&self, version: u32) -> bool {
        let by = self.0.load(Ordering::Acquire);
        by != NONE && by < version
    }
}
