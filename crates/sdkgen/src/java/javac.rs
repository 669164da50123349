//! Java's own compiler, which makes the classes of a jar.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::GeneratedFile;

/// Why there are no classes.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The machine has no compiler. The user's to mend.
    #[error("javac is not there: neither in JAVA_HOME nor in PATH")]
    NoCompiler,
    /// The compiler refuses what was generated. Ours to mend.
    #[error("javac refuses the generated classes: {said}")]
    Refused {
        /// What it said.
        said: String,
    },
    /// A file cannot be read or written. The machine's fault; to be tried again.
    #[error("{path} cannot be used")]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl PublishError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoCompiler => "install a JDK of version 11 or newer, or say in JAVA_HOME where one is",
            Self::Refused { .. } => "this is a defect of the generator: report it with the schema",
            Self::Disk { .. } => "is the temporary folder writable, and has it room?",
        }
    }
}

fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::Disk { path, source }
}

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, PublishError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("judi-javac-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).map_err(disk(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is in the temporary folder, which the system cleans.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The classes of the sources, by their paths in a jar.
///
/// # Errors
/// [`PublishError`].
pub(super) fn classes(sources: &[GeneratedFile]) -> Result<Vec<GeneratedFile>, PublishError> {
    let folder = Folder::new()?;
    let mut listed = String::new();
    for source in sources {
        let path = folder.0.join("sources").join(&source.path);
        let around = path.parent().unwrap_or(&folder.0);
        std::fs::create_dir_all(around).map_err(disk(around))?;
        std::fs::write(&path, &source.bytes).map_err(disk(&path))?;
        listed.push_str(&format!("\"sources/{}\"\n", source.path));
    }
    let list = folder.0.join("list");
    std::fs::write(&list, listed).map_err(disk(&list))?;
    let mut javac = Command::new(compiler());
    javac.current_dir(&folder.0).env_remove("JDK_JAVAC_OPTIONS").env_remove("JAVA_TOOL_OPTIONS");
    javac.args(["-g:none", "--release", "11", "-encoding", "UTF-8", "-proc:none", "-d", "classes", "@list"]);
    let output = javac.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => PublishError::NoCompiler,
        _ => PublishError::Disk { path: compiler(), source: error },
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).chars().take(4_000).collect();
        return Err(PublishError::Refused { said });
    }
    let mut classes = Vec::new();
    let root = folder.0.join("classes");
    collect(&root, "", &mut classes)?;
    classes.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(classes)
}

fn compiler() -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin").join("javac"));
    home.filter(|javac| javac.is_file()).unwrap_or_else(|| PathBuf::from("javac"))
}

fn collect(folder: &Path, prefix: &str, into: &mut Vec<GeneratedFile>) -> Result<(), PublishError> {
    for entry in std::fs::read_dir(folder).map_err(disk(folder))? {
        let entry = entry.map_err(disk(folder))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), into)?;
        } else {
            let bytes = std::fs::read(&path).map_err(disk(&path))?;
            into.push(GeneratedFile { path: name, bytes });
        }
    }
    Ok(())
}
