//! A project in a folder of its own, and the binary that works on it: started as a user would, ended by its id.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::http::Connection;
use super::machine::Process;
use crate::failure::Failure;

/// A server on a busy machine is up by then, or will not be.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Lines that are kept to explain a failure.
const KEPT_LINES: usize = 20;

/// The binary to measure: `$JUDI_BIN`, else the one that was built beside this.
pub(crate) fn binary() -> Result<PathBuf, Failure> {
    let beside =
        || std::env::current_exe().map_err(Failure::io("find this program")).map(|own| own.with_file_name("judi"));
    let path = std::env::var_os("JUDI_BIN").map_or_else(beside, |path| Ok(PathBuf::from(path)))?;
    if path.is_file() { Ok(path) } else { Err(Failure::NoBinary { path }) }
}

/// A folder that is gone with this value. It is on the disk of the builds, as temporary folders may be in memory.
pub(crate) fn scratch(folder: Option<&Path>) -> Result<TempDir, Failure> {
    let own = std::env::current_exe().map_err(Failure::io("find this program"))?;
    let parent = folder.or_else(|| own.parent()).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix("judi-bench-").tempdir_in(parent).map_err(Failure::file("make a folder in", parent))
}

/// A new project.
#[derive(Debug)]
pub(crate) struct Project {
    binary: PathBuf,
    dir: PathBuf,
    _scratch: TempDir,
}

impl Project {
    /// `judi init`, with `settings` added to its judi.toml.
    pub(crate) fn init(folder: Option<&Path>, settings: &str) -> Result<Self, Failure> {
        let scratch = scratch(folder)?;
        let project = Self { binary: binary()?, dir: scratch.path().join("newsroom"), _scratch: scratch };
        succeed(Command::new(&project.binary).arg("init").arg(&project.dir))?;
        let file = project.dir.join("judi.toml");
        let text = std::fs::read_to_string(&file).map_err(Failure::file("read", &file))?;
        std::fs::write(&file, format!("{text}\n{settings}")).map_err(Failure::file("write", &file))?;
        Ok(project)
    }

    /// Its folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A command on this project, such as `query`.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg(name).arg("--project").arg(&self.dir).stdin(Stdio::null());
        command
    }

    /// A command on this project's schema, such as `publish`.
    pub(crate) fn schema_command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(["schema", name, "--project"]).arg(&self.dir).stdin(Stdio::null());
        command
    }

    /// `judi up` on a free port.
    pub(crate) fn up(&self) -> Result<Server, Failure> {
        let mut command = self.command("up");
        command.env("JUDI__HTTP__PORT", "0").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failure::file("start", &self.binary))?;
        let stderr = child.stderr.take();
        // From here on the child is ended with this value.
        let mut server = Server { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            // Read to the end, so that the server never waits for somebody to read its messages.
            for line in stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).lines().map_while(Result::ok)) {
                let _ = sender.send(line);
            }
        });
        let until = Instant::now() + START_TIMEOUT;
        let mut said = VecDeque::new();
        loop {
            match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(address) = address_in(&line) {
                        server.address = address;
                        return Ok(server);
                    }
                    said.push_back(line);
                    if said.len() > KEPT_LINES {
                        said.pop_front();
                    }
                }
                Err(ended) => {
                    let ended = match ended {
                        RecvTimeoutError::Timeout => "did not say where it listens",
                        RecvTimeoutError::Disconnected => "ended",
                    };
                    let output = Vec::from(said).join("\n");
                    return Err(Failure::Program { program: "judi up".to_owned(), ended: ended.to_owned(), output });
                }
            }
        }
    }
}

/// The address in a line such as `pages      http://127.0.0.1:8080/`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.split('/').next()?.parse().ok()
}

/// A running `judi up`; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Its process, for [`super::machine`].
    pub(crate) fn process(&self) -> Process {
        Process::Id(self.child.id())
    }

    /// One of its own figures.
    pub(crate) fn telemetry(&self, name: &str) -> Result<f64, Failure> {
        let failed = || Failure::io("GET /metrics");
        let mut connection = Connection::open(self.address).map_err(failed())?;
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let (status, page) = connection.exchange(request).map_err(failed())?;
        let page = String::from_utf8_lossy(page);
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.ok_or_else(|| Failure::Answer {
            request: format!("GET /metrics for {name}"),
            status,
            body: beginning(&page),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end.
///
/// # Errors
/// [`Failure::Program`] when it cannot be started or does not succeed, with the last of its messages.
pub(crate) fn succeed(command: &mut Command) -> Result<Output, Failure> {
    let program = name(command);
    let failed = |ended: String, output| Failure::Program { program: program.clone(), ended, output };
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| failed(format!("cannot be started: {error}"), String::new()))?;
    if output.status.success() {
        return Ok(output);
    }
    let messages = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = messages.lines().collect();
    let last = lines.get(lines.len().saturating_sub(KEPT_LINES)..).unwrap_or_default();
    Err(failed(format!("ended with {}", output.status), last.join("\n")))
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(OsStr::new("?"));
    let first = command.get_args().next().unwrap_or_default();
    format!("{} {}", program.to_string_lossy(), first.to_string_lossy())
}

/// The beginning of an answer, for messages.
pub(crate) fn beginning(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_what_the_server_says() {
        let said = address_in("pages      http://127.0.0.1:4321/");
        assert_eq!(said, Some(SocketAddr::from(([127, 0, 0, 1], 4321))));
        assert_eq!(address_in("a warning about http://example.org/"), None);
    }

    #[test]
    fn a_program_that_fails_is_told_with_its_last_words() {
        let failure = succeed(Command::new("sh").args(["-c", "echo why >&2; exit 7"])).unwrap_err();
        assert!(failure.to_string().contains("sh -c") && failure.to_string().contains("why"), "{failure}");
        assert!(succeed(&mut Command::new("/nonexistent/program")).is_err());
    }
}
