//! Rules about files: what was deleted from one, and what its generated code depends on.

use std::collections::HashSet;

use super::image::wire::FileOptions;
use super::image::{Element, File, Image, Syntax};
use super::pairs::Pairs;
use super::report::{At, Report};

/// Fields of `FileDescriptorProto`.
const PACKAGE: i32 = 2;
const OPTIONS: i32 = 8;
const SYNTAX: i32 = 12;

pub(super) fn no_delete(report: &mut Report<'_>, _: &Pairs<'_>) {
    for file in &report.previous.files {
        if !report.current.file_by_path.contains_key(&file.path) {
            report.add(At::nowhere(), Some(file), format!("Previously present file {:?} was deleted.", file.path));
        }
    }
}

pub(super) fn enum_no_delete(report: &mut Report<'_>, _: &Pairs<'_>) {
    deleted(report, "enum", |image| image.enums.iter().map(|one| &one.element).collect());
}

pub(super) fn extension_no_delete(report: &mut Report<'_>, _: &Pairs<'_>) {
    deleted(report, "extension", |image| image.extensions.iter().map(|one| &one.element).collect());
}

pub(super) fn message_no_delete(report: &mut Report<'_>, _: &Pairs<'_>) {
    deleted(report, "message", |image| image.messages.iter().map(|one| &one.element).collect());
}

pub(super) fn service_no_delete(report: &mut Report<'_>, _: &Pairs<'_>) {
    deleted(report, "service", |image| image.services.iter().map(|one| &one.element).collect());
}

/// Reports what is not in its file any more, by its name in the file.
fn deleted(report: &mut Report<'_>, what: &str, elements: impl Fn(&Image) -> Vec<&Element>) {
    let (current, previous) = (report.current, report.previous);
    let kept: HashSet<(usize, &str)> =
        elements(current).into_iter().map(|element| (element.file, element.nested_name.as_str())).collect();
    for element in elements(previous) {
        let Some(before) = previous.files.get(element.file) else { continue };
        let Some(&index) = current.file_by_path.get(&before.path) else { continue };
        if kept.contains(&(index, element.nested_name.as_str())) {
            continue;
        }
        let at = where_it_was(report, index, &element.nested_name);
        let text = format!("Previously present {what} {:?} was deleted from file.", element.nested_name);
        report.add(at, Some(before), text);
    }
}

/// The innermost message of the file that something was declared in, or the file.
pub(super) fn where_it_was<'a>(report: &Report<'a>, file: usize, nested_name: &str) -> At<'a> {
    let Some(now) = report.current.files.get(file) else { return At::nowhere() };
    let mut outer = nested_name;
    while let Some((rest, _)) = outer.rsplit_once('.') {
        outer = rest;
        let found = report.current.message_by_name.get(&in_package(&now.package, outer));
        let message = found.and_then(|index| report.current.messages.get(*index));
        if let Some(message) = message.filter(|message| message.element.file == file) {
            return report.at_message(message);
        }
    }
    At::file(now)
}

/// The whole name.
pub(super) fn in_package(package: &str, name: &str) -> String {
    if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") }
}

/// Reports files of which `value` has changed; `path` is where it is written.
fn same(report: &mut Report<'_>, pairs: &Pairs<'_>, name: &str, path: &[i32], value: impl Fn(&File) -> String) {
    for (now, before) in pairs.files_of(report.current, report.previous) {
        let (old, new) = (value(before), value(now));
        if old != new {
            let text = format!("File {name} changed from {old:?} to {new:?}.");
            report.add(At::part(now, path), Some(before), text);
        }
    }
}

fn same_option(
    report: &mut Report<'_>,
    pairs: &Pairs<'_>,
    name: &str,
    number: i32,
    value: impl Fn(&FileOptions) -> String,
) {
    same(report, pairs, &format!("option {name:?}"), &[OPTIONS, number], |file| value(&file.options));
}

pub(super) fn same_package(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same(report, pairs, "package", &[PACKAGE], |file| file.package.clone());
}

pub(super) fn same_syntax(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same(report, pairs, "syntax", &[SYNTAX], |file| {
        let syntax = match file.syntax {
            Syntax::Proto2 => "proto2",
            Syntax::Proto3 => "proto3",
            Syntax::Edition(_) => "editions",
        };
        syntax.to_owned()
    });
}

pub(super) fn same_cc_enable_arenas(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "cc_enable_arenas", 31, |options| options.cc_enable_arenas.unwrap_or(true).to_string());
}

pub(super) fn same_cc_generic_services(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "cc_generic_services", 16, |options| options.cc_generic_services.to_string());
}

pub(super) fn same_csharp_namespace(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "csharp_namespace", 37, |options| options.csharp_namespace.clone());
}

pub(super) fn same_go_package(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "go_package", 11, |options| options.go_package.clone());
}

pub(super) fn same_java_generic_services(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "java_generic_services", 17, |options| options.java_generic_services.to_string());
}

pub(super) fn same_java_multiple_files(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "java_multiple_files", 10, |options| options.java_multiple_files.to_string());
}

pub(super) fn same_java_outer_classname(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "java_outer_classname", 8, |options| options.java_outer_classname.clone());
}

pub(super) fn same_java_package(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "java_package", 1, |options| options.java_package.clone());
}

pub(super) fn same_objc_class_prefix(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "objc_class_prefix", 36, |options| options.objc_class_prefix.clone());
}

pub(super) fn same_optimize_for(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "optimize_for", 9, |options| {
        let mode = match options.optimize_for {
            Some(2) => "CODE_SIZE",
            Some(3) => "LITE_RUNTIME",
            _ => "SPEED",
        };
        mode.to_owned()
    });
}

pub(super) fn same_php_class_prefix(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "php_class_prefix", 40, |options| options.php_class_prefix.clone());
}

pub(super) fn same_php_metadata_namespace(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "php_metadata_namespace", 44, |options| options.php_metadata_namespace.clone());
}

pub(super) fn same_php_namespace(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "php_namespace", 41, |options| options.php_namespace.clone());
}

pub(super) fn same_py_generic_services(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "py_generic_services", 18, |options| options.py_generic_services.to_string());
}

pub(super) fn same_ruby_package(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "ruby_package", 45, |options| options.ruby_package.clone());
}

pub(super) fn same_swift_prefix(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    same_option(report, pairs, "swift_prefix", 39, |options| options.swift_prefix.clone());
}
