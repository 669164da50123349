//! Pools that hold nothing but carried files, kept: every compilation begins with the same few of them, and they are
//! larger than most projects.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use prost_reflect::DescriptorPool;

use super::Origin;
use super::link::{Strictness, Unit};

/// How many pools are kept: projects import the carried files in few orders.
const POOLS_MAX: usize = 32;

/// Which pool of a compilation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    /// The files as they are.
    Found(Strictness),
    /// The files as proto2 and proto3.
    Lowered,
}

/// A pool that grows by files, as long as they are carried ones.
pub(super) struct Prefix {
    stage: Stage,
    names: Vec<String>,
    is_whole: bool,
}

type Pools = HashMap<(Stage, Vec<String>), DescriptorPool>;

impl Prefix {
    pub(super) fn new(stage: Stage) -> Self {
        Self { stage, names: Vec::new(), is_whole: true }
    }

    /// Adds a file to `pool`, which has what was added before: by `add`, or as it was added once already.
    pub(super) fn add<E>(
        &mut self,
        pool: &mut DescriptorPool,
        unit: &Unit<'_>,
        add: impl FnOnce(&mut DescriptorPool) -> Result<(), E>,
    ) -> Result<(), E> {
        self.is_whole &= is_carried(&unit.origin);
        if !self.is_whole {
            return add(pool);
        }
        self.names.push(unit.name.clone());
        let key = (self.stage, self.names.clone());
        // A thread that panicked has left the map as whole as it found it.
        if let Some(known) = pools().lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            *pool = known.clone();
            return Ok(());
        }
        add(pool)?;
        let mut pools = pools().lock().unwrap_or_else(PoisonError::into_inner);
        if pools.len() < POOLS_MAX {
            pools.insert(key, pool.clone());
        }
        Ok(())
    }
}

fn pools() -> &'static Mutex<Pools> {
    static POOLS: OnceLock<Mutex<Pools>> = OnceLock::new();
    POOLS.get_or_init(Mutex::default)
}

const fn is_carried(origin: &Origin<'_>) -> bool {
    matches!(origin, Origin::Text { is_carried: true, .. } | Origin::WellKnown(_))
}
