//! Randomness: bytes nobody can guess, or in a simulation, bytes that a seed repeats.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read};

/// Where unpredictable bytes come from.
pub trait Random: Send + Sync + Debug {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the source of randomness cannot be read; nothing of `bytes` may be used then.
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()>;
}

/// The operating system's generator (`/dev/urandom`).
#[derive(Debug, Clone, Copy)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        File::open("/dev/urandom")?.read_exact(bytes)
    }
}
