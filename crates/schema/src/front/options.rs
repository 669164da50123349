//! Options, as written: names and values are interpreted when the file is linked.

use prost_types::UninterpretedOption;
use prost_types::field_descriptor_proto::Type;
use prost_types::uninterpreted_option::NamePart;

use super::comments::Remarks;
use super::lexer::{Kind, Token};
use super::parser::{Parser, Syntax, to_i32};
use super::places::UNINTERPRETED_OPTION;
use super::{Complaint, NESTING_MAX};

/// `default = …` or `json_name = …`.
pub(super) struct PseudoOption {
    pub(super) name: &'static str,
    pub(super) value: UninterpretedOption,
    pub(super) start: usize,
    pub(super) value_start: usize,
    pub(super) end: usize,
}

impl Parser<'_> {
    /// `option a.(b).c = value;`, of the options that are field `tag` of the current element.
    pub(super) fn option_statement(
        &mut self,
        options: &mut Vec<UninterpretedOption>,
        tag: i32,
    ) -> Result<(), Complaint> {
        let beginning = self.beginning();
        self.advance()?;
        let owner = self.below(&[tag]);
        let path = [owner.as_slice(), &[UNINTERPRETED_OPTION, to_i32(options.len())]].concat();
        let mut inner = Vec::new();
        let option = self.option(&mut inner)?;
        let end = self.current().end;
        self.expect(b';')?;
        let remarks = self.remarks(beginning, end);
        self.places.add(&owner, beginning.start, end);
        self.places.add_option(&path, &option.name, beginning.start, end, remarks);
        for (name, start, end) in inner {
            self.places.add_option(&path, &name, start, end, Remarks::default());
        }
        options.push(option);
        Ok(())
    }

    /// `[a = 1, (b) = 2]`, of every options message in `owners`.
    pub(super) fn compact_options(
        &mut self,
        owners: &[Vec<i32>],
        options: &mut Vec<UninterpretedOption>,
    ) -> Result<(), Complaint> {
        self.options_in_brackets(owners, options, None)
    }

    /// The same of a field; what is no option is given back.
    pub(super) fn field_options(
        &mut self,
        owner: Vec<i32>,
        options: &mut Vec<UninterpretedOption>,
    ) -> Result<Vec<PseudoOption>, Complaint> {
        let mut pseudo = Vec::new();
        self.options_in_brackets(&[owner], options, Some(&mut pseudo))?;
        Ok(pseudo)
    }

    fn options_in_brackets(
        &mut self,
        owners: &[Vec<i32>],
        options: &mut Vec<UninterpretedOption>,
        mut pseudo: Option<&mut Vec<PseudoOption>>,
    ) -> Result<(), Complaint> {
        self.expect(b'[')?;
        loop {
            let start = self.current().start;
            let mut inner = Vec::new();
            let mut option = self.option(&mut inner)?;
            let end = self.last_end();
            match pseudo_name(&option.name).zip(pseudo.as_deref_mut()) {
                Some((name, pseudo)) => {
                    let value_start = inner.first().map_or(start, |(_, start, _)| *start);
                    option.name.clear();
                    pseudo.push(PseudoOption { name, value: option, start, value_start, end });
                }
                None => {
                    for owner in owners {
                        let path = [owner.as_slice(), &[UNINTERPRETED_OPTION, to_i32(options.len())]].concat();
                        self.places.add_option(&path, &option.name, start, end, Remarks::default());
                        for (name, start, end) in &inner {
                            self.places.add_option(&path, name, *start, *end, Remarks::default());
                        }
                    }
                    options.push(option);
                }
            }
            if !self.take(b',')? {
                break;
            }
        }
        self.expect(b']')
    }

    /// `a.(b).c = value`. `inner` gets the members of a message that sets features, with their whole names.
    fn option(&mut self, inner: &mut Vec<(Vec<NamePart>, usize, usize)>) -> Result<UninterpretedOption, Complaint> {
        let start = self.current().start;
        let name = self.option_name()?;
        let is_of_features = name.first().is_some_and(|part| part.name_part == "features" && !part.is_extension);
        if is_of_features && !matches!(self.syntax, Syntax::Edition(_)) {
            return Err(Complaint::at(start, "features are of editions".to_owned())
                .hint("write edition = \"2023\"; instead of the syntax"));
        }
        self.expect(b'=')?;
        let mut option = UninterpretedOption { name, ..UninterpretedOption::default() };
        let at = self.current().start;
        if self.at_symbol(b'{') {
            let members = is_of_features.then_some(&mut *inner);
            option.aggregate_value = Some(self.aggregate(&option.name, members)?);
        } else {
            self.value(&mut option)?;
        }
        if pseudo_name(&option.name).is_some() {
            inner.push((Vec::new(), at, at));
        }
        Ok(option)
    }

    fn option_name(&mut self) -> Result<Vec<NamePart>, Complaint> {
        let mut name = Vec::new();
        loop {
            if self.take(b'(')? {
                let (name_part, _, _) = self.type_name("the name of an extension")?;
                self.expect(b')')?;
                name.push(NamePart { name_part, is_extension: true });
            } else {
                let (name_part, _) = self.name("the option's name")?;
                name.push(NamePart { name_part, is_extension: false });
            }
            if !self.take(b'.')? {
                return Ok(name);
            }
        }
    }

    fn value(&mut self, option: &mut UninterpretedOption) -> Result<(), Complaint> {
        let what = "a value: a number, a name, a string or { … }";
        if self.current().kind == Kind::Text {
            option.string_value = Some(self.bytes(what)?);
            return Ok(());
        }
        let at = self.current().start;
        let is_negative = self.take(b'-')?;
        let token = self.current();
        let text = self.slice(token);
        match token.kind {
            Kind::Word if !is_negative => option.identifier_value = Some(text.to_owned()),
            Kind::Word if matches!(text, "inf" | "nan" | "infinity") => {
                option.double_value = Some(if text == "nan" { f64::NAN } else { f64::NEG_INFINITY });
            }
            Kind::Integer => match (integer(text), is_negative) {
                (Some(number), false) => option.positive_int_value = Some(number),
                (Some(number), true) => match 0_i64.checked_sub_unsigned(number) {
                    Some(negative) => option.negative_int_value = Some(negative),
                    None => option.double_value = Some(-float(text).unwrap_or_default()),
                },
                (None, _) => {
                    let number = float(text).ok_or_else(|| Complaint::at(at, "this number is too large".to_owned()))?;
                    option.double_value = Some(if is_negative { -number } else { number });
                }
            },
            Kind::Float => {
                let number = float(text).ok_or_else(|| Complaint::at(at, "this is not a number".to_owned()))?;
                option.double_value = Some(if is_negative { -number } else { number });
            }
            _ => return Err(self.unexpected(what)),
        }
        self.advance()
    }

    /// `{ … }` as text without comments, for the text format's own parser; its nesting is bounded here.
    fn aggregate(
        &mut self,
        name: &[NamePart],
        mut members: Option<&mut Vec<(Vec<NamePart>, usize, usize)>>,
    ) -> Result<String, Complaint> {
        let open = self.current();
        let mut text = String::new();
        let mut scopes = vec![Member { closes: b'}', name: Vec::new(), start: None }];
        self.advance()?;
        loop {
            let token = self.current();
            match token.kind {
                Kind::End => return Err(Complaint::at(open.start, "this value does not end".to_owned())),
                Kind::Symbol(symbol @ (b'}' | b']' | b'>')) => {
                    if scopes.last().is_none_or(|scope| scope.closes != symbol) {
                        return Err(self.unexpected("the bracket that closes the last one"));
                    }
                    scopes.pop();
                    if scopes.is_empty() {
                        self.advance()?;
                        return Ok(text);
                    }
                }
                Kind::Symbol(symbol @ (b'{' | b'[' | b'<')) => {
                    if scopes.len() > NESTING_MAX as usize {
                        return Err(Complaint::at(
                            token.start,
                            format!("this value is nested more than {NESTING_MAX} deep"),
                        ));
                    }
                    let closes = if symbol == b'<' { b'>' } else { symbol + 2 };
                    scopes.push(Member { closes, name: Vec::new(), start: None });
                }
                _ => {}
            }
            let end_before = self.last_end();
            if !text.is_empty() && end_before != token.start {
                text.push(' ');
            }
            text.push_str(self.slice(token));
            self.advance()?;
            if let Some(members) = members.as_deref_mut() {
                self.note_member(name, &mut scopes, token, members);
            }
        }
    }

    /// Follows names and values in a message that sets features: `field_presence: IMPLICIT`, `[pb.cpp] { … }`.
    fn note_member(
        &self,
        name: &[NamePart],
        scopes: &mut [Member],
        token: Token,
        members: &mut Vec<(Vec<NamePart>, usize, usize)>,
    ) {
        let depth = scopes.len();
        if token.kind == Kind::Symbol(b']') {
            return;
        }
        let in_brackets = scopes.last().is_some_and(|scope| scope.closes == b']');
        let Some(scope) = scopes.get_mut(if in_brackets { depth.saturating_sub(2) } else { depth - 1 }) else { return };
        match token.kind {
            Kind::Word if in_brackets => {
                // The name of an extension, in parts: `[pb.cpp]`.
                let part = self.slice(token);
                match scope.name.last_mut().filter(|part| part.is_extension) {
                    Some(last) => {
                        last.name_part.push('.');
                        last.name_part.push_str(part);
                    }
                    None => {
                        scope.name = vec![NamePart { name_part: part.to_owned(), is_extension: true }];
                        scope.start = Some(token.start);
                    }
                }
            }
            Kind::Word if scope.start.is_none() => {
                scope.name = vec![NamePart { name_part: self.slice(token).to_owned(), is_extension: false }];
                scope.start = Some(token.start);
            }
            Kind::Word | Kind::Integer | Kind::Float | Kind::Text => {
                let start = scope.start.take();
                let inner = std::iter::once(name).chain(scopes.iter().map(|scope| scope.name.as_slice()));
                let whole: Vec<NamePart> = inner.flatten().cloned().collect();
                if let Some(start) = start {
                    members.push((whole, start, token.end));
                }
                if let Some(scope) = scopes.last_mut() {
                    scope.name.clear();
                }
            }
            Kind::Symbol(b'}' | b'>') => {
                scope.name.clear();
                scope.start = None;
            }
            _ => {}
        }
    }
}

