//! How long a check for breaking changes takes on a schema of 500 events with 20 fields each, and what comes before it.
//!
//! `cargo bench -p judi-schema --bench breaking`

#![expect(clippy::expect_used, reason = "a bench that cannot measure has nothing to say")]

use std::time::{Duration, Instant};

use judi_schema::breaking::{Config, Workspace, compare};
use judi_schema::compile::{Source, SourceText, compile};

const EVENTS: usize = 500;
const FIELDS: usize = 20;
const ROUNDS: usize = 25;

fn main() {
    let before = sources(|_, field| format!("string field_{field}"));
    // One field of every tenth event is renamed, one of every tenth is another type.
    let after = sources(|event, field| match (event % 10, field) {
        (0, 3) => "string renamed_3".to_owned(),
        (1, 4) => "int64 field_4".to_owned(),
        _ => format!("string field_{field}"),
    });
    let config = Config::parse("buf.yaml", "version: v2\nbreaking: {use: [FILE, PACKAGE, WIRE_JSON, WIRE, CSR]}\n")
        .expect("a configuration");
    let workspace = |sources: &[Source]| Workspace::new(sources.to_vec(), &config).expect("the schema compiles");

    println!("{EVENTS} events with {FIELDS} fields, {ROUNDS} rounds, median");
    println!("compile for the project      {}", shown(median(|| drop(compile(&after).expect("the schema compiles")))));
    println!("compile one side of a check  {}", shown(median(|| drop(workspace(&after)))));
    let (now, earlier) = (workspace(&after), workspace(&before));
    println!("check, nothing changed       {}", shown(median(|| assert!(compare(&now, &now).is_empty()))));
    let count = compare(&now, &earlier).len();
    println!("check, {count} findings         {}", shown(median(|| assert_eq!(compare(&now, &earlier).len(), count))));
}

/// A file an event.
fn sources(field: impl Fn(usize, usize) -> String) -> Vec<Source> {
    let file = |event: usize| {
        let fields: String = (1..=FIELDS)
            .map(|number| format!("  {} = {number} [(judi.field).pii = PII_CLASS_NONE];\n", field(event, number)))
            .collect();
        format!(
            "syntax = \"proto3\";\npackage news.v1;\nimport \"judi/v1/options.proto\";\n\nmessage Event{event} {{\n  \
             option (judi.event) = {{ name: \"event_{event}\", owner: \"news\", description: \"What it means.\" }};\n{fields}}}\n"
        )
    };
    let source = |event| Source { name: format!("news/v1/event_{event}.proto"), text: SourceText::Proto(file(event)) };
    (0..EVENTS).map(source).collect()
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}

fn shown(time: Duration) -> String {
    format!("{:>8.2} ms", time.as_secs_f64() * 1e3)
}
