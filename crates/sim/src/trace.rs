//! What happened, step by step, and a hash of all of it: two runs of one seed have the same.

use std::collections::VecDeque;
use std::fmt;

/// Lines that are kept of a run that nobody wants to read whole.
const TAIL_LINES: usize = 60;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Trace {
    hasher: blake3::Hasher,
    lines: VecDeque<String>,
    lines_max: usize,
    count: u64,
}

impl Trace {
    /// `is_whole`: every line is kept.
    pub(crate) fn new(is_whole: bool) -> Self {
        let lines_max = if is_whole { usize::MAX } else { TAIL_LINES };
        Self { hasher: blake3::Hasher::new(), lines: VecDeque::new(), lines_max, count: 0 }
    }

    /// Adds a line.
    pub(crate) fn note(&mut self, line: fmt::Arguments<'_>) {
        let line = format!("{:5} {line}", self.count);
        self.hasher.update(line.as_bytes()).update(b"\n");
        self.count += 1;
        if self.lines.len() >= self.lines_max {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The hash of all lines so far, in hexadecimal.
    pub(crate) fn hash(&self) -> String {
        self.hasher.finalize().to_hex().chars().take(16).collect()
    }

    /// The last lines, or all.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }
}
