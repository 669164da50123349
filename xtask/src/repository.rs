//! Where things are in the repository, and beside it.

use std::path::{Path, PathBuf};

/// The repository's folder.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The example's event definitions.
pub(crate) fn newsroom_schema() -> PathBuf {
    root().join("crates/newsroom/template/schema")
}

/// Real inputs that are no part of the repository.
pub(crate) fn test_data() -> PathBuf {
    std::env::var_os("JUDI_TEST_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from)
}
