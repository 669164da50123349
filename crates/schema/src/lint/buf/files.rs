//! Rules of a file by itself: its name, syntax and package.

use super::super::names::{lower_snake_case, package_stability};
use super::super::sink::Sink;
use super::super::subject::LintFile;

/// `FileDescriptorProto.package` and `.syntax`.
const PACKAGE: &[i32] = &[2];
const SYNTAX: &[i32] = &[12];

pub(super) fn check(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    check_name(file, sink);
    if file.text.is_some() && !file.has(SYNTAX) && !file.is_edition {
        let text = "Files must have a syntax explicitly specified; without one, the file is \"proto2\".";
        sink.report_file("SYNTAX_SPECIFIED", file, text.to_owned());
    }
    let package = file.proto().package();
    if package.is_empty() {
        sink.report_file("PACKAGE_DEFINED", file, "Files must have a package defined.".to_owned());
        return;
    }
    let (folder, expected) = (file.folder(), package.replace('.', "/"));
    if folder != expected {
        let text = format!(
            "Files with package {package:?} must be within a directory {expected:?} relative to root but were in \
             directory {folder:?}."
        );
        sink.report("PACKAGE_DIRECTORY_MATCH", file, PACKAGE, text);
    }
    let snake = package.split('.').map(lower_snake_case).collect::<Vec<_>>().join(".");
    if package != snake {
        let text = format!("Package name {package:?} should be lower_snake.case, such as {snake:?}.");
        sink.report("PACKAGE_LOWER_SNAKE_CASE", file, PACKAGE, text);
    }
    if package_stability(package).is_none() {
        let example = format!("{package}.v1");
        let text = format!(
            "Package name {package:?} should be suffixed with a correctly formed version, such as {example:?}."
        );
        sink.report("PACKAGE_VERSION_SUFFIX", file, PACKAGE, text);
    }
}

fn check_name(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    let base = file.name().rsplit('/').next().unwrap_or_default();
    let (stem, extension) = base.rfind('.').map_or((base, ""), |dot| base.split_at(dot));
    let snake = lower_snake_case(stem);
    if stem != snake {
        let text = format!("Filename {base:?} should be lower_snake_case{extension}, such as \"{snake}{extension}\".");
        sink.report_file("FILE_LOWER_SNAKE_CASE", file, text);
    }
}
