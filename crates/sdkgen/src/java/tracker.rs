//! The tracker: a method for each event.

use super::docs;
use super::file::{Scope, file};
use super::text::{Text, literal};

/// The file of the tracker's class.
pub(super) fn write(scope: &Scope<'_>) -> Vec<u8> {
    let library = scope.library;
    let mut text = Text::default();
    let promise = "Sends the events of the schema. One for the whole app; any thread may call it.".to_owned();
    let how = "A call checks and encodes the event, queues it and returns: it waits for no disk and no network. What \
               becomes of the event is told to {@link Options.Builder#onResult} and {@link Options.Builder#onReport}.";
    text.javadoc(0, &[promise, how.to_owned()], &[]);
    if library.messages.iter().any(|message| message.is_deprecated) {
        text.line(0, "@SuppressWarnings(\"deprecation\")");
    }
    text.line(0, "public final class Judi extends Facade {");
    text.javadoc(1, &["The schema that this library was made from.".to_owned()], &[]);
    text.line(1, "public static final Schema SCHEMA =");
    let (semver, fingerprint) = (literal(&library.semver), literal(&library.fingerprint));
    text.call(3, "new Schema", &[library.version.to_string(), semver, fingerprint], ";");
    text.gap();
    text.lines(1, ["private Judi(Tracker tracker) {", "  super(tracker);", "}"]);
    text.gap();
    text.javadoc(1, &["Opens the queue, and sends from now on.".to_owned()], &[]);
    text.lines(1, ["@NonNull", "public static Judi create(@NonNull Options options) {"]);
    text.lines(1, ["  return new Judi(Tracker.start(options, SCHEMA));", "}"]);
    text.gap();
    text.javadoc(1, &["Hands events to another tracker: a Recorder, in a test.".to_owned()], &[]);
    text.lines(1, ["@NonNull", "public static Judi with(@NonNull Tracker tracker) {"]);
    text.lines(1, ["  return new Judi(tracker);", "}"]);
    for (event, method) in library.events.iter().zip(&scope.classes.methods) {
        let Some(message) = library.messages.get(event.message) else { continue };
        let class = scope.classes.messages.get(event.message).map_or("", |name| name);
        let tags = if message.is_deprecated { "@deprecated To be used no more." } else { "" };
        let returned = "@return the event's id; null where it has none yet, or is not kept";
        let tags = [returned, tags].iter().filter(|tag| !tag.is_empty()).map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        text.gap();
        text.javadoc(1, &docs::of_message(message, Some(event)), &tags);
        if message.is_deprecated {
            text.line(1, "@Deprecated");
        }
        text.line(1, "@Nullable");
        text.call(1, &format!("public String {method}"), &[format!("@NonNull {class} event")], " {");
        text.line(2, "return track(event);");
        text.line(1, "}");
    }
    text.line(0, "}");
    file(scope, text)
}
