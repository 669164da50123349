//! The words that a name is made of, however it writes them: `videoStart`, `video_start`, `VIDEO-START`.

/// The words in lower case. A run of digits is a word; of capitals, too, but for the one that begins the next word.
pub(super) fn split(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut last: Option<char> = None;
    for (index, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            last = None;
            continue;
        }
        let next_is_small = characters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let continues = last.is_some_and(|last| {
            last.is_numeric() == character.is_numeric()
                && (!character.is_uppercase() || (last.is_uppercase() && !next_is_small))
        });
        match words.last_mut() {
            Some(word) if continues => word.extend(character.to_lowercase()),
            _ => words.push(character.to_lowercase().collect()),
        }
        last = Some(character);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_gives_the_words() {
        for (name, words) in [
            ("video_start", "video start"),
            ("videoStart", "video start"),
            ("VideoStart", "video start"),
            ("VIDEO-START", "video start"),
            ("userID", "user id"),
            ("HTTPServer", "http server"),
            ("a1", "a 1"),
            ("utm2Source", "utm 2 source"),
            ("__x__", "x"),
            ("läsTid", "läs tid"),
            ("", ""),
        ] {
            assert_eq!(split(name).join(" "), words, "{name}");
        }
    }
}
