//! The bytes of what is remembered, version 1. All integers are little-endian, the checksum is CRC-32 (IEEE).
//!
//! ```text
//!   clocks    = magic[8] version:u32 partitions:u32 partition* crc:u32
//!   partition = number:u32 sessions:u32 session*                         in the order of their queue
//!   session   = high:u64 low:u64 received:i64 smallest:i64 at:i64 has:u8
//!               [lead:i64] [earlier_lead:i64 shift:i64] [round_trip:i64] [batches:u8 late_smallest:i64 late_at:i64]
//!               segments:u8 (first:u64 last:u64 from:i64 to:i64)*
//! ```
//!
//! `has` says which of the parts in brackets are there, from bit 0 on; bit 6, that the session has had a record
//! since it was queued; bit 7, that the first segment has gaps.

use std::collections::BTreeMap;

use super::Session;
use super::offset::{Earlier, Late, Offset};
use super::order::{Order, SEGMENTS_MAX, Segment};
use super::sessions::Sessions;
use crate::dedup::Key;

const MAGIC: [u8; 8] = *b"JUDICLK\n";
const VERSION: u32 = 1;

const HAS_LEAD: u8 = 1;
const HAS_EARLIER: u8 = 1 << 1;
const HAS_ROUND_TRIP: u8 = 1 << 2;
const HAS_LATE: u8 = 1 << 3;
const HAS_COME: u8 = 1 << 6;
const IS_SPARSE: u8 = 1 << 7;

/// About what a session takes.
const SESSION_BYTES: usize = 90;

pub(super) fn encode(partitions: &BTreeMap<u32, Sessions>) -> Vec<u8> {
    let sessions: usize = partitions.values().map(Sessions::len).sum();
    let mut out = Vec::with_capacity(sessions * SESSION_BYTES + 64);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(partitions.len() as u32).to_le_bytes());
    for (number, sessions) in partitions {
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&(sessions.len() as u32).to_le_bytes());
        for (key, received_us, has_come, session) in sessions.queue() {
            encode_session(&mut out, key, received_us, has_come, session);
        }
    }
    let crc = crc32fast::hash(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// What the bytes say, of each partition at most the newest `sessions_max`; or what is wrong with them.
pub(super) fn decode(bytes: &[u8], sessions_max: usize) -> Result<BTreeMap<u32, Sessions>, String> {
    let (covered, crc) = bytes.split_last_chunk::<4>().ok_or("cut short")?;
    let body = covered.strip_prefix(&MAGIC).ok_or("not the clocks of sessions")?;
    if crc32fast::hash(covered) != u32::from_le_bytes(*crc) {
        return Err("checksum mismatch".to_owned());
    }
    let mut reader = Reader(body);
    match reader.u32()? {
        VERSION => {}
        other => return Err(format!("version {other}; this program knows {VERSION}")),
    }
    let mut partitions = BTreeMap::new();
    for _ in 0..reader.u32()? {
        let number = reader.u32()?;
        let mut sessions = Sessions::new(sessions_max);
        for _ in 0..reader.u32()? {
            let (key, received_us, has_come, session) = decode_session(&mut reader)?;
            sessions.push(key, received_us, has_come, session);
        }
        partitions.insert(number, sessions);
    }
    if reader.0.is_empty() { Ok(partitions) } else { Err("bytes after the end".to_owned()) }
}

fn encode_session(out: &mut Vec<u8>, key: Key, received_us: i64, has_come: bool, session: &Session) {
    let Session { offset, order } = session;
    let mut put = |integer: i64| out.extend_from_slice(&integer.to_le_bytes());
    put(key.high.cast_signed());
    put(key.low.cast_signed());
    [received_us, offset.smallest_us, offset.at_us].into_iter().for_each(put);
    let parts = [
        (offset.lead_us.is_some(), HAS_LEAD),
        (offset.earlier().is_some(), HAS_EARLIER),
        (offset.round_trip_us.is_some(), HAS_ROUND_TRIP),
        (offset.late().is_some(), HAS_LATE),
        (has_come, HAS_COME),
        (order.is_first_sparse(), IS_SPARSE),
    ];
    out.push(parts.iter().filter(|(is_there, _)| *is_there).fold(0, |has, (_, bit)| has | bit));
    let mut put = |integer: i64| out.extend_from_slice(&integer.to_le_bytes());
    offset.lead_us.into_iter().for_each(&mut put);
    offset.earlier().iter().flat_map(|earlier| [earlier.lead_us, earlier.shift_us]).for_each(&mut put);
    offset.round_trip_us.into_iter().for_each(&mut put);
    if let Some(late) = offset.late() {
        out.push(late.batches);
        for integer in [late.smallest_us, late.at_us] {
            out.extend_from_slice(&integer.to_le_bytes());
        }
    }
    out.push(order.segments().count() as u8);
    for segment in order.segments() {
        for integer in [segment.first.cast_signed(), segment.last.cast_signed(), segment.from_us, segment.to_us] {
            out.extend_from_slice(&integer.to_le_bytes());
        }
    }
}

fn decode_session(reader: &mut Reader<'_>) -> Result<(Key, i64, bool, Session), String> {
    let key = Key { high: reader.i64()?.cast_unsigned(), low: reader.i64()?.cast_unsigned() };
    let (received_us, smallest_us, at_us) = (reader.i64()?, reader.i64()?, reader.i64()?);
    let has = reader.u8()?;
    let mut offset = Offset { smallest_us, at_us, lead_us: None, round_trip_us: None, rare: None };
    if has & HAS_LEAD != 0 {
        offset.lead_us = Some(reader.i64()?);
    }
    if has & HAS_EARLIER != 0 {
        offset.set_earlier(Some(Earlier { lead_us: reader.i64()?, shift_us: reader.i64()? }));
    }
    if has & HAS_ROUND_TRIP != 0 {
        offset.round_trip_us = Some(reader.i64()?);
    }
    if has & HAS_LATE != 0 {
        offset.set_late(Some(Late { batches: reader.u8()?, smallest_us: reader.i64()?, at_us: reader.i64()? }));
    }
    let segments = usize::from(reader.u8()?);
    if segments > SEGMENTS_MAX {
        return Err(format!("a session of {segments} segments"));
    }
    let segments = (0..segments).map(|_| {
        let (first, last) = (reader.i64()?.cast_unsigned(), reader.i64()?.cast_unsigned());
        Ok(Segment { first, last, from_us: reader.i64()?, to_us: reader.i64()? })
    });
    let segments = segments.collect::<Result<Vec<Segment>, String>>()?;
    let order = Order::new(segments, has & IS_SPARSE != 0);
    Ok((key, received_us, has & HAS_COME != 0, Session { offset, order }))
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn u8(&mut self) -> Result<u8, String> {
        self.chunk::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.chunk().map(u32::from_le_bytes)
    }

    fn i64(&mut self) -> Result<i64, String> {
        self.chunk().map(i64::from_le_bytes)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (chunk, rest) = self.0.split_first_chunk().ok_or("cut short")?;
        self.0 = rest;
        Ok(*chunk)
    }
}
