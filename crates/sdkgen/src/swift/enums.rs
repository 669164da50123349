//! Enums: their values as cases, and one more for numbers without a name.

use std::collections::HashSet;

use super::docs;
use super::naming::{case, quoted};
use crate::library::{Enum, EnumValue};

/// A value and the name of its case, without backticks.
type Named<'a> = (&'a EnumValue, String);

/// An enum, in the type that it stands in.
pub(super) fn text(enumeration: &Enum, path: &[String]) -> String {
    let Some((name, outer)) = path.split_last() else { return String::new() };
    let own = enumeration.path.last().map(String::as_str).unwrap_or_default();
    let mut used = HashSet::new();
    let named: Vec<Named<'_>> = enumeration
        .values
        .iter()
        .map(|value| {
            let short = case(own, &value.name);
            let name = if used.insert(short.clone()) { short } else { format!("{short}_{}", used.len()) };
            (value, name)
        })
        .collect();
    let body = body(enumeration, name, &named);
    if outer.is_empty() {
        return body;
    }
    let indented: String =
        body.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("  {line}\n") }).collect();
    format!("extension {} {{\n{indented}}}\n", outer.join("."))
}

fn body(enumeration: &Enum, name: &str, named: &[Named<'_>]) -> String {
    let mut numbers = HashSet::new();
    // A case that is deprecated would warn wherever this enum itself names it: it is a constant instead.
    let (cases, others): (Vec<_>, Vec<_>) =
        named.iter().partition(|(value, _)| !value.is_deprecated && numbers.insert(value.number));
    let mut out = docs::comment(&docs::enumeration(enumeration), 0);
    out.push_str(&format!("public enum {name}: RawRepresentable, CaseIterable, Hashable, Sendable {{\n"));
    for (value, case) in &cases {
        out.push_str(&docs::comment(&docs::value(value), 2));
        out.push_str(&format!("  case {}\n", quoted(case)));
    }
    out.push_str("  /// A number that has no name in this version of the schema.\n  case unrecognized(Int32)\n\n");
    for (value, case) in &others {
        out.push_str(&docs::comment(&docs::value(value), 2));
        if value.is_deprecated {
            out.push_str("  @available(*, deprecated)\n");
        }
        out.push_str(&format!(
            "  public static var {}: Self {{ Self(rawValue: {}) }}\n\n",
            quoted(case),
            number(value)
        ));
    }
    let listed: Vec<String> = cases.iter().map(|(_, case)| format!(".{}", quoted(case))).collect();
    out.push_str("  public static var allCases: [Self] {\n");
    let line = format!("    [{}]\n", listed.join(", "));
    if line.trim_end().chars().count() <= docs::WIDTH {
        out.push_str(&line);
    } else {
        let rows: String = listed.iter().map(|it| format!("      {it},\n")).collect();
        out.push_str(&format!("    [\n{rows}    ]\n"));
    }
    out.push_str("  }\n\n");
    out.push_str("  public init(rawValue: Int32) {\n    switch rawValue {\n");
    for (value, case) in &cases {
        out.push_str(&format!("    case {}: self = .{}\n", number(value), quoted(case)));
    }
    out.push_str("    default: self = .unrecognized(rawValue)\n    }\n  }\n\n");
    out.push_str("  public var rawValue: Int32 {\n    switch self {\n");
    for (value, case) in &cases {
        out.push_str(&format!("    case .{}: return {}\n", quoted(case), number(value)));
    }
    out.push_str("    case .unrecognized(let number): return number\n    }\n  }\n}\n");
    out
}

fn number(value: &EnumValue) -> String {
    docs::number(i64::from(value.number))
}
