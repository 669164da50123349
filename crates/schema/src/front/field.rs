//! Fields, groups and maps.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FieldOptions, MessageOptions};

use super::Complaint;
use super::lexer::Kind;
use super::message::FIELD_NUMBER_MAX;
use super::options::PseudoOption;
use super::parser::{Beginning, Parser, Syntax, to_i32};

/// Fields of `FieldDescriptorProto`.
mod tag {
    pub(super) const NAME: i32 = 1;
    pub(super) const NUMBER: i32 = 3;
    pub(super) const LABEL: i32 = 4;
    pub(super) const TYPE: i32 = 5;
    pub(super) const TYPE_NAME: i32 = 6;
    pub(super) const DEFAULT_VALUE: i32 = 7;
    pub(super) const OPTIONS: i32 = 8;
    pub(super) const JSON_NAME: i32 = 10;
    /// `DescriptorProto.name`.
    pub(super) const MESSAGE_NAME: i32 = 1;
}

/// Where a field is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Message,
    Oneof,
    Extend,
}

/// A field's type as written.
enum Written {
    Scalar(Type),
    Named(String),
    Map { key: Type, value: Box<Self> },
}

/// What stands before a field's name.
struct Head {
    beginning: Beginning,
    label: Option<Label>,
    optional: bool,
}

