//! Enums and services.

use prost_types::enum_descriptor_proto::EnumReservedRange;
use prost_types::{
    EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, EnumValueOptions, MethodDescriptorProto, MethodOptions,
    ServiceDescriptorProto, ServiceOptions,
};

use super::Complaint;
use super::lexer::Kind;
use super::parser::{Beginning, Parser, to_i32};

/// Fields of `EnumDescriptorProto` and its values.
mod tag {
    pub(super) const NAME: i32 = 1;
    pub(super) const VALUE: i32 = 2;
    pub(super) const OPTIONS: i32 = 3;
    pub(super) const RESERVED_RANGE: i32 = 4;
    pub(super) const RESERVED_NAME: i32 = 5;
    /// `EnumValueDescriptorProto.number` and `.options`.
    pub(super) const NUMBER: i32 = 2;
    pub(super) const VALUE_OPTIONS: i32 = 3;
}

/// Fields of `ServiceDescriptorProto` and its methods.
mod service {
    pub(super) const METHOD: i32 = 2;
    pub(super) const OPTIONS: i32 = 3;
    pub(super) const INPUT_TYPE: i32 = 2;
    pub(super) const OUTPUT_TYPE: i32 = 3;
    pub(super) const METHOD_OPTIONS: i32 = 4;
    pub(super) const CLIENT_STREAMING: i32 = 5;
    pub(super) const SERVER_STREAMING: i32 = 6;
}

