//! Worlds that once broke a promise. A change of the simulator's own draws gives their numbers to other worlds, so each
//! bug has a test of its own beside its code, too; the table says where.

use judi_sim::{Options, run};

/// Seed, what it found, and the test that keeps it.
const KEPT: [(u64, &str); 5] = [
    (
        24,
        "two judges that no lock keeps apart added the same rows (table: \
         rows_that_were_computed_from_a_place_that_has_moved_are_not_added)",
    ),
    (
        39_048,
        "what a failed sync had left in the cache was served by the next process and lost by a power cut, so that an id came \
         twice (log: what_a_failed_sync_left_to_the_next_process_is_written_again_before_it_is_served)",
    ),
    (87_941, "the same, and the log took what it had written behind it for a proof that it had been durable"),
    (
        62_263,
        "a second judge, of another schema, refused what the first one took, and both let it in (judge: a round that only \
         refuses moves `events`, too)",
    ),
    (132_362, "a damaged index that is first asked when the faults are over is made again"),
];

#[test]
fn what_was_found_once_stays_found() {
    for (seed, found) in KEPT {
        if let Err(failure) = run(seed, &Options::default()) {
            panic!("again: {found}\n{failure}");
        }
    }
}
