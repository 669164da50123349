//! A body of Segment's API as one form of a batch.

use judi_schema::segment::CallKind;

use super::body::{self, SegmentFault};
use crate::format::{BodyFormat, FormatFault, IncomingBatch, utf8};
use crate::incoming::SentClock;
use crate::options::Limits;

/// A call, or a batch of calls. The path says which, where the body does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentFormat {
    /// What a single call is; `None` on the paths of batches.
    pub(super) kind: Option<CallKind>,
}

impl BodyFormat for SegmentFormat {
    fn limits(&self, configured: &Limits) -> Limits {
        let segment = configured.segment;
        Limits {
            event_bytes: segment.event_bytes,
            batch_bytes: segment.batch_bytes,
            // The limit is one of calls, not of how well they compress.
            inflated_bytes: segment.batch_bytes,
            batch_events: segment.batch_events,
            ..*configured
        }
    }

    fn read<'a>(&self, body: &'a [u8], events_max: usize) -> Result<IncomingBatch<'a>, FormatFault> {
        let batch = body::read_batch(utf8(body)?, self.kind, events_max)?;
        Ok(IncomingBatch {
            sent_at: batch.sent_at,
            clock: SentClock::default(),
            context: batch.context,
            write_key: batch.write_key,
            events: Box::new(batch.calls.into_iter()),
        })
    }
}

impl From<SegmentFault> for FormatFault {
    fn from(fault: SegmentFault) -> Self {
        match fault {
            SegmentFault::Unreadable(detail) => Self::Unreadable(detail),
            SegmentFault::TooManyEvents { events } => Self::TooManyEvents { events },
        }
    }
}
