//! What to say of a value that does not fit: what was expected, and what came instead.

use crate::nearest::nearest;
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

#[cfg(test)]
mod tests {
    use super::{raw, text};

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