impl Parser<'_> {
    /// The field `index` of the current element's field `tag`; the messages of groups and maps go to `types`.
    pub(super) fn field(
        &mut self,
        scope: Scope,
        tag: i32,
        index: usize,
        types_tag: i32,
        types: &mut Vec<DescriptorProto>,
    ) -> Result<FieldDescriptorProto, Complaint> {
        let head = self.head(scope, tag, index)?;
        if self.at_word("group") && self.word_ahead().is_some() {
            return self.group(&head, tag, index, types_tag, types);
        }
        self.nested(tag, index, |parser| parser.plain_field(scope, &head, types))
    }

    fn head(&mut self, scope: Scope, tag: i32, index: usize) -> Result<Head, Complaint> {
        let beginning = self.beginning();
        let token = self.current();
        let label = match self.word() {
            // `optional.A` is a type of the package `optional`, `optional .A` has a label.
            _ if self.is_glued_to_dot() => None,
            Some("optional") => Some(Label::Optional),
            Some("repeated") => Some(Label::Repeated),
            Some("required") => Some(Label::Required),
            _ => None,
        };
        let refused = |cause: &str, hint| Err(Complaint::at(token.start, cause.to_owned()).hint(hint));
        match (label, self.syntax, scope) {
            (Some(_), _, Scope::Oneof) => {
                return refused("the fields of a oneof have no label", "write the type first");
            }
            (Some(Label::Required), _, Scope::Extend) => {
                return refused("an extension cannot be required", "write `optional`");
            }
            (Some(Label::Required), Syntax::Proto3, _) => {
                return refused(
                    "proto3 has no required fields",
                    "leave the label away; (judi.field).required asks for a value",
                );
            }
            (Some(Label::Required | Label::Optional), Syntax::Edition(_), _) => {
                return refused(
                    "editions have no such label",
                    "leave it away; [features.field_presence = LEGACY_REQUIRED] and EXPLICIT say it",
                );
            }
            (None, Syntax::Proto2, Scope::Message | Scope::Extend) if !self.at_map() => {
                return refused(
                    "every field of proto2 must have a label",
                    "write `optional`, `repeated` or `required`, or use syntax = \"proto3\"",
                );
            }
            _ => {}
        }
        if label.is_some() {
            self.place(&[tag, to_i32(index), tag::LABEL], token.start, token.end);
            self.advance()?;
        }
        Ok(Head { beginning, label, optional: label == Some(Label::Optional) })
    }

    fn at_map(&self) -> bool {
        self.at_word("map") && self.symbol_ahead(b'<')
    }

    fn plain_field(
        &mut self,
        scope: Scope,
        head: &Head,
        types: &mut Vec<DescriptorProto>,
    ) -> Result<FieldDescriptorProto, Complaint> {
        let type_start = self.current().start;
        let written = if self.at_map() { self.map_type(scope, head)? } else { self.written_type()? };
        let type_tag = if matches!(written, Written::Scalar(_)) { tag::TYPE } else { tag::TYPE_NAME };
        self.place(&[type_tag], type_start, self.last_end());
        let (name, token) = self.name("the field's name")?;
        self.place(&[tag::NAME], token.start, token.end);
        let label = head.label.unwrap_or(Label::Optional);
        let mut field = FieldDescriptorProto { name: Some(name), ..FieldDescriptorProto::default() };
        field.set_label(label);
        if head.optional && self.syntax == Syntax::Proto3 && scope == Scope::Message {
            field.proto3_optional = Some(true);
        }
        let bytes = matches!(written, Written::Scalar(Type::Bytes));
        match written {
            Written::Map { key, value } => {
                field.set_label(Label::Repeated);
                field.set_type(Type::Message);
                let entry = map_entry(field.name(), key, *value);
                field.type_name.clone_from(&entry.name);
                types.push(entry);
            }
            other => set_type(&mut field, other),
        }
        self.number_and_options(&mut field, bytes)?;
        self.end_statement(&[], head.beginning)?;
        Ok(field)
    }

    fn written_type(&mut self) -> Result<Written, Complaint> {
        let scalar = self.word().filter(|_| !self.is_glued_to_dot()).and_then(scalar);
        if let Some(scalar) = scalar {
            self.advance()?;
            return Ok(Written::Scalar(scalar));
        }
        let (name, _, _) = self.type_name("a type")?;
        Ok(Written::Named(name))
    }

    fn map_type(&mut self, scope: Scope, head: &Head) -> Result<Written, Complaint> {
        let at = self.current().start;
        if scope != Scope::Message || head.label.is_some() {
            let cause = "a map has no label, and is neither in a oneof nor an extension";
            return Err(Complaint::at(at, cause.to_owned()).hint("put it into a message of its own"));
        }
        self.advance()?;
        self.expect(b'<')?;
        let key_at = self.current().start;
        let key = self.word().and_then(scalar);
        let key = key.filter(|key| !matches!(key, Type::Float | Type::Double | Type::Bytes)).ok_or_else(|| {
            Complaint::at(key_at, "this cannot be the key of a map".to_owned()).hint("an integer type, bool or string")
        })?;
        self.advance()?;
        self.expect(b',')?;
        let value = Box::new(self.written_type()?);
        self.expect(b'>')?;
        Ok(Written::Map { key, value })
    }

    fn group(
        &mut self,
        head: &Head,
        tag: i32,
        index: usize,
        types_tag: i32,
        types: &mut Vec<DescriptorProto>,
    ) -> Result<FieldDescriptorProto, Complaint> {
        let keyword = self.current();
        if self.syntax != Syntax::Proto2 {
            return Err(Complaint::at(keyword.start, "groups are of proto2".to_owned())
                .hint("use a message; in an edition with [features.message_encoding = DELIMITED]"));
        }
        self.advance()?;
        let (name, token) = self.name("the group's name")?;
        if !name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            return Err(Complaint::at(token.start, "a group's name begins with a capital letter".to_owned()));
        }
        let mut field = FieldDescriptorProto { name: Some(name.to_ascii_lowercase()), ..Default::default() };
        field.set_label(head.label.unwrap_or(Label::Optional));
        field.set_type(Type::Group);
        field.type_name = Some(name.clone());
        self.nested(tag, index, |parser| {
            parser.place(&[tag::TYPE_NAME], keyword.start, keyword.end);
            parser.place(&[tag::NAME], token.start, token.end);
            parser.number_and_options(&mut field, false)
        })?;
        let mut message = DescriptorProto { name: Some(name), ..DescriptorProto::default() };
        let start = head.beginning.start;
        let type_index = types.len();
        self.nested(types_tag, type_index, |parser| {
            parser.place(&[tag::MESSAGE_NAME], token.start, token.end);
            let remarks = parser.body(&mut message, head.beginning)?;
            let path = parser.path.clone();
            parser.places.add_with_remarks(&path, start, parser.last_end(), remarks);
            Ok(())
        })?;
        self.place(&[tag, to_i32(index)], start, self.last_end());
        types.push(message);
        Ok(field)
    }

    /// `= 7 [ … ]`.
    fn number_and_options(&mut self, field: &mut FieldDescriptorProto, is_bytes: bool) -> Result<(), Complaint> {
        self.expect(b'=')?;
        let token = self.current();
        if token.kind != Kind::Integer {
            return Err(self.unexpected("the field's number"));
        }
        let number = super::options::integer(self.slice(token)).and_then(|number| i32::try_from(number).ok());
        let number = number
            .filter(|number| *number >= 1)
            .ok_or_else(|| Complaint::at(token.start, format!("field numbers are from 1 to {FIELD_NUMBER_MAX}")))?;
        field.number = Some(number);
        self.advance()?;
        self.place(&[tag::NUMBER], token.start, token.end);
        if !self.at_symbol(b'[') {
            return Ok(());
        }
        let start = self.current().start;
        let mut options = Vec::new();
        let owner = self.below(&[tag::OPTIONS]);
        let pseudo = self.field_options(owner, &mut options)?;
        if !options.is_empty() {
            self.place(&[tag::OPTIONS], start, self.last_end());
            field.options = Some(FieldOptions { uninterpreted_option: options, ..FieldOptions::default() });
        }
        for option in pseudo {
            self.pseudo_option(field, option, is_bytes)?;
        }
        Ok(())
    }

    /// `default` and `json_name` look like options and are members of the field itself.
    fn pseudo_option(
        &mut self,
        field: &mut FieldDescriptorProto,
        option: PseudoOption,
        is_bytes: bool,
    ) -> Result<(), Complaint> {
        let twice = || Err(Complaint::at(option.start, format!("{} is set twice", option.name)));
        if option.name == "json_name" {
            if field.json_name.is_some() {
                return twice();
            }
            let Some(bytes) = option.value.string_value else {
                return Err(Complaint::at(option.value_start, "a JSON name is a string".to_owned()));
            };
            let name = String::from_utf8(bytes)
                .map_err(|_| Complaint::at(option.value_start, "this string is not UTF-8".to_owned()))?;
            field.json_name = Some(name);
            self.place(&[tag::JSON_NAME], option.start, option.end);
            return Ok(());
        }
        if field.default_value.is_some() {
            return twice();
        }
        let refused = |cause: &str, hint| Err(Complaint::at(option.start, cause.to_owned()).hint(hint));
        if self.syntax == Syntax::Proto3 {
            return refused("proto3 has no defaults", "the default is zero or empty; `optional` tells unset apart");
        }
        if field.label() == Label::Repeated || matches!(field.r#type, Some(kind) if kind == Type::Message as i32) {
            return refused("only single values have defaults", "leave it away");
        }
        let text = super::options::default_text(field.r#type, &option.value, is_bytes);
        let Some(text) = text else {
            return Err(Complaint::at(option.value_start, "this is not a value of the field's type".to_owned()));
        };
        field.default_value = Some(text);
        self.place(&[tag::DEFAULT_VALUE], option.start, option.end);
        Ok(())
    }
}

