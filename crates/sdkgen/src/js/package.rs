//! `package.json` and the page that npm shows.

use std::fmt::Write as _;

use super::{Names, file};
use crate::GeneratedFile;
use crate::library::Library;
use crate::naming::lower_camel;

/// What can be imported, and by which path.
const ENTRIES: [(&str, &str); 5] =
    [(".", "index"), ("./encoder", "encoder"), ("./node", "node"), ("./plugins", "plugins"), ("./testing", "testing")];

pub(super) fn files(library: &Library, names: &Names) -> Vec<GeneratedFile> {
    vec![file("package.json", manifest(library, names)), file("README.md", readme(library, names))]
}

/// What npm and bundlers read, in the order of members that npm itself writes.
fn manifest(library: &Library, names: &Names) -> String {
    let mut exports = String::new();
    for (path, name) in ENTRIES {
        let _ = write!(
            exports,
            "    \"{path}\": {{\n      \"import\": {{\n        \"types\": \"./{name}.d.ts\",\n        \"default\": \"./{name}.js\"\n      }},\n      \
             \"require\": {{\n        \"types\": \"./{name}.d.cts\",\n        \"default\": \"./{name}.cjs\"\n      }}\n    }},\n"
        );
    }
    format!(
        "{{\n  \"name\": \"{}\",\n  \"version\": \"{}\",\n  \"description\": \"{}\",\n  \"license\": \"UNLICENSED\",\n  \
         \"type\": \"module\",\n  \"sideEffects\": false,\n  \"main\": \"./index.cjs\",\n  \"module\": \"./index.js\",\n  \
         \"types\": \"./index.d.ts\",\n  \"unpkg\": \"./es5.js\",\n  \"exports\": {{\n{exports}    \"./es5.js\": \"./es5.js\",\n    \
         \"./package.json\": \"./package.json\"\n  }},\n  \"engines\": {{\n    \"node\": \">=20\"\n  }},\n  \"judi\": {{\n    \
         \"schemaVersion\": {},\n    \"fingerprint\": \"{}\"\n  }}\n}}\n",
        names.package,
        library.semver,
        description(library),
        library.version,
        library.fingerprint
    )
}

/// One line of what the package is.
pub(super) fn description(library: &Library) -> String {
    format!("Typed events of schema {}, for browsers and Node", library.semver)
}

fn readme(library: &Library, names: &Names) -> String {
    let first = library.events.first().map_or_else(|| "event".into(), |event| lower_camel(&event.name));
    let mut text = format!(
        "# {package}\n\nTyped events of schema {semver} (version {version}).\n\n    import {{ createJudi }} from \"{package}\";\n\n    \
         const judi = createJudi({{ endpoint: \"https://collect.example.se\", key: \"KEY\", consent: \"granted\" }});\n    \
         judi.{first}({{ … }});\n\n| import | what |\n|---|---|\n| `{package}` | the tracker for pages |\n| `{package}/node` | the tracker for Node |\n\
         | `{package}/encoder` | tracker and encoder alone, to send by other means |\n\
         | `{package}/plugins` | page views, outbound clicks, reading, video |\n| `{package}/testing` | a tracker for tests |\n\
         | `{package}/es5.js` | a script for old browsers, with the global `{global}` |\n\n| event | owner | what it means |\n|---|---|---|\n",
        package = names.package,
        semver = library.semver,
        version = library.version,
        global = names.global,
    );
    for event in &library.events {
        let description = event.description.replace('|', "\\|").replace('\n', " ");
        let _ = writeln!(text, "| `{}` | {} | {description} |", event.name, event.owner);
    }
    text
}
