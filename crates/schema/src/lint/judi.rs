//! Judi's own rules: of events, of their fields, and of names that are another one's twin.

mod events;
mod fields;
mod reserved;
mod twins;

use super::events::Events;
use super::sink::Sink;
use super::subject::LintFile;

/// Checks the events and fields in the files of one module; names are compared with those of all.
pub(super) fn check(events: &Events<'_, '_>, files: &[&LintFile<'_>], module: usize, sink: &mut Sink<'_>) {
    files.iter().for_each(|file| reserved::check(file, sink));
    for event in events.events.iter().filter(|event| event.file.module == module) {
        events::check(event, &events.events, sink);
    }
    for field in events.fields.iter().filter(|field| field.file.module == module) {
        fields::check(field, sink);
    }
    twins::check_events(&events.events, module, sink);
    twins::check_fields(&events.fields, module, sink);
}
