//! Words that names of events and fields are made of. Two different ones of these are two different things, however alike
//! they look: `height` is no slip of `weight`, and `story` none of `store`.

use std::collections::HashSet;
use std::sync::LazyLock;

/// English, as people name things that apps do, and the Swedish that slips in; sorted.
const TEXT: &str = include_str!("vocabulary.txt");

static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| TEXT.split_whitespace().collect());

/// Whether this word, or the one that it is a form of, is a known one.
pub(super) fn knows(word: &str) -> bool {
    let is_listed = |word: &str| WORDS.contains(word);
    let forms = ["s", "es", "d", "ed", "ing"];
    is_listed(word) || forms.iter().any(|ending| word.strip_suffix(ending).is_some_and(is_listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_known_in_their_forms() {
        let words: Vec<&str> = TEXT.split_whitespace().collect();
        assert!(words.is_sorted() && words.len() == WORDS.len() && words.len() > 500);
        assert!(knows("story") && knows("stores") && knows("started") && knows("clicking"));
        assert!(!knows("klick") && !knows("secton"));
    }
}
