//! A method per event: `judi.articleView(articleID: …)`.

use std::collections::HashSet;

use super::message::{HEADER, declared, given, signature};
use super::types::Types;
use super::{docs, naming};

/// The methods, for the tracker and for its test double.
pub(super) fn text(types: &Types<'_>) -> String {
    let mut out = format!("{HEADER}import Foundation\n\nextension JudiTracker {{\n");
    let mut used = HashSet::new();
    let mut parts = Vec::new();
    for event in &types.library.events {
        let Some(message) = types.library.messages.get(event.message) else { continue };
        let mut name = naming::method(&event.name);
        while !used.insert(name.clone()) {
            name.push('_');
        }
        let type_name = types.message(event.message, &[]);
        let parameters = given(types, event.message, &[]);
        let listed: Vec<String> =
            parameters.iter().map(|(name, kind, default)| declared(name, kind, default.as_deref())).collect();
        let mut part = docs::comment(&docs::message(message, Some(event)), 2);
        if types.is_deprecated(event.message) {
            part.push_str("  @available(*, deprecated)\n");
        }
        part.push_str("  @discardableResult\n");
        part.push_str(&signature(&format!("  public func {}", naming::quoted(&name)), &listed, " -> JudiTracked {"));
        let passed: Vec<String> =
            parameters.iter().map(|(name, ..)| format!("{}: {name}", naming::label(name.trim_matches('`')))).collect();
        let line = format!("    self.track({type_name}({}))\n", passed.join(", "));
        if line.trim_end().chars().count() <= docs::WIDTH {
            part.push_str(&line);
        } else {
            let rows: Vec<String> = passed.iter().map(|it| format!("        {it}")).collect();
            part.push_str(&format!("    self.track(\n      {type_name}(\n{}\n      )\n    )\n", rows.join(",\n")));
        }
        part.push_str("  }\n");
        parts.push(part);
    }
    out.push_str(&parts.join("\n"));
    out.push_str("}\n");
    out
}
