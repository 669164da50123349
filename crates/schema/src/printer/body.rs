//! What stands in a file or a message: messages, fields, oneofs and extensions, in an order that compiles back.
//!
//! Fields, extensions and messages are lists of their own, and each list's order is that of the text. They meet
//! where a field or an extension brings a message with it: a group its own, a map its entry. So messages are
//! printed one after the other, and one that is brought along is printed by printing its field, after all
//! fields before it.

use std::collections::HashMap;

use prost_reflect::{
    ExtensionDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, OneofDescriptor, Syntax,
};

use super::{PrintError, Printer};

/// The lists of one scope.
#[derive(Debug)]
pub(super) struct Body {
    syntax: Syntax,
    messages: Vec<MessageDescriptor>,
    elements: Vec<Element>,
    extensions: Vec<ExtensionDescriptor>,
    /// By the full name of a message that is brought along.
    brought_by: HashMap<String, Bringer>,
}

/// A field that stands alone, or a oneof with its fields.
#[derive(Debug)]
pub(super) enum Element {
    Field(FieldDescriptor),
    Oneof(OneofDescriptor, Vec<FieldDescriptor>),
}

/// What brings a message along: the index of an element, or of an extension.
#[derive(Debug, Clone, Copy)]
enum Bringer {
    Element(usize),
    Extension(usize),
}

impl Body {
    pub(super) fn of_file(file: &FileDescriptor) -> Self {
        Self::new(file.syntax(), file.messages().collect(), Vec::new(), file.extensions().collect())
    }

    pub(super) fn of_message(message: &MessageDescriptor) -> Self {
        let syntax = message.parent_file().syntax();
        let (messages, extensions) = (message.child_messages().collect(), message.child_extensions().collect());
        Self::new(syntax, messages, elements(message), extensions)
    }

    fn new(
        syntax: Syntax,
        messages: Vec<MessageDescriptor>,
        elements: Vec<Element>,
        extensions: Vec<ExtensionDescriptor>,
    ) -> Self {
        let mut brought_by = HashMap::new();
        for (index, element) in elements.iter().enumerate() {
            let fields = match element {
                Element::Field(field) => std::slice::from_ref(field),
                Element::Oneof(_, fields) => fields,
            };
            for field in fields.iter().filter(|field| field.is_group() || field.is_map()) {
                if let Kind::Message(message) = field.kind() {
                    brought_by.insert(message.full_name().to_owned(), Bringer::Element(index));
                }
            }
        }
        for (index, extension) in extensions.iter().enumerate().filter(|(_, extension)| extension.is_group()) {
            if let Kind::Message(message) = extension.kind() {
                brought_by.insert(message.full_name().to_owned(), Bringer::Extension(index));
            }
        }
        Self { syntax, messages, elements, extensions, brought_by }
    }

    pub(super) fn print(&self, printer: &mut Printer) -> Result<(), PrintError> {
        let (mut elements, mut extensions) = (0, 0);
        for message in &self.messages {
            match self.brought_by.get(message.full_name()) {
                Some(&Bringer::Element(index)) => self.print_elements(printer, &mut elements, index + 1)?,
                Some(&Bringer::Extension(index)) => self.print_extensions(printer, &mut extensions, index + 1)?,
                None => {
                    printer.separate();
                    printer.message(message)?;
                }
            }
        }
        self.print_elements(printer, &mut elements, self.elements.len())?;
        self.print_extensions(printer, &mut extensions, self.extensions.len())
    }

    /// Prints the elements from `done` up to `end`, as far as they are not printed yet.
    fn print_elements(&self, printer: &mut Printer, done: &mut usize, end: usize) -> Result<(), PrintError> {
        for element in self.elements.get(*done..end).unwrap_or_default() {
            match element {
                Element::Field(field) => printer.field(field, self.syntax)?,
                Element::Oneof(oneof, fields) => printer.oneof(oneof, fields)?,
            }
        }
        *done = end.max(*done);
        Ok(())
    }

    /// Prints the extensions from `done` up to `end`, one block for those that follow each other and extend the same.
    fn print_extensions(&self, printer: &mut Printer, done: &mut usize, end: usize) -> Result<(), PrintError> {
        let wanted = self.extensions.get(*done..end).unwrap_or_default();
        for block in wanted.chunk_by(|a, b| a.containing_message() == b.containing_message()) {
            let Some(first) = block.first() else { continue };
            printer.separate();
            printer.block(format_args!("extend .{}", first.containing_message().full_name()), |printer| {
                block.iter().try_for_each(|extension| printer.extension(extension, self.syntax))
            })?;
        }
        *done = end.max(*done);
        Ok(())
    }
}

/// A message's fields in the order of their list; a oneof stands where its first field does.
fn elements(message: &MessageDescriptor) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let mut oneofs: HashMap<String, usize> = HashMap::new();
    // The library lists fields by number; the order of the text is that of the descriptor.
    let in_order = message.descriptor_proto().field.iter();
    let fields = in_order.filter_map(|proto| message.get_field(u32::try_from(proto.number()).ok()?));
    for field in fields {
        let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) else {
            elements.push(Element::Field(field));
            continue;
        };
        match oneofs.get(oneof.name()).and_then(|&index| elements.get_mut(index)) {
            Some(Element::Oneof(_, fields)) => fields.push(field),
            _ => {
                oneofs.insert(oneof.name().to_owned(), elements.len());
                elements.push(Element::Oneof(oneof, vec![field]));
            }
        }
    }
    elements
}
