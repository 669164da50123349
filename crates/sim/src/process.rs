//! The real process: the binary under load is killed a thousand times, its disk is full a hundred times, and in the end
//! the rows are the ids that it acknowledged, each once.
//!
//! ```text
//!   writers ──HTTP──► judi up ◄── SIGKILL | a full disk
//!      │ resend until answered        │
//!      ▼                              ▼
//!   ids answered `ok`      ==      rows of `judi query`
//! ```
//!
//! What the simulator does to a world in memory is done here to a process on a file system. It is slower by a factor
//! of a thousand and knows fewer faults; what it adds is that nothing at all is simulated.

mod full_disk;
mod http;
mod kills;
mod project;
mod writer;

use std::io;
use std::time::{Duration, Instant};

use thiserror::Error;

pub use full_disk::{FullDisks, full_disks};
pub use kills::{Kills, kills};

/// Longer than this nothing takes, however busy the machine is: it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
/// How long to wait before looking again.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// What a run showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shown {
    /// Kills, or full disks.
    pub times: u32,
    /// Ids that were answered `ok` (or `duplicate`, by a process that had taken them before).
    pub acknowledged: u64,
    /// Rows in the tables, each of another id.
    pub rows: u64,
    /// How long it took.
    pub took: Duration,
}

/// Why a run could not be made, or what it found.
#[derive(Debug, Error)]
pub enum Trouble {
    /// The machine refused something that the run needs.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// A promise does not hold.
    #[error("{promise}: {detail}")]
    Broken {
        /// The promise.
        promise: &'static str,
        /// What breaks it.
        detail: String,
    },
    /// Something did not happen in [`PATIENCE`].
    #[error("waited {} s for this: {what}", PATIENCE.as_secs())]
    Hangs {
        /// What was waited for.
        what: String,
    },
    /// Small disks can be made by root only.
    #[error("no small disk can be mounted here: {detail}\nhint: only root may mount one")]
    NoSmallDisk {
        /// What `mount` said.
        detail: String,
    },
}

impl Trouble {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(crate) const fn broken(promise: &'static str, detail: String) -> Self {
        Self::Broken { promise, detail }
    }
}

/// Looks until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>, Trouble>) -> Result<T, Trouble> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if started.elapsed() >= PATIENCE {
            return Err(Trouble::Hangs { what: what.to_owned() });
        }
        std::thread::sleep(PAUSE);
    }
}
