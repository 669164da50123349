//! The name styles that buf's rules ask for, word for word as buf forms them.

/// `fooBar`, `FooBar`, `foo__bar` → `foo_bar`. Digits stay with the word before them.
pub(super) fn lower_snake_case(name: &str) -> String {
    snake_case(name).to_lowercase()
}

/// `fooBar`, `foo-bar` → `FOO_BAR`.
pub(super) fn upper_snake_case(name: &str) -> String {
    snake_case(name).to_uppercase()
}

/// `foo_bar`, `fooBar` → `FooBar`. Upper-case letters stay as they are.
pub(super) fn pascal_case(name: &str) -> String {
    let mut pascal = String::with_capacity(name.len());
    let mut starts_word = true;
    for character in name.trim().chars() {
        if is_delimiter(character) {
            starts_word = true;
            continue;
        }
        if starts_word || character.is_uppercase() {
            pascal.extend(character.to_uppercase());
        } else {
            pascal.extend(character.to_lowercase());
        }
        starts_word = false;
    }
    pascal
}

/// Words parted by single underscores; letters keep their case. A word begins at an upper-case letter that follows
/// a lower-case one or goes before one, so that `HTTPServer` is `HTTP_Server`.
fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.trim_matches(is_delimiter).chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, &character) in characters.iter().enumerate() {
        let after_separator = snake.ends_with('_');
        if is_delimiter(character) {
            if !after_separator {
                snake.push('_');
            }
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(index + 1);
        let ends_capitals =
            after.is_some_and(|next| !next.is_uppercase() && !next.is_numeric() && !is_delimiter(*next));
        let follows_small = before.is_some_and(|last| last.is_lowercase());
        if index > 0 && character.is_uppercase() && !after_separator && (ends_capitals || follows_small) {
            snake.push('_');
        }
        snake.push(character);
    }
    snake
}

fn is_delimiter(character: char) -> bool {
    matches!(character, '.' | '-' | '_' | ' ' | '\t' | '\n' | '\r')
}

/// How settled the last part of a package's name says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stability {
    /// `v1`.
    Stable,
    /// `v1alpha1`, `v1p1beta2`, `v1testing`.
    Unstable,
}

/// The stability of a versioned package (`news.v1`, `news.v2beta1`); `None` where it has no well-formed version.
pub(super) fn package_stability(package: &str) -> Option<Stability> {
    let (_, last) = package.rsplit_once('.')?;
    let version = last.strip_prefix('v')?;
    if let Some((major, _)) = version.split_once("test") {
        return is_positive(major).then_some(Stability::Unstable);
    }
    let level = match (version.contains("alpha"), version.contains("beta")) {
        (false, false) => return is_positive(version).then_some(Stability::Stable),
        (true, true) => return None,
        (true, false) => "alpha",
        (false, true) => "beta",
    };
    let (release, minor) = version.split_once(level)?;
    let is_release = match release.split_once('p') {
        Some((major, patch)) => is_positive(major) && is_positive(patch),
        None => is_positive(release),
    };
    (is_release && (minor.is_empty() || is_positive(minor))).then_some(Stability::Unstable)
}

fn is_positive(digits: &str) -> bool {
    digits.parse::<i32>().is_ok_and(|number| number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_keeps_digits_and_capitals_together() {
        for (name, lower) in [
            ("fooBar", "foo_bar"),
            ("FooBar", "foo_bar"),
            ("foo_bar", "foo_bar"),
            ("foo__bar", "foo_bar"),
            ("_foo_", "foo"),
            ("HTTPServer", "http_server"),
            ("userID", "user_id"),
            ("foo1", "foo1"),
            ("foo_1", "foo_1"),
            ("fooBAR1", "foo_bar1"),
            ("a1B", "a1b"),
            ("a1Bc", "a1_bc"),
            ("foo-bar.baz", "foo_bar_baz"),
            ("", ""),
        ] {
            assert_eq!(lower_snake_case(name), lower, "{name}");
            assert_eq!(upper_snake_case(name), lower.to_uppercase(), "{name}");
        }
    }

    #[test]
    fn pascal_case_keeps_capitals() {
        for (name, pascal) in
            [("foo_bar", "FooBar"), ("fooBar", "FooBar"), ("FOO", "FOO"), ("foo", "Foo"), ("Foo_Bar1", "FooBar1")]
        {
            assert_eq!(pascal_case(name), pascal);
        }
    }

    #[test]
    fn packages_end_with_a_version() {
        let stable = ["a.v1", "a.b.v12"];
        let unstable = ["a.v1alpha", "a.v1alpha2", "a.v1beta1", "a.v1p1alpha1", "a.v1test", "a.v1testfoo"];
        let neither = [
            "",
            "v1",
            "a",
            "a.1",
            "a.v",
            "a.v0",
            "a.v-1",
            "a.v1alphabeta",
            "a.vx",
            "a.v1beta0",
            "a.v0p1beta1",
            "a.v1x",
        ];
        assert!(stable.iter().all(|package| package_stability(package) == Some(Stability::Stable)));
        for package in unstable {
            assert_eq!(package_stability(package), Some(Stability::Unstable), "{package}");
        }
        for package in neither {
            assert_eq!(package_stability(package), None, "{package}");
        }
    }
}
