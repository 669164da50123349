//! Rules of enums and their values.

use prost_types::EnumDescriptorProto;

use super::super::names::{pascal_case, upper_snake_case};
use super::super::sink::Sink;
use super::super::subject::LintFile;
use super::super::walk::{self, At};

pub(super) fn check(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    for r#enum in walk::enums(file.proto()) {
        check_enum(file, &r#enum, sink);
        check_values(file, &r#enum, sink);
    }
}

/// What the values of an enum begin with.
pub(in crate::lint) fn value_prefix(enum_name: &str) -> String {
    format!("{}_", upper_snake_case(enum_name))
}

fn check_enum(file: &LintFile<'_>, r#enum: &At<'_, EnumDescriptorProto>, sink: &mut Sink<'_>) {
    let name = r#enum.item.name();
    if r#enum.item.options.as_ref().is_some_and(prost_types::EnumOptions::allow_alias) {
        let path = [r#enum.path.as_slice(), &[3, 2]].concat();
        let message = format!("Enum option \"allow_alias\" on enum {name:?} must be false.");
        sink.report("ENUM_NO_ALLOW_ALIAS", file, &path, message);
    }
    let pascal = pascal_case(name);
    if name != pascal {
        let message = format!("Enum name {name:?} should be PascalCase, such as {pascal:?}.");
        sink.report("ENUM_PASCAL_CASE", file, &r#enum.part(1), message);
    }
    if let Some(first) = r#enum.item.value.first().filter(|first| first.number() != 0) {
        let path = [r#enum.child(2, 0).as_slice(), &[2]].concat();
        let message = format!("First enum value {:?} should have a numeric value of 0.", first.name());
        sink.report("ENUM_FIRST_VALUE_ZERO", file, &path, message);
    }
}

fn check_values(file: &LintFile<'_>, r#enum: &At<'_, EnumDescriptorProto>, sink: &mut Sink<'_>) {
    let prefix = value_prefix(r#enum.item.name());
    let suffix = sink.config.enum_zero_value_suffix.as_str();
    for (index, value) in r#enum.item.value.iter().enumerate() {
        let name = value.name();
        let path = [r#enum.child(2, index).as_slice(), &[1]].concat();
        if !name.starts_with(&prefix) {
            let message = format!("Enum value name {name:?} should be prefixed with {prefix:?}.");
            sink.report("ENUM_VALUE_PREFIX", file, &path, message);
        }
        let upper = upper_snake_case(name);
        if name != upper {
            let message = format!("Enum value name {name:?} should be UPPER_SNAKE_CASE, such as {upper:?}.");
            sink.report("ENUM_VALUE_UPPER_SNAKE_CASE", file, &path, message);
        }
        if value.number() == 0 && !name.ends_with(suffix) {
            let message = format!("Enum zero value name {name:?} should be suffixed with {suffix:?}.");
            sink.report("ENUM_ZERO_VALUE_SUFFIX", file, &path, message);
        }
    }
}
