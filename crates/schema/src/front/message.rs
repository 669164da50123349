//! Messages: what is declared inside of one, oneofs, extensions, ranges and reserved names.

use prost_types::descriptor_proto::{ExtensionRange, ReservedRange};
use prost_types::{
    DescriptorProto, ExtensionRangeOptions, FieldDescriptorProto, MessageOptions, OneofDescriptorProto, OneofOptions,
    UninterpretedOption,
};

use super::Complaint;
use super::field::Scope;
use super::lexer::Kind;
use super::parser::{Beginning, Parser, Syntax, to_i32};

/// Fields of `DescriptorProto`.
mod tag {
    pub(super) const NAME: i32 = 1;
    pub(super) const FIELD: i32 = 2;
    pub(super) const NESTED_TYPE: i32 = 3;
    pub(super) const ENUM_TYPE: i32 = 4;
    pub(super) const EXTENSION_RANGE: i32 = 5;
    pub(super) const EXTENSION: i32 = 6;
    pub(super) const OPTIONS: i32 = 7;
    pub(super) const ONEOF_DECL: i32 = 8;
    pub(super) const RESERVED_RANGE: i32 = 9;
    pub(super) const RESERVED_NAME: i32 = 10;
    /// `OneofDescriptorProto.options`, `FieldDescriptorProto.extendee`, `ExtensionRange.options`.
    pub(super) const ONEOF_OPTIONS: i32 = 2;
    pub(super) const EXTENDEE: i32 = 2;
    pub(super) const RANGE_OPTIONS: i32 = 3;
    /// `start` and `end` of all ranges.
    pub(super) const START: i32 = 1;
    pub(super) const END: i32 = 2;
}

/// The highest number of a field.
pub(super) const FIELD_NUMBER_MAX: i32 = 536_870_911;

/// A range as written; `end` is the last number, nothing for `max`.
pub(super) struct NumberRange {
    pub(super) start: i32,
    pub(super) end: Option<i32>,
}

