//! The hand-written runtime, as it is in sdks/java, in a package below the library's.

use super::Names;
use crate::GeneratedFile;

/// Where the runtime is at home.
const HOME: &str = "dev.judi.sdk";
/// What stands for this release in it.
const RELEASE: &str = "0.0.0-judi";

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../sdks/java/src/main/java/dev/judi/sdk/", $name, ".java")))),*]
    };
}

const SOURCES: &[(&str, &str)] = sources![
    "Answer",
    "Any",
    "Batch",
    "Client",
    "Clock",
    "Consent",
    "Context",
    "EnumValue",
    "Event",
    "EventException",
    "Facade",
    "Http",
    "Identity",
    "Json",
    "Keeper",
    "Lane",
    "Message",
    "Middleware",
    "NonNull",
    "Nullable",
    "OneofValue",
    "Options",
    "Outcome",
    "Platform",
    "Queue",
    "Queued",
    "Recorder",
    "Report",
    "Schema",
    "Segment",
    "Sender",
    "State",
    "Store",
    "Tracker",
    "Utf8",
    "Uuid7",
    "Values",
    "Voice",
    "Who",
    "Writer",
];

pub(super) fn files(names: &Names) -> Vec<GeneratedFile> {
    let package = names.runtime_package();
    let file = |(name, source): &(&str, &str)| GeneratedFile {
        path: format!("src/main/java/{}/sdk/{name}.java", names.folder()),
        bytes: source.replace(HOME, &package).replace(RELEASE, env!("CARGO_PKG_VERSION")).into_bytes(),
    };
    SOURCES.iter().map(file).collect()
}
