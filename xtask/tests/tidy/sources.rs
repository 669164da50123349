//! The repository as the rules see it: texts by path, manifests, the names of the example's events.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use judi_schema::compile::{compile, read_sources};
use judi_schema::model::declared_events;
use judi_world::World;
use toml::Table;

use crate::manifests::{Manifest, Manifests};

/// Folders with files of ours; what else lies in a working copy (builds, demos) is not.
const FOLDERS: [&str; 6] = [".cargo", ".ci", "crates", "docs", "tests", "xtask"];

/// Texts that others wrote and we only carry.
const CARRIED: [&str; 1] = ["crates/schema/proto/buf/"];

/// Every text of ours, by its path relative to the repository.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) files: BTreeMap<String, String>,
}

impl Repository {
    /// Reads all files; those that are not UTF-8 are no texts.
    pub(crate) fn read() -> Self {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(root()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_file() && name != "Cargo.lock" {
                read_text(&entry.path(), name, &mut files);
            } else if FOLDERS.contains(&name.as_str()) {
                read_folder(&entry.path(), &name, &mut files);
            }
        }
        files.retain(|path, _| !CARRIED.iter().any(|carried| path.starts_with(carried)));
        Self { files }
    }
}

fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}/{name}");
        if !entry.file_type().unwrap().is_dir() {
            read_text(&entry.path(), path, files);
        } else if !matches!(name.as_str(), "target" | ".judi" | "__pycache__") {
            read_folder(&entry.path(), &path, files);
        }
    }
}

fn read_text(file: &Path, path: String, files: &mut BTreeMap<String, String>) {
    // A file that an editor has just removed is none.
    let Ok(bytes) = fs::read(file) else { return };
    if let Ok(text) = String::from_utf8(bytes) {
        files.insert(path, text);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The workspace's manifests.
pub(crate) fn manifests() -> Manifests {
    let table = |file: &str| -> Table { fs::read_to_string(root().join(file)).unwrap().parse().unwrap() };
    let root = table("Cargo.toml");
    let members = root["workspace"]["members"].as_array().unwrap().iter().map(|member| {
        let file = format!("{}/Cargo.toml", member.as_str().unwrap());
        Manifest { table: table(&file), file }
    });
    let members = members.collect();
    Manifests { members, root }
}

/// The names of the newsroom's events.
pub(crate) fn event_names() -> BTreeSet<String> {
    let world = World::system();
    let sources = read_sources(world.disk.as_ref(), &root().join("crates/newsroom/template/schema")).unwrap();
    let compiled = compile(&sources).unwrap();
    declared_events(&compiled.pool).unwrap().into_iter().map(|event| event.options.name).collect()
}
