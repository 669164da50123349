//! The commands, one file each.

use std::borrow::Cow;

pub mod demo;
pub mod expect;
pub mod init;
pub mod query;
pub mod replay;
pub mod run;
pub mod schema;
pub mod sdk;
pub mod tail;
pub mod trace;
pub mod up;

/// Text of somebody else's for a terminal: what would move the cursor or colour the screen is written out.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let shown = |character: char| {
        if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
    };
    Cow::Owned(text.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_to_a_terminal_are_written_out() {
        assert_eq!(plain("ÅÄÖ ok"), "ÅÄÖ ok");
        assert_eq!(plain("\u{1b}[31mred\n"), "\\u{1b}[31mred\\n");
    }
}