impl Parser<'_> {
    /// The enum whose keyword is looked at.
    pub(super) fn enumeration(&mut self, beginning: Beginning) -> Result<EnumDescriptorProto, Complaint> {
        let start = self.current().start;
        self.advance()?;
        let (name, token) = self.name("the enum's name")?;
        self.place(&[tag::NAME], token.start, token.end);
        let open = self.current().end;
        self.expect(b'{')?;
        let remarks = self.remarks(beginning, open);
        let mut enumeration = EnumDescriptorProto { name: Some(name), ..EnumDescriptorProto::default() };
        while !self.at_symbol(b'}') {
            self.enum_item(&mut enumeration)?;
        }
        self.advance()?;
        if enumeration.value.is_empty() {
            return Err(
                Complaint::at(start, "this enum has no value".to_owned()).hint("an enum has at least one value")
            );
        }
        let path = self.path.clone();
        self.places.add_with_remarks(&path, start, self.last_end(), remarks);
        Ok(enumeration)
    }

    fn enum_item(&mut self, enumeration: &mut EnumDescriptorProto) -> Result<(), Complaint> {
        let beginning = self.beginning();
        match self.word() {
            // A value may have any name, also that of a keyword.
            Some(_) if self.symbol_ahead(b'=') => {
                let index = enumeration.value.len();
                let value = self.nested(tag::VALUE, index, |parser| parser.enum_value(beginning))?;
                enumeration.value.push(value);
                Ok(())
            }
            Some("option") => {
                let options = &mut enumeration.options.get_or_insert_with(EnumOptions::default).uninterpreted_option;
                self.option_statement(options, tag::OPTIONS)
            }
            Some("reserved") => self.enum_reserved(enumeration, beginning),
            Some(_) => {
                self.advance()?;
                Err(self.unexpected("'='"))
            }
            None if self.at_symbol(b';') => self.advance(),
            None => Err(self.unexpected("a value, or '}'")),
        }
    }

    fn enum_value(&mut self, beginning: Beginning) -> Result<EnumValueDescriptorProto, Complaint> {
        let (name, token) = self.name("the value's name")?;
        self.place(&[tag::NAME], token.start, token.end);
        self.expect(b'=')?;
        let start = self.current().start;
        let number = self.number(i32::MIN)?;
        self.place(&[tag::NUMBER], start, self.last_end());
        let mut value = EnumValueDescriptorProto { name: Some(name), number: Some(number), options: None };
        if self.at_symbol(b'[') {
            let start = self.current().start;
            let mut options = Vec::new();
            let owner = self.below(&[tag::VALUE_OPTIONS]);
            self.compact_options(&[owner], &mut options)?;
            self.place(&[tag::VALUE_OPTIONS], start, self.last_end());
            value.options = Some(EnumValueOptions { uninterpreted_option: options, ..EnumValueOptions::default() });
        }
        self.end_statement(&[], beginning)?;
        Ok(value)
    }

    fn enum_reserved(&mut self, enumeration: &mut EnumDescriptorProto, beginning: Beginning) -> Result<(), Complaint> {
        self.advance()?;
        if self.current().kind != Kind::Integer && !self.at_symbol(b'-') {
            self.reserved_names(tag::RESERVED_NAME, &mut enumeration.reserved_name)?;
            return self.end_statement(&[tag::RESERVED_NAME], beginning);
        }
        loop {
            let path = [tag::RESERVED_RANGE, to_i32(enumeration.reserved_range.len())];
            let range = self.range(&path, i32::MIN)?;
            // Of an enum's range the end is part.
            let end = Some(range.end.unwrap_or(i32::MAX));
            enumeration.reserved_range.push(EnumReservedRange { start: Some(range.start), end });
            if !self.take(b',')? {
                break;
            }
        }
        self.end_statement(&[tag::RESERVED_RANGE], beginning)
    }

    /// The service whose keyword is looked at.
    pub(super) fn service(&mut self, beginning: Beginning) -> Result<ServiceDescriptorProto, Complaint> {
        self.advance()?;
        let (name, token) = self.name("the service's name")?;
        self.place(&[tag::NAME], token.start, token.end);
        let open = self.current().end;
        self.expect(b'{')?;
        let remarks = self.remarks(beginning, open);
        let mut service = ServiceDescriptorProto { name: Some(name), ..ServiceDescriptorProto::default() };
        while !self.at_symbol(b'}') {
            let beginning = self.beginning();
            match self.word() {
                Some("rpc") => {
                    let index = service.method.len();
                    let method = self.nested(service::METHOD, index, |parser| parser.method(beginning))?;
                    service.method.push(method);
                }
                Some("option") => {
                    let options = &mut service.options.get_or_insert_with(ServiceOptions::default).uninterpreted_option;
                    self.option_statement(options, service::OPTIONS)?;
                }
                _ if self.at_symbol(b';') => self.advance()?,
                _ => return Err(self.unexpected("'rpc', 'option' or '}'")),
            }
        }
        self.advance()?;
        let path = self.path.clone();
        self.places.add_with_remarks(&path, beginning.start, self.last_end(), remarks);
        Ok(service)
    }

    fn method(&mut self, beginning: Beginning) -> Result<MethodDescriptorProto, Complaint> {
        self.advance()?;
        let (name, token) = self.name("the method's name")?;
        self.place(&[tag::NAME], token.start, token.end);
        let (input, takes_stream) = self.method_type(service::INPUT_TYPE, service::CLIENT_STREAMING)?;
        self.expect_word("returns")?;
        let (output, gives_stream) = self.method_type(service::OUTPUT_TYPE, service::SERVER_STREAMING)?;
        let mut method = MethodDescriptorProto {
            name: Some(name),
            input_type: Some(input),
            output_type: Some(output),
            client_streaming: takes_stream.then_some(true),
            server_streaming: gives_stream.then_some(true),
            ..MethodDescriptorProto::default()
        };
        if !self.at_symbol(b'{') {
            self.end_statement(&[], beginning)?;
            return Ok(method);
        }
        let open = self.current().end;
        self.advance()?;
        let remarks = self.remarks(beginning, open);
        let options = &mut method.options.get_or_insert_with(MethodOptions::default).uninterpreted_option;
        while !self.at_symbol(b'}') {
            if self.at_word("option") {
                self.option_statement(options, service::METHOD_OPTIONS)?;
            } else if !self.take(b';')? {
                return Err(self.unexpected("'option' or '}'"));
            }
        }
        self.advance()?;
        let path = self.path.clone();
        self.places.add_with_remarks(&path, beginning.start, self.last_end(), remarks);
        Ok(method)
    }

    fn method_type(&mut self, type_tag: i32, stream_tag: i32) -> Result<(String, bool), Complaint> {
        self.expect(b'(')?;
        let token = self.current();
        let streams = self.at_word("stream") && !self.symbol_ahead(b')');
        // `stream.a.B` may be a type in the package `stream`; `stream .a.B` is a stream.
        let streams = streams && !self.is_glued_to_dot();
        if streams {
            self.place(&[stream_tag], token.start, token.end);
            self.advance()?;
        }
        let (name, start, end) = self.type_name("a message")?;
        self.place(&[type_tag], start, end);
        self.expect(b')')?;
        Ok((name, streams))
    }
}