impl Parser<'_> {
    /// The message whose keyword is looked at.
    pub(super) fn message(&mut self, beginning: Beginning) -> Result<DescriptorProto, Complaint> {
        // A location begins at the keyword, behind `export` and `local`.
        let start = self.current().start;
        self.advance()?;
        let (name, token) = self.name("the message's name")?;
        self.place(&[tag::NAME], token.start, token.end);
        let mut message = DescriptorProto { name: Some(name), ..DescriptorProto::default() };
        let remarks = self.body(&mut message, beginning)?;
        let path = self.path.clone();
        self.places.add_with_remarks(&path, start, self.last_end(), remarks);
        Ok(message)
    }

    /// `{ … }` of a message or group: its remarks are those of the declaration that it belongs to.
    pub(super) fn body(
        &mut self,
        message: &mut DescriptorProto,
        beginning: Beginning,
    ) -> Result<super::comments::Remarks, Complaint> {
        let end = self.current().end;
        self.expect(b'{')?;
        let remarks = self.remarks(beginning, end);
        self.deeper(|parser| {
            while !parser.at_symbol(b'}') {
                parser.message_item(message)?;
            }
            Ok(())
        })?;
        self.advance()?;
        self.widen_ranges_of_message_set(message);
        add_synthetic_oneofs(message);
        Ok(remarks)
    }

    fn message_item(&mut self, message: &mut DescriptorProto) -> Result<(), Complaint> {
        let beginning = self.beginning();
        match self.word() {
            Some("extend") => {
                let DescriptorProto { extension, nested_type, .. } = message;
                self.extend(tag::EXTENSION, extension, tag::NESTED_TYPE, nested_type)
            }
            // Any other keyword that a dot follows is the name of a package.
            _ if self.symbol_ahead(b'.') => self.message_field(message),
            Some("message" | "enum") if self.word_ahead().is_some() => self.nested_type(message, beginning),
            Some("export" | "local") if matches!(self.word_ahead(), Some("message" | "enum")) => {
                self.advance()?;
                self.nested_type(message, beginning)
            }
            Some("oneof") => self.oneof(message, beginning),
            Some("extensions") => self.extension_ranges(message, beginning),
            Some("reserved") => self.reserved(message, beginning),
            Some("option") => {
                let options = &mut message.options.get_or_insert_with(MessageOptions::default).uninterpreted_option;
                self.option_statement(options, tag::OPTIONS)
            }
            _ if self.at_symbol(b';') => self.advance(),
            Some(_) => self.message_field(message),
            None if self.at_symbol(b'.') => self.message_field(message),
            None => Err(self.unexpected("a field, or '}'")),
        }
    }

    fn nested_type(&mut self, message: &mut DescriptorProto, beginning: Beginning) -> Result<(), Complaint> {
        if self.at_word("message") {
            let index = message.nested_type.len();
            let nested = self.nested(tag::NESTED_TYPE, index, |parser| parser.message(beginning))?;
            message.nested_type.push(nested);
        } else {
            let index = message.enum_type.len();
            let nested = self.nested(tag::ENUM_TYPE, index, |parser| parser.enumeration(beginning))?;
            message.enum_type.push(nested);
        }
        Ok(())
    }

    fn message_field(&mut self, message: &mut DescriptorProto) -> Result<(), Complaint> {
        let DescriptorProto { field, nested_type, .. } = message;
        let read = self.field(Scope::Message, tag::FIELD, field.len(), tag::NESTED_TYPE, nested_type)?;
        field.push(read);
        Ok(())
    }

    fn oneof(&mut self, message: &mut DescriptorProto, beginning: Beginning) -> Result<(), Complaint> {
        let index = message.oneof_decl.len();
        self.nested(tag::ONEOF_DECL, index, |parser| {
            parser.advance()?;
            let (name, token) = parser.name("the oneof's name")?;
            parser.place(&[tag::NAME], token.start, token.end);
            message.oneof_decl.push(OneofDescriptorProto { name: Some(name), options: None });
            let end = parser.current().end;
            parser.expect(b'{')?;
            let remarks = parser.remarks(beginning, end);
            let fields_before = message.field.len();
            while !parser.at_symbol(b'}') {
                parser.oneof_item(message, index)?;
            }
            parser.advance()?;
            if message.field.len() == fields_before {
                return Err(Complaint::at(beginning.start, "this oneof has no field".to_owned())
                    .hint("a oneof has at least one field"));
            }
            let path = parser.path.clone();
            parser.places.add_with_remarks(&path, beginning.start, parser.last_end(), remarks);
            Ok(())
        })
    }

    fn oneof_item(&mut self, message: &mut DescriptorProto, index: usize) -> Result<(), Complaint> {
        if self.at_word("option") && !self.symbol_ahead(b'.') {
            let oneof = message.oneof_decl.last_mut();
            let mut unused = Vec::new();
            let options: &mut Vec<UninterpretedOption> = match oneof {
                Some(oneof) => &mut oneof.options.get_or_insert_with(OneofOptions::default).uninterpreted_option,
                None => &mut unused,
            };
            return self.option_statement(options, tag::ONEOF_OPTIONS);
        }
        if self.at_symbol(b';') {
            return self.advance();
        }
        // The fields of a oneof are the message's.
        let inside = self.path.split_off(self.path.len().saturating_sub(2));
        let DescriptorProto { field, nested_type, .. } = message;
        let read = self.field(Scope::Oneof, tag::FIELD, field.len(), tag::NESTED_TYPE, nested_type);
        self.path.extend(inside);
        let mut read = read?;
        read.oneof_index = Some(to_i32(index));
        field.push(read);
        Ok(())
    }

    /// `extend M { … }`: its fields go to `extensions`, the messages of groups to `types`.
    pub(super) fn extend(
        &mut self,
        tag: i32,
        extensions: &mut Vec<FieldDescriptorProto>,
        types_tag: i32,
        types: &mut Vec<DescriptorProto>,
    ) -> Result<(), Complaint> {
        let beginning = self.beginning();
        self.advance()?;
        let (extendee, start, end) = self.type_name("the message that is extended")?;
        let open = self.current().end;
        self.expect(b'{')?;
        let remarks = self.remarks(beginning, open);
        let before = extensions.len();
        while !self.at_symbol(b'}') {
            if self.take(b';')? {
                continue;
            }
            self.place(&[tag, to_i32(extensions.len()), tag::EXTENDEE], start, end);
            let mut extension = self.field(Scope::Extend, tag, extensions.len(), types_tag, types)?;
            extension.extendee = Some(extendee.clone());
            extensions.push(extension);
        }
        self.advance()?;
        if extensions.len() == before {
            return Err(Complaint::at(beginning.start, "nothing is declared here".to_owned())
                .hint("an extend block has at least one field"));
        }
        let path = self.below(&[tag]);
        self.places.add_with_remarks(&path, beginning.start, self.last_end(), remarks);
        Ok(())
    }

    fn extension_ranges(&mut self, message: &mut DescriptorProto, beginning: Beginning) -> Result<(), Complaint> {
        self.advance()?;
        let first = message.extension_range.len();
        loop {
            let path = [tag::EXTENSION_RANGE, to_i32(message.extension_range.len())];
            let range = self.range(&path, 1)?;
            let end = range.end.map_or(i32::MAX, |end| end.saturating_add(1));
            message.extension_range.push(ExtensionRange { start: Some(range.start), end: Some(end), options: None });
            if !self.take(b',')? {
                break;
            }
        }
        if self.at_symbol(b'[') {
            let start = self.current();
            let mut options = Vec::new();
            let ranges = first..message.extension_range.len();
            let owners: Vec<Vec<i32>> =
                ranges.map(|index| self.below(&[tag::EXTENSION_RANGE, to_i32(index), tag::RANGE_OPTIONS])).collect();
            self.compact_options(&owners, &mut options)?;
            for owner in &owners {
                self.places.add(owner, start.start, self.last_end());
            }
            for range in message.extension_range.iter_mut().skip(first) {
                let uninterpreted_option = options.clone();
                range.options = Some(ExtensionRangeOptions { uninterpreted_option });
            }
        }
        self.end_statement(&[tag::EXTENSION_RANGE], beginning)
    }

    fn reserved(&mut self, message: &mut DescriptorProto, beginning: Beginning) -> Result<(), Complaint> {
        self.advance()?;
        if self.current().kind != Kind::Integer {
            self.reserved_names(tag::RESERVED_NAME, &mut message.reserved_name)?;
            return self.end_statement(&[tag::RESERVED_NAME], beginning);
        }
        loop {
            let path = [tag::RESERVED_RANGE, to_i32(message.reserved_range.len())];
            let range = self.range(&path, 1)?;
            let end = range.end.unwrap_or(FIELD_NUMBER_MAX).saturating_add(1);
            message.reserved_range.push(ReservedRange { start: Some(range.start), end: Some(end) });
            if !self.take(b',')? {
                break;
            }
        }
        self.end_statement(&[tag::RESERVED_RANGE], beginning)
    }

    /// Reserved names, as strings or, as editions have them, as words.
    pub(super) fn reserved_names(&mut self, tag: i32, names: &mut Vec<String>) -> Result<(), Complaint> {
        loop {
            let start = self.current().start;
            let name = match self.word() {
                Some(word) if matches!(self.syntax, Syntax::Edition(_)) => {
                    self.advance()?;
                    word.to_owned()
                }
                _ => self.utf8_string("a number, or a name")?,
            };
            self.place(&[tag, to_i32(names.len())], start, self.last_end());
            names.push(name);
            if !self.take(b',')? {
                return Ok(());
            }
        }
    }

    /// `7`, `7 to 9` or `7 to max`, none below `least`.
    pub(super) fn range(&mut self, path: &[i32], least: i32) -> Result<NumberRange, Complaint> {
        let from = self.current().start;
        let start = self.number(least)?;
        let start_end = self.last_end();
        let mut to = from;
        let mut end = Some(start);
        if self.at_word("to") {
            self.advance()?;
            to = self.current().start;
            end = if self.at_word("max") {
                self.advance()?;
                None
            } else {
                Some(self.number(least)?)
            };
        }
        if end.is_some_and(|end| end < start) {
            return Err(Complaint::at(from, "this range ends before it begins".to_owned()));
        }
        let last = self.last_end();
        let part = |part: i32| [path, &[part]].concat();
        self.place(path, from, last);
        self.place(&part(tag::START), from, start_end);
        self.place(&part(tag::END), to, last);
        Ok(NumberRange { start, end })
    }

    /// An integer with its sign, not below `least`.
    pub(super) fn number(&mut self, least: i32) -> Result<i32, Complaint> {
        let at = self.current().start;
        let is_negative = least < 0 && self.take(b'-')?;
        let token = self.current();
        if token.kind != Kind::Integer {
            return Err(self.unexpected("a number"));
        }
        let number = super::options::integer(self.slice(token)).and_then(|number| i64::try_from(number).ok());
        self.advance()?;
        let number = number.map(|number| if is_negative { -number } else { number });
        number.and_then(|number| i32::try_from(number).ok()).filter(|number| *number >= least).ok_or_else(|| {
            let most = if least < 0 { i32::MAX } else { FIELD_NUMBER_MAX };
            Complaint::at(at, format!("numbers here are from {least} to {most}"))
        })
    }

    /// What `max` means depends on an option that may stand below it.
    fn widen_ranges_of_message_set(&self, message: &mut DescriptorProto) {
        let is_message_set = message.options.iter().flat_map(|options| &options.uninterpreted_option).any(|option| {
            let is_named = option.name.len() == 1
                && option.name.iter().all(|part| part.name_part == "message_set_wire_format" && !part.is_extension);
            is_named && option.identifier_value.as_deref() == Some("true")
        });
        if !is_message_set {
            for range in message.extension_range.iter_mut().filter(|range| range.end == Some(i32::MAX)) {
                range.end = Some(FIELD_NUMBER_MAX + 1);
            }
        }
    }
}

/// The oneofs that stand for `optional` in proto3; they come after all others.
fn add_synthetic_oneofs(message: &mut DescriptorProto) {
    let DescriptorProto { field, oneof_decl, .. } = message;
    let mut taken: std::collections::HashSet<String> = field
        .iter()
        .filter_map(|field| field.name.clone())
        .chain(oneof_decl.iter().filter_map(|o| o.name.clone()))
        .collect();
    for field in field.iter_mut().filter(|field| field.proto3_optional == Some(true)) {
        let mut name = format!("_{}", field.name());
        while !taken.insert(name.clone()) {
            name.insert(0, 'X');
        }
        field.oneof_index = Some(to_i32(oneof_decl.len()));
        oneof_decl.push(OneofDescriptorProto { name: Some(name), options: None });
    }
}
