//! The index against a plain map that forgets nothing, and what a crash or a broken file leaves of it.

use std::collections::HashMap;

use judi_faults::SimWorld;
use judi_log::Topic;
use judi_world::LocalDisk;
use proptest::prelude::*;

use super::store::RUN_SUFFIX;
use super::*;

const WINDOW_DAYS: u16 = 7;

fn disk() -> Arc<dyn Disk> {
    Arc::new(LocalDisk)
}

fn found(dir: &Path) -> DedupIndex {
    match DedupIndex::open(&disk(), dir, WINDOW_DAYS).unwrap() {
        OpenedIndex::Found(index) => *index,
        OpenedIndex::Missing => panic!("no index"),
    }
}

fn probes(ids: impl IntoIterator<Item = u32>, seen: Seen) -> Vec<Probe> {
    ids.into_iter().map(|id| Probe { key: Key::of("reader", &id.to_string()), seen, partition: 0 }).collect()
}

fn positions(next: u64) -> Positions {
    Positions::from([((Topic::Events, 0), next)])
}

/// What the index promises, said as simply as can be.
#[derive(Default)]
struct Model {
    known: HashMap<Key, Seen>,
    horizons: HashMap<u32, Seen>,
}

impl Model {
    fn is_new(&mut self, probe: &Probe) -> bool {
        let horizon = self.horizons.entry(probe.partition).or_insert(Seen::on(0));
        if probe.seen != Seen::FOREVER {
            *horizon = probe.seen.max(*horizon);
        }
        let is_new = self.known.get(&probe.key).is_none_or(|seen| seen.expired(*horizon, WINDOW_DAYS));
        if is_new {
            self.known.insert(probe.key, probe.seen);
        }
        is_new
    }
}

#[derive(Debug, Clone)]
enum Move {
    Ask(Vec<Probe>),
    Persist,
    /// Merges a little, and perhaps leaves a merge half done.
    Merge(u64),
    Reopen,
}

fn probe() -> impl Strategy<Value = Probe> {
    // Partition by id, as in the log; days that go up and down within more than a window; some imports.
    (0_u32..400, prop_oneof![4 => (100_u16..125).prop_map(Seen), 1 => Just(Seen::FOREVER)])
        .prop_map(|(id, seen)| Probe { key: Key::of("r", &id.to_string()), seen, partition: id % 3 })
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let a_move = prop_oneof![
        6 => prop::collection::vec(probe(), 0..60).prop_map(Move::Ask),
        3 => Just(Move::Persist),
        3 => prop_oneof![1..40_u64, Just(u64::MAX)].prop_map(Move::Merge),
        1 => Just(Move::Reopen),
    ];
    prop::collection::vec(a_move, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn answers_as_a_map_that_forgets_nothing_whatever_is_merged_and_reopened(moves in moves()) {
        let folder = tempfile::tempdir().unwrap();
        let mut index = DedupIndex::create(&disk(), folder.path(), WINDOW_DAYS).unwrap();
        let mut model = Model::default();
        for a_move in moves {
            match a_move {
                Move::Ask(probes) => {
                    let expected: Vec<bool> = probes.iter().map(|probe| model.is_new(probe)).collect();
                    prop_assert_eq!(index.check_and_insert(&probes).unwrap(), expected);
                }
                Move::Persist => index.persist("log", &positions(1)).unwrap(),
                Move::Merge(u64::MAX) => while index.merge(u64::MAX).unwrap() {},
                Move::Merge(entries) => drop(index.merge(entries).unwrap()),
                Move::Reopen => {
                    index.persist("log", &positions(2)).unwrap();
                    index = found(folder.path());
                }
            }
        }
    }
}

#[test]
fn many_ids_lie_in_few_runs_and_are_all_known() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = DedupIndex::create(&disk(), folder.path(), WINDOW_DAYS).unwrap();
    for round in 0..12_u32 {
        let ids = round * 3_000..(round + 1) * 3_000;
        assert!(index.check_and_insert(&probes(ids, Seen::on(20_000))).unwrap().into_iter().all(|is_new| is_new));
        index.persist("log", &positions(round.into())).unwrap();
        while index.merge(u64::MAX).unwrap() {}
    }
    let stats = found(folder.path()).stats();
    assert_eq!((stats.run_ids, stats.mem_ids), (36_000, 0));
    assert!(stats.runs <= 6, "{stats:?}");
    assert!(stats.filter_bytes < 36_000 * 2, "{stats:?}");
    let files = LocalDisk.list(folder.path()).unwrap().into_iter().filter(|f| f.name.ends_with(RUN_SUFFIX)).count();
    assert_eq!(files, stats.runs, "merged runs are removed");
    let again = found(folder.path()).check_and_insert(&probes(0..36_000, Seen::on(20_001))).unwrap();
    assert!(again.into_iter().all(|is_new| !is_new));
}

