//! A simulated world for tests: everything outside a stage, from one seed, with faults on demand.
//!
//! ```text
//!   SimWorld::new(seed) ──► world()   a judi_world::World for the stage under test
//!                       ──► disk      forgets what was not synced; full, failing, crashing
//!                       ──► clock     stands still, advances, jumps
//!                       ──► random    the bytes of the seed
//!                       ──► network   connections in memory; refused, cut
//! ```
//!
//! A test prints its seed when it fails, and the seed replays the run as long as the stage does one thing at a
//! time: threads that race for the disk draw from its randomness in another order.

mod clock;
mod disk;
mod network;
mod random;

use std::sync::Arc;

use judi_world::World;

pub use clock::SimClock;
pub use disk::SimDisk;
pub use network::SimNetwork;
pub use random::SeededRandom;

/// A world from a seed, and the handles that a test steers it by.
#[derive(Debug, Clone)]
pub struct SimWorld {
    /// The disk.
    pub disk: Arc<SimDisk>,
    /// The clock.
    pub clock: Arc<SimClock>,
    /// Randomness for the stage; a test draws its own from a generator of its own.
    pub random: Arc<SeededRandom>,
    /// The network.
    pub network: Arc<SimNetwork>,
}

impl SimWorld {
    /// A world with an empty disk of endless capacity and no faults.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        Self {
            disk: Arc::new(SimDisk::new(random.next_u64())),
            clock: Arc::new(SimClock::default()),
            network: Arc::new(SimNetwork::default()),
            random: Arc::new(random),
        }
    }

    /// The world as a stage takes it.
    #[must_use]
    pub fn world(&self) -> World {
        World {
            clock: Arc::clone(&self.clock) as _,
            random: Arc::clone(&self.random) as _,
            disk: Arc::clone(&self.disk) as _,
            network: Arc::clone(&self.network) as _,
        }
    }
}
