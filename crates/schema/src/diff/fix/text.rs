//! A `.proto` file as tokens and blocks: as much of its grammar as tells where declarations begin and end.
//!
//! The file compiles, so nothing here complains; what is not understood is passed over.

/// The deepest nesting of blocks that is looked into; the compiler's own bound is lower.
const DEPTH_MAX: usize = 100;

/// A token, by its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a keyword.
    Word,
    /// Digits, with whatever letters belong to them.
    Number,
    /// With its quotes.
    Text,
    /// Any other character.
    Symbol(char),
}

/// What a block declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    File,
    Message,
    Enum,
    Oneof,
    /// `extend`, `service`: nothing in them is edited.
    Other,
}

/// A declaration in braces. The members are indexes of tokens.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    /// Empty for the file.
    pub(super) name: String,
    /// The opening brace; of the file, none.
    pub(super) open: Option<usize>,
    /// The closing brace, or the end of the tokens.
    pub(super) close: usize,
    /// From the first token to the semicolon (of a group: up to its brace).
    pub(super) statements: Vec<std::ops::Range<usize>>,
    pub(super) blocks: Vec<Self>,
}

/// A file, read.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Token>,
    pub(super) root: Block,
}

impl<'a> File<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let tokens = tokens(text);
        let mut reader = Reader { text, tokens: &tokens, at: 0 };
        let root = reader.block(BlockKind::File, String::new(), None, 0);
        Self { text, tokens, root }
    }

    /// The text of a token; empty past the end.
    pub(super) fn word(&self, at: usize) -> &'a str {
        self.tokens.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    /// Whether the token is this character.
    pub(super) fn is(&self, at: usize, symbol: char) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Symbol(symbol))
    }

    /// The message or enum of this full name.
    pub(super) fn find(&self, kind: BlockKind, full_name: &str) -> Option<&Block> {
        let package = self.package();
        let relative = match package.as_str() {
            "" => full_name,
            package => full_name.strip_prefix(package)?.strip_prefix('.')?,
        };
        let mut names = relative.split('.').peekable();
        let mut block = &self.root;
        while let Some(name) = names.next() {
            let wanted = if names.peek().is_none() { kind } else { BlockKind::Message };
            block = block.child(wanted, name)?;
        }
        Some(block)
    }

    /// The statement of a field or value in a block, and the token of its equals sign.
    pub(super) fn member(&self, block: &Block, name: &str) -> Option<(std::ops::Range<usize>, usize)> {
        let oneofs = block.blocks.iter().filter(|inner| inner.kind == BlockKind::Oneof);
        let statements = block.statements.iter().chain(oneofs.flat_map(|oneof| oneof.statements.iter()));
        let mut found = statements.filter_map(|statement| {
            if matches!(self.word(statement.start), "option" | "reserved" | "extensions") {
                return None;
            }
            let equals = statement.clone().find(|&at| self.is(at, '='))?;
            let own = self.word(equals.checked_sub(1)?);
            let is_group = statement.clone().take(2).any(|at| self.word(at) == "group");
            (own == name || (is_group && own.eq_ignore_ascii_case(name))).then(|| (statement.clone(), equals))
        });
        found.next()
    }

    /// The token that closes what the token at `open` opens.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                TokenKind::Symbol('{' | '[' | '(') => depth += 1,
                TokenKind::Symbol('}' | ']' | ')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }

    fn package(&self) -> String {
        let statement = self.root.statements.iter().find(|statement| self.word(statement.start) == "package");
        let Some(statement) = statement else { return String::new() };
        (statement.start + 1..statement.end).map(|at| self.word(at)).filter(|word| *word != ";").collect()
    }
}

