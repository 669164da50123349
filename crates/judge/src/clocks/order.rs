//! Which sequence numbers of a session were given which times, so that the next fits between them.

/// Runs of numbers that are remembered of a session. A run ends where a number has not come: mostly there is one.
/// When there are more, the two lowest become one, and numbers that are missing between them are no longer ordered
/// against their neighbours, only against all others.
pub const SEGMENTS_MAX: usize = 32;

/// The times that were given, by runs of numbers without a gap, both ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) segments: Vec<Segment>,
    /// Whether numbers are missing within the first segment.
    pub(super) is_first_sparse: bool,
}

/// Numbers in a row, and the times of the first and the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) from_us: i64,
    pub(super) to_us: i64,
}

/// Where a number stands.
enum Place {
    /// It was given a time before.
    Repeated,
    /// Somewhere within the first segment.
    Within,
    /// Before the segment of this index, after the one before that.
    Before(usize),
}

impl Order {
    /// The time nearest to `us` that keeps `sequence` in order; from now on others keep to it.
    pub(super) fn admit(&mut self, sequence: u64, us: i64) -> i64 {
        let us = self.fit(sequence, us);
        if let Place::Before(at) = self.place(sequence) {
            self.insert(at, sequence, us);
            self.bound();
            debug_assert!(self.is_ascending(), "{self:?}");
        }
        us
    }

    /// The time nearest to `us` that keeps `sequence` in order.
    pub(super) fn fit(&self, sequence: u64, us: i64) -> i64 {
        match self.place(sequence) {
            Place::Repeated => us,
            Place::Within => self.segments.first().map_or(us, |first| us.max(first.from_us).min(first.to_us)),
            Place::Before(at) => {
                let floor =
                    at.checked_sub(1).and_then(|at| self.segments.get(at)).map_or(i64::MIN, |lower| lower.to_us);
                let ceiling = self.segments.get(at).map_or(i64::MAX, |higher| higher.from_us);
                us.max(floor).min(ceiling)
            }
        }
    }

    fn place(&self, sequence: u64) -> Place {
        // Mostly it is the next.
        if self.segments.last().is_none_or(|last| last.last < sequence) {
            return Place::Before(self.segments.len());
        }
        let at = self.segments.partition_point(|segment| segment.last < sequence);
        match self.segments.get(at) {
            Some(segment) if segment.first <= sequence && at == 0 && self.is_first_sparse => Place::Within,
            Some(segment) if segment.first <= sequence => Place::Repeated,
            _ => Place::Before(at),
        }
    }

    fn insert(&mut self, at: usize, sequence: u64, us: i64) {
        let lower = at.checked_sub(1).and_then(|at| self.segments.get(at));
        let follows = lower.is_some_and(|lower| lower.last.checked_add(1) == Some(sequence));
        let higher = self.segments.get(at).copied();
        let higher = higher.filter(|higher| sequence.checked_add(1) == Some(higher.first));
        match (follows, higher) {
            (true, Some(higher)) => {
                self.segments.remove(at);
                if let Some(lower) = self.segments.get_mut(at - 1) {
                    (lower.last, lower.to_us) = (higher.last, higher.to_us);
                }
            }
            (true, None) => {
                if let Some(lower) = self.segments.get_mut(at - 1) {
                    (lower.last, lower.to_us) = (sequence, us);
                }
            }
            (false, Some(_)) => {
                // A first segment with gaps keeps them: it only begins earlier.
                if let Some(higher) = self.segments.get_mut(at) {
                    (higher.first, higher.from_us) = (sequence, us);
                }
            }
            (false, None) => {
                if at == 0 && self.is_first_sparse {
                    self.join_first(Segment { first: sequence, last: sequence, from_us: us, to_us: us });
                } else {
                    self.segments.insert(at, Segment { first: sequence, last: sequence, from_us: us, to_us: us });
                }
            }
        }
    }

    /// A number below a first segment with gaps: one more of them.
    fn join_first(&mut self, lower: Segment) {
        if let Some(first) = self.segments.first_mut() {
            (first.first, first.from_us) = (lower.first, lower.from_us);
        }
    }

    fn bound(&mut self) {
        if self.segments.len() > SEGMENTS_MAX {
            let lowest = self.segments.remove(0);
            self.join_first(lowest);
            self.is_first_sparse = true;
        }
    }

    fn is_ascending(&self) -> bool {
        let each =
            self.segments.iter().all(|segment| segment.first <= segment.last && segment.from_us <= segment.to_us);
        let gaps = self.segments.windows(2).all(|pair| match pair {
            [lower, higher] => lower.last < higher.first && lower.to_us <= higher.from_us,
            _ => true,
        });
        each && gaps && self.segments.len() <= SEGMENTS_MAX
    }
}

/// The first two of `(sequence, time)` of one session whose times are in the opposite order of their numbers; events
/// that are outside of the order are to be left out. The invariant that the [module](super) keeps.
#[must_use]
pub fn first_inversion(events: &[(u64, i64)]) -> Option<[(u64, i64); 2]> {
    let mut sorted = events.to_vec();
    sorted.sort_unstable();
    let mut latest: Option<(u64, i64)> = None;
    // Events of the same number have no order among themselves.
    for same in sorted.chunk_by(|one, other| one.0 == other.0) {
        if let (Some(before), Some(event)) = (latest, same.first())
            && before.1 > event.1
        {
            return Some([before, *event]);
        }
        latest = latest.into_iter().chain(same.last().copied()).max_by_key(|event| event.1);
    }
    None
}
