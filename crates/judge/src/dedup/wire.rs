//! The bytes of the index on disk, version 1. All integers are little-endian, all checksums CRC-32 (IEEE).
//!
//! ```text
//!   run      = block* filter firsts footer
//!   block    = (high:u64 low:u64 day:u16)[227] count:u16 0[4] crc:u32                        (4096 bytes)
//!   filter   = the filter's blocks                                                    (64 bytes each)
//!   firsts   = the first key of every block: (high:u64 low:u64)*
//!   footer   = magic[8] version:u32 blocks:u32 filter_blocks:u32 newest:u16 0[2] entries:u64 tail_crc:u32 crc:u32
//!   manifest = magic[8] protobuf crc:u32
//! ```
//!
//! `tail_crc` covers filter and firsts. Keys ascend; `newest` is the latest day of all entries.

use prost::Message;

use super::key::{Key, Seen};

/// Bytes of a block: what one look at a run reads.
pub(crate) const BLOCK_BYTES: usize = 4096;
/// Entries in a full block.
pub(crate) const BLOCK_ENTRIES: usize = 227;
/// Bytes of a run's footer.
pub(crate) const FOOTER_BYTES: usize = 40;
/// Bytes of a key in `firsts`.
pub(crate) const FIRST_BYTES: usize = 16;

const ENTRY_BYTES: usize = 18;
const COUNT_AT: usize = BLOCK_ENTRIES * ENTRY_BYTES;
const CRC_AT: usize = BLOCK_BYTES - 4;
const RUN_MAGIC: [u8; 8] = *b"JUDIRUN\n";
const MANIFEST_MAGIC: [u8; 8] = *b"JUDIIDX\n";
const VERSION: u32 = 1;

/// The end of a run's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) blocks: u32,
    pub(crate) filter_blocks: u32,
    pub(crate) newest: Seen,
    pub(crate) entries: u64,
    pub(crate) tail_crc: u32,
}

/// Appends a block of up to [`BLOCK_ENTRIES`] entries.
pub(crate) fn encode_block(out: &mut Vec<u8>, entries: &[(Key, Seen)]) {
    let start = out.len();
    for (key, seen) in entries {
        out.extend_from_slice(&key.high.to_le_bytes());
        out.extend_from_slice(&key.low.to_le_bytes());
        out.extend_from_slice(&seen.0.to_le_bytes());
    }
    out.resize(start + COUNT_AT, 0);
    out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    out.resize(start + CRC_AT, 0);
    let crc = crc32fast::hash(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&crc.to_le_bytes());
}

/// A block whose checksum has been found right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockView<'a> {
    bytes: &'a [u8],
    count: usize,
}

