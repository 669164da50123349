//! The forms of a module: ESM as it is written, CommonJS, and a part of one script for old browsers. The runtime keeps
//! to a few forms of `import` and `export` lines, so that this is a matter of lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::fixed::{self, Module};
use super::tables::{self, Shape};
use super::{Names, file, header};
use crate::GeneratedFile;
use crate::library::Library;

/// `schema.js`: the tables, and the parts of the encoder that they need.
pub(super) fn schema(library: &Library, shape: &Shape) -> Vec<GeneratedFile> {
    let text = schema_text(library, shape);
    vec![file("schema.cjs", common(&text)), file("schema.js", text)]
}

fn schema_text(library: &Library, shape: &Shape) -> String {
    let parts = tables::parts(library);
    let mut by_file: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, name) in parts.values() {
        let names = by_file.entry(from).or_default();
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut text = header(library);
    text.push('\n');
    for (from, names) in &mut by_file {
        names.sort_unstable();
        let _ = writeln!(text, "import {{ {} }} from \"./lib/{from}.js\";", names.join(", "));
    }
    if !by_file.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "/** SHA-256 of the schema's descriptors. */\nexport var fingerprint = \"{}\";\n",
        library.fingerprint
    );
    let _ = writeln!(
        text,
        "export var schema = {{\n  version: {},\n  semver: \"{}\",\n  sdk: \"judi-js\",",
        library.version, library.semver
    );
    let types: Vec<String> = parts
        .iter()
        .map(|(letter, (_, name))| if *letter == '{' { format!("\"{{\": {name}") } else { format!("{letter}: {name}") })
        .collect();
    if types.is_empty() {
        text.push_str("  types: {},\n");
    } else {
        let _ = writeln!(text, "  types: {{ {} }},", types.join(", "));
    }
    let tables = tables::Tables::of(library, shape);
    for (name, list) in [("fields", tables.fields), ("messages", tables.messages)] {
        let _ = writeln!(text, "  {name}: [");
        for one in list {
            let _ = writeln!(text, "    \"{one}\",");
        }
        text.push_str("  ],\n");
    }
    text.push_str("};\n");
    text
}

/// A module in CommonJS.
pub(super) fn common(text: &str) -> String {
    let mut out = String::from("\"use strict\";\n");
    let mut exported = Vec::new();
    for line in text.lines() {
        if let Some((names, from)) = import(line) {
            let _ = writeln!(
                out,
                "var {{ {} }} = require(\"{}\");",
                names.replace(" as ", ": "),
                from.replace(".js", ".cjs")
            );
        } else if let Some((names, from)) = reexport(line) {
            let _ = writeln!(out, "var from = require(\"{}\");", from.replace(".js", ".cjs"));
            if names == "*" {
                out.push_str("for (var name in from) exports[name] = from[name];\n");
            }
            for name in names.split(',').map(str::trim).filter(|name| *name != "*") {
                let _ = writeln!(out, "exports.{name} = from.{name};");
            }
        } else if line == "export {};" {
        } else {
            let plain = line.strip_prefix("export ").unwrap_or(line);
            if plain.len() != line.len() {
                exported.extend(declared(plain).map(str::to_owned));
            }
            out.push_str(plain);
            out.push('\n');
        }
    }
    for name in exported {
        let _ = writeln!(out, "exports.{name} = {name};");
    }
    out
}

/// The script for old browsers: each module a function of its own, and the global `names.global` with `createJudi`,
/// the plugins and the enums.
pub(super) fn script(library: &Library, names: &Names, shape: &Shape) -> GeneratedFile {
    let mut out = header(library);
    let _ = write!(out, "(function (root) {{\n\"use strict\";\nvar modules = {{}};\n");
    let schema = schema_text(library, shape).replace("./lib/floats.js", "./lib/floats5.js");
    let enums = super::types::files(library, shape).into_iter().find(|file| file.path == "enums.js");
    let enums = enums.map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).unwrap_or_default();
    for Module { name, text } in fixed::SCRIPT {
        out.push_str(&wrapped(name, text));
    }
    out.push_str(&wrapped("schema", &schema));
    out.push_str(&wrapped("enums", &enums));
    let _ = write!(
        out,
        "var judi = (root.{} = {{\n  createJudi: function (options) {{\n    return modules.legacy.legacy(modules.schema.schema, options);\n  }},\n}});\n\
         [modules.plugins, modules.enums].forEach(function (from) {{\n  for (var name in from) judi[name] = from[name];\n}});\n}})(typeof window == \"object\" ? window : this);\n",
        names.global
    );
    file("es5.js", out)
}

fn wrapped(name: &str, text: &str) -> String {
    let mut out = format!("modules.{name} = (function (exports) {{\n");
    let mut exported = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("//") && *line != "export {};") {
        if let Some((names, from)) = import(line) {
            let module = from.rsplit('/').next().unwrap_or(from).trim_end_matches(".js").replace("floats5", "floats");
            let module = if module == "floats" { "floats5" } else { &module };
            for name in names.split(',').map(str::trim) {
                let _ = writeln!(out, "var {name} = modules.{module}.{name};");
            }
            continue;
        }
        let plain = line.strip_prefix("export ").unwrap_or(line);
        if plain.len() != line.len() {
            exported.extend(declared(plain).map(str::to_owned));
        }
        // What ES5 has no word for: a comma behind the last argument.
        out.push_str(plain);
        out.push('\n');
    }
    for name in exported {
        let _ = writeln!(out, "exports.{name} = {name};");
    }
    out.push_str("return exports;\n})({});\n");
    out
}

/// `import { a, b } from "./c.js";`
fn import(line: &str) -> Option<(&str, &str)> {
    let (names, from) = line.strip_prefix("import { ")?.split_once(" } from \"")?;
    Some((names, from.strip_suffix("\";")?))
}

/// `export { a } from "./c.js";` and `export * from "./c.js";`
fn reexport(line: &str) -> Option<(&str, &str)> {
    let (names, from) = line.strip_prefix("export ")?.split_once(" from \"")?;
    Some((names.trim_start_matches("{ ").trim_end_matches(" }"), from.strip_suffix("\";")?))
}

/// The name that a line declares.
fn declared(line: &str) -> Option<&str> {
    let rest =
        ["function ", "async function ", "var ", "const ", "class "].iter().find_map(|word| line.strip_prefix(word))?;
    rest.split(|it: char| !it.is_alphanumeric() && it != '_').next()
}
