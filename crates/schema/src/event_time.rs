//! When an event happened, as its row says it: a time, and how it came to be.

/// A row's `event_time` and `event_time_flag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTime {
    /// Microseconds since 1970, UTC.
    pub us: i64,
    /// `None`: the device's own, as sent.
    pub flag: Option<TimeFlag>,
}

/// How an event's time differs from what its device said, or from what can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeFlag {
    /// `occurred_at`, moved by the device clock's error.
    Corrected,
    /// Moved so that the session's sequence stays in order.
    Ordered,
    /// The device said no time: it is that of receipt.
    Received,
    /// Further after its receipt than can be.
    Future,
    /// Further before its receipt than is usual.
    Past,
}

impl TimeFlag {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Corrected, Self::Ordered, Self::Received, Self::Future, Self::Past];

    /// As the column `event_time_flag` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::Ordered => "ordered",
            Self::Received => "received",
            Self::Future => "future",
            Self::Past => "past",
        }
    }

    /// Whether the time is so far from its receipt that it says nothing of the order among its neighbours.
    #[must_use]
    pub const fn is_far(self) -> bool {
        matches!(self, Self::Future | Self::Past)
    }
}