impl<'a> BlockView<'a> {
    /// `None` when the bytes are not a whole, undamaged block.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let covered = bytes.get(..CRC_AT).filter(|_| bytes.len() == BLOCK_BYTES)?;
        let count = usize::from(u16_at(bytes, COUNT_AT));
        let sound = crc32fast::hash(covered) == u32_at(bytes, CRC_AT) && count <= BLOCK_ENTRIES;
        sound.then_some(Self { bytes, count })
    }

    /// A view of bytes that [`BlockView::parse`] has accepted before.
    pub(crate) fn trusted(bytes: &'a [u8]) -> Self {
        Self { bytes, count: usize::from(u16_at(bytes, COUNT_AT)).min(BLOCK_ENTRIES) }
    }

    pub(crate) fn len(self) -> usize {
        self.count
    }

    pub(crate) fn entry(self, index: usize) -> (Key, Seen) {
        let at = index * ENTRY_BYTES;
        (key_at(self.bytes, at), Seen(u16_at(self.bytes, at + 16)))
    }

    /// The day of `key`, where the block holds it.
    pub(crate) fn find(self, key: Key) -> Option<Seen> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            let (found, seen) = self.entry(middle);
            match found.cmp(&key) {
                std::cmp::Ordering::Equal => return Some(seen),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

pub(crate) fn encode_first(key: Key) -> [u8; FIRST_BYTES] {
    let mut bytes = [0; FIRST_BYTES];
    let (high, low) = bytes.split_at_mut(8);
    high.copy_from_slice(&key.high.to_le_bytes());
    low.copy_from_slice(&key.low.to_le_bytes());
    bytes
}

pub(crate) fn key_at(bytes: &[u8], at: usize) -> Key {
    Key { high: u64_at(bytes, at), low: u64_at(bytes, at + 8) }
}

pub(crate) fn encode_footer(footer: &Footer) -> Vec<u8> {
    let mut out = Vec::with_capacity(FOOTER_BYTES);
    out.extend_from_slice(&RUN_MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&footer.blocks.to_le_bytes());
    out.extend_from_slice(&footer.filter_blocks.to_le_bytes());
    out.extend_from_slice(&footer.newest.0.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(&footer.entries.to_le_bytes());
    out.extend_from_slice(&footer.tail_crc.to_le_bytes());
    let crc = crc32fast::hash(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// `None` when the bytes are no footer of this version.
pub(crate) fn decode_footer(bytes: &[u8]) -> Option<Footer> {
    let covered = bytes.get(..FOOTER_BYTES - 4).filter(|_| bytes.len() == FOOTER_BYTES)?;
    let sound = covered.starts_with(&RUN_MAGIC)
        && crc32fast::hash(covered) == u32_at(bytes, FOOTER_BYTES - 4)
        && u32_at(bytes, 8) == VERSION;
    sound.then(|| Footer {
        blocks: u32_at(bytes, 12),
        filter_blocks: u32_at(bytes, 16),
        newest: Seen(u16_at(bytes, 20)),
        entries: u64_at(bytes, 24),
        tail_crc: u32_at(bytes, 32),
    })
}

/// What the index holds, and how far of which log it is complete.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct ManifestWire {
    /// Of this message's meaning; see [`VERSION`].
    #[prost(uint32, tag = "1")]
    pub(crate) version: u32,
    #[prost(string, tag = "2")]
    pub(crate) log_id: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) positions: Vec<PositionWire>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) horizons: Vec<HorizonWire>,
    /// File names of the runs.
    #[prost(string, repeated, tag = "5")]
    pub(crate) runs: Vec<String>,
    /// The number of the next run's file.
    #[prost(uint64, tag = "6")]
    pub(crate) next_run: u64,
    /// The file of what was persisted beside the index; empty: none.
    #[prost(string, tag = "7")]
    pub(crate) beside: String,
    /// For each of the runs, in their order; absent in older manifests.
    #[prost(message, repeated, tag = "8")]
    pub(crate) run_days: Vec<RunDaysWire>,
}

/// How many entries of a run are of which day, at the same places of two lists.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct RunDaysWire {
    #[prost(uint32, repeated, tag = "1")]
    pub(crate) days: Vec<u32>,
    #[prost(uint64, repeated, tag = "2")]
    pub(crate) entries: Vec<u64>,
}

/// The next offset of a partition that the index lacks.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct PositionWire {
    #[prost(string, tag = "1")]
    pub(crate) topic: String,
    #[prost(uint32, tag = "2")]
    pub(crate) partition: u32,
    #[prost(uint64, tag = "3")]
    pub(crate) next: u64,
}

/// The latest day on which a partition received a record that was no import.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct HorizonWire {
    #[prost(uint32, tag = "1")]
    pub(crate) partition: u32,
    #[prost(uint32, tag = "2")]
    pub(crate) day: u32,
}

pub(crate) fn encode_manifest(mut manifest: ManifestWire) -> Vec<u8> {
    manifest.version = VERSION;
    let mut out = MANIFEST_MAGIC.to_vec();
    out.extend_from_slice(&manifest.encode_to_vec());
    let crc = crc32fast::hash(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// What the bytes say, or what is wrong with them.
pub(crate) fn decode_manifest(bytes: &[u8]) -> Result<ManifestWire, String> {
    let (covered, crc) = bytes.split_last_chunk::<4>().ok_or("cut short")?;
    let message = covered.strip_prefix(&MANIFEST_MAGIC).ok_or("not a manifest of the dedup index")?;
    if crc32fast::hash(covered) != u32::from_le_bytes(*crc) {
        return Err("checksum mismatch".to_owned());
    }
    let manifest = ManifestWire::decode(message).map_err(|error| error.to_string())?;
    match manifest.version {
        VERSION => Ok(manifest),
        other => Err(format!("version {other}; this program knows {VERSION}")),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u16::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}
