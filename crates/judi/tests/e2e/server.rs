//! A server that runs for a test, and ends with it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::bed::{Project, eventually, json_lines, unlisted_trouble};
use crate::http::{Answer, Connection};

/// The headers of a JSON batch with a new project's key.
pub(crate) const JSON_BATCH: [(&str, &str); 2] =
    [("Authorization", "Bearer dev"), ("Content-Type", "application/json")];

/// A server; killed when the test lets go of it.
pub(crate) struct Server {
    child: Child,
    stderr: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    address: SocketAddr,
}

impl Server {
    /// `judi up` in the project's folder.
    pub(crate) fn up(project: &Project) -> Self {
        Self::start(&mut project.command(["up"]))
    }

    /// Starts a command that serves, and waits until it takes requests.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::try_start(command).unwrap_or_else(|stderr| panic!("the server ended: {stderr}"))
    }

    /// Starts a command that serves; what it said when it ended instead.
    pub(crate) fn try_start(command: &mut Command) -> Result<Self, String> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let stderr = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&stderr);
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut heard = heard.lock().unwrap();
                heard.push_str(&line);
                heard.push('\n');
            }
        });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { child, stderr, reader: Some(reader), address };
        let found = eventually("the server says where it is", || {
            let said = server.said();
            let address = said.lines().find_map(|line| line.strip_prefix("events     POST http://")?.split('/').next());
            match (address, server.child.try_wait().unwrap()) {
                (Some(address), None) => Some(Ok(address.parse().unwrap())),
                (_, Some(_)) => Some(Err(())),
                (None, None) => None,
            }
        });
        match found {
            Ok(address) => {
                server.address = address;
                Ok(server)
            }
            Err(()) => {
                server.wait();
                Err(server.said())
            }
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.connect().request("GET", path, &[], b"").unwrap()
    }

    /// Sends a batch in JSON.
    pub(crate) fn send(&self, batch: &str) -> Answer {
        self.connect().request("POST", "/v1/events", &JSON_BATCH, batch.as_bytes()).unwrap()
    }

    /// Asks the service API.
    pub(crate) fn ask(&self, sql: &str, format: &str) -> Answer {
        let body = json!({"sql": sql, "format": format}).to_string();
        self.connect().request("POST", "/api/v1/sql", &[("Content-Type", "application/json")], body.as_bytes()).unwrap()
    }

    /// The rows of a query.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        let answer = self.ask(sql, "json");
        assert_eq!(answer.status, 200, "{}", answer.text());
        json_lines(&answer.text())
    }

    /// Waits until the events table has as many rows.
    pub(crate) fn wait_for_rows(&self, rows: u64) {
        eventually(&format!("{rows} rows in events"), || {
            let found = self.rows("SELECT count(*) AS n FROM events");
            let found = found[0]["n"].as_u64().unwrap();
            assert!(found <= rows, "{found} rows, where {rows} are to be");
            (found == rows).then_some(())
        });
    }

    /// Asks it to stop, and gives what it said; everything in the log is in the tables then.
    pub(crate) fn stop(self) -> String {
        self.stop_by("TERM", &[])
    }

    /// The same by a signal's name, for a server that may warn of `listed`.
    pub(crate) fn stop_by(mut self, signal: &str, listed: &[&str]) -> String {
        send_signal(self.pid(), signal);
        let status = self.wait();
        let said = self.said();
        assert_eq!(status.code(), Some(0), "{status}: {said}");
        assert_eq!(unlisted_trouble(&said, listed), Vec::<&str>::new(), "{said}");
        said
    }

    /// SIGKILL, in the middle of whatever it does.
    #[expect(dead_code, reason = "joins with the cases that need it")]
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.wait();
    }

    fn wait(&mut self) -> ExitStatus {
        let status = eventually("the server ends", || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Of a test that fails; what it did until then is in the failure.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server said:\n{}", self.said());
        }
    }
}

/// Sends a signal to one process that this test started.
pub(crate) fn send_signal(pid: u32, signal: &str) {
    // The shell's own `kill`: the standard library knows only SIGKILL.
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status().unwrap();
    assert!(sent.success(), "kill -{signal} {pid}");
}
