//! An enum's class: its values as constants, and any other number.

use super::file::{Scope, file};
use super::names::constants;
use super::text::{Text, literal, prose};
use crate::library::Enum;

/// The file of the enum at `at` in the library.
pub(super) fn write(scope: &Scope<'_>, at: usize, enumeration: &Enum) -> Vec<u8> {
    let class = scope.classes.enums.get(at).map_or("", |name| name);
    let names = constants(enumeration);
    let mut text = Text::default();
    let said = prose(&enumeration.comment);
    text.javadoc(0, &[if said.is_empty() { format!("{{@code {}}}.", enumeration.full_name) } else { said }], &[]);
    text.line(0, &format!("public final class {class} extends EnumValue {{"));
    for (value, name) in enumeration.values.iter().zip(&names) {
        let said = prose(&value.comment);
        let meaning = if said.is_empty() { format!("{{@code {}}}.", value.name) } else { said };
        let tags = if value.is_deprecated { vec!["@deprecated To be used no more.".to_owned()] } else { vec![] };
        text.javadoc(1, &[meaning], &tags);
        let mark = if value.is_deprecated { "@Deprecated " } else { "" };
        let made = format!("new {class}({}, {})", value.number, literal(&value.name));
        text.assign(1, &format!("{mark}public static final {class} {name}"), &made);
        text.gap();
    }
    text.line(1, &format!("private {class}(int number, @Nullable String name) {{"));
    text.line(2, "super(number, name);");
    text.line(1, "}");
    text.gap();
    text.javadoc(1, &["The value of this number; one that the schema has no name for is unrecognized.".into()], &[]);
    text.line(1, "@NonNull");
    text.line(1, &format!("public static {class} of(int number) {{"));
    text.line(2, "switch (number) {");
    let mut told = std::collections::HashSet::new();
    for (value, name) in enumeration.values.iter().zip(&names).filter(|(value, _)| told.insert(value.number)) {
        text.line(3, &format!("case {}:", value.number));
        text.line(4, &format!("return {name};"));
    }
    text.line(3, "default:");
    text.line(4, &format!("return new {class}(number, null);"));
    text.line(2, "}");
    text.line(1, "}");
    text.line(0, "}");
    file(scope, text)
}
