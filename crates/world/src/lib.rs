//! What Judi stands on: a clock, randomness, a disk and a network, each behind a small trait.
//!
//! Every stage that makes a promise (log, table, judge) is handed a [`World`] and never reaches for
//! `std::time`, `std::fs` or a socket by itself. Production gives the operating system; the simulator
//! gives a disk that forgets unsynced writes, a clock that jumps and a seed that replays the whole.
//!
//! ```text
//!   stage ──► Clock    now, monotonic
//!         ──► Random   bytes
//!         ──► Disk     files, folders, fsync, put-if-absent, locks
//!         ──► Network  listen, connect
//! ```

mod clock;
mod disk;
mod network;
mod random;

use std::sync::Arc;

pub use clock::{Clock, SystemClock, Timestamp};
pub use disk::{Disk, DiskEntry, FileLock, LocalDisk, ReadFile, WriteFile, put_if_absent, write_durably};
pub use network::{Connection, Listener, Network, TcpNetwork};
pub use random::{OsRandom, Random};

/// The four things a stage may ask of the outside, handed to it by whoever starts it.
#[derive(Debug, Clone)]
pub struct World {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where unpredictable bytes come from.
    pub random: Arc<dyn Random>,
    /// Where bytes survive.
    pub disk: Arc<dyn Disk>,
    /// How other processes are reached.
    pub network: Arc<dyn Network>,
}

impl World {
    /// The operating system's clock, randomness, disk and network.
    #[must_use]
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock::default()),
            random: Arc::new(OsRandom),
            disk: Arc::new(LocalDisk),
            network: Arc::new(TcpNetwork),
        }
    }
}
