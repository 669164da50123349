//! Futures without threads: polled by hand where the simulation decides when, driven to their end where it waits.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::{Builder, Runtime};

thread_local! {
    /// One a thread: making one costs more than a small world.
    static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

/// Drives a future to its end on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    with(|runtime| runtime.block_on(future))
}

/// How often the tasks behind a request get their turn: it hands its work on a few times before it waits for the log.
const TURNS: usize = 16;

/// Polls a future, and the tasks that it has handed its work to, as far as they come without waiting.
pub(crate) fn poll<T>(future: &mut Pin<Box<dyn Future<Output = T> + Send>>) -> Option<T> {
    poll_once(future).or_else(|| {
        block_on(async {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        });
        poll_once(future)
    })
}

/// The process is gone, and its tasks with it.
pub(crate) fn forget() {
    RUNTIME.with_borrow_mut(|runtime| *runtime = None);
}

fn poll_once<T>(future: &mut Pin<Box<dyn Future<Output = T> + Send>>) -> Option<T> {
    with(|runtime| {
        // Timeouts want a runtime to register with; none of them comes to pass in the moment that a poll takes.
        let _entered = runtime.enter();
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    })
}

fn with<T>(work: impl FnOnce(&Runtime) -> T) -> T {
    RUNTIME.with_borrow_mut(|runtime| work(runtime.get_or_insert_with(made)))
}

#[expect(clippy::expect_used, reason = "a runtime of one thread needs no more than memory")]
fn made() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}
