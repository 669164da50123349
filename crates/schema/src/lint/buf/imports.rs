//! Rules of imports: public ones, unused ones, circles of packages, unstable packages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use prost_reflect::FileDescriptor;

use super::super::names::{Stability, package_stability};
use super::super::references;
use super::super::sink::Sink;
use super::super::subject::{LintFile, Subject};
use super::super::walk::number_of;

/// `FileDescriptorProto.dependency`.
const DEPENDENCY: i32 = 3;

pub(super) fn check(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    let proto = file.proto();
    for index in &proto.public_dependency {
        let name = usize::try_from(*index).ok().and_then(|index| proto.dependency.get(index));
        let text = format!("Import {:?} must not be public.", name.map_or("", String::as_str));
        sink.report("IMPORT_NO_PUBLIC", file, &[DEPENDENCY, *index], text);
    }
    if sink.wants("IMPORT_USED") {
        for index in references::unused_imports(&file.descriptor) {
            let name = proto.dependency.get(index).map_or("", String::as_str);
            sink.report("IMPORT_USED", file, &[DEPENDENCY, number_of(index)], format!("Import {name:?} is unused."));
        }
    }
}

/// The rules that look at more than one file.
pub(super) fn check_all(subject: &Subject<'_>, files: &[&LintFile<'_>], sink: &mut Sink<'_>) {
    if sink.wants("PACKAGE_NO_IMPORT_CYCLE") {
        check_cycles(subject, files, sink);
    }
    if sink.wants("STABLE_PACKAGE_NO_IMPORT_UNSTABLE") {
        check_stability(files, sink);
    }
}

type Packages = BTreeMap<String, BTreeSet<String>>;

fn check_cycles(subject: &Subject<'_>, files: &[&LintFile<'_>], sink: &mut Sink<'_>) {
    let mut imported: Packages = BTreeMap::new();
    for file in subject.compiled.pool.files() {
        for import in file.dependencies().filter(|import| import.package_name() != file.package_name()) {
            let of = imported.entry(file.package_name().to_owned()).or_default();
            of.insert(import.package_name().to_owned());
        }
    }
    for file in files {
        let package = file.descriptor.package_name();
        for (index, import) in dependencies(&file.descriptor).into_iter().enumerate() {
            let other = import.package_name();
            if package.is_empty() || other.is_empty() || package == other {
                continue;
            }
            if let Some(way_back) = shortest_way(&imported, other, package) {
                let text = format!("Package import cycle: {package} -> {}", way_back.join(" -> "));
                sink.report("PACKAGE_NO_IMPORT_CYCLE", file, &[DEPENDENCY, number_of(index)], text);
            }
        }
    }
}

/// The packages from `from` to `to`, both included, over the fewest imports.
fn shortest_way<'a>(imported: &'a Packages, from: &'a str, to: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting = VecDeque::from([from]);
    while let Some(package) = waiting.pop_front() {
        if package == to {
            let mut way = vec![to];
            let mut at = to;
            while let Some(before) = came_from.get(at).filter(|_| at != from) {
                way.push(before);
                at = before;
            }
            way.reverse();
            return Some(way);
        }
        for next in imported.get(package).into_iter().flatten().filter(|next| !next.is_empty()) {
            if next != from && !came_from.contains_key(next.as_str()) {
                came_from.insert(next, package);
                waiting.push_back(next);
            }
        }
    }
    None
}

fn check_stability(files: &[&LintFile<'_>], sink: &mut Sink<'_>) {
    let own: BTreeMap<&str, &str> = files.iter().map(|file| (file.name(), file.proto().package())).collect();
    for file in files.iter().filter(|file| package_stability(file.proto().package()) == Some(Stability::Stable)) {
        for (index, import) in file.proto().dependency.iter().enumerate() {
            let Some(package) = own.get(import.as_str()) else { continue };
            if package_stability(package) == Some(Stability::Unstable) {
                let text = format!(
                    "This file is in stable package {:?}, so it should not depend on {import:?} from unstable package \
                     {package:?}.",
                    file.proto().package()
                );
                sink.report("STABLE_PACKAGE_NO_IMPORT_UNSTABLE", file, &[DEPENDENCY, number_of(index)], text);
            }
        }
    }
}

fn dependencies(file: &FileDescriptor) -> Vec<FileDescriptor> {
    file.dependencies().collect()
}
