//! Compressed bodies, inflated as a stream under a limit: a bomb costs no more memory than the limit says.

use std::io::{self, Read};

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::refusal::Refusal;

/// The largest window of a zstd frame, as a power of two: 8 MB, what RFC 8878 asks every decoder to support.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How much is inflated between two looks at the limits, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

const BROTLI_BUFFER_BYTES: usize = 4 * 1024;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Zstd,
    Brotli,
}

impl Encoding {
    /// What the headers say; one encoding at most.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut named = headers.get_all(CONTENT_ENCODING).iter();
        let Some(value) = named.next() else {
            return Ok(Self::Identity);
        };
        let name = String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase();
        match (name.as_str(), named.next()) {
            ("" | "identity", None) => Ok(Self::Identity),
            ("gzip" | "x-gzip", None) => Ok(Self::Gzip),
            ("zstd", None) => Ok(Self::Zstd),
            ("br", None) => Ok(Self::Brotli),
            _ => Err(Refusal::UnsupportedEncoding { encoding: name.chars().take(100).collect() }),
        }
    }
}

/// The inflated body. `take` is asked before each further part is kept, with its bytes; what it refuses ends
/// the work.
pub(crate) fn inflate(
    encoding: Encoding,
    body: &[u8],
    bytes_max: usize,
    take: impl FnMut(usize) -> Result<(), Refusal>,
) -> Result<Vec<u8>, Refusal> {
    match encoding {
        Encoding::Identity => bounded(body, bytes_max, take),
        Encoding::Gzip => bounded(flate2::read::MultiGzDecoder::new(body), bytes_max, take),
        Encoding::Brotli => bounded(brotli::Decompressor::new(body, BROTLI_BUFFER_BYTES), bytes_max, take),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(unreadable)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(unreadable)?;
            bounded(decoder, bytes_max, take)
        }
    }
}

fn bounded(
    mut stream: impl Read,
    bytes_max: usize,
    mut take: impl FnMut(usize) -> Result<(), Refusal>,
) -> Result<Vec<u8>, Refusal> {
    let mut inflated = Vec::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = match stream.read(&mut chunk) {
            Ok(0) => return Ok(inflated),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        if inflated.len() + read > bytes_max {
            return Err(Refusal::TooLarge { what: "the inflated body", max: bytes_max, unit: "bytes" });
        }
        take(read)?;
        inflated.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn unreadable(error: io::Error) -> Refusal {
    Refusal::Unreadable { detail: format!("it does not inflate: {error}") }
}

#[cfg(test)]
mod tests;
