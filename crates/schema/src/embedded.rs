//! The `.proto` files that the binary carries, so that users install nothing.

/// One file: the name by which it is imported, and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedFile {
    /// `judi/v1/options.proto`.
    pub name: &'static str,
    /// The whole file.
    pub text: &'static str,
}

/// Judi's own files and protovalidate's: what a project's other tools need too.
pub const FILES: [EmbeddedFile; 3] = [
    EmbeddedFile { name: "judi/v1/event.proto", text: include_str!("../proto/judi/v1/event.proto") },
    EmbeddedFile { name: "judi/v1/options.proto", text: include_str!("../proto/judi/v1/options.proto") },
    EmbeddedFile { name: "buf/validate/validate.proto", text: include_str!("../proto/buf/validate/validate.proto") },
];

/// Google's files about descriptors, as editions need them; the other well-known types come with the linker.
const GOOGLE: [EmbeddedFile; 4] = [
    EmbeddedFile {
        name: "google/protobuf/descriptor.proto",
        text: include_str!("../proto/google/protobuf/descriptor.proto"),
    },
    EmbeddedFile {
        name: "google/protobuf/cpp_features.proto",
        text: include_str!("../proto/google/protobuf/cpp_features.proto"),
    },
    EmbeddedFile {
        name: "google/protobuf/java_features.proto",
        text: include_str!("../proto/google/protobuf/java_features.proto"),
    },
    EmbeddedFile {
        name: "google/protobuf/go_features.proto",
        text: include_str!("../proto/google/protobuf/go_features.proto"),
    },
];

/// The folders of import names that belong to the binary. What lies there in a project (exported for other
/// tools) is not part of its schema: the binary's own files are used.
const FOLDERS: [&str; 3] = ["judi/", "buf/validate/", "google/protobuf/"];

/// Every carried file.
pub fn all() -> impl Iterator<Item = &'static EmbeddedFile> {
    FILES.iter().chain(&GOOGLE)
}

/// The carried file with this import name.
#[must_use]
pub fn find(name: &str) -> Option<&'static EmbeddedFile> {
    all().find(|file| file.name == name)
}

/// Whether a file of this import name is the binary's and not the project's.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    FOLDERS.iter().any(|folder| name.starts_with(folder))
}
