//! A project in a folder of its own, the server that runs in it, and what its tables hold.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use serde_json::Value;

use super::{Trouble, eventually};

/// The signs of trouble in what a process says.
const SIGNS: [&str; 4] = [" WARN ", " ERROR ", "panicked at", "error:"];

/// The event that is written.
pub(super) const EVENT: &str = "sim_write";

const SCHEMA: &str = r#"syntax = "proto3";
package sim;
import "judi/v1/options.proto";

// One write of the simulator's.
message SimWrite {
  option (judi.event) = {name: "sim_write" owner: "sim" description: "One write under load."};
  // Follows from the event's id.
  string said = 1 [(judi.field).required = true];
  // Fills disks.
  string ballast = 2;
}
"#;

/// A project as `judi init` makes it; its folder goes with it.
#[derive(Debug)]
pub(super) struct Project {
    bin: PathBuf,
    dir: PathBuf,
}

/// `judi up`, running; killed at the latest when it is let go of.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    said: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    address: SocketAddr,
}

impl Project {
    /// Makes one in `dir`, which must not be there; `prepare` sees the folder first.
    pub(super) fn create(
        bin: &Path,
        dir: &Path,
        prepare: impl FnOnce(&Path) -> Result<(), Trouble>,
    ) -> Result<Self, Trouble> {
        fs::create_dir_all(dir).map_err(Trouble::io(format!("make {}", dir.display())))?;
        let project = Self { bin: bin.to_owned(), dir: dir.to_owned() };
        prepare(dir)?;
        project.run(&[OsStr::new("init"), dir.as_os_str()])?;
        let path = dir.join("schema").join(format!("{EVENT}.proto"));
        fs::write(&path, SCHEMA).map_err(Trouble::io(format!("write {}", path.display())))?;
        Ok(project)
    }

    /// Starts a server and waits until it takes requests.
    pub(super) fn up(&self) -> Result<Server, Trouble> {
        let mut command = self.command(&[OsStr::new("up")]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(Trouble::io("start"))?;
        let said = Arc::<Mutex<String>>::default();
        let reader = child.stderr.take().map(|stderr| {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                    said.push_str(&line);
                    said.push('\n');
                }
            })
        });
        let mut server = Server { child, said, reader, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        server.address = eventually("the server says where it is", || {
            let said = server.said();
            let place = said.lines().find_map(|line| line.strip_prefix("events     POST http://")?.split('/').next());
            let ended = server.child.try_wait().map_err(Trouble::io("wait"))?;
            match (place.and_then(|place| place.parse().ok()), ended) {
                (Some(address), _) => Ok(Some(address)),
                (None, None) => Ok(None),
                (None, Some(status)) => Err(Trouble::broken("a server starts", format!("{status}: {said}"))),
            }
        })?;
        Ok(server)
    }

    /// Every id of `events`, with how many rows it has and whether they hold what was sent with it; by `judi query`.
    pub(super) fn rows(&self) -> Result<BTreeMap<String, (u64, bool)>, Trouble> {
        let sql = format!("SELECT event_id, {EVENT}['said'] AS said, count(*) AS n FROM events GROUP BY 1, 2");
        let text = self.run(&["query", &sql, "--format", "json"].map(OsStr::new))?;
        let mut rows: BTreeMap<String, (u64, bool)> = BTreeMap::new();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line)
                .map_err(|error| Trouble::broken("a query answers in JSON", format!("{error}: {line}")))?;
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
            let (count, fits) = rows.entry(text("event_id").to_owned()).or_insert((0, true));
            *count += row.get("n").and_then(Value::as_u64).unwrap_or(0);
            *fits &= text("said") == said(text("event_id"));
        }
        Ok(rows)
    }

    /// How many rows `quarantine` has.
    pub(super) fn quarantined(&self) -> Result<u64, Trouble> {
        let text = self.run(&["query", "SELECT count(*) AS n FROM quarantine", "--format", "json"].map(OsStr::new))?;
        let row: Option<Value> = text.lines().next().and_then(|line| serde_json::from_str(line).ok());
        let count = row.as_ref().and_then(|row| row.get("n")?.as_u64());
        count.ok_or_else(|| Trouble::broken("a query answers in JSON", text))
    }

    fn run(&self, args: &[&OsStr]) -> Result<String, Trouble> {
        let output = self.command(args).output().map_err(Trouble::io("run judi"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let detail = format!("{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Err(Trouble::broken("a command does its work", detail))
    }

    /// The binary in the project's folder, with nothing of the caller's own configuration.
    fn command(&self, args: &[&OsStr]) -> Command {
        let mut command = Command::new(&self.bin);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("JUDI_") {
                command.env_remove(name);
            }
        }
        command.env("JUDI__HTTP__PORT", "0").env("JUDI__PG__PORT", "0").stdin(Stdio::null());
        command.args(args).current_dir(&self.dir);
        command
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // Somebody has to look at what a failed run leaves, and the caller's folder holds it until then.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// What the event of this id says, so that a row can be held to its id.
pub(super) fn said(event_id: &str) -> String {
    format!("said with {event_id}")
}

impl Server {
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// SIGKILL, in the middle of whatever it does; what it has said until then may only be of `listed`.
    pub(super) fn kill(mut self, listed: &[&str]) -> Result<(), Trouble> {
        self.child.kill().map_err(Trouble::io("kill the server"))?;
        self.end(listed)
    }

    /// Asks it to stop, and waits until it has.
    pub(super) fn stop(mut self, listed: &[&str]) -> Result<(), Trouble> {
        // The standard library knows only SIGKILL.
        let kill = format!("kill -TERM {}", self.child.id());
        Command::new("sh").args(["-c", &kill]).status().map_err(Trouble::io("ask the server to stop"))?;
        eventually("the server stops", || self.child.try_wait().map_err(Trouble::io("wait")))?;
        self.end(listed)
    }

    fn end(&mut self, listed: &[&str]) -> Result<(), Trouble> {
        self.child.wait().map_err(Trouble::io("wait for the server"))?;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        let said = self.said();
        let is_trouble = |line: &&str| {
            SIGNS.iter().any(|sign| line.contains(sign)) && !listed.iter().any(|known| line.contains(known))
        };
        match said.lines().find(is_trouble) {
            Some(line) => Err(Trouble::broken("a server says nothing that is not expected", line.to_owned())),
            None => Ok(()),
        }
    }

    fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Of a run that fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
