//! "Did you mean": the known name that an unknown one was probably meant to be. The one such judgement in Judi.

/// Longer names are nobody's slip of the pen, and comparing them would cost what a sender chooses.
const NAME_BYTES_MAX: usize = 64;

/// The candidate with the fewest edits from `name`, where a person could have meant it; of equals the first by name.
/// Case and word separators do not count: `articleView` is `article_view` in somebody else's convention.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = snake_case(name);
    // A third of the name may be wrong, and always two letters: beyond it a hint misleads.
    let allowed = (name.len() / 3).max(2);
    let near = candidates.into_iter().filter(|candidate| candidate.len() <= NAME_BYTES_MAX);
    near.map(|candidate| (edits(name.as_bytes(), snake_case(candidate).as_bytes()), candidate))
        .filter(|(count, _)| *count <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for character in name.chars() {
        if character.is_ascii_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        snake.push(if matches!(character, ' ' | '-' | '.') { '_' } else { character.to_ascii_lowercase() });
    }
    snake
}

/// Levenshtein's distance in bytes.
fn edits(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, have) in from.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (above, want) in row.iter_mut().skip(1).zip(to) {
            let cost = (diagonal + usize::from(have != want)).min(*above + 1).min(left + 1);
            diagonal = *above;
            *above = cost;
            left = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        for (left, right, wanted) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0)] {
            assert_eq!(edits(left.as_bytes(), right.as_bytes()), wanted);
            assert_eq!(edits(right.as_bytes(), left.as_bytes()), wanted);
        }
    }

    #[test]
    fn a_slip_and_another_convention_find_their_name_and_nonsense_finds_none() {
        let names = ["article_view", "page_view", "video_start"];
        assert_eq!(nearest("artikel_view", names), Some("article_view"));
        assert_eq!(nearest("articleView", names), Some("article_view"));
        assert_eq!(nearest("Page-View", names), Some("page_view"));
        assert_eq!(nearest("PAGE_VIEWS", names), Some("page_view"));
        assert_eq!(nearest("section_inriks", ["SECTION_INRIKES", "SECTION_SPORT"]), Some("SECTION_INRIKES"));
        assert_eq!(nearest("prot", ["host", "port"]), Some("port"));
        assert_eq!(nearest("zzzzzzzz", names), None);
        assert_eq!(nearest(&"x".repeat(1_000), names), None);
    }
}
