//! The physical limit of whatever is durable: how fast this disk syncs.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::project::scratch;
use crate::failure::Failure;

/// What one group of the log holds at least when it is busy.
pub(crate) const WRITE_BYTES: usize = 64 << 10;

const MEASURING: Duration = Duration::from_secs(2);

/// Writes of [`WRITE_BYTES`] a second, each followed by fdatasync, one after the other in one file.
pub(crate) fn synced_writes_per_second(folder: Option<&Path>) -> Result<f64, Failure> {
    let scratch = scratch(folder)?;
    let path = scratch.path().join("raw");
    let mut file = File::create(&path).map_err(Failure::file("make", &path))?;
    // Bytes that no file system can shorten.
    let mut random = fastrand::Rng::with_seed(1);
    let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(WRITE_BYTES).collect();
    let started = Instant::now();
    let mut writes = 0_u32;
    while started.elapsed() < MEASURING {
        file.write_all(&bytes).and_then(|()| file.sync_data()).map_err(Failure::file("write", &path))?;
        writes += 1;
    }
    Ok(f64::from(writes) / started.elapsed().as_secs_f64())
}
