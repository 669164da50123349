//! Lines of Go as gofmt leaves them, and doc comments.

/// The width of a comment's line.
const WIDTH: usize = 110;

/// A file that is being written.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// A line, this many tabs in.
    pub(super) fn line(&mut self, tabs: usize, text: &str) {
        if !text.is_empty() {
            self.0.extend(std::iter::repeat_n('\t', tabs));
        }
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.0.push('\n');
    }

    /// A comment of paragraphs; empty ones are passed over.
    pub(super) fn comment(&mut self, tabs: usize, paragraphs: &[String]) {
        let paragraphs = paragraphs.iter().flat_map(|text| split(text)).filter(|text| !text.is_empty());
        for (at, paragraph) in paragraphs.enumerate() {
            if at > 0 {
                self.line(tabs, "//");
            }
            for line in wrapped(&paragraph, WIDTH.saturating_sub(4 * tabs)) {
                self.line(tabs, &format!("// {line}"));
            }
        }
    }

    /// An item of a comment's list.
    pub(super) fn item(&mut self, text: &str) {
        let plain = split(text).join(" ");
        for (at, line) in wrapped(&plain, WIDTH - 4).into_iter().enumerate() {
            self.line(0, &format!("// {}{line}", if at == 0 { "  - " } else { "    " }));
        }
    }

    /// What was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Paragraphs of a comment, each on one line, with nothing in them that gofmt would write differently.
fn split(text: &str) -> Vec<String> {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        let plain = words.join(" ").replace("``", "\"").replace("''", "\"").replace("]:", "] :");
        plain.trim_start_matches(['#', ' ']).to_owned()
    });
    paragraphs.collect()
}

fn wrapped(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split(' ') {
        let Some(last) = lines.last_mut() else { break };
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
            continue;
        }
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
    }
    lines
}

/// A string of Go.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A sentence ends with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', ':', ';']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_wrapped_and_hold_nothing_that_gofmt_changes() {
        let mut text = Text::default();
        text.comment(1, &["# A\n  b\n\n[x]: y".to_owned(), String::new(), "word ".repeat(30)]);
        let wanted = format!(
            "\t// A b\n\t//\n\t// [x] : y\n\t//\n\t// {}word\n\t// {}word\n",
            "word ".repeat(20),
            "word ".repeat(8)
        );
        assert_eq!(String::from_utf8(text.into_bytes()).unwrap(), wanted);
    }
}