impl Block {
    fn child(&self, kind: BlockKind, name: &str) -> Option<&Self> {
        let is_it = |inner: &&Self| inner.kind == kind && inner.name == name;
        // A group in a oneof is declared in the message around it.
        let oneofs = self.blocks.iter().filter(|inner| inner.kind == BlockKind::Oneof);
        self.blocks.iter().chain(oneofs.flat_map(|oneof| oneof.blocks.iter())).find(is_it)
    }
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    /// Reads up to the brace that closes the block.
    fn block(&mut self, kind: BlockKind, name: String, open: Option<usize>, depth: usize) -> Block {
        let mut block =
            Block { kind, name, open, close: self.tokens.len(), statements: Vec::new(), blocks: Vec::new() };
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                TokenKind::Symbol('}') => {
                    block.close = self.at;
                    self.at += 1;
                    return block;
                }
                TokenKind::Symbol(';') => self.at += 1,
                _ => self.statement(&mut block, depth),
            }
        }
        block
    }

    /// Reads a statement up to its semicolon, or a block.
    fn statement(&mut self, block: &mut Block, depth: usize) {
        let start = self.at;
        let mut nesting = 0usize;
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                TokenKind::Symbol('{') if nesting == 0 && self.opens_block(start) => {
                    return self.inner(block, start, depth);
                }
                TokenKind::Symbol('{' | '[' | '(') => nesting += 1,
                // The block's own end: the statement lacks its semicolon.
                TokenKind::Symbol('}') if nesting == 0 => return block.statements.push(start..self.at),
                TokenKind::Symbol('}' | ']' | ')') => nesting = nesting.saturating_sub(1),
                TokenKind::Symbol(';') if nesting == 0 => {
                    self.at += 1;
                    return block.statements.push(start..self.at);
                }
                _ => {}
            }
            self.at += 1;
        }
        block.statements.push(start..self.at);
    }

    fn inner(&mut self, block: &mut Block, start: usize, depth: usize) {
        let open = self.at;
        let (kind, name) = self.declared(start);
        if self.is_group(start) {
            block.statements.push(start..open);
        }
        self.at += 1;
        if depth >= DEPTH_MAX {
            self.at = self.tokens.len();
            return;
        }
        let inner = self.block(kind, name, Some(open), depth + 1);
        block.blocks.push(inner);
    }

    /// Whether a brace after these tokens opens a block, rather than a value: `option x = {`.
    fn opens_block(&self, start: usize) -> bool {
        !matches!(self.word(start), "option")
            && (self.is_group(start) || !(start..self.at).any(|at| self.word(at) == "="))
    }

    fn is_group(&self, start: usize) -> bool {
        (start..self.at.min(start + 2)).any(|at| self.word(at) == "group")
            && (start..self.at).any(|at| self.word(at) == "=")
    }

    fn declared(&self, start: usize) -> (BlockKind, String) {
        let name = self.word(start + 1).to_owned();
        match self.word(start) {
            _ if self.is_group(start) => {
                let equals = (start..self.at).find(|&at| self.word(at) == "=").unwrap_or(start + 1);
                (BlockKind::Message, self.word(equals.saturating_sub(1)).to_owned())
            }
            "message" => (BlockKind::Message, name),
            "enum" => (BlockKind::Enum, name),
            "oneof" => (BlockKind::Oneof, name),
            _ => (BlockKind::Other, name),
        }
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let start = text.len() - rest.len();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (kind, length) = match first {
            c if c.is_whitespace() => (None, c.len_utf8()),
            '/' if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (None, rest.find("*/").map_or(rest.len(), |at| at + 2)),
            quote @ ('"' | '\'') => (Some(TokenKind::Text), quoted(rest, quote)),
            c if c.is_ascii_digit() => {
                let is_number = |c: char| is_word(c) || c == '.';
                (Some(TokenKind::Number), rest.find(|c| !is_number(c)).unwrap_or(rest.len()))
            }
            c if is_word(c) => (Some(TokenKind::Word), rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            other => (Some(TokenKind::Symbol(other)), other.len_utf8()),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, start, end: start + length });
        }
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    tokens
}

/// The length of a text literal, quotes included.
fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            other if other == quote => return at + other.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}
