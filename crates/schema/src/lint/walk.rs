//! Every declaration of a file with its path in the descriptor, nested ones included.

use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

/// A declaration and its path.
pub(super) struct At<'a, T> {
    pub(super) item: &'a T,
    pub(super) path: Vec<i32>,
}

impl<T> At<'_, T> {
    /// The path of a part of it: the number of a field of its descriptor.
    pub(super) fn part(&self, number: i32) -> Vec<i32> {
        [self.path.as_slice(), &[number]].concat()
    }

    /// The path of the `index`th declaration in its field `number`.
    pub(super) fn child(&self, number: i32, index: usize) -> Vec<i32> {
        [self.path.as_slice(), &[number, number_of(index)]].concat()
    }
}

/// Messages, nested and the entries of maps included, outer ones first.
pub(super) fn messages(file: &FileDescriptorProto) -> Vec<At<'_, DescriptorProto>> {
    let mut found = Vec::new();
    let mut waiting: Vec<_> = file
        .message_type
        .iter()
        .enumerate()
        .map(|(index, item)| At { item, path: vec![4, number_of(index)] })
        .collect();
    waiting.reverse();
    while let Some(message) = waiting.pop() {
        let nested = message.item.nested_type.iter().enumerate();
        let nested: Vec<_> = nested.map(|(index, item)| At { item, path: message.child(3, index) }).collect();
        waiting.extend(nested.into_iter().rev());
        found.push(message);
    }
    found
}

/// Enums, nested included.
pub(super) fn enums(file: &FileDescriptorProto) -> Vec<At<'_, EnumDescriptorProto>> {
    let outer = file.enum_type.iter().enumerate().map(|(index, item)| At { item, path: vec![5, number_of(index)] });
    let nested = messages(file).into_iter().flat_map(|message| {
        let at = |(index, item)| At { item, path: message.child(4, index) };
        message.item.enum_type.iter().enumerate().map(at).collect::<Vec<_>>()
    });
    outer.chain(nested).collect()
}

/// Fields, extensions included, but for those of maps' entries.
pub(super) fn fields(file: &FileDescriptorProto) -> Vec<At<'_, FieldDescriptorProto>> {
    let of_file = file.extension.iter().enumerate().map(|(index, item)| At { item, path: vec![7, number_of(index)] });
    let of_messages = messages(file).into_iter().filter(|message| !is_map_entry(message.item)).flat_map(|message| {
        let fields = message.item.field.iter().enumerate();
        let fields = fields.map(|(index, item)| At { item, path: message.child(2, index) });
        let extensions = message.item.extension.iter().enumerate();
        let extensions = extensions.map(|(index, item)| At { item, path: message.child(6, index) });
        fields.chain(extensions).collect::<Vec<_>>()
    });
    of_messages.chain(of_file).collect()
}

/// Whether a message is the compiler's own, for the entries of a map.
pub(super) fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry)
}

/// Descriptors have far fewer than 2³¹ declarations: files are bounded.
pub(super) fn number_of(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}
