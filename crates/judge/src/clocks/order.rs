//! Which sequence numbers of a session were given which times, so that the next fits between them.

/// Runs of numbers that are remembered of a session. A run ends where a number has not come: mostly there is one.
/// When there are more, the two lowest become one, and numbers that are missing between them are no longer ordered
/// against their neighbours, only against all others.
pub const SEGMENTS_MAX: usize = 32;

/// The times that were given, by runs of numbers without a gap. The highest run is at hand, since an event mostly has the
/// next number; the others are elsewhere, since mostly there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Order {
    highest: Option<Segment>,
    lower: Option<Box<Runs>>,
}

/// Some runs, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Runs {
    segments: Vec<Segment>,
    /// Whether numbers are missing within the first of them.
    is_first_sparse: bool,
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

impl Segment {
    const fn of(sequence: u64, us: i64) -> Self {
        Self { first: sequence, last: sequence, from_us: us, to_us: us }
    }
}

impl Order {
    /// Of all segments, ascending; `is_first_sparse` says whether numbers are missing within the first.
    pub(super) fn new(mut segments: Vec<Segment>, is_first_sparse: bool) -> Self {
        let highest = segments.pop();
        let lower = Runs { segments, is_first_sparse };
        Self { highest, lower: (lower != Runs::default()).then(|| Box::new(lower)) }
    }

    /// All segments, ascending.
    pub(super) fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.lower.iter().flat_map(|lower| &lower.segments).chain(&self.highest)
    }

    /// The latest time that was given.
    pub(super) fn highest_us(&self) -> Option<i64> {
        self.highest.map(|highest| highest.to_us)
    }

    /// Whether numbers are missing within the first segment.
    pub(super) fn is_first_sparse(&self) -> bool {
        self.lower.as_ref().is_some_and(|lower| lower.is_first_sparse)
    }

    /// The time nearest to `us` that keeps `sequence` in order; from now on others keep to it.
    pub(super) fn admit(&mut self, sequence: u64, us: i64) -> i64 {
        match &mut self.highest {
            None => {
                self.highest = Some(Segment::of(sequence, us));
                us
            }
            Some(highest) if highest.last.checked_add(1) == Some(sequence) => {
                (highest.last, highest.to_us) = (sequence, us.max(highest.to_us));
                highest.to_us
            }
            Some(highest) if highest.last < sequence => {
                let next = Segment::of(sequence, us.max(highest.to_us));
                let lower = self.lower.get_or_insert_default();
                lower.segments.push(std::mem::replace(highest, next));
                lower.bound(SEGMENTS_MAX - 1);
                next.to_us
            }
            Some(_) => {
                let mut all = self.all();
                let us = all.admit(sequence, us);
                *self = Self::new(all.segments, all.is_first_sparse);
                us
            }
        }
    }

    /// The time nearest to `us` that keeps `sequence` in order.
    pub(super) fn fit(&self, sequence: u64, us: i64) -> i64 {
        self.all().fit(sequence, us)
    }

    fn all(&self) -> Runs {
        Runs { segments: self.segments().copied().collect(), is_first_sparse: self.is_first_sparse() }
    }
}

impl Runs {
    fn admit(&mut self, sequence: u64, us: i64) -> i64 {
        let us = self.fit(sequence, us);
        if let Place::Before(at) = self.place(sequence) {
            self.insert(at, sequence, us);
            self.bound(SEGMENTS_MAX);
            debug_assert!(self.is_ascending(), "{self:?}");
        }
        us
    }

    fn fit(&self, sequence: u64, us: i64) -> i64 {
        match self.place(sequence) {
            Place::Repeated => us,
            Place::Within => self.segments.first().map_or(us, |first| us.max(first.from_us).min(first.to_us)),
            Place::Before(at) => {
                let lower = at.checked_sub(1).and_then(|at| self.segments.get(at));
                let floor_us = lower.map_or(i64::MIN, |lower| lower.to_us);
                let ceiling_us = self.segments.get(at).map_or(i64::MAX, |higher| higher.from_us);
                us.max(floor_us).min(ceiling_us)
            }
        }
    }

    fn place(&self, sequence: u64) -> Place {
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
                    self.join_first(Segment::of(sequence, us));
                } else {
                    self.segments.insert(at, Segment::of(sequence, us));
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

    /// Makes the two lowest one where there are more than `max`.
    fn bound(&mut self, max: usize) {
        if self.segments.len() > max {
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
