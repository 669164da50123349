//! Rules about packages: what was deleted from one, wherever in it it was.

use std::collections::{BTreeMap, HashSet};

use super::file::{in_package, where_it_was};
use super::image::{Element, File, Image};
use super::pairs::Pairs;
use super::report::{At, Report};

pub(super) fn no_delete(report: &mut Report<'_>, _: &Pairs<'_>) {
    let kept: HashSet<&str> = report.current.files.iter().map(|file| file.package.as_str()).collect();
    // Of several files of a deleted package the first by name says whether the finding is ignored.
    let mut deleted: BTreeMap<&str, &File> = BTreeMap::new();
    for file in report.previous.files.iter().filter(|file| !kept.contains(file.package.as_str())) {
        let first = deleted.entry(&file.package).or_insert(file);
        if file.path < first.path {
            *first = file;
        }
    }
    for (package, file) in deleted {
        report.add(At::nowhere(), Some(file), format!("Previously present package {package:?} was deleted."));
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

/// Reports what is not in its package any more, of the packages in which something of its kind is left.
fn deleted(report: &mut Report<'_>, what: &str, elements: impl Fn(&Image) -> Vec<&Element>) {
    let (current, previous) = (report.current, report.previous);
    let package = |image: &'_ Image, element: &Element| image.files.get(element.file).map(|file| file.package.clone());
    let mut packages: HashSet<String> = HashSet::new();
    if what == "service" {
        packages.extend(current.files.iter().map(|file| file.package.clone()));
    }
    let mut kept: HashSet<&str> = HashSet::new();
    for element in elements(current) {
        packages.extend(package(current, element));
        kept.insert(&element.full_name);
    }
    for element in elements(previous) {
        let Some(before) = previous.files.get(element.file) else { continue };
        if !packages.contains(&before.package) || kept.contains(element.full_name.as_str()) {
            continue;
        }
        let at = match current.file_by_path.get(&before.path) {
            // The file is gone as well: nobody knows where it was.
            None => At::nowhere(),
            Some(&file) if what == "message" => in_message_of_package(report, file, before, &element.nested_name),
            Some(&file) => where_it_was(report, file, &element.nested_name),
        };
        let text = format!(
            "Previously present {what} {:?} was deleted from package {:?}.",
            element.nested_name, before.package
        );
        report.add(at, Some(before), text);
    }
}

/// The innermost message of the package that a message was declared in, or the file.
fn in_message_of_package<'a>(report: &Report<'a>, file: usize, before: &File, nested_name: &str) -> At<'a> {
    let mut outer = nested_name;
    while let Some((rest, _)) = outer.rsplit_once('.') {
        outer = rest;
        let found = report.current.message_by_name.get(&in_package(&before.package, outer));
        if let Some(message) = found.and_then(|index| report.current.messages.get(*index)) {
            return report.at_message(message);
        }
    }
    report.current.files.get(file).map_or_else(At::nowhere, At::file)
}