#[test]
fn what_has_expired_leaves_the_disk_and_imports_stay() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = DedupIndex::create(&disk(), folder.path(), WINDOW_DAYS).unwrap();
    index.check_and_insert(&probes(0..500, Seen::on(100))).unwrap();
    index.persist("log", &positions(1)).unwrap();
    index.check_and_insert(&probes(500..600, Seen::FOREVER)).unwrap();
    index.check_and_insert(&probes(600..601, Seen::on(108))).unwrap();
    index.persist("log", &positions(2)).unwrap();
    assert_eq!(index.stats().run_ids, 601);
    while index.merge(u64::MAX).unwrap() {}
    assert_eq!(index.stats().run_ids, 101);
    let imports = probes(500..600, Seen::FOREVER);
    assert!(found(folder.path()).check_and_insert(&imports).unwrap().into_iter().all(|is_new| !is_new));
}

#[test]
fn what_was_not_persisted_is_not_known_after_a_crash_and_leaves_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = DedupIndex::create(&disk(), folder.path(), WINDOW_DAYS).unwrap();
    index.check_and_insert(&probes(0..10, Seen::FOREVER)).unwrap();
    index.persist("log", &positions(10)).unwrap();
    index.check_and_insert(&probes(10..20, Seen::FOREVER)).unwrap();
    index.spill().unwrap();
    drop(index);
    let mut index = found(folder.path());
    assert_eq!((index.log_id(), index.positions()), ("log", &positions(10)));
    assert_eq!(index.stats().run_ids, 10);
    assert_eq!(LocalDisk.list(folder.path()).unwrap().len(), 2, "manifest and one run");
    let fresh = index.check_and_insert(&probes(0..20, Seen::FOREVER)).unwrap();
    assert_eq!(fresh.iter().filter(|is_new| **is_new).count(), 10);
}

#[test]
fn every_flipped_byte_is_noticed_and_never_a_wrong_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = DedupIndex::create(&disk(), folder.path(), WINDOW_DAYS).unwrap();
    index.check_and_insert(&probes(0..300, Seen::on(100))).unwrap();
    index.persist("log", &positions(1)).unwrap();
    for entry in LocalDisk.list(folder.path()).unwrap() {
        let path = folder.path().join(entry.name);
        let good = std::fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(37) {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            std::fs::write(&path, &bad).unwrap();
            let noticed = match DedupIndex::open(&disk(), folder.path(), WINDOW_DAYS) {
                Err(DedupError::Corrupt { .. }) => true,
                Err(error) => panic!("{error}"),
                Ok(OpenedIndex::Missing) => false,
                Ok(OpenedIndex::Found(mut index)) => {
                    let answer = index.check_and_insert(&probes(0..300, Seen::on(100)));
                    matches!(answer, Err(DedupError::Corrupt { .. }))
                }
            };
            assert!(noticed, "byte {at} of {}", path.display());
        }
        std::fs::write(&path, &good[..good.len() - 1]).unwrap();
        assert!(matches!(DedupIndex::open(&disk(), folder.path(), WINDOW_DAYS), Err(DedupError::Corrupt { .. })));
        std::fs::write(&path, &good).unwrap();
    }
    found(folder.path());
}

