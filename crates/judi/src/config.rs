//! A project's configuration: `default.toml`, then `judi.toml`, then `JUDI__…` in the environment.
//!
//! `config/default.toml` lists every key and is the manual; a key that is not there is an error that
//! names the nearest one that is.

mod quantity;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use judi_schema::nearest::nearest;
use serde::Deserialize;
use toml::{Table, Value};

pub use quantity::{Size, Span};

use crate::failure::{Exit, Failure};

/// Every key with its default, and the manual.
pub const DEFAULTS: &str = include_str!("config/default.toml");

const ENVIRONMENT_PREFIX: &str = "JUDI__";

/// The whole of judi.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub http: Http,
    #[expect(dead_code, reason = "a contract key, reserved for the PostgreSQL wire")]
    pub pg: Pg,
    pub collect: Collect,
    pub subscribe: Subscribe,
    pub log: Log,
    pub judge: Judge,
    pub storage: Storage,
    pub engine: Engine,
    pub import: Import,
    pub sdk: Sdk,
}

/// Where the server listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub host: String,
    pub port: u16,
    pub tls: HttpTls,
}

/// What the libraries for apps are called; empty: after the project's folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdk {
    pub npm: String,
    pub go: String,
    pub maven: String,
    pub swift: String,
}

/// The server's certificate; empty names: none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTls {
    pub cert: String,
    pub key: String,
}

/// The PostgreSQL wire.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pg {
    #[expect(dead_code, reason = "a contract key, reserved for the PostgreSQL wire")]
    pub port: u16,
}

/// The Event API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    pub keys: Vec<WriteKey>,
    pub path_prefix: String,
    pub robots: String,
    pub cookie: Cookie,
    pub limits: Limits,
}

/// The cookie for pages that have no id of their own; an empty name: none.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cookie {
    pub name: String,
    pub domain: String,
    pub max_age: Span,
    pub needs_consent: bool,
}

/// One write key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteKey {
    pub key: String,
    pub name: String,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub origins: Vec<String>,
    pub events_per_second: Option<f64>,
    pub burst: Option<f64>,
    pub events_per_day: Option<u64>,
    pub in_flight: Option<Size>,
}

fn yes() -> bool {
    true
}

/// The Event API's bounds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub event: Size,
    pub batch: Size,
    pub inflated_batch: Size,
    pub batch_events: usize,
    pub in_flight: Size,
    pub segment_event: Size,
    pub segment_batch: Size,
    pub segment_batch_events: usize,
}

/// Readers of the log over HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    pub tokens: Vec<String>,
    pub subscribers: usize,
    pub slow_timeout: Span,
}

/// The event log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    #[expect(dead_code, reason = "reading it refuses backends that this build does not have")]
    pub backend: LogBackend,
    pub partitions: u32,
    pub segment: Size,
    pub queue: Size,
    pub retention: Span,
}

/// Where the log's records are.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogBackend {
    /// Segment files of this process.
    Embedded,
}

/// The judge.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    pub dedup_window: Span,
    pub clock_tolerance: Span,
    pub far_future: Span,
    pub far_past: Span,
    pub clock_sessions: usize,
    pub commit_interval: Span,
}

/// Where the tables are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub url: String,
}

/// The query engine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    #[expect(dead_code, reason = "reading it refuses backends that this build does not have")]
    pub backend: EngineBackend,
    pub memory: Memory,
    pub timeout: Span,
}

/// Who runs queries.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineBackend {
    /// This process.
    Embedded,
}

/// A size, or "auto".
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub enum Memory {
    /// `"auto"`.
    Auto(Auto),
    /// A size.
    Bytes(Size),
}

/// The word "auto".
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    /// Chosen from the machine.
    Auto,
}

/// What `judi import` reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    pub combined: CombinedLog,
}

/// How lines of an access log become events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CombinedLog {
    pub article: Vec<String>,
    pub article_event: String,
    pub article_field: String,
    pub page_event: String,
}

impl Config {
    /// Reads `judi.toml` of the project at `dir` over the defaults, then the environment over both.
    pub fn load(dir: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Failure> {
        let path = dir.join("judi.toml");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Failure::usage(format!("{}: no such file", path.display()))
                    .hint("`judi init DIR` makes a project; `--project DIR` names one"));
            }
            Err(error) => return Err(Failure::from_error(Exit::Outside, &path.display().to_string(), &error)),
        };
        Self::parse(&text, &path.display().to_string(), environment)
    }

    fn parse(text: &str, place: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Failure> {
        let defaults: Table = parse_table(DEFAULTS, "default.toml")?;
        let mut merged = defaults.clone();
        merge(&mut merged, parse_table(text, place)?, &defaults, "", place)?;
        for (name, value) in environment {
            let Some(path) = name.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
            let keys: Vec<_> = path.split("__").map(str::to_ascii_lowercase).collect();
            let layer = keys
                .iter()
                .rev()
                .fold(environment_value(&value), |inner, key| Value::Table(Table::from_iter([(key.clone(), inner)])));
            if let Value::Table(layer) = layer {
                merge(&mut merged, layer, &defaults, "", &name)?;
            }
        }
        Value::Table(merged)
            .try_into()
            .map_err(|error: toml::de::Error| Failure::usage(format!("{place}: {}", error.to_string().trim())))
    }
}

/// A variable's text as the value it would be in the file; what is no TOML value is text.
fn environment_value(text: &str) -> Value {
    let parsed = toml::from_str::<Table>(&format!("value = {text}"));
    parsed.ok().and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn parse_table(text: &str, place: &str) -> Result<Table, Failure> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let at = error.span().map_or(String::new(), |span| {
            let before = &text[..span.start.min(text.len())];
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            format!(":{}:{column}", before.matches('\n').count() + 1)
        });
        Failure::usage(format!("{place}{at}: {}", error.message()))
    })
}

/// Lays `over` on `base`, key by key; only keys that `known` has may occur.
fn merge(base: &mut Table, over: Table, known: &Table, path: &str, place: &str) -> Result<(), Failure> {
    for (key, value) in over {
        let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let Some(known_value) = known.get(&key) else {
            let failure = Failure::usage(format!("{place}: there is no key `{full}`"));
            return Err(match nearest(&key, known.keys().map(String::as_str)) {
                Some(near) => failure.hint(format!("did you mean `{}`?", full.replace(&key, near))),
                None => {
                    failure.hint(format!("the keys here are {}", known.keys().cloned().collect::<Vec<_>>().join(", ")))
                }
            });
        };
        match (value, known_value, base.get_mut(&key)) {
            (Value::Table(inner), Value::Table(known_inner), Some(Value::Table(base_inner))) => {
                merge(base_inner, inner, known_inner, &full, place)?;
            }
            (value, _, _) => {
                base.insert(key, value);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
