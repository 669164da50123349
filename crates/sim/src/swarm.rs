//! What a seed's world is like. Each seed draws its own faults, rates and sizes, so that rare combinations come up and
//! common ones do not drown them (swarm testing: Groce and others, ISSTA 2012; TigerBeetle's `vopr.zig`).

use judi_faults::SeededRandom;

/// A class of faults or of things that go on beside the events; a world has it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fault {
    /// The machine loses power during some operation on the disk; unsynced bytes and names survive in part.
    PowerCut,
    /// The process is killed between two steps; what it wrote is in the cache of the machine.
    Kill,
    /// An operation on the disk fails; of a sync, the bytes are lost though later syncs succeed.
    Eio,
    /// The disk is full for a while.
    FullDisk,
    /// The server's clock jumps, both ways, by up to days.
    ServerClock,
    /// Devices' clocks jump, by up to years.
    DeviceClock,
    /// Requests get lost.
    LostRequest,
    /// Answers get lost after the append: the client sends again.
    LostAnswer,
    /// A request arrives twice.
    TwoRequests,
    /// Requests overtake each other.
    Reorder,
    /// A client sends events again that were answered long ago.
    Resend,
    /// Schema versions are published in the middle.
    Publish,
    /// The log forgets what every group has read.
    Retention,
    /// Small files are rewritten into larger ones, by plans that may be old.
    Compaction,
    /// Files that are no longer needed are removed.
    Vacuum,
    /// A second process opens the project.
    SecondProcess,
    /// A second judge, with a state folder of its own, works on the same log and tables.
    SecondJudge,
    /// Somebody has been at the dedup index between two lives.
    IndexDamage,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::PowerCut,
        Self::Kill,
        Self::Eio,
        Self::FullDisk,
        Self::ServerClock,
        Self::DeviceClock,
        Self::LostRequest,
        Self::LostAnswer,
        Self::TwoRequests,
        Self::Reorder,
        Self::Resend,
        Self::Publish,
        Self::Retention,
        Self::Compaction,
        Self::Vacuum,
        Self::SecondProcess,
        Self::SecondJudge,
        Self::IndexDamage,
    ];
}

/// Some of the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FaultSet(u32);

impl FaultSet {
    /// All faults.
    pub const ALL: Self = Self((1 << Fault::ALL.len()) - 1);
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether `fault` is among them.
    #[must_use]
    pub const fn has(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u8) != 0
    }

    /// With `fault`.
    #[must_use]
    pub const fn with(self, fault: Fault) -> Self {
        Self(self.0 | 1 << fault as u8)
    }

    /// Without those of `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |fault| self.has(*fault))
    }
}

/// The world of one seed.
#[derive(Debug, Clone)]
pub(crate) struct Swarm {
    pub(crate) faults: FaultSet,
    /// One of so many occasions is used by a fault.
    pub(crate) rarity: u64,
    pub(crate) devices: u64,
    pub(crate) partitions: u32,
    pub(crate) lives: u64,
    pub(crate) steps_per_life: u64,
    pub(crate) events_per_batch: u64,
    pub(crate) segment_bytes: u64,
    pub(crate) round_bytes: usize,
    pub(crate) persist_records: u64,
    /// Of a power cut or an error, how many operations ahead it may lie.
    pub(crate) operations_ahead: u64,
    pub(crate) seen_ids: usize,
}

/// One world in so many has every fault, and one has none.
const EXTREMES: u64 = 24;

impl Swarm {
    pub(crate) fn draw(random: &SeededRandom, without: FaultSet) -> Self {
        let faults = match random.below(EXTREMES) {
            0 => FaultSet::ALL,
            1 => FaultSet::NONE,
            _ => Fault::ALL.into_iter().filter(|_| random.chance(2, 5)).fold(FaultSet::NONE, FaultSet::with),
        };
        let one_of = |values: &[u64]| values.get(random.below(values.len() as u64) as usize).copied().unwrap_or(1);
        Self {
            faults: faults.without(without),
            rarity: one_of(&[1, 2, 2, 3, 4, 8]),
            devices: 1 + random.below(3),
            partitions: one_of(&[1, 1, 2, 3]) as u32,
            lives: one_of(&[1, 1, 2, 2, 3]),
            steps_per_life: one_of(&[6, 8, 12, 12, 20, 50]),
            events_per_batch: one_of(&[1, 2, 3, 5, 12]),
            segment_bytes: one_of(&[4096, 4096, 8192, 1 << 20]),
            round_bytes: one_of(&[300, 1000, 4000, 1 << 20]) as usize,
            persist_records: one_of(&[1, 4, 20, 1_000_000]),
            operations_ahead: one_of(&[3, 20, 60, 150, 400]),
            seen_ids: one_of(&[0, 1, 64]) as usize,
        }
    }
}
