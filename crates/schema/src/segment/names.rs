//! Names of other conventions in Judi's: `Article Read`, `articleRead` and `article-read` are `article_read`.

/// A name in snake_case. What is neither a letter nor a digit separates words, and so does a capital after a small
/// letter or a digit, and the last of several capitals where a small letter follows (`HTTPRequest`: `http_request`).
#[must_use]
pub fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            separate(&mut snake);
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| characters.get(before)).copied().unwrap_or(' ');
        let after = characters.get(at + 1).copied().unwrap_or(' ');
        let begins_word = is_capital(character)
            && (before.is_lowercase() || before.is_ascii_digit() || (is_capital(before) && after.is_lowercase()));
        if begins_word {
            separate(&mut snake);
        }
        snake.extend(character.to_lowercase());
    }
    if snake.ends_with('_') {
        snake.pop();
    }
    snake
}

/// Whether there is a small letter for it; some letters for formulas are capitals without one.
fn is_capital(character: char) -> bool {
    character.is_uppercase() && !character.to_lowercase().eq([character])
}

fn separate(snake: &mut String) {
    if !snake.is_empty() && !snake.ends_with('_') {
        snake.push('_');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn conventions_become_one() {
        let cases = [
            ("Article Read", "article_read"),
            ("articleRead", "article_read"),
            ("article-read", "article_read"),
            ("article_read", "article_read"),
            ("  Article   Read! ", "article_read"),
            ("HTTPRequest", "http_request"),
            ("userID", "user_id"),
            ("Video 50% Watched", "video_50_watched"),
            ("utm2Source", "utm2_source"),
            ("Läst Ärende", "läst_ärende"),
            ("$set", "set"),
            ("!!!", ""),
            ("", ""),
        ];
        for (name, snake) in cases {
            assert_eq!(snake_case(name), snake, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_in_snake_case_stays(name in "[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,5}){0,4}") {
            prop_assert_eq!(snake_case(&name), name);
        }

        #[test]
        fn doing_it_twice_is_doing_it_once(name in "\\PC{0,20}") {
            let once = snake_case(&name);
            prop_assert_eq!(snake_case(&once), once);
        }
    }
}
