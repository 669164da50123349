//! What the judge has done since it was started, for others to look at while it works.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::again::{AgainAccounts, AgainStats, ReplayRequests};
use crate::dedup::DedupStats;
use crate::round::Totals;
use crate::tally::{Tallies, Tally};

/// Accounts that others may look at while the judge works.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    state: Mutex<AccountsState>,
    again: Arc<AgainAccounts>,
    replays: Arc<ReplayRequests>,
}

#[derive(Debug, Default)]
struct AccountsState {
    tallies: Tallies,
    totals: Totals,
    rounds: u64,
    dedup: DedupStats,
}

/// How much a judge has done since it was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgeStats {
    /// Records by what became of them.
    pub totals: Totals,
    /// Rounds that were finished.
    pub rounds: u64,
    /// The dedup index.
    pub dedup: DedupStats,
    /// What older schemas could not read.
    pub again: AgainStats,
    /// What the judge waits for, when it cannot go on.
    pub trouble: Option<String>,
}

impl Accounts {
    fn lock(&self) -> MutexGuard<'_, AccountsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a round that is over.
    pub(crate) fn add_round(&self, totals: Totals, tallies: &[(String, Tally)], dedup: DedupStats) {
        let mut state = self.lock();
        state.rounds += 1;
        state.totals.add(totals);
        state.dedup = dedup;
        for (run, tally) in tallies {
            state.tallies.add(run, tally);
        }
    }

    /// Where reading again keeps its account.
    pub(crate) const fn again(&self) -> &Arc<AgainAccounts> {
        &self.again
    }

    /// Where replays are asked for.
    pub(crate) const fn replays(&self) -> &Arc<ReplayRequests> {
        &self.replays
    }

    pub(crate) fn note_dedup(&self, dedup: DedupStats) {
        self.lock().dedup = dedup;
    }

    pub(crate) fn tally(&self, import_run: &str) -> Tally {
        self.lock().tallies.get(import_run)
    }

    pub(crate) fn stats(&self) -> JudgeStats {
        let state = self.lock();
        let again = self.again.stats();
        JudgeStats { totals: state.totals, rounds: state.rounds, dedup: state.dedup, again, trouble: None }
    }
}
