//! Text that matches a pattern: the plainest one, for an example.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Bytes after which the text is given up: an example is short.
const BYTES_MAX: usize = 1_000;

/// Classes are asked for these first: what people would write.
const LIKED: [char; 6] = ['a', 'A', '1', '-', '_', ' '];

/// Text that `pattern` was made from: it matches where the pattern looks neither ahead nor behind. `None` for one that
/// cannot be read, or whose shortest match is long.
pub(super) fn text_of(pattern: &str) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, &mut text)?;
    Some(text)
}

fn write(hir: &Hir, out: &mut String) -> Option<()> {
    if out.len() > BYTES_MAX {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(()),
        HirKind::Literal(literal) => {
            out.push_str(std::str::from_utf8(&literal.0).ok()?);
            Some(())
        }
        HirKind::Class(class) => {
            out.push(member(class)?);
            Some(())
        }
        HirKind::Repetition(repetition) => {
            // As often as it must be, and no oftener.
            (0..repetition.min).try_for_each(|_| write(&repetition.sub, out))
        }
        HirKind::Capture(capture) => write(&capture.sub, out),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, out)),
        HirKind::Alternation(choices) => {
            let start = out.len();
            choices.iter().find_map(|choice| {
                out.truncate(start);
                write(choice, out)
            })
        }
    }
}

fn member(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
        }
    };
    let liked = LIKED.into_iter().find(|c| ranges.iter().any(|(start, end)| (start..=end).contains(&c)));
    let printable = || ranges.iter().flat_map(|(start, end)| (*start..=*end).take(256)).find(|c| !c.is_control());
    liked.or_else(printable).or_else(|| ranges.first().map(|(start, _)| *start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_of_schemas_get_plain_text() {
        let text = |pattern| text_of(pattern).unwrap();
        assert_eq!(text("^[a-z0-9_]{3,20}$"), "aaa");
        assert_eq!(text(r"^\d{4}-\d{2}$"), "1111-11");
        assert_eq!(text("^(sv|en)-[A-Z]{2}$"), "sv-AA");
        assert_eq!(text(r"^/articles/.+$"), "/articles/a");
        assert_eq!(text_of("(["), None);
        assert_eq!(text_of("a{900}b{900}"), None, "an example is short");
    }

    proptest! {
        #[test]
        fn text_of_a_pattern_without_a_look_around_matches_it(
            parts in prop::collection::vec(("[a-z]{1,4}|\\\\d|\\[a-f\\]|\\[\\^x\\]|\\(ab\\|c\\)", "|\\+|\\*|\\?|\\{2,3\\}"), 1..6),
        ) {
            let pattern = format!("^{}$", parts.iter().map(|(part, times)| format!("(?:{part}){times}")).collect::<String>());
            let text = text_of(&pattern).unwrap();
            prop_assert!(regex::Regex::new(&pattern).unwrap().is_match(&text), "{text:?} of {pattern}");
        }
    }
}
