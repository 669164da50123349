//! The runtime of `sdks/js`, as the package carries it.

use crate::GeneratedFile;

use super::{file, modules};

/// A module of the runtime.
pub(super) struct Module {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

macro_rules! module {
    ($name:literal) => {
        Module { name: $name, text: include_str!(concat!("../../../../sdks/js/src/", $name, ".js")) }
    };
}

macro_rules! entry {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../../sdks/js/entry/", $name, ".js")),
            include_str!(concat!("../../../../sdks/js/entry/", $name, ".d.ts")),
        )
    };
}

/// What goes into `lib/`, as ESM and as CommonJS.
const LIBRARY: [Module; 19] = [
    module!("batch"),
    module!("boxes"),
    module!("browser"),
    module!("codec"),
    module!("core"),
    module!("database"),
    module!("files"),
    module!("floats"),
    module!("identity"),
    module!("json"),
    module!("maps"),
    module!("memory"),
    module!("node"),
    module!("numbers"),
    module!("plugins"),
    module!("testing"),
    module!("times"),
    module!("tracker"),
    module!("transport"),
];

/// What the script for old browsers consists of, each after what it stands on.
pub(super) const SCRIPT: &[Module] = &[
    module!("codec"),
    module!("floats5"),
    module!("numbers"),
    module!("times"),
    module!("maps"),
    module!("json"),
    module!("boxes"),
    module!("batch"),
    module!("identity"),
    module!("memory"),
    module!("database"),
    module!("core"),
    module!("transport"),
    module!("browser"),
    module!("legacy"),
    module!("plugins"),
];

/// What can be imported: its name, its text, its types.
const ENTRIES: [(&str, &str, &str); 5] =
    [entry!("index"), entry!("encoder"), entry!("node"), entry!("plugins"), entry!("testing")];

/// The runtime's types.
const TYPES: &str = include_str!("../../../../sdks/js/types/runtime.d.ts");

/// All files that are the same for every schema.
pub(super) fn files() -> Vec<GeneratedFile> {
    let mut files = vec![file("lib/runtime.d.ts", TYPES), file("lib/runtime.d.cts", common_types(TYPES))];
    for Module { name, text } in &LIBRARY {
        files.push(file(format!("lib/{name}.js"), *text));
        files.push(file(format!("lib/{name}.cjs"), modules::common(text)));
    }
    for (name, text, types) in ENTRIES {
        files.push(file(format!("{name}.js"), text));
        files.push(file(format!("{name}.cjs"), modules::common(text)));
        files.push(file(format!("{name}.d.ts"), types));
        files.push(file(format!("{name}.d.cts"), common_types(types)));
    }
    files
}

fn common_types(text: &str) -> String {
    text.replace(".js\"", ".cjs\"")
}
