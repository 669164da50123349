//! Futures in an order that follows from the seed: the server's tasks run on this thread, when the simulation lets them.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

/// Turns after which whoever is not done waits for something that the simulation has yet to do.
const TURNS: usize = 32;

/// The tasks of one life of the process. Dropping it ends them where they stand.
#[derive(Debug)]
pub(crate) struct Tasks(Runtime);

impl Tasks {
    pub(crate) fn new() -> io::Result<Self> {
        // One thread, whose queue of tasks is first in, first out.
        Builder::new_current_thread().enable_time().build().map(Self)
    }

    /// Runs `future`, and the tasks that it starts, until nothing moves; what came of it, if it is done by then.
    pub(crate) fn advance<T>(&self, future: &mut Pin<Box<dyn Future<Output = T> + Send>>) -> Option<T> {
        self.0.block_on(async {
            for _ in 0..TURNS {
                let polled = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
                if let Poll::Ready(done) = polled {
                    return Some(done);
                }
                yield_now().await;
            }
            None
        })
    }
}

/// Waits on this thread for something that another thread does.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
