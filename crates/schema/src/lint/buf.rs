//! buf's rules: the same ids, and the same places.
//!
//! Read off buf's `bufcheckserverhandle/lint.go` (Apache-2.0) and compared with its binary. A rule that looks at several
//! files sees those of its module only, as in buf.

mod comments;
mod enums;
mod files;
mod imports;
mod messages;
mod packages;
mod protovalidate;
mod services;

pub(super) use enums::value_prefix;

use super::sink::Sink;
use super::subject::{LintFile, Subject};

/// Checks one module's files.
pub(super) fn check(subject: &Subject<'_>, files: &[&LintFile<'_>], sink: &mut Sink<'_>) {
    for file in files {
        comments::check(file, sink);
        enums::check(file, sink);
        files::check(file, sink);
        imports::check(file, sink);
        messages::check(file, sink);
        services::check(file, sink);
        if sink.wants("PROTOVALIDATE") {
            protovalidate::check(subject, file, sink);
        }
    }
    packages::check(files, sink);
    imports::check_all(subject, files, sink);
    services::check_unique(files, sink);
}
