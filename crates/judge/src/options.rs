//! How a judge works: where, how much at a time, and how often.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clocks::ClockRules;

/// How a judge works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgeOptions {
    /// The folder of the tables, such as `.judi/tables`.
    pub tables_dir: PathBuf,
    /// The folder of the judge's state, such as `.judi/state`.
    pub state_dir: PathBuf,
    /// Days during which a repeated id is a duplicate.
    pub dedup_window_days: u16,
    /// Bytes of records that a round reads at most, which bounds its memory at about ten times that.
    pub round_bytes_max: usize,
    /// Records after which the dedup index is persisted, and so how much is read again after a crash.
    pub persist_records: u64,
    /// Time after which the dedup index is persisted.
    pub persist_interval: Duration,
    /// How long an event may wait for others to be committed with.
    pub commit_interval: Duration,
    /// Records that wait for nobody.
    pub commit_records: u64,
    /// How long files that compaction or an update has replaced stay, for readers of older versions.
    pub replaced_files_retention: Duration,
    /// What the clocks of devices may do before something is done about it.
    pub clocks: ClockRules,
}

impl JudgeOptions {
    /// The usual ways, for tables and state in these folders.
    #[must_use]
    pub fn new(tables_dir: &Path, state_dir: &Path) -> Self {
        Self {
            tables_dir: tables_dir.to_owned(),
            state_dir: state_dir.to_owned(),
            dedup_window_days: 7,
            round_bytes_max: 32 << 20,
            persist_records: 1_000_000,
            persist_interval: Duration::from_secs(30),
            commit_interval: Duration::from_secs(1),
            commit_records: 50_000,
            replaced_files_retention: Duration::from_secs(86_400),
            clocks: ClockRules::default(),
        }
    }
}
