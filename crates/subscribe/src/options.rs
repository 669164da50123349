//! How much readers may take.

use std::time::Duration;

/// Everything that can be configured, by value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeOptions {
    /// Tokens of which a reader must present one as Bearer; none: whoever reaches the server may read.
    pub tokens: Vec<String>,
    /// The token of the project's owner on this machine, always good.
    pub owner_token: Option<String>,
    /// Whether anybody may read at all where there are no tokens: on loopback.
    pub open_without_token: bool,
    /// Subscribers at once; past it 503 with Retry-After.
    pub subscribers_max: usize,
    /// How long a subscriber may leave a message untaken before it is cut off.
    pub slow_timeout: Duration,
    /// How often a stream says that it lives.
    pub heartbeat: Duration,
}

impl Default for SubscribeOptions {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            owner_token: None,
            open_without_token: true,
            subscribers_max: 64,
            slow_timeout: Duration::from_secs(10),
            heartbeat: Duration::from_secs(15),
        }
    }
}
