//! Comments that ignore a rule: `// buf:lint:ignore FIELD_LOWER_SNAKE_CASE`, above the thing or above what it is in.

use super::config::CommentIgnores;
use super::rules::Origin;
use super::subject::LintFile;

const BUFS: &str = "buf:lint:ignore";
const JUDIS: &str = "judi:lint:ignore";

/// Whether a comment ignores this rule's findings about the part of the file that `path` names.
pub(super) fn ignores(file: &LintFile<'_>, path: &[i32], rule: &str, origin: Origin, allowed: CommentIgnores) -> bool {
    let prefixes: &[&str] = match (origin, allowed) {
        (_, CommentIgnores::Nothing) | (Origin::Buf(_), CommentIgnores::Judis) => return false,
        (Origin::Buf(_), CommentIgnores::All) => &[BUFS],
        (Origin::Judi, _) => &[JUDIS, BUFS],
    };
    let says = |line: &str| {
        prefixes.iter().any(|prefix| {
            let id = line.trim().strip_prefix(prefix).and_then(|rest| rest.strip_prefix(' '));
            id.is_some_and(|id| id.starts_with(rule))
        })
    };
    declarations(path).into_iter().any(|declaration| file.comment(declaration).lines().any(says))
}

/// What a path of a `FileDescriptorProto` goes through.
#[derive(Clone, Copy)]
enum Part {
    File,
    Message,
    Field,
    Extension,
    Enum,
    Service,
    /// An oneof, a value of an enum, an RPC: nothing but options is declared in it. Its options' number.
    Leaf(i32),
    /// A line of its own: an import.
    Line,
}

enum Inner {
    /// One of a repeated field's declarations.
    Declaration(Part),
    /// The whole path is one thing: an option, `package`, `syntax`.
    Whole,
    /// A name, a number, a type: nothing that has a comment of its own.
    Attribute,
}

impl Part {
    /// What the number of a field of this part's descriptor leads to.
    fn inner(self, number: i32) -> Inner {
        match (self, number) {
            (Self::File, 3) => Inner::Declaration(Self::Line),
            (Self::File, 4) | (Self::Message, 3) => Inner::Declaration(Self::Message),
            (Self::File, 5) | (Self::Message, 4) => Inner::Declaration(Self::Enum),
            (Self::File, 6) => Inner::Declaration(Self::Service),
            (Self::File, 7) | (Self::Message, 6) => Inner::Declaration(Self::Extension),
            (Self::Message, 2) => Inner::Declaration(Self::Field),
            (Self::Message, 8) | (Self::Service | Self::Enum, 2) => Inner::Declaration(Self::Leaf(match self {
                Self::Message => 2,
                Self::Enum => 3,
                _ => 4,
            })),
            (Self::File, _) | (Self::Message, 5 | 7 | 9 | 10) => Inner::Whole,
            (Self::Field | Self::Extension, 7 | 8) | (Self::Enum, 3..=5) | (Self::Service, 3) => Inner::Whole,
            (Self::Leaf(options), number) if number == options => Inner::Whole,
            _ => Inner::Attribute,
        }
    }
}

/// The paths of the declarations that `path` is a part of, from the outside in, as buf chooses them.
fn declarations(path: &[i32]) -> Vec<&[i32]> {
    let mut found = Vec::new();
    let mut part = Part::File;
    let mut end = 0;
    while let Some(number) = path.get(end) {
        match part.inner(*number) {
            Inner::Declaration(inner) => {
                if matches!(inner, Part::Extension) {
                    // The `extend` block.
                    found.extend(path.get(..=end));
                }
                end += 2;
                found.extend(path.get(..end));
                part = inner;
            }
            Inner::Whole => {
                found.push(path);
                break;
            }
            Inner::Attribute => break,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_ignored_with_what_it_is_in() {
        for (path, wanted) in [
            (&[][..], vec![]),
            (&[2], vec![&[2][..]]),
            (&[3, 1], vec![&[3, 1]]),
            (&[8, 11], vec![&[8, 11]]),
            (&[4, 0, 1], vec![&[4, 0]]),
            (&[4, 0, 2, 1, 1], vec![&[4, 0], &[4, 0, 2, 1]]),
            (&[4, 0, 2, 1, 8, 50801], vec![&[4, 0], &[4, 0, 2, 1], &[4, 0, 2, 1, 8, 50801]]),
            (
                &[4, 0, 3, 2, 4, 1, 2, 0, 1],
                vec![&[4, 0], &[4, 0, 3, 2], &[4, 0, 3, 2, 4, 1], &[4, 0, 3, 2, 4, 1, 2, 0]],
            ),
            (&[4, 0, 7, 50801], vec![&[4, 0], &[4, 0, 7, 50801]]),
            (&[4, 0, 8, 0, 1], vec![&[4, 0], &[4, 0, 8, 0]]),
            (&[5, 0, 3, 2], vec![&[5, 0], &[5, 0, 3, 2]]),
            (&[5, 0, 2, 0, 2], vec![&[5, 0], &[5, 0, 2, 0]]),
            (&[6, 0, 2, 1, 3], vec![&[6, 0], &[6, 0, 2, 1]]),
            (&[7, 2, 1], vec![&[7], &[7, 2]]),
            (&[4, 0, 6, 1, 1], vec![&[4, 0], &[4, 0, 6], &[4, 0, 6, 1]]),
        ] {
            assert_eq!(declarations(path), wanted, "{path:?}");
        }
    }
}
