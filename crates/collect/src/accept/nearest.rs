//! The known event that an unknown name was probably meant to be.

/// Longer names are nobody's slip of the pen, and comparing them would cost what a sender chooses.
const NAME_BYTES_MAX: usize = 64;

/// The candidate with the fewest edits from `name`, where a person could have meant it.
pub(super) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    // `articleView` and `Article-View` are `article_view` in somebody else's convention: no edits at all.
    let name = snake_case(name);
    let allowed = (name.len() / 3).max(2);
    let near = candidates.filter(|candidate| candidate.len().abs_diff(name.len()) <= allowed);
    near.map(|candidate| (edits(name.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|(count, _)| *count <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
            snake.push(character.to_ascii_lowercase());
        } else {
            snake.push(if matches!(character, ' ' | '-' | '.') { '_' } else { character });
        }
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
        let cases = [("", "", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("klick", "click", 1)];
        for (from, to, distance) in cases {
            assert_eq!(edits(from.as_bytes(), to.as_bytes()), distance, "{from} {to}");
        }
    }

    #[test]
    fn slips_and_other_conventions_find_their_event() {
        let known = || ["article_view", "click", "page_view"].into_iter();
        for (name, expected) in [
            ("articel_view", Some("article_view")),
            ("articleView", Some("article_view")),
            ("Page-View", Some("page_view")),
            ("klick", Some("click")),
            ("purchase", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known()), expected, "{name}");
        }
        assert_eq!(nearest(&"click".repeat(100), known()), None);
    }
}
