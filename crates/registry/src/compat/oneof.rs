//! Fields that move into, out of and between oneofs.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::{DifferenceKind, Walk};

/// The name of the oneof that a field is a member of; those that stand for a proto3 `optional` are none.
pub(super) fn of(field: &FieldDescriptor) -> Option<String> {
    field.containing_oneof().filter(|oneof| !oneof.is_synthetic()).map(|oneof| oneof.name().to_owned())
}

/// Whether a message has a oneof of this name.
pub(super) fn named(message: &MessageDescriptor, name: &str) -> bool {
    message.oneofs().any(|oneof| !oneof.is_synthetic() && oneof.name() == name)
}

impl Walk {
    /// The oneofs that come and go.
    pub(super) fn oneofs(&mut self, path: &str, old: &MessageDescriptor, new: &MessageDescriptor) {
        let gone = old.oneofs().filter(|oneof| !oneof.is_synthetic() && !named(new, oneof.name()));
        for oneof in gone {
            let path = format!("{path}/{}", oneof.name());
            self.add(DifferenceKind::OneofRemoved, path, "the reader's schema lacks this oneof");
        }
        let fresh = new.oneofs().filter(|oneof| !oneof.is_synthetic() && !named(old, oneof.name()));
        for oneof in fresh {
            let path = format!("{path}/{}", oneof.name());
            self.add(DifferenceKind::OneofAdded, path.as_str(), "the writer's schema lacks this oneof");
            // Members that the writer's schema keeps apart from each other already count as one.
            let origins: BTreeSet<Result<String, u32>> = oneof
                .fields()
                .filter_map(|field| old.get_field(field.number()))
                .map(|field| of(&field).ok_or(field.number()))
                .collect();
            if origins.len() > 1 {
                let detail = "a writer may set several of its members, of which a reader keeps the last";
                self.add(DifferenceKind::MultipleFieldsMovedToOneof, path, detail);
            }
        }
    }

    /// A field of both schemas whose oneof is another one.
    pub(super) fn moved_between_oneofs(
        &mut self,
        path: &str,
        (old, writers): (&MessageDescriptor, &FieldDescriptor),
        (new, readers): (&MessageDescriptor, &FieldDescriptor),
    ) {
        let (from, to) = (of(writers), of(readers));
        if from == to {
            return;
        }
        if let Some(left) = from.filter(|left| named(new, left)) {
            let detail = format!("`{}` left the oneof {left}, which would seem unset", writers.name());
            self.add(DifferenceKind::OneofFieldRemoved, path, detail);
        }
        if let Some(joined) = to.filter(|joined| named(old, joined)) {
            let detail = format!("`{}` joined the oneof {joined}; a writer may set both", readers.name());
            self.add(DifferenceKind::FieldMovedToExistingOneof, path, detail);
        }
    }
}
