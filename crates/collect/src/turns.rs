//! Turns that requests wait for: [`Rounds`] with senders that sleep until theirs comes, and with the measure of how
//! fast what had its turn gets done. A request that goes away leaves its line, or gives its turn back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use judi_world::Clock;
use tokio::sync::oneshot;

use crate::fair::drain::Drain;
use crate::fair::rounds::{Asked, Rounds, Ticket};

/// The weight of the newest turn in the mean of what turns take: a sixteenth.
const MEAN_WEIGHT: usize = 16;

/// How much may be under way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Window {
    /// Always this much.
    Fixed(usize),
    /// What gets done in `time`, but no less than `min` and no more than `max`.
    Measured { time: Duration, min: usize, max: usize },
}

/// Lines of requests, one a key.
#[derive(Debug)]
pub(crate) struct Turns {
    clock: Arc<dyn Clock>,
    window: Window,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rounds: Rounds,
    waiting: HashMap<Ticket, oneshot::Sender<()>>,
    drain: Drain,
    /// What each key has in its line or under way, and all of them.
    backlogs: HashMap<usize, usize>,
    backlog: usize,
    /// What a turn lately took.
    mean: usize,
}

/// A turn; it is over when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Arc<Turns>,
    key: usize,
    amount: usize,
}

/// Work that is on its way to its line: it counts as waiting there from now on.
#[derive(Debug)]
pub(crate) struct Announced {
    turns: Arc<Turns>,
    key: usize,
    amount: usize,
}

/// How much waits, and how fast it gets done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// In lines and under way, of one key and of all.
    pub(crate) own: usize,
    pub(crate) backlog: usize,
    /// What a turn lately took; 0: there was none.
    pub(crate) mean: usize,
    /// A second.
    pub(crate) rate: f64,
}

impl Turns {
    /// Nobody waits. `quantum` is what each line gets per round.
    pub(crate) fn new(clock: Arc<dyn Clock>, window: Window, quantum: usize) -> Arc<Self> {
        let (Window::Fixed(first) | Window::Measured { min: first, .. }) = window;
        let state = State {
            rounds: Rounds::new(first, quantum),
            waiting: HashMap::new(),
            drain: Drain::default(),
            backlogs: HashMap::new(),
            backlog: 0,
            mean: 0,
        };
        Arc::new(Self { clock, window, state: Mutex::new(state) })
    }

    /// Waits for a turn in the line of `key`.
    pub(crate) async fn wait(self: &Arc<Self>, key: usize, amount: usize) -> Turn {
        let asked = self.ask(key, amount);
        if let Some((ticket, receiver)) = asked {
            // Until the turn has come, going away gives up the place; or the turn, where it came unnoticed.
            let mut place = Place { turns: Arc::clone(self), key, ticket, amount, is_left: false };
            // The sender lives in the state until it is used.
            let _ = receiver.await;
            place.is_left = true;
        }
        Turn { turns: Arc::clone(self), key, amount }
    }

    fn ask(&self, key: usize, amount: usize) -> Option<(Ticket, oneshot::Receiver<()>)> {
        let mut state = self.lock();
        state.remember(key, amount);
        state.mean =
            if state.mean == 0 { amount } else { state.mean - state.mean / MEAN_WEIGHT + amount / MEAN_WEIGHT };
        match state.rounds.ask(key, amount) {
            Asked::Now => {
                state.drain.begin(self.clock.monotonic());
                None
            }
            Asked::Waits(ticket) => {
                let (sender, receiver) = oneshot::channel();
                state.waiting.insert(ticket, sender);
                Some((ticket, receiver))
            }
        }
    }

    /// Counts work that will ask for a turn, until what is returned is dropped.
    pub(crate) fn announce(self: &Arc<Self>, key: usize, amount: usize) -> Announced {
        self.lock().remember(key, amount);
        Announced { turns: Arc::clone(self), key, amount }
    }

    /// What waits, of `key` and of all.
    pub(crate) fn load(&self, key: usize) -> Load {
        let state = self.lock();
        let own = state.backlogs.get(&key).copied().unwrap_or(0);
        Load { own, backlog: state.backlog, mean: state.mean, rate: state.drain.rate() }
    }

    fn give_back(&self, key: usize, amount: usize, done: usize) {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        state.forget(key, amount);
        state.drain.end(now, done);
        if let Window::Measured { time, min, max } = self.window {
            let measured = state.drain.rate() * time.as_secs_f64();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and cut to max")]
            state.rounds.set_window((measured as usize).clamp(min, max));
        }
        for ticket in state.rounds.give_back(amount) {
            state.drain.begin(now);
            if let Some(sender) = state.waiting.remove(&ticket) {
                // Whoever does not listen any more gives the turn back by itself.
                let _ = sender.send(());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Adds what is to be done to the backlog.
    fn remember(&mut self, key: usize, amount: usize) {
        self.backlog += amount;
        *self.backlogs.entry(key).or_default() += amount;
    }

    /// Takes what is done, or given up, from the backlog.
    fn forget(&mut self, key: usize, amount: usize) {
        self.backlog = self.backlog.saturating_sub(amount);
        if let Some(own) = self.backlogs.get_mut(&key) {
            *own = own.saturating_sub(amount);
            if *own == 0 {
                self.backlogs.remove(&key);
            }
        }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.turns.lock().forget(self.key, self.amount);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.give_back(self.key, self.amount, self.amount);
    }
}

/// A place in a line.
struct Place {
    turns: Arc<Turns>,
    key: usize,
    ticket: Ticket,
    amount: usize,
    is_left: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_left {
            return;
        }
        let still_waited = {
            let mut state = self.turns.lock();
            state.waiting.remove(&self.ticket);
            let still_waited = state.rounds.leave(self.key, self.ticket);
            if still_waited {
                state.forget(self.key, self.amount);
            }
            still_waited
        };
        if !still_waited {
            self.turns.give_back(self.key, self.amount, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use judi_world::SystemClock;

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_turn_comes_when_another_is_over_and_who_went_away_takes_none() {
        let turns = Turns::new(Arc::new(SystemClock::default()), Window::Fixed(10), 10);
        let mut first = pin!(turns.wait(1, 10));
        let Poll::Ready(running) = poll(first.as_mut()) else { panic!("nobody was before") };
        let mut second = pin!(turns.wait(1, 10));
        assert!(poll(second.as_mut()).is_pending());
        assert_eq!((turns.load(1).own, turns.load(2).own, turns.load(2).backlog), (20, 0, 20));
        {
            // One goes while it waits, one when its turn has come but before it knew.
            let mut gone = Box::pin(turns.wait(2, 10));
            assert!(poll(gone.as_mut()).is_pending());
            let mut unaware = Box::pin(turns.wait(3, 10));
            assert!(poll(unaware.as_mut()).is_pending());
            drop(gone);
            drop(running);
            let Poll::Ready(running) = poll(second.as_mut()) else { panic!("its turn") };
            drop(running);
        }
        assert_eq!((turns.load(1).backlog, turns.load(1).own), (0, 0));
        assert_eq!(turns.lock().rounds.under_way(), 0);
        assert!(turns.lock().waiting.is_empty());
    }
}