fn set_type(field: &mut FieldDescriptorProto, written: Written) {
    match written {
        Written::Scalar(scalar) => field.set_type(scalar),
        Written::Named(name) => field.type_name = Some(name),
        Written::Map { .. } => {}
    }
}

/// The message that a map's entries are, as if it were declared.
fn map_entry(field_name: &str, key: Type, value: Written) -> DescriptorProto {
    let part = |name: &str, number: i32, written: Written| {
        let mut field = FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            json_name: Some(name.to_owned()),
            ..FieldDescriptorProto::default()
        };
        field.set_label(Label::Optional);
        set_type(&mut field, written);
        field
    };
    DescriptorProto {
        name: Some(entry_name(field_name)),
        field: vec![part("key", 1, Written::Scalar(key)), part("value", 2, value)],
        options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
        ..DescriptorProto::default()
    }
}

/// `my_map` → `MyMapEntry`.
fn entry_name(field_name: &str) -> String {
    let mut name = String::with_capacity(field_name.len() + 5);
    let mut capital = true;
    for letter in field_name.chars() {
        if letter == '_' {
            capital = true;
        } else {
            name.push(if capital { letter.to_ascii_uppercase() } else { letter });
            capital = false;
        }
    }
    name.push_str("Entry");
    name
}

fn scalar(word: &str) -> Option<Type> {
    Some(match word {
        "double" => Type::Double,
        "float" => Type::Float,
        "int64" => Type::Int64,
        "uint64" => Type::Uint64,
        "int32" => Type::Int32,
        "fixed64" => Type::Fixed64,
        "fixed32" => Type::Fixed32,
        "bool" => Type::Bool,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "uint32" => Type::Uint32,
        "sfixed32" => Type::Sfixed32,
        "sfixed64" => Type::Sfixed64,
        "sint32" => Type::Sint32,
        "sint64" => Type::Sint64,
        _ => return None,
    })
}
