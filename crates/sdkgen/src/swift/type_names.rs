//! The name of every type, each once within the type that it stands in.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{naming, package};
use crate::library::Library;
use crate::naming::upper_camel;

/// A type, or a message that only others stand in.
struct Node {
    /// The full name of what it stands in; empty: nothing.
    outer: String,
    /// Its own name, with its package's before it where several packages have one of the kind.
    part: String,
    kind: &'static str,
}

/// The names of a library's messages and enums, in parts.
pub(super) fn of(library: &Library, module: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let reserved: HashSet<String> = package::runtime_types().into_iter().chain([module.to_owned()]).collect();
    let nodes = nodes(library);
    let mut names: HashMap<&str, String> = HashMap::new();
    let mut used: HashSet<(&str, String)> = HashSet::new();
    let natural = |node: &Node| naming::type_name(&node.part, |_| false, node.kind);
    // Who bears its own name keeps it, whoever else would be called so after a change.
    let keeps = |node: &Node| node.part == natural(node) && !reserved.contains(&node.part);
    let (own, changed): (Vec<_>, Vec<_>) = nodes.iter().partition(|(_, node)| keeps(node));
    for (full_name, node) in own.into_iter().chain(changed) {
        let is_taken = |name: &str| reserved.contains(name) || used.contains(&(node.outer.as_str(), name.to_owned()));
        let name = naming::type_name(&node.part, is_taken, node.kind);
        used.insert((node.outer.as_str(), name.clone()));
        names.insert(full_name.as_str(), name);
    }
    let path = |full_name: &str, parts: &[String]| -> Vec<String> {
        prefixes(full_name, parts).filter_map(|(prefix, _)| names.get(prefix).cloned()).collect()
    };
    (
        library.messages.iter().map(|it| path(&it.full_name, &it.path)).collect(),
        library.enums.iter().map(|it| path(&it.full_name, &it.path)).collect(),
    )
}

/// Each type with what it stands in, by full name.
fn nodes(library: &Library) -> BTreeMap<String, Node> {
    let messages = library.messages.iter().map(|it| (it.full_name.as_str(), it.path.as_slice(), "Message"));
    let enums = library.enums.iter().map(|it| (it.full_name.as_str(), it.path.as_slice(), "Enum"));
    let all: Vec<_> = messages.chain(enums).collect();
    let mut tops: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (full_name, path, _) in &all {
        if let Some((top, package)) = path.first().zip(package_of(full_name, path)) {
            tops.entry(top.as_str()).or_default().insert(package);
        }
    }
    let mut nodes = BTreeMap::new();
    for (full_name, path, kind) in &all {
        let is_shared = path.first().and_then(|top| tops.get(top.as_str())).is_some_and(|packages| packages.len() > 1);
        let package = package_of(full_name, path).filter(|_| is_shared).unwrap_or_default();
        let mut outer = String::new();
        for (prefix, part) in prefixes(full_name, path) {
            let before = if outer.is_empty() { upper_camel(package) } else { String::new() };
            let kind = if prefix == *full_name { kind } else { "Message" };
            let part = format!("{before}{part}");
            nodes.entry(prefix.to_owned()).or_insert(Node { outer, part, kind });
            outer = prefix.to_owned();
        }
    }
    nodes
}

/// The full names of what a type stands in, and its own, each with its last part.
fn prefixes<'a>(full_name: &'a str, path: &'a [String]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut end = package_of(full_name, path).map_or(0, str::len);
    path.iter().filter_map(move |part| {
        end += part.len();
        let prefix = full_name.get(..end)?;
        end += 1;
        Some((prefix, part.as_str()))
    })
}

/// `newsroom.v1.` of `newsroom.v1.ArticleView`.
fn package_of<'a>(full_name: &'a str, path: &[String]) -> Option<&'a str> {
    full_name.strip_suffix(&path.join("."))
}
