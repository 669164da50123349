//! Names in the cases of each language. Words are told apart by underscores and by capitals: `article_view`,
//! `articleView`, `HTTPStatus` and `v2Id` are article view, article view, http status and v2 id.

/// The words of a name, in lower case.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut starts = true;
    for (at, character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            starts = true;
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(at + 1);
        let rises = character.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || (before.is_some_and(|before| before.is_uppercase()) && after.is_some_and(|it| it.is_lowercase())));
        if starts || rises {
            words.push(String::new());
        }
        starts = false;
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
    }
    words
}

/// `articleView`.
#[must_use]
pub fn lower_camel(name: &str) -> String {
    let words = words(name);
    let capitals = words.iter().enumerate().map(|(at, word)| if at == 0 { word.clone() } else { capital(word) });
    capitals.collect()
}

/// `ArticleView`.
#[must_use]
pub fn upper_camel(name: &str) -> String {
    words(name).iter().map(|word| capital(word)).collect()
}

/// `ARTICLE_VIEW`.
#[must_use]
pub fn upper_snake(name: &str) -> String {
    words(name).join("_").to_uppercase()
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_by_underscores_and_capitals() {
        assert_eq!(words("article_view"), ["article", "view"]);
        assert_eq!(words("HTTPStatus2xx"), ["http", "status2xx"]);
        assert_eq!(words("v2Id__a"), ["v2", "id", "a"]);
        assert_eq!(
            (lower_camel("article_view"), upper_camel("article_view")),
            ("articleView".into(), "ArticleView".into())
        );
        assert_eq!(upper_snake("pageKind"), "PAGE_KIND");
        assert_eq!(words("_"), [""; 0]);
    }
}
