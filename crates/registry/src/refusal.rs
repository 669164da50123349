//! Why the registry does not do what it was asked: an HTTP status, the number that clients know, and words.

use http::StatusCode;

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no such path: {path}")]
    NoSuchPath { path: String },
    #[error("{method} is not for {path}")]
    NoSuchMethod { method: String, path: String },
    #[error("the body is not what is asked for: {detail}")]
    Unreadable { detail: String },
    #[error("the body has more than {max} bytes")]
    BodyTooLarge { max: usize },
    #[error("bodies are application/vnd.schemaregistry.v1+json or application/json, not {content_type:?}")]
    ContentType { content_type: String },

    #[error("Subject '{subject}' not found.")]
    NoSubject { subject: String },
    #[error("Version {version} not found.")]
    NoVersion { version: u32 },
    #[error("Schema not found: {what}")]
    NoSchema { what: String },
    #[error("Subject '{subject}' was soft deleted. Set permanent=true to delete permanently")]
    SubjectSoftDeleted { subject: String },
    #[error("Subject '{subject}' was not deleted first before being permanently deleted")]
    SubjectNotSoftDeleted { subject: String },
    #[error("Subject '{subject}' version {version} was soft deleted. Set permanent=true to delete permanently")]
    VersionSoftDeleted { subject: String, version: u32 },
    #[error("Subject '{subject}' version {version} was not deleted first before being permanently deleted")]
    VersionNotSoftDeleted { subject: String, version: u32 },
    #[error("Subject '{subject}' does not have subject-level compatibility configured")]
    NoLevel { subject: String },
    #[error("Subject '{subject}' does not have subject-level mode configured")]
    NoMode { subject: String },

    #[error("the schema is incompatible with subject '{subject}', whose level is {level}: {}", .messages.join("; "))]
    Incompatible { subject: String, level: String, messages: Vec<String> },
    #[error("Invalid schema: {detail}")]
    InvalidSchema { detail: String },
    #[error(
        "The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the \
         string \"latest\""
    )]
    InvalidVersion { version: String },
    #[error(
        "Invalid compatibility level {detail}. Valid values are NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD, \
         FORWARD_TRANSITIVE, FULL and FULL_TRANSITIVE"
    )]
    InvalidLevel { detail: String },
    #[error("Invalid mode {detail}. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT")]
    InvalidMode { detail: String },
    #[error("{detail}")]
    NotPermitted { detail: String },
    #[error("Subject '{subject}' version {version} is referenced by the schemas {by:?}")]
    Referenced { subject: String, version: u32, by: Vec<u32> },
    #[error("the schema is registered in subject '{subject}' with the id {id}, not {asked}")]
    OtherId { subject: String, id: u32, asked: u32 },
    #[error("Invalid subject '{subject}': {why}")]
    InvalidSubject { subject: String, why: &'static str },
    #[error("the schema has {bytes} bytes; at most {max} are kept")]
    SchemaTooLarge { bytes: usize, max: usize },
    #[error("the registry is full: it keeps at most {max} {what}")]
    Full { what: &'static str, max: usize },

    #[error("Error in the backend data store: {detail}")]
    Store { detail: String },
}

/// Why the registry cannot be opened, or cannot take a published version.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Another process has the registry's folder open.
    #[error("{}: another process has this registry open", folder.display())]
    Busy {
        /// The registry's folder.
        folder: std::path::PathBuf,
    },
    /// Something that was acknowledged has changed since.
    #[error("{}: {cause}", path.display())]
    Corrupt {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The registry knows another schema under a version's number.
    #[error("the registry knows schema version {version} as {known}, and it is {fingerprint}")]
    ForeignVersion {
        /// The version.
        version: u32,
        /// The fingerprint that the registry knows.
        known: String,
        /// The fingerprint of what was published.
        fingerprint: String,
    },
    /// A file of the binary's own cannot be shown to others.
    #[error("{file}: {cause}")]
    Unpublishable {
        /// Its import name.
        file: String,
        /// Why not.
        cause: String,
    },
    /// The disk's own error: the same call may succeed later.
    #[error("{}: {source}", path.display())]
    Disk {
        /// The file or folder.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

impl RegistryError {
    /// Whether the same call may succeed later without anybody doing anything but making room.
    #[must_use]
    pub const fn retry(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Disk { .. })
    }

    /// What to do about it, for people.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Busy { .. } => Some("a server runs already; end it, or use it"),
            Self::Corrupt { .. } => Some("take the registry's folder from a backup"),
            Self::ForeignVersion { .. } => Some(
                "schema/ledger.json and .judi/ belong together: take the ledger that this project's data was written \
                 with from version control",
            ),
            Self::Unpublishable { .. } | Self::Disk { .. } => None,
        }
    }

    pub(crate) fn disk(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Disk { path: path.to_owned(), source }
    }
}

impl Refusal {
    /// The number that clients know: the status, where there is no finer one.
    pub(crate) const fn code(&self) -> u32 {
        match self {
            Self::Unreadable { .. } => 400,
            Self::NoSuchPath { .. } => 404,
            Self::NoSuchMethod { .. } => 405,
            Self::BodyTooLarge { .. } => 413,
            Self::ContentType { .. } => 415,
            Self::NoSubject { .. } => 40401,
            Self::NoVersion { .. } => 40402,
            Self::NoSchema { .. } => 40403,
            Self::SubjectSoftDeleted { .. } => 40404,
            Self::SubjectNotSoftDeleted { .. } => 40405,
            Self::VersionSoftDeleted { .. } => 40406,
            Self::VersionNotSoftDeleted { .. } => 40407,
            Self::NoLevel { .. } => 40408,
            Self::NoMode { .. } => 40409,
            Self::Incompatible { .. } => 409,
            Self::InvalidSchema { .. } => 42201,
            Self::InvalidVersion { .. } => 42202,
            Self::InvalidLevel { .. } => 42203,
            Self::InvalidMode { .. } => 42204,
            Self::NotPermitted { .. } | Self::Full { .. } => 42205,
            Self::Referenced { .. } => 42206,
            Self::OtherId { .. } => 42207,
            Self::InvalidSubject { .. } => 42208,
            Self::SchemaTooLarge { .. } => 42209,
            Self::Store { .. } => 50001,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        let code = self.code();
        let status = if code >= 1000 { code / 100 } else { code };
        u16::try_from(status)
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Self {
        Self::Store { detail: error.to_string() }
    }
}
