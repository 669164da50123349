//! Which comments belong to which declaration, by the rules of protobuf's own compiler.
//!
//! A comment on the line where a declaration ends, or right below it with an empty line after, trails it; the last
//! block right above a declaration leads it; other blocks above it are detached.

use super::lexer::Comment;

/// What is written between two tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    /// Belongs to the token before.
    pub(super) trailing: Option<String>,
    pub(super) detached: Vec<String>,
    /// Belongs to the token after.
    pub(super) leading: Option<String>,
}

/// Shares out the comments between a token that ends at `from` (nothing: the file's start) and one that begins at
/// `to`. `closes` says that the latter closes a scope, which has no comments of its own.
pub(super) fn share_out(text: &str, comments: &[Comment], from: Option<usize>, to: usize, closes: bool) -> Remarks {
    let first = comments.partition_point(|comment| comment.end <= from.unwrap_or_default());
    let last = comments.partition_point(|comment| comment.start < to);
    let between = comments.get(first..last).unwrap_or_default();
    let mut sharing = Sharing { remarks: Remarks::default(), block: String::new(), may_trail: from.is_some() };
    let mut at = from.unwrap_or_default();
    for (index, comment) in between.iter().enumerate() {
        let gap = text.get(at..comment.start).unwrap_or_default();
        let line_ends = gap.bytes().filter(|&byte| byte == b'\n').count();
        let is_first = index == 0;
        let on_the_same_line = is_first && from.is_some() && line_ends == 0;
        if line_ends > 1 {
            // After an empty line nothing trails any more.
            sharing.flush();
            sharing.may_trail = false;
        }
        let whole = text.get(comment.start..comment.end).unwrap_or_default();
        if comment.is_line {
            sharing.block.push_str(whole.get(2..).unwrap_or_default());
            sharing.block.push('\n');
            if on_the_same_line {
                sharing.flush();
            }
        } else {
            sharing.flush();
            sharing.block = block_text(whole);
            let next = between.get(index + 1).map_or(to, |next| next.start);
            let stays_on_the_line = !text.get(comment.end..next).unwrap_or_default().contains('\n');
            if on_the_same_line && stays_on_the_line && between.len() == 1 {
                // `a /* b */ c`: nobody knows to which it belongs.
                return Remarks::default();
            }
        }
        at = comment.end;
    }
    let gap = text.get(at..to).unwrap_or_default();
    if closes || gap.bytes().filter(|&byte| byte == b'\n').count() > 1 {
        sharing.flush();
    }
    sharing.finish()
}

struct Sharing {
    remarks: Remarks,
    block: String,
    may_trail: bool,
}

impl Sharing {
    fn flush(&mut self) {
        if self.block.is_empty() {
            return;
        }
        let block = std::mem::take(&mut self.block);
        if self.may_trail {
            self.remarks.trailing = Some(block);
            self.may_trail = false;
        } else {
            self.remarks.detached.push(block);
        }
    }

    fn finish(mut self) -> Remarks {
        if !self.block.is_empty() {
            self.remarks.leading = Some(self.block);
        }
        self.remarks
    }
}

/// The text of a block comment: without its marks, and without the asterisks at the lines' beginnings.
fn block_text(whole: &str) -> String {
    let inner = whole.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")).unwrap_or_default();
    let mut text = String::with_capacity(inner.len());
    for (index, line) in inner.split_inclusive('\n').enumerate() {
        let line = if index == 0 {
            line
        } else {
            let line = line.trim_start_matches([' ', '\t', '\r', '\x0b', '\x0c']);
            line.strip_prefix('*').unwrap_or(line)
        };
        text.push_str(line);
    }
    text
}
