//! The name that JSON gives to a field where `json_name` does not say another.

/// `article_id` as `articleId`, by protobuf's rule: underscores go, the letter after each is in upper case.
#[must_use]
pub(crate) fn lower_camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut after_underscore = false;
    for character in name.chars() {
        if character == '_' {
            after_underscore = true;
        } else if std::mem::take(&mut after_underscore) {
            camel.push(character.to_ascii_uppercase());
        } else {
            camel.push(character);
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_raise_the_letter_after_them() {
        for (name, camel) in [("article_id", "articleId"), ("a", "a"), ("_x__y_", "XY"), ("utm_2_x", "utm2X")] {
            assert_eq!(lower_camel(name), camel);
        }
    }
}
