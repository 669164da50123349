//! Features: what an edition or a syntax says of an element that does not say it itself.

use super::wire::FeatureSet;
use crate::front::EDITION_2024;

/// The features that rules look at, resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) presence: Presence,
    pub(crate) is_closed_enum: bool,
    pub(crate) verifies_utf8: bool,
    pub(crate) is_delimited: bool,
    pub(crate) allows_json: bool,
    pub(crate) cpp_string: CppString,
    /// Java verifies UTF-8 even where the language-neutral feature does not ask for it.
    pub(crate) java_verifies_utf8: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Explicit,
    Implicit,
    Required,
}

/// `pb.CppFeatures.StringType`, and the `ctype` that it came after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CppString {
    View,
    Cord,
    String,
    StringPiece,
}

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Proto2,
    Proto3,
    /// `google.protobuf.Edition`.
    Edition(i32),
}

impl Features {
    /// The defaults of a file.
    pub(crate) const fn of(syntax: Syntax) -> Self {
        let (presence, legacy) = match syntax {
            Syntax::Proto2 => (Presence::Explicit, true),
            Syntax::Proto3 => (Presence::Implicit, false),
            Syntax::Edition(_) => (Presence::Explicit, false),
        };
        let cpp_string = match syntax {
            Syntax::Edition(edition) if edition >= EDITION_2024 => CppString::View,
            _ => CppString::String,
        };
        Self {
            presence,
            is_closed_enum: legacy,
            verifies_utf8: !legacy,
            is_delimited: false,
            allows_json: !legacy,
            cpp_string,
            java_verifies_utf8: false,
        }
    }

    /// These features with what an element says itself.
    pub(crate) fn with(mut self, own: Option<&FeatureSet>) -> Self {
        let Some(own) = own else { return self };
        match own.field_presence {
            Some(1) => self.presence = Presence::Explicit,
            Some(2) => self.presence = Presence::Implicit,
            Some(3) => self.presence = Presence::Required,
            _ => {}
        }
        // `…_UNKNOWN`, which is 0, says nothing.
        let set = |feature: &mut bool, value: Option<i32>, yes: i32| {
            if let Some(value) = value.filter(|value| *value != 0) {
                *feature = value == yes;
            }
        };
        set(&mut self.is_closed_enum, own.enum_type, 2);
        set(&mut self.verifies_utf8, own.utf8_validation, 2);
        set(&mut self.is_delimited, own.message_encoding, 2);
        set(&mut self.allows_json, own.json_format, 1);
        set(&mut self.java_verifies_utf8, own.java.and_then(|java| java.utf8_validation), 2);
        match own.cpp.and_then(|cpp| cpp.string_type) {
            Some(1) => self.cpp_string = CppString::View,
            Some(2) => self.cpp_string = CppString::Cord,
            Some(3) => self.cpp_string = CppString::String,
            _ => {}
        }
        self
    }
}
