//! Rules of the files of one package, or of one folder, together.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::FileOptions;

use super::super::sink::Sink;
use super::super::subject::LintFile;

/// `FileDescriptorProto.package` and `.options`.
const PACKAGE: &[i32] = &[2];
const OPTIONS: i32 = 8;

/// A file option that the files of a package agree on.
struct SameOption {
    rule: &'static str,
    name: &'static str,
    /// Its number in `FileOptions`.
    number: i32,
    value: fn(&FileOptions) -> Option<String>,
}

const SAME_OPTIONS: [SameOption; 7] = [
    SameOption {
        rule: "PACKAGE_SAME_CSHARP_NAMESPACE",
        name: "csharp_namespace",
        number: 37,
        value: |it| it.csharp_namespace.clone(),
    },
    SameOption { rule: "PACKAGE_SAME_GO_PACKAGE", name: "go_package", number: 11, value: |it| it.go_package.clone() },
    SameOption {
        rule: "PACKAGE_SAME_JAVA_MULTIPLE_FILES",
        name: "java_multiple_files",
        number: 10,
        value: |it| it.java_multiple_files.map(|flag| flag.to_string()),
    },
    SameOption {
        rule: "PACKAGE_SAME_JAVA_PACKAGE",
        name: "java_package",
        number: 1,
        value: |it| it.java_package.clone(),
    },
    SameOption {
        rule: "PACKAGE_SAME_PHP_NAMESPACE",
        name: "php_namespace",
        number: 41,
        value: |it| it.php_namespace.clone(),
    },
    SameOption {
        rule: "PACKAGE_SAME_RUBY_PACKAGE",
        name: "ruby_package",
        number: 45,
        value: |it| it.ruby_package.clone(),
    },
    SameOption {
        rule: "PACKAGE_SAME_SWIFT_PREFIX",
        name: "swift_prefix",
        number: 39,
        value: |it| it.swift_prefix.clone(),
    },
];

pub(super) fn check(files: &[&LintFile<'_>], sink: &mut Sink<'_>) {
    for (folder, files) in grouped(files, |file| file.folder()) {
        check_folder(folder, &files, sink);
    }
    for (package, files) in grouped(files, |file| file.proto().package()) {
        let folders: BTreeSet<&str> = files.iter().map(|file| file.folder()).collect();
        if folders.len() > 1 {
            let text = format!("Multiple directories {:?} contain files with package {package:?}.", joined(&folders));
            for file in &files {
                sink.report("PACKAGE_SAME_DIRECTORY", file, PACKAGE, text.clone());
            }
        }
        for option in &SAME_OPTIONS {
            check_option(option, package, &files, sink);
        }
    }
}

fn check_folder(folder: &str, files: &[&LintFile<'_>], sink: &mut Sink<'_>) {
    let packages: BTreeSet<&str> = files.iter().map(|file| file.proto().package()).collect();
    if packages.len() < 2 {
        return;
    }
    let named: BTreeSet<&str> = packages.iter().copied().filter(|package| !package.is_empty()).collect();
    let which = match (named.len() == packages.len(), named.len()) {
        (true, _) => format!("Multiple packages {:?}", joined(&named)),
        (false, 1) => format!("Package {:?} and file with no package", joined(&named)),
        (false, _) => format!("Multiple packages {:?} and file with no package", joined(&named)),
    };
    for file in files {
        sink.report("DIRECTORY_SAME_PACKAGE", file, PACKAGE, format!("{which} detected within directory {folder:?}."));
    }
}

fn check_option(option: &SameOption, package: &str, files: &[&LintFile<'_>], sink: &mut Sink<'_>) {
    let value = |file: &&LintFile<'_>| file.proto().options.as_ref().and_then(option.value).unwrap_or_default();
    let values: BTreeSet<String> = files.iter().map(value).collect();
    if values.len() < 2 {
        return;
    }
    let set: BTreeSet<&str> = values.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
    let which = if set.len() == values.len() {
        format!("have multiple values {:?} for option {:?}", joined(&set), option.name)
    } else {
        format!("have both values {:?} and no value for option {:?}", joined(&set), option.name)
    };
    for file in files {
        let text = format!("Files in package {package:?} {which} and all values must be equal.");
        sink.report(option.rule, file, &[OPTIONS, option.number], text);
    }
}

fn grouped<'f, 'a>(
    files: &[&'f LintFile<'a>],
    key: impl Fn(&'f LintFile<'a>) -> &'f str,
) -> BTreeMap<&'f str, Vec<&'f LintFile<'a>>> {
    let mut groups: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for file in files {
        groups.entry(key(file)).or_default().push(*file);
    }
    groups
}

fn joined(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(",")
}