/// A message inside of a value that is being read, and the member of it that is.
struct Member {
    closes: u8,
    name: Vec<NamePart>,
    start: Option<usize>,
}

fn pseudo_name(name: &[NamePart]) -> Option<&'static str> {
    match name {
        [NamePart { name_part, is_extension: false }] if name_part == "default" => Some("default"),
        [NamePart { name_part, is_extension: false }] if name_part == "json_name" => Some("json_name"),
        _ => None,
    }
}

/// A decimal, hexadecimal or octal literal.
pub(super) fn integer(text: &str) -> Option<u64> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

fn float(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A default as descriptors have it. `kind` is the field's type where it is a scalar.
pub(super) fn default_text(kind: Option<i32>, value: &UninterpretedOption, is_bytes: bool) -> Option<String> {
    let kind = kind.and_then(|kind| Type::try_from(kind).ok());
    match kind {
        None => value.identifier_value.clone(),
        Some(Type::Bool) => value.identifier_value.clone().filter(|value| value == "true" || value == "false"),
        Some(Type::String | Type::Bytes) => {
            let bytes = value.string_value.clone()?;
            if is_bytes { Some(escaped(&bytes)) } else { String::from_utf8(bytes).ok() }
        }
        Some(Type::Float | Type::Double) => {
            if let Some(word) = &value.identifier_value {
                return Some(word.clone()).filter(|word| word == "inf" || word == "nan");
            }
            let number = value.double_value.or_else(|| whole_number(value).map(approximate))?;
            Some(match number {
                number if number.is_nan() => "nan".to_owned(),
                number if number.is_infinite() => if number > 0.0 { "inf" } else { "-inf" }.to_owned(),
                number => number.to_string(),
            })
        }
        Some(Type::Group | Type::Message) => None,
        Some(_) => whole_number(value).map(|number| number.to_string()),
    }
}

fn whole_number(value: &UninterpretedOption) -> Option<i128> {
    value.positive_int_value.map(i128::from).or_else(|| value.negative_int_value.map(i128::from))
}

#[expect(clippy::cast_precision_loss, reason = "a default of a floating-point field has that type's precision")]
const fn approximate(number: i128) -> f64 {
    number as f64
}

/// Bytes as a C string's inside: what `default_value` of a bytes field has.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'"' | b'\'' | b'\\' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                text.push('\\');
                text.push(char::from(b'0' + (byte >> 6)));
                text.push(char::from(b'0' + ((byte >> 3) & 7)));
                text.push(char::from(b'0' + (byte & 7)));
            }
        }
    }
    text
}
