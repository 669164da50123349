//! A browser without a window, steered by the WebDriver protocol (<https://www.w3.org/TR/webdriver2/>) through
//! `chromedriver`, with a client of as much HTTP as that takes.

use std::io::{BufRead, BufReader, ErrorKind, Lines, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// No command takes longer; a browser that hangs is a failure and no endless test.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(30);

/// No sandbox, since tests may run as root; nothing that asks anybody outside.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// The key that goes to the next link.
const TAB: &str = "\u{e004}";

/// A running browser; it ends with this.
pub(crate) struct Browser {
    driver: Child,
    /// Held open: the driver ends when it cannot write.
    _output: Lines<BufReader<ChildStdout>>,
    port: u16,
    /// The path below which this session's commands are; empty before there is one.
    session: String,
}

impl Browser {
    /// Starts one; `Err` says what is missing on this machine.
    pub(crate) fn start() -> Result<Self, String> {
        let started = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = match started {
            Ok(driver) => driver,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err("there is no chromedriver".into()),
            Err(error) => panic!("chromedriver: {error}"),
        };
        let mut output = BufReader::new(driver.stdout.take().unwrap()).lines();
        let started = |line: String| line.trim_end_matches('.').rsplit_once("successfully on port ")?.1.parse().ok();
        let port = output.by_ref().map_while(Result::ok).find_map(started).unwrap();
        let mut browser = Self { driver, _output: output, port, session: String::new() };
        let options = json!({"args": ARGUMENTS});
        let wanted = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let made = browser.call("POST", "/session", &json!({"capabilities": {"alwaysMatch": wanted}}));
        match made {
            Ok(made) => browser.session = format!("/session/{}", made["sessionId"].as_str().unwrap()),
            Err(error) if error.contains("cannot find Chrome binary") => return Err("there is no chromium".into()),
            Err(error) => panic!("no session: {error}"),
        }
        Ok(browser)
    }

    /// A window of `width` CSS pixels, for somebody who prefers dark pages or not, on screen or printed.
    pub(crate) fn look(&self, width: u32, is_dark: bool, is_printed: bool) {
        let scheme = if is_dark { "dark" } else { "light" };
        // As a desktop's window: a phone's would zoom out to hide what does not fit.
        let metrics = json!({"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        let media = if is_printed { "print" } else { "" };
        self.cdp("Emulation.setEmulatedMedia", &json!({"media": media, "features": features}));
    }

    pub(crate) fn open(&self, url: &str) {
        self.command("/url", &json!({"url": url}));
    }

    /// What `script` returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.command("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Presses the tabulator `times` times.
    pub(crate) fn tab(&self, times: usize) {
        let press = [json!({"type": "keyDown", "value": TAB}), json!({"type": "keyUp", "value": TAB})];
        let keys: Vec<_> = press.iter().cycle().take(times * press.len()).collect();
        self.command("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]}));
    }

    /// What the browser has complained of since the last call: refused styles and scripts, errors of scripts.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.command("/se/log", &json!({"type": "browser"}));
        let is_bad = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        entries.as_array().unwrap().iter().filter(is_bad).map(|entry| entry["message"].to_string()).collect()
    }

    fn cdp(&self, command: &str, parameters: &Value) {
        self.command("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    }

    fn command(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("{}{path}", self.session), body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let text = |error: std::io::Error| error.to_string();
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(text)?;
        stream.set_read_timeout(Some(COMMAND_TIME_MAX)).map_err(text)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).map_err(text)?;
        let mut answer = BufReader::new(stream);
        let (mut line, mut length) = (String::new(), 0);
        while answer.read_line(&mut line).map_err(text)? > 2 {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
            line.clear();
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).map_err(text)?;
        let value: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        match value["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["value"]["message"])),
            None => Ok(value["value"].clone()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser with the session; killed before, it would leave it running.
        if !self.session.is_empty() {
            let _ = self.call("DELETE", &self.session, &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
