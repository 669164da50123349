//! Who may hold how much of a shared room: dynamic thresholds, after A. K. Choudhury and E. L. Hahne, "Dynamic Queue
//! Length Thresholds for Shared-Memory Packet Switches" (1998). Each may hold a multiple of what is left free. One
//! sender alone gets most of the room; of many each gets the same; and a part is always free for who comes next.

/// How many times the free room one sender may hold. With `n` greedy senders each gets 2/(2n+1) of the room, and
/// 1/(2n+1) stays free: two thirds for one alone, two fifths for each of two. Who held more
/// before the others came keeps it until it is done.
const MULTIPLE: usize = 2;

/// Whether a sender that holds `own` of the `held` part of `max` may hold `more`.
pub(crate) const fn fits(own: usize, held: usize, max: usize, more: usize) -> bool {
    let (Some(own), Some(held)) = (own.checked_add(more), held.checked_add(more)) else {
        return false;
    };
    held <= max && own <= MULTIPLE.saturating_mul(max - held)
}

/// The room that one sender alone needs for `alone` to fit.
pub(crate) const fn for_one(alone: usize) -> usize {
    alone.saturating_add(alone.div_ceil(MULTIPLE))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_alone_gets_two_thirds_and_the_next_still_finds_room() {
        assert!(fits(0, 0, 300, 200) && !fits(0, 0, 300, 201));
        assert!(fits(0, 200, 300, 66) && !fits(0, 200, 300, 67));
        assert!(!fits(0, 0, 300, usize::MAX) && !fits(usize::MAX, 0, 300, 1));
        assert!(fits(0, 0, for_one(201), 201));
    }

    proptest! {
        /// However greedy eight senders are and in whatever order they grow, some room stays free, and who holds
        /// nothing may have two thirds of it.
        #[test]
        fn nobody_is_shut_out(steps in proptest::collection::vec((0..8_usize, 1..5_000_usize), 0..400)) {
            const MAX: usize = 100_000;
            let mut own = [0_usize; 8];
            for (sender, more) in steps {
                let held: usize = own.iter().sum();
                if fits(own[sender], held, MAX, more) {
                    own[sender] += more;
                }
            }
            let held: usize = own.iter().sum();
            let free = MAX - held;
            prop_assert!(free > 0 && fits(0, held, MAX, free * 2 / 3), "{held} held");
        }
    }
}
