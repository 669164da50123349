//! Whose turn it is: deficit round robin, after M. Shreedhar and G. Varghese, "Efficient Fair Queueing Using Deficit
//! Round Robin" (1995). Work that is under way is bounded by a window; what does not fit waits in a line of its own
//! key, and each round gives every line that waits the same amount. A key that asks for much waits for itself.

use std::collections::{HashMap, VecDeque};

/// A share of the window that was given out, or is waited for.
pub(crate) type Ticket = u64;

/// Lines that wait for a window.
#[derive(Debug)]
pub(crate) struct Rounds {
    window: usize,
    /// What each line may take when the round comes to it.
    quantum: usize,
    under_way: usize,
    next: Ticket,
    lines: HashMap<usize, Line>,
    /// The lines that wait, in the order of their turns.
    turns: VecDeque<usize>,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<(Ticket, usize)>,
    deficit: usize,
    /// Whether its quantum of this round has been given.
    is_served: bool,
}

/// What an ask comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is under way.
    Now,
    /// It waits, under this ticket.
    Waits(Ticket),
}

impl Rounds {
    /// Nobody waits.
    pub(crate) fn new(window: usize, quantum: usize) -> Self {
        let (window, quantum) = (window.max(1), quantum.max(1));
        Self { window, quantum, under_way: 0, next: 0, lines: HashMap::new(), turns: VecDeque::new() }
    }

    /// What may be under way from now on.
    pub(crate) fn set_window(&mut self, window: usize) {
        self.window = window.max(1);
    }

    /// What is under way.
    #[cfg(test)]
    pub(crate) const fn under_way(&self) -> usize {
        self.under_way
    }

    /// Asks for `amount` in the line of `key`. What is larger than the window gets it when it is empty.
    pub(crate) fn ask(&mut self, key: usize, amount: usize) -> Asked {
        if self.turns.is_empty() && self.fits(amount) {
            self.under_way += amount;
            return Asked::Now;
        }
        let ticket = self.next;
        self.next += 1;
        let line = self.lines.entry(key).or_default();
        if line.waiting.is_empty() {
            self.turns.push_back(key);
        }
        line.waiting.push_back((ticket, amount));
        Asked::Waits(ticket)
    }

    /// Gives back `amount` that was under way. The tickets whose turn it now is are under way from here on.
    pub(crate) fn give_back(&mut self, amount: usize) -> Vec<Ticket> {
        self.under_way = self.under_way.saturating_sub(amount);
        let mut granted = Vec::new();
        while let Some(&key) = self.turns.front() {
            let room = self.window.saturating_sub(self.under_way);
            let is_empty = self.under_way == 0;
            let line = self.lines.entry(key).or_default();
            let Some(&(ticket, amount)) = line.waiting.front() else {
                self.lines.remove(&key);
                self.turns.pop_front();
                continue;
            };
            if !line.is_served {
                line.is_served = true;
                line.deficit = line.deficit.saturating_add(self.quantum);
            }
            if line.deficit < amount {
                line.is_served = false;
                self.turns.rotate_left(1);
            } else if is_empty || amount <= room {
                line.waiting.pop_front();
                line.deficit -= amount;
                self.under_way += amount;
                granted.push(ticket);
            } else {
                break;
            }
        }
        granted
    }

    /// Leaves the line of `key`: the ticket is worth nothing any more. False where it is no longer waiting.
    pub(crate) fn leave(&mut self, key: usize, ticket: Ticket) -> bool {
        let Some(line) = self.lines.get_mut(&key) else {
            return false;
        };
        let before = line.waiting.len();
        line.waiting.retain(|(waiting, _)| *waiting != ticket);
        let has_left = line.waiting.len() < before;
        if line.waiting.is_empty() {
            // An empty line keeps no deficit, no memory, and nobody waiting behind it.
            self.lines.remove(&key);
            self.turns.retain(|turn| *turn != key);
        }
        has_left
    }

    const fn fits(&self, amount: usize) -> bool {
        self.under_way == 0 || self.under_way.saturating_add(amount) <= self.window
    }
}

#[cfg(test)]
mod tests;
