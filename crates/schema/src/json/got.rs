//! What to say of a value that does not fit: what was expected, and what came instead.

use crate::plan::{EnumPlan, ScalarKind};

/// How much of a text is quoted.
const QUOTED_CHARACTERS_MAX: usize = 40;

/// `text "abc"`, cut after a few characters.
pub(super) fn text(value: &str) -> String {
    let cut: String = value.chars().take(QUOTED_CHARACTERS_MAX).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    format!("text {cut:?}{more}")
}

/// What raw JSON is.
pub(super) fn raw(json: &str) -> String {
    match json.as_bytes().first() {
        Some(b'"') => text(&serde_json::from_str::<String>(json).unwrap_or_default()),
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "a list".to_owned(),
        Some(b't' | b'f' | b'n') => json.to_owned(),
        _ => format!("the number {}", json.chars().take(QUOTED_CHARACTERS_MAX).collect::<String>()),
    }
}

/// What a scalar wants.
pub(super) const fn expected(kind: ScalarKind) -> &'static str {
    match kind {
        ScalarKind::Double | ScalarKind::Float => "a number",
        ScalarKind::Bool => "true or false",
        ScalarKind::String => "text",
        ScalarKind::Bytes => "base64 text",
        _ => "a whole number",
    }
}

/// What is wrong with a name that an enum does not have.
pub(super) fn no_such_value(plan: &EnumPlan, name: &str) -> String {
    let short = plan.full_name.rsplit('.').next().unwrap_or_default();
    let hint = match nearest(name, plan.numbers.keys().map(String::as_str)) {
        Some(nearest) => format!("; the nearest is {nearest:?}"),
        None => String::new(),
    };
    format!("expected one of the names of {short}, got {}{hint}", text(name))
}

/// The candidate with the fewest edits from `name`, if they are few; of equals the first by name.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any name that people mistype; bounds the work that a stranger's text can cause.
    const LENGTH_MAX: usize = 64;
    if name.len() > LENGTH_MAX {
        return None;
    }
    let wanted = name.to_ascii_uppercase();
    let near = candidates.map(|candidate| (distance(&wanted, &candidate.to_ascii_uppercase()), candidate)).min()?;
    (near.0 <= (name.len() / 3).max(2)).then_some(near.1)
}

/// Levenshtein's distance in bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = i;
        let mut last = i + 1;
        if let Some(first) = row.first_mut() {
            *first = last;
        }
        for (b, cell) in right.bytes().zip(row.iter_mut().skip(1)) {
            let substitute = diagonal + usize::from(a != b);
            diagonal = *cell;
            last = substitute.min(diagonal + 1).min(last + 1);
            *cell = last;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest, raw, text};

    #[test]
    fn distances() {
        for (left, right, wanted) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0)] {
            assert_eq!(distance(left, right), wanted);
            assert_eq!(distance(right, left), wanted);
        }
    }

    #[test]
    fn the_nearest_is_near_or_nothing() {
        let names = || ["SECTION_INRIKES", "SECTION_SPORT", "SECTION_KULTUR"].into_iter();
        assert_eq!(nearest("section_inriks", names()), Some("SECTION_INRIKES"));
        assert_eq!(nearest("banana", names()), None);
        assert_eq!(nearest(&"x".repeat(1000), names()), None);
    }

    #[test]
    fn what_came_is_named_by_its_kind() {
        assert_eq!(text("abc"), "text \"abc\"");
        assert_eq!(raw("\"a\\u0041\""), "text \"aA\"");
        assert_eq!(raw("{}"), "an object");
        assert_eq!(raw("-1.5"), "the number -1.5");
        assert_eq!(raw("null"), "null");
        assert_eq!(text(&"å".repeat(41)), format!("text \"{}\"…", "å".repeat(40)));
    }
}
