//! Chains that are broken on purpose: each is found, by the invariant that it breaks.

use std::collections::BTreeMap;

use judi_sim::{Options, Sabotage, Violation, run, shrink};

/// Seeds within which a sabotage has to show.
const SEEDS: u64 = 150;

/// The ids of what is found, with how often, until one is among `wanted`.
fn found(sabotage: Sabotage, wanted: &[&str]) -> BTreeMap<&'static str, u64> {
    let options = Options { sabotage: Some(sabotage), ..Options::default() };
    let mut found = BTreeMap::new();
    for seed in 0..SEEDS {
        if let Err(failure) = run(seed, &options) {
            assert!(!matches!(failure.violation, Violation::Setup { .. }), "{failure}");
            *found.entry(failure.violation.id()).or_default() += 1;
            if wanted.contains(&failure.violation.id()) {
                break;
            }
        }
    }
    found
}

#[test]
fn every_sabotage_is_found_by_what_it_breaks() {
    let cases: [(Sabotage, &[&str]); 10] = [
        (Sabotage::LyingDisk, &["I1"]),
        (Sabotage::AnswerBeforeAppend, &["I2"]),
        (Sabotage::SkippedRecord, &["I2", "I5"]),
        (Sabotage::AlteredRecord, &["I4"]),
        (Sabotage::ShortMemory, &["I3"]),
        (Sabotage::UntoldJudge, &["I8"]),
        (Sabotage::LostCommit, &["I16"]),
        // The index stays: it knows ids that no table has.
        (Sabotage::LostCommit, &["I6"]),
        (Sabotage::StrippedOffsets, &["I5"]),
        (Sabotage::CutFile, &["I10"]),
    ];
    for (sabotage, wanted) in cases {
        let found = found(sabotage, wanted);
        assert!(wanted.iter().any(|id| found.contains_key(id)), "{sabotage:?}: only {found:?} in {SEEDS} seeds");
    }
}

#[test]
fn a_failure_says_how_to_replay_it_and_which_faults_it_needs() {
    let options = Options { sabotage: Some(Sabotage::LyingDisk), ..Options::default() };
    let failure = (0..SEEDS).find_map(|seed| run(seed, &options).err()).unwrap();
    let said = failure.to_string();
    assert!(said.contains(&format!("cargo xtask sim --seed {}", failure.seed)), "{said}");
    assert!(said.contains(failure.violation.id()), "{said}");
    let needed = shrink(&failure, &options);
    assert!(needed.iter().all(|fault| failure.faults.has(fault)));
    let without = failure.faults.without(needed);
    let again = run(failure.seed, &Options { without, ..options }).unwrap_err();
    assert_eq!(again.violation.id(), failure.violation.id());
}
