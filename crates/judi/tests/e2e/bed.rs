//! What every case stands on: a project in a folder of its own, and the real binary run in it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// No case is about speed: a wait that is longer than this is a hang, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait before looking again.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// The binary, with nothing of the caller's own configuration.
pub(crate) fn judi() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_judi"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("JUDI_") {
            command.env_remove(name);
        }
    }
    command.env("JUDI__HTTP__PORT", "0").stdin(Stdio::null());
    command
}

/// Looks until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {} s for this: {what}", PATIENCE.as_secs());
        std::thread::sleep(PAUSE);
    }
}

/// The lines of `stderr` that tell of trouble and contain none of `listed`.
pub(crate) fn unlisted_trouble<'a>(stderr: &'a str, listed: &[&str]) -> Vec<&'a str> {
    let trouble = [" WARN ", " ERROR ", "panicked at", "error:"];
    stderr
        .lines()
        .filter(|line| trouble.iter().any(|sign| line.contains(sign)))
        .filter(|line| !listed.iter().any(|known| line.contains(known)))
        .collect()
}

/// A project as `judi init` makes it.
pub(crate) struct Project {
    _folder: Option<TempDir>,
    dir: PathBuf,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self::prepared(|_| {})
    }

    /// A project in a folder that `prepare` has seen first.
    pub(crate) fn prepared(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("newsroom");
        fs::create_dir(&dir).unwrap();
        prepare(&dir);
        run(judi().arg("init").arg(&dir)).done();
        Self { _folder: Some(folder), dir }
    }

    /// One that is there.
    pub(crate) fn at(dir: &Path) -> Self {
        Self { _folder: None, dir: dir.to_owned() }
    }

    /// Adds to judi.toml.
    pub(crate) fn with_config(self, text: &str) -> Self {
        let path = self.dir.join("judi.toml");
        let mut config = fs::read_to_string(&path).unwrap();
        config.push('\n');
        config.push_str(text);
        fs::write(path, config).unwrap();
        self
    }

    /// Adds a .proto file.
    pub(crate) fn with_schema(self, name: &str, text: &str) -> Self {
        let path = self.dir.join("schema").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn state(&self, name: &str) -> PathBuf {
        self.dir.join(".judi/state").join(name)
    }

    /// Gives readers of access logs the same ids as in `other`.
    pub(crate) fn with_readers_of(self, other: &Self) -> Self {
        fs::create_dir_all(self.state("")).unwrap();
        fs::copy(other.state("reader.key"), self.state("reader.key")).unwrap();
        self
    }

    /// A command in the project's folder.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = judi();
        command.args(args).current_dir(&self.dir);
        command
    }

    /// Runs a command in the project's folder to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        run(&mut self.command(args))
    }

    /// What `judi query` prints.
    pub(crate) fn query(&self, sql: &str, format: &str) -> String {
        self.run(["query", sql, "--format", format]).done()
    }

    /// The rows of a query.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        json_lines(&self.query(sql, "json"))
    }

    /// The one number that a query gives.
    pub(crate) fn number(&self, sql: &str) -> u64 {
        let rows = self.rows(sql);
        let row = rows.first().and_then(Value::as_object).unwrap_or_else(|| panic!("{sql}: {rows:?}"));
        row.values().next().and_then(Value::as_u64).unwrap_or_else(|| panic!("{sql}: {rows:?}"))
    }

    /// Bytes of the log's segments.
    pub(crate) fn log_bytes(&self) -> u64 {
        let entries = |folder: &Path| {
            fs::read_dir(folder).map_or_else(|_| Vec::new(), |entries| entries.map(Result::unwrap).collect())
        };
        let topics = entries(&self.dir.join(".judi/log"));
        let partitions = topics.iter().flat_map(|topic| entries(&topic.path()));
        let files = partitions.flat_map(|partition| entries(&partition.path()));
        files.map(|file| file.metadata().map_or(0, |metadata| metadata.len())).sum()
    }

    /// Every row of the tables that events come to, in an order of its own. What differs between two runs that do the
    /// same is left out: an import's name, which the envelopes of quarantined events hold.
    pub(crate) fn all_rows(&self) -> Vec<String> {
        let quarantine = "SELECT received_at, received_date, event_id, event, reason, detail, source, schema_version, \
                          payload FROM quarantine";
        let commits = "SELECT \"table\", event, event_day, sum(rows) AS rows FROM _judi.commits GROUP BY ALL";
        let mut all = Vec::new();
        for sql in ["SELECT * FROM events", quarantine, commits] {
            let mut rows: Vec<_> = self.query(sql, "json").lines().map(str::to_owned).collect();
            rows.sort_unstable();
            all.append(&mut rows);
        }
        all
    }
}

/// Text of one JSON value a line.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).expect("standard error is text");
    assert!(!stderr.contains('\u{1b}'), "colours are for terminals: {stderr:?}");
    Ran { code: output.status.code(), stdout: output.stdout, stderr }
}

impl Ran {
    /// Standard output of a command that did its work and has nothing to warn of.
    pub(crate) fn done(self) -> String {
        self.done_or_warned(&[])
    }

    /// The same, for a command that may warn of `listed`, and of nothing else.
    pub(crate) fn done_or_warned(self, listed: &[&str]) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        assert_eq!(unlisted_trouble(&self.stderr, listed), Vec::<&str>::new(), "{}", self.stderr);
        String::from_utf8(self.stdout).expect("standard output is text")
    }

    /// What a command that could not do its work says: one error, with a hint of what to do.
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert!(self.stdout.is_empty(), "nothing on standard output: {:?}", String::from_utf8_lossy(&self.stdout));
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        assert_eq!(unlisted_trouble(&self.stderr, &["error: "]), Vec::<&str>::new(), "{}", self.stderr);
        self.stderr
    }
}

/// Fails where two lists of rows differ, and shows the first rows that do.
pub(crate) fn assert_same_rows(found: &[String], expected: &[String]) {
    if found == expected {
        return;
    }
    let differences = found.iter().zip(expected).filter(|(found, expected)| found != expected).take(3);
    let shown: Vec<_> =
        differences.map(|(found, expected)| format!("\n   found {found}\nexpected {expected}")).collect();
    panic!("{} rows, expected {}; the first that differ:{}", found.len(), expected.len(), shown.concat());
}
