//! The sums that registries keep: beside each file of Maven's, in npm's index, as the names of a git repository's objects.
//! They find transfers that went wrong; who must not be trusted is told by a signature, not by them.

use sha2::{Digest, Sha256};

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-1 (FIPS 180-4, 6.1).
pub(crate) fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded(bytes, u64::to_be_bytes).chunks_exact(64) {
        let mut words: Vec<u32> = block.chunks_exact(4).map(|it| word(it, u32::from_be_bytes)).collect();
        for at in 16..80 {
            let mixed = [3, 8, 14, 16].iter().filter_map(|back| words.get(at - back)).fold(0, |sum, it| sum ^ it);
            words.push(mixed.rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (chosen, constant) = match at / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = [chosen, e, constant, *word].into_iter().fold(a.rotate_left(5), u32::wrapping_add);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (kept, now) in state.iter_mut().zip([a, b, c, d, e]) {
            *kept = kept.wrapping_add(now);
        }
    }
    words_as(state, u32::to_be_bytes)
}

/// MD5 (RFC 1321).
pub(crate) fn md5(bytes: &[u8]) -> [u8; 16] {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded(bytes, u64::to_le_bytes).chunks_exact(64) {
        let words: Vec<u32> = block.chunks_exact(4).map(|it| word(it, u32::from_le_bytes)).collect();
        let [mut a, mut b, mut c, mut d] = state;
        for at in 0..64_usize {
            let (chosen, place) = match at / 16 {
                0 => ((b & c) | (!b & d), at),
                1 => ((d & b) | (!d & c), 5 * at + 1),
                2 => (b ^ c ^ d, 3 * at + 5),
                _ => (c ^ (b | !d), 7 * at),
            };
            let word = words.get(place % 16).copied().unwrap_or_default();
            let shift = SHIFTS.get(at / 16).and_then(|round| round.get(at % 4)).copied().unwrap_or_default();
            let sum = [chosen, sine(at), word].into_iter().fold(a, u32::wrapping_add);
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(shift)));
        }
        for (kept, now) in state.iter_mut().zip([a, b, c, d]) {
            *kept = kept.wrapping_add(now);
        }
    }
    words_as(state, u32::to_le_bytes)
}

fn words_as<const WORDS: usize, const BYTES: usize>(words: [u32; WORDS], to: fn(u32) -> [u8; 4]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes.iter_mut().zip(words.into_iter().flat_map(to)).for_each(|(place, byte)| *place = byte);
    bytes
}

/// The whole part of 2^32 × |sin(at + 1)|.
fn sine(at: usize) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "RFC 1321"
    )]
    let whole = (((at + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
    whole
}

/// The bytes, a one bit, zeros, and how many bits they were: a whole number of blocks of 64.
fn padded(bytes: &[u8], length: fn(u64) -> [u8; 8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend(length(bytes.len() as u64 * 8));
    padded
}

fn word(bytes: &[u8], from: fn([u8; 4]) -> u32) -> u32 {
    bytes.try_into().map(from).unwrap_or_default()
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_specifications() {
        assert_eq!(hex(&sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(&sha1(b"")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(hex(&sha1(&[b'a'; 1_000_000])), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
        assert_eq!(hex(&sha1(&[b'a'; 119])), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56");
        assert_eq!(hex(&md5(b"message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
        assert_eq!(hex(&md5(b"")), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(&md5("1234567890".repeat(8).as_bytes())), "57edf4a22be3c955ac49da2e2107b67a");
        assert_eq!(hex(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
