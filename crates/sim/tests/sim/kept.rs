//! Worlds that once broke a promise. A change of the simulator's own draws gives their numbers to other worlds, so each
//! bug has a test of its own beside its code, too; the table says where.

use judi_sim::{Options, run};

/// Seed, what it found, and the test that keeps it.
const KEPT: [(u64, &str); 1] = [(
    24,
    "two judges that no lock keeps apart added the same rows (table: \
     rows_that_were_computed_from_a_place_that_has_moved_are_not_added)",
)];

#[test]
fn what_was_found_once_stays_found() {
    for (seed, found) in KEPT {
        if let Err(failure) = run(seed, &Options::default()) {
            panic!("again: {found}\n{failure}");
        }
    }
}
