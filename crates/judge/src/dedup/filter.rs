//! Blocked Bloom filters: whether a run may hold a key, for one cache miss.
//!
//! Source: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters" (2007): all bits of a key
//! lie in one block of a cache line. One bit in each of the block's eight words makes the test a few operations
//! without branches, so that the misses of many keys overlap. At 12 bits a key about 1 in 220 unknown keys passes.

use super::key::Key;

/// Bits of memory that a filter spends on a key.
const BITS_PER_KEY: u64 = 12;
const WORDS: usize = 8;
const BLOCK_BITS: u64 = 512;
/// Bytes of a block in memory and on disk: a cache line.
pub(crate) const BLOCK_BYTES: usize = WORDS * 8;

#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Block([u64; WORDS]);

/// Says of every key that was inserted "maybe", and of nearly all others "no".
#[derive(Debug)]
pub(crate) struct Filter {
    blocks: Vec<Block>,
}

impl Filter {
    /// A filter with room for `keys` keys.
    pub(crate) fn for_keys(keys: u64) -> Self {
        let blocks = (keys * BITS_PER_KEY).div_ceil(BLOCK_BITS).max(1);
        Self { blocks: vec![Block::default(); usize::try_from(blocks).unwrap_or(usize::MAX)] }
    }

    /// A filter of `blocks` empty blocks, to be filled by [`Filter::load`].
    pub(crate) fn with_blocks(blocks: usize) -> Self {
        Self { blocks: vec![Block::default(); blocks] }
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.blocks.len() * BLOCK_BYTES
    }

    pub(crate) fn insert(&mut self, key: Key) {
        let place = self.place(key);
        if let Some(block) = self.blocks.get_mut(place) {
            for (word, bit) in block.0.iter_mut().zip(bits(key)) {
                *word |= bit;
            }
        }
    }

    pub(crate) fn may_hold(&self, key: Key) -> bool {
        let Some(block) = self.blocks.get(self.place(key)) else { return false };
        // No early way out: a branch a word would cost more than the words.
        let missing = block.0.iter().zip(bits(key)).fold(0, |missing, (word, bit)| missing | (bit & !word));
        missing == 0
    }

    /// The block's bytes, in order, for the disk.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = [u8; BLOCK_BYTES]> {
        self.blocks.iter().map(|block| {
            let mut bytes = [0; BLOCK_BYTES];
            for (chunk, word) in bytes.chunks_exact_mut(8).zip(block.0) {
                chunk.copy_from_slice(&word.to_le_bytes());
            }
            bytes
        })
    }

    /// Sets the blocks from `first` on from the disk's bytes.
    pub(crate) fn load(&mut self, first: usize, bytes: &[u8]) {
        let words = bytes.chunks_exact(8).map(|chunk| chunk.first_chunk().map_or(0, |word| u64::from_le_bytes(*word)));
        let places = self.blocks.iter_mut().skip(first).flat_map(|block| block.0.iter_mut());
        for (place, word) in places.zip(words) {
            *place = word;
        }
    }

    /// Maps the key's high half evenly onto the blocks, in the order of the keys: building a filter from a
    /// sorted run walks through memory once.
    fn place(&self, key: Key) -> usize {
        ((u128::from(key.high) * self.blocks.len() as u128) >> 64) as usize
    }
}

fn bits(key: Key) -> [u64; WORDS] {
    let mut bits = [0; WORDS];
    for (word, bit) in bits.iter_mut().enumerate() {
        *bit = 1 << ((key.low >> (word * 6)) & 63);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, number: u32) -> Key {
        Key::of(name, &number.to_string())
    }

    #[test]
    fn knows_all_that_it_holds_and_little_else() {
        let mut filter = Filter::for_keys(20_000);
        (0..20_000).for_each(|number| filter.insert(key("in", number)));
        assert!((0..20_000).all(|number| filter.may_hold(key("in", number))));
        let wrong = (0..20_000).filter(|number| filter.may_hold(key("out", *number))).count();
        assert!(wrong < 160, "{wrong} of 20000 unknown keys passed");
    }

    #[test]
    fn comes_back_from_its_bytes() {
        let mut filter = Filter::for_keys(1_000);
        (0..1_000).for_each(|number| filter.insert(key("in", number)));
        let bytes: Vec<u8> = filter.bytes().flatten().collect();
        let mut loaded = Filter::with_blocks(filter.blocks());
        let half = (filter.blocks() / 2) * BLOCK_BYTES;
        loaded.load(0, &bytes[..half]);
        loaded.load(half / BLOCK_BYTES, &bytes[half..]);
        assert!((0..2_000).all(|n| filter.may_hold(key("in", n)) == loaded.may_hold(key("in", n))));
    }
}
