//! A process that runs beside a test, and ends with it at the latest.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::bed::{eventually, unlisted_trouble};

/// A process whose standard error is heard as it speaks; killed when the test lets go of it.
pub(crate) struct Running {
    child: Child,
    stderr: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
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
        Self { child, stderr, reader: Some(reader) }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = eventually("the process ends", || self.ended());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }

    /// Waits for its end, which is to be a good one with no warning but of `listed`; gives its standard output, which
    /// has to be short.
    pub(crate) fn finish(mut self, listed: &[&str]) -> String {
        let status = self.wait();
        let said = self.said();
        assert_eq!(status.code(), Some(0), "{status}: {said}");
        assert_eq!(unlisted_trouble(&said, listed), Vec::<&str>::new(), "{said}");
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        stdout
    }

    /// SIGKILL, in the middle of whatever it does; what it said until then, which is to be no warning but of `listed`.
    pub(crate) fn kill(mut self, listed: &[&str]) -> ExitStatus {
        self.child.kill().unwrap();
        let status = self.wait();
        assert_eq!(unlisted_trouble(&self.said(), listed), Vec::<&str>::new());
        status
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        // The shell's own `kill`: the standard library knows only SIGKILL.
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.pid())]).status().unwrap();
        assert!(sent.success(), "kill -{name}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Of a test that fails; what it did until then is in the failure.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("process {} said:\n{}", self.pid(), self.said());
        }
    }
}
