//! A server that runs for a test.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};

use crate::bed::{Project, eventually, json_lines};
use crate::http::{Answer, Connection};
use crate::running::Running;

/// The headers of a JSON batch with a new project's key.
pub(crate) const JSON_BATCH: [(&str, &str); 2] =
    [("Authorization", "Bearer dev"), ("Content-Type", "application/json")];

/// A server that takes requests.
pub(crate) struct Server {
    running: Running,
    address: SocketAddr,
}

impl Server {
    /// `judi up` in the project's folder.
    pub(crate) fn up(project: &Project) -> Self {
        Self::start(&mut project.command(["up"]))
    }

    /// Starts a command that serves, and waits until it takes requests.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut running = Running::start(command);
        let address = eventually("the server says where it is", || {
            let said = running.said();
            let address = said.lines().find_map(|line| line.strip_prefix("events     POST http://")?.split('/').next());
            assert!(running.ended().is_none(), "the server ended: {said}");
            address.map(|address| address.parse().unwrap())
        });
        Self { running, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        self.running.said()
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

    /// Rows of a table.
    pub(crate) fn count(&self, table: &str) -> u64 {
        self.rows(&format!("SELECT count(*) AS n FROM {table}"))[0]["n"].as_u64().unwrap()
    }

    /// Waits until the events table has as many rows.
    pub(crate) fn wait_for_rows(&self, rows: u64) {
        eventually(&format!("{rows} rows in events"), || {
            let found = self.count("events");
            assert!(found <= rows, "{found} rows, where {rows} are to be");
            (found == rows).then_some(())
        });
    }

    /// Asks it to stop; everything in the log is in the tables when it has.
    pub(crate) fn stop(self) {
        self.stop_by("TERM", &[]);
    }

    /// The same by a signal's name, for a server that may warn of `listed`.
    pub(crate) fn stop_by(self, signal: &str, listed: &[&str]) {
        self.running.signal(signal);
        self.running.finish(listed);
    }

    /// SIGKILL, in the middle of whatever it does.
    pub(crate) fn kill(self, listed: &[&str]) {
        self.running.kill(listed);
    }
}
