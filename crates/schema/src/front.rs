//! From the text of a `.proto` file to a descriptor that is not linked yet, with the place of every part of it.
//!
//! ```text
//!   text ──lexer──► tokens ──parser──► FileDescriptorProto   names and options as written
//!                                 └──► Places                element path → bytes of the text, comments
//! ```
//!
//! proto2, proto3 and editions are read. Names are not looked up and options not interpreted: that needs the other
//! files, and happens when the descriptors are linked ([`crate::compile`]). Work and memory are linear in the text,
//! and what nests is bounded, so that no text can exhaust the stack.

mod comments;
mod elements;
mod field;
mod lexer;
mod lines;
mod message;
mod options;
mod parser;
mod places;

pub(crate) use lexer::unquoted;
pub use lines::line_and_column;
pub use places::Places;

use prost_types::FileDescriptorProto;

/// How deep messages and groups may be declared in each other, and values of options too: twice what protobuf's own
/// compiler allows.
pub const NESTING_MAX: u32 = 64;

/// `google.protobuf.Edition`: what `edition = "2023";` means.
pub const EDITION_2023: i32 = 1000;
/// `edition = "2024";`
pub const EDITION_2024: i32 = 1001;
/// `edition = "2026";`
pub const EDITION_2026: i32 = 1002;

/// A file that was read.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// As written: type names are relative, options uninterpreted. In a file of an edition `syntax` is `editions`,
    /// and every field that is not repeated has the label `optional`.
    pub descriptor: FileDescriptorProto,
    /// `google.protobuf.Edition`, in a file of an edition.
    pub edition: Option<i32>,
    /// Where everything is.
    pub places: Places,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// In bytes from the beginning.
    pub offset: usize,
    /// What.
    pub cause: String,
    /// What to do, where the cause is a known one.
    pub hint: Option<&'static str>,
}

impl Complaint {
    fn at(offset: usize, cause: String) -> Self {
        Self { offset, cause, hint: None }
    }

    fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }
}

/// Reads the file `name`.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(name: &str, text: &str) -> Result<Parsed, Complaint> {
    parser::Parser::new(text)?.file(name)
}

#[cfg(test)]
mod tests;
