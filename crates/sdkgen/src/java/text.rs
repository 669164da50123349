//! Java's text as google-java-format would lay it out: two spaces, lines of at most 100 characters, Javadoc that is
//! filled.

/// The longest line.
const WIDTH: usize = 100;

/// A file that grows line by line.
#[derive(Default)]
pub(super) struct Text {
    text: String,
}

impl Text {
    /// The whole file.
    pub(super) fn done(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    /// A line, `depth` blocks deep.
    pub(super) fn line(&mut self, depth: usize, line: &str) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Several lines.
    pub(super) fn lines<'a>(&mut self, depth: usize, lines: impl IntoIterator<Item = &'a str>) {
        for line in lines {
            self.line(depth, line);
        }
    }

    /// `head { … }`, or `head {}` where nothing is in it.
    pub(super) fn block(&mut self, depth: usize, head: &str, body: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        body(&mut inner);
        if inner.text.is_empty() {
            return self.line(depth, &format!("{head} {{}}"));
        }
        self.line(depth, &format!("{head} {{"));
        self.text.push_str(&inner.text);
        self.line(depth, "}");
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// `head(item, item)tail` on one line, or all items on the next, or each on its own.
    pub(super) fn call(&mut self, depth: usize, head: &str, items: &[String], tail: &str) {
        let all = items.join(", ");
        let indent = 2 * depth;
        if fits(indent, &[head, "(", &all, ")", tail]) {
            return self.line(depth, &format!("{head}({all}){tail}"));
        }
        self.line(depth, &format!("{head}("));
        if fits(indent + 4, &[&all, ")", tail]) {
            return self.line(depth + 2, &format!("{all}){tail}"));
        }
        for (at, item) in items.iter().enumerate() {
            let end = if at + 1 == items.len() { format!("){tail}") } else { ",".to_owned() };
            self.line(depth + 2, &format!("{item}{end}"));
        }
    }

    /// `head = value;` on one line, or the value on the next.
    pub(super) fn assign(&mut self, depth: usize, head: &str, value: &str) {
        if fits(2 * depth, &[head, " = ", value, ";"]) {
            return self.line(depth, &format!("{head} = {value};"));
        }
        self.line(depth, &format!("{head} ="));
        self.line(depth + 2, &format!("{value};"));
    }

    /// `return new Type[] {…};` on one line, or all items on the next, or each on its own.
    pub(super) fn array(&mut self, depth: usize, of: &str, items: &[String]) {
        let all = items.join(", ");
        if fits(2 * depth, &["return new ", of, "[] {", &all, "};"]) {
            return self.line(depth, &format!("return new {of}[] {{{all}}};"));
        }
        self.line(depth, &format!("return new {of}[] {{"));
        if fits(2 * depth + 2, &[&all]) {
            self.line(depth + 1, &all);
            return self.line(depth, "};");
        }
        for (at, item) in items.iter().enumerate() {
            let end = if at + 1 == items.len() { "" } else { "," };
            self.line(depth + 1, &format!("{item}{end}"));
        }
        self.line(depth, "};");
    }

    /// A comment of paragraphs and of tags such as `@deprecated`; nothing to say is no comment.
    pub(super) fn javadoc(&mut self, depth: usize, paragraphs: &[String], tags: &[String]) {
        let said: Vec<&String> = paragraphs.iter().filter(|paragraph| !paragraph.is_empty()).collect();
        if said.is_empty() && tags.is_empty() {
            return;
        }
        if let ([only], true) = (&*said, tags.is_empty())
            && fits(2 * depth, &["/** ", only, " */"])
        {
            return self.line(depth, &format!("/** {only} */"));
        }
        self.line(depth, "/**");
        for (at, paragraph) in said.iter().enumerate() {
            if at > 0 {
                self.line(depth, " *");
            }
            self.filled(depth, if at > 0 { "<p>" } else { "" }, paragraph, "");
        }
        if !said.is_empty() && !tags.is_empty() {
            self.line(depth, " *");
        }
        for tag in tags {
            self.filled(depth, "", tag, "    ");
        }
        self.line(depth, " */");
    }

    fn filled(&mut self, depth: usize, start: &str, paragraph: &str, hanging: &str) {
        let mut line = start.to_owned();
        let mut is_empty = true;
        for word in paragraph.split_whitespace() {
            if !is_empty && !fits(2 * depth + 3, &[&line, " ", word]) {
                self.line(depth, &format!(" * {line}"));
                hanging.clone_into(&mut line);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.line(depth, &format!(" * {line}"));
    }
}

fn fits(indent: usize, parts: &[&str]) -> bool {
    indent + parts.iter().map(|part| part.chars().count()).sum::<usize>() <= WIDTH
}

/// Text of a schema for a Javadoc comment: no tag, no markup, no end of the comment, no escape.
pub(super) fn prose(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            '\\' => safe.push_str("&#92;"),
            '/' if safe.ends_with('*') => safe.push_str("&#47;"),
            '{' => safe.push_str("&#123;"),
            '}' => safe.push_str("&#125;"),
            _ if character.is_control() => safe.push(' '),
            _ => safe.push(character),
        }
    }
    safe
}

/// A string literal.
pub(super) fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            _ if character.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_filled_and_cannot_be_left() {
        let mut text = Text::default();
        text.javadoc(1, &["Short.".into()], &[]);
        text.javadoc(1, &["word ".repeat(25), "Then.".into()], &["@deprecated Use b.".into()]);
        let expected = format!(
            "  /** Short. */\n  /**\n   * {}\n   * {}\n   *\n   * <p>Then.\n   *\n   * @deprecated Use b.\n   */\n",
            ["word"; 19].join(" "),
            ["word"; 6].join(" ")
        );
        assert_eq!(String::from_utf8(text.done()).unwrap(), expected);
        assert_eq!(prose("a */ \\u002a <b> @see {x}"), "a *&#47; &#92;u002a &lt;b&gt; &#64;see &#123;x&#125;");
        assert_eq!(literal("a\"\\\u{1}"), "\"a\\\"\\\\\\u0001\"");
    }

    #[test]
    fn calls_break_before_they_are_too_long() {
        let mut text = Text::default();
        text.call(0, "run", &["a".into(), "b".into()], ";");
        text.call(0, "run", &["a".repeat(60), "b".repeat(30)], ";");
        text.call(0, "run", &["a".repeat(60), "b".repeat(60)], ";");
        let (a, b, c) = ("a".repeat(60), "b".repeat(30), "b".repeat(60));
        let expected = format!("run(a, b);\nrun({a}, {b});\nrun(\n    {a},\n    {c});\n");
        assert_eq!(String::from_utf8(text.done()).unwrap(), expected);
    }
}
