//! What a command says when it can't go on: cause, place and hint for people, an exit code for programs.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// Whose turn it is, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 1: the command did its work and found something (a failed audit, a blocked partition).
    Findings,
    /// 2: the call, the project or its configuration is wrong.
    Usage,
    /// 3: something outside failed: the disk, the network, another process.
    Outside,
}

impl Exit {
    /// As programs see it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Outside => 3,
        }
    }

    /// The exit of this code, told by another process; anything unknown is somebody else's trouble.
    pub const fn of_code(code: u8) -> Self {
        match code {
            1 => Self::Findings,
            2 => Self::Usage,
            _ => Self::Outside,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The end of a command that did not succeed.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened, with its place.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// The call or the configuration is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// The command did its work, and this is how much it found.
    pub fn findings(message: impl Into<String>) -> Self {
        Self { exit: Exit::Findings, message: message.into(), hint: None }
    }

    /// Something outside failed.
    pub fn outside(message: impl Into<String>) -> Self {
        Self { exit: Exit::Outside, message: message.into(), hint: None }
    }

    /// An error with all its causes, told as one sentence.
    pub fn from_error(exit: Exit, context: &str, error: &dyn Error) -> Self {
        let mut message = if context.is_empty() { error.to_string() } else { format!("{context}: {error}") };
        let mut cause = error.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            // Many errors already tell their cause in their own text.
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = inner.source();
        }
        Self { exit, message, hint: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What a command gives back: done, or why not.
pub type Done = Result<(), Failure>;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the log")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn the_whole_chain_of_causes_is_told_once() {
        let error = Outer(std::io::Error::other("disk on fire"));
        let failure = Failure::from_error(Exit::Outside, "judi up", &error).hint("put it out");
        assert_eq!(failure.to_string(), "error: judi up: cannot open the log: disk on fire\nhint: put it out");
    }
}