#[test]
fn a_run_that_is_gone_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = DedupIndex::create(&disk(), folder.path(), WINDOW_DAYS).unwrap();
    assert!(matches!(DedupIndex::open(&disk(), folder.path(), WINDOW_DAYS).unwrap(), OpenedIndex::Missing));
    index.check_and_insert(&probes(0..3, Seen::on(1))).unwrap();
    index.persist("log", &positions(1)).unwrap();
    LocalDisk.remove(&folder.path().join("0000000000.run")).unwrap();
    assert!(matches!(DedupIndex::open(&disk(), folder.path(), WINDOW_DAYS), Err(DedupError::Corrupt { .. })));
}

/// What lies beside the index, after it was opened anew.
fn reopened(disk: &Arc<dyn Disk>, dir: &Path) -> (u64, Option<Vec<u8>>) {
    let OpenedIndex::Found(mut index) = DedupIndex::open(disk, dir, WINDOW_DAYS).unwrap() else { panic!("no index") };
    let beside = index.take_beside();
    assert_eq!(index.take_beside(), None, "once");
    (index.positions()[&(Topic::Events, 0)], beside)
}

#[test]
fn what_is_persisted_beside_the_index_is_of_the_same_positions_whatever_stops_it() {
    let dir = Path::new("/dedup");
    for is_crash in [true, false] {
        let mut disturbed = 0;
        for operation in 0.. {
            let sim = SimWorld::new(3);
            let disk: Arc<dyn Disk> = sim.world().disk;
            let mut index = DedupIndex::create(&disk, dir, WINDOW_DAYS).unwrap();
            index.persist_with("log", &positions(1), b"one").unwrap();
            index.check_and_insert(&probes(0..9, Seen::on(1))).unwrap();
            if is_crash {
                sim.disk.crash_at_operation(operation);
            } else {
                sim.disk.fail_operation(operation);
            }
            let is_over = index.persist_with("log", &positions(2), b"two").is_ok();
            if is_crash {
                drop(index);
                sim.disk.restart();
            } else if !is_over {
                index.persist_with("log", &positions(3), b"three").unwrap();
                assert_eq!(reopened(&disk, dir), (3, Some(b"three".to_vec())), "{operation}");
            }
            if is_crash {
                let (next, beside) = reopened(&disk, dir);
                assert_eq!(beside.as_deref(), Some(if next == 1 { &b"one"[..] } else { b"two" }), "{operation}");
                assert!(!is_over || next == 2, "{operation}");
            }
            if is_over {
                break;
            }
            let files = disk.list(dir).unwrap();
            let besides = files.iter().filter(|entry| entry.name.ends_with(".beside")).count();
            assert_eq!(besides, 1, "what no manifest names is removed when the index is opened: {files:?}");
            disturbed += 1;
        }
        assert!(disturbed > 5, "persisting has more operations than {disturbed}");
    }
}

#[test]
fn a_missing_file_beside_the_index_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = DedupIndex::create(&disk(), dir.path(), WINDOW_DAYS).unwrap();
    index.persist_with("log", &positions(1), b"one").unwrap();
    // The same positions: nothing has moved.
    index.persist_with("log", &positions(1), b"another").unwrap();
    assert_eq!(found(dir.path()).take_beside(), Some(b"one".to_vec()));
    index.persist("log", &positions(2)).unwrap();
    assert_eq!(found(dir.path()).take_beside(), None);
    index.persist_with("log", &positions(3), b"three").unwrap();
    let name = disk().list(dir.path()).unwrap().into_iter().find(|entry| entry.name.ends_with(".beside")).unwrap().name;
    disk().remove(&dir.path().join(name)).unwrap();
    let opened = DedupIndex::open(&disk(), dir.path(), WINDOW_DAYS);
    assert!(matches!(opened, Err(DedupError::Corrupt { .. })), "{opened:?}");
}
