//! The newsroom's project as files: what `judi init` writes.

/// One file of the template.
#[derive(Debug, Clone, Copy)]
pub struct TemplateFile {
    /// Relative to the project.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(TemplateFile { path: $path, text: include_str!(concat!("../template/", $path)) }),*]
    };
}

/// Every file, in the order in which a newcomer reads them.
#[must_use]
pub fn template() -> &'static [TemplateFile] {
    files!["judi.toml", "conventions.toml",]
}
