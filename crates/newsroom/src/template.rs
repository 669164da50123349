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
    files![
        "judi.toml",
        "conventions.toml",
        ".gitignore",
        ".github/workflows/judi.yml",
        ".gitlab-ci.yml",
        "schema/segment.toml",
        "schema/newsroom/v1/reading.proto",
        "schema/newsroom/v1/video.proto",
        "schema/newsroom/v1/experiment.proto",
        "jobs/news/article_reads_per_day.sql",
        "jobs/video/video_completion_per_day.sql",
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn files_below(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_below(&path, root, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_binary() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("template");
        let mut found = BTreeSet::new();
        files_below(&root, &root, &mut found);
        let listed: BTreeSet<_> = template().iter().map(|file| file.path.to_owned()).collect();
        assert_eq!(listed, found);
    }
}
