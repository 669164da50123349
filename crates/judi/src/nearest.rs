//! The nearest known word to one that is not known, for hints.

/// The candidate with the fewest edits from `word`, when a person could have meant it.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the word may be wrong, and always two letters: beyond it a hint misleads.
    let allowed = (word.chars().count() / 3).max(2);
    candidates.map(|candidate| (edits(word, candidate), candidate)).filter(|(n, _)| *n <= allowed).min().map(|(_, c)| c)
}

/// Levenshtein's distance in characters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transposed_letter_finds_its_word_and_nonsense_finds_none() {
        assert_eq!(nearest("prot", ["host", "port"].into_iter()), Some("port"));
        assert_eq!(nearest("zzzzzz", ["host", "port"].into_iter()), None);
    }
}
