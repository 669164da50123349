//! Who goes first where there are fewer processors than work: people who wait for an answer, then the judge, then
//! compaction. What is judged later is not lost; a request that waits too long is.

use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

/// About niceness 5 of Unix: a third of the weight of a thread that answers requests.
pub(super) const JUDGE: u8 = 37;
/// About niceness 10: a ninth.
pub(super) const COMPACTION: u8 = 24;

/// Lowers this thread's priority. Where the system does not let it, it stays as it is: nothing but speed depends on it.
pub(super) fn lower_to(priority: u8) {
    let lowered = ThreadPriorityValue::try_from(priority).map(ThreadPriority::Crossplatform);
    if let Err(error) = lowered.map(set_current_thread_priority) {
        tracing::debug!(?error, "this thread's priority stays as it is");
    }
}
