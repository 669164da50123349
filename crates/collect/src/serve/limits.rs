//! How a server treats its connections, and which of them has had its time. Pure.

use std::time::Duration;

/// The bounds of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServeOptions {
    /// Connections at once. Further ones wait in the operating system's queue, and are told nothing.
    pub connections_max: usize,
    /// How long a peer may take for the headers of a request, from their first byte, and for a TLS handshake.
    pub header_timeout: Duration,
    /// How long a connection may be open with nothing asked.
    pub idle_timeout: Duration,
    /// The same where three quarters of all connections are taken, so that who only holds one makes room.
    pub idle_timeout_crowded: Duration,
    /// How long a peer may leave an answer unread.
    pub write_timeout: Duration,
    /// Requests of one connection, after which it is closed: behind a balancer, load moves on.
    pub requests_max: u64,
    /// Bytes of the headers of one request. Over it: 431.
    pub header_bytes: usize,
    /// Headers of one request. Over it: 431.
    pub headers: usize,
    /// Requests at once on one connection of HTTP/2.
    pub streams_max: u32,
    /// How long running requests may take to finish when the server is asked to stop.
    pub drain_timeout: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            idle_timeout_crowded: Duration::from_secs(5),
            write_timeout: Duration::from_secs(20),
            requests_max: 100_000,
            header_bytes: 32 * 1024,
            headers: 100,
            streams_max: 100,
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// What a connection has done, and what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Condition {
    /// Requests whose answers are not done.
    pub(super) in_flight: usize,
    /// Requests so far.
    pub(super) requests: u64,
    /// How long nothing has been asked.
    pub(super) idle: Duration,
    /// How long headers have been on their way; `None` where none are.
    pub(super) headers: Option<Duration>,
}

/// What is to become of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes on.
    Stay,
    /// It takes nothing more and ends when its answers are done.
    Retire,
    /// It ends now: what it has sent is no request.
    Cut,
}

impl ServeOptions {
    /// How long a connection may be open with nothing asked while `free` slots are left.
    pub(super) fn idle_timeout_of(&self, free: usize) -> Duration {
        let is_crowded = free < self.connections_max.div_ceil(4);
        if is_crowded { self.idle_timeout_crowded } else { self.idle_timeout }
    }

    /// What is to become of a connection; `free` slots are left.
    pub(super) fn fate(&self, condition: &Condition, free: usize) -> Fate {
        let idle_timeout = self.idle_timeout_of(free);
        if condition.headers.is_some_and(|since| since > self.header_timeout) {
            Fate::Cut
        } else if condition.in_flight == 0 && condition.idle > idle_timeout || condition.requests >= self.requests_max {
            Fate::Retire
        } else {
            Fate::Stay
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_that_ask_nothing_make_room_and_those_at_work_do_not() {
        let options = ServeOptions { connections_max: 8, requests_max: 5, ..ServeOptions::default() };
        let seconds = Duration::from_secs;
        let calm = Condition::default();
        let cases = [
            (calm, 8, Fate::Stay),
            (Condition { idle: seconds(6), ..calm }, 8, Fate::Stay),
            (Condition { idle: seconds(6), ..calm }, 1, Fate::Retire),
            (Condition { idle: seconds(61), ..calm }, 8, Fate::Retire),
            (Condition { idle: seconds(61), in_flight: 1, ..calm }, 0, Fate::Stay),
            (Condition { requests: 5, in_flight: 1, ..calm }, 8, Fate::Retire),
            (Condition { headers: Some(seconds(10)), ..calm }, 8, Fate::Stay),
            (Condition { headers: Some(seconds(11)), ..calm }, 8, Fate::Cut),
        ];
        for (condition, free, expected) in cases {
            assert_eq!(options.fate(&condition, free), expected, "{condition:?} {free}");
        }
    }
}
