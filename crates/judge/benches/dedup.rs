//! The dedup index at scale: memory, time an id, restart, disk, and that what has expired goes.
//!
//! `cargo bench -p judi-judge --bench dedup -- 100000000` takes a hundred million ids (ten million where no number is
//! given); `JUDI_BENCH_DIR` names a folder on the disk to measure.
//!
//! The ids come as in production: rounds of fifty thousand, persisted as often as the judge does it, merged by as many
//! entries as the judge allows a record. They are of the eight days that a window of seven knows, so that all of them are
//! known at the end; then as many more days come, while the first ones expire.

#![expect(clippy::expect_used, reason = "a bench that cannot measure has nothing to say")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use judi_judge::dedup::{DedupIndex, Key, OpenedIndex, Probe, Seen};
use judi_log::{Positions, Topic};
use judi_world::{Disk, LocalDisk};

const WINDOW_DAYS: u16 = 7;
const FIRST_DAY: i32 = 20_000;
const ROUND_IDS: u64 = 50_000;
const MERGE_ENTRIES_PER_ID: u64 = 12;
/// Ids that are asked for in the end.
const ASKED_IDS: u64 = 1_000_000;

fn main() {
    let ids = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(10_000_000_u64);
    let folder = match std::env::var("JUDI_BENCH_DIR") {
        Ok(folder) => tempfile::tempdir_in(folder),
        Err(_) => tempfile::tempdir(),
    }
    .expect("a folder to write to");
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk);
    let dir = folder.path().join("dedup");
    let mut bench =
        Bench { index: DedupIndex::create(&disk, &dir, WINDOW_DAYS).expect("an index"), next: 0, position: 0 };
    let days = i32::from(WINDOW_DAYS) + 1;
    let per_day = ids.div_ceil(u64::from(WINDOW_DAYS) + 1);
    println!("{ids} ids in the window, {per_day} a day; resident before: {}", resident("VmRSS"));

    let mut taken = Taken::default();
    for day in 0..days {
        taken.add(&bench.day(day, per_day));
    }
    taken.print("filling the window", ids);
    bench.print(&dir, ids);
    bench.ask("known ids, of all days", days, |n| n * (ids / ASKED_IDS).max(1));
    bench.ask("new ids", days, |n| u64::MAX / 2 + n);

    let mut taken = Taken::default();
    for day in days..2 * days {
        taken.add(&bench.day(day, per_day));
    }
    taken.print("a window later, while ids expire", ids);
    bench.print(&dir, ids);

    bench.persist();
    let (started, before) = (Instant::now(), bench.index.stats());
    bench.index = DedupIndex::create(&disk, &folder.path().join("other"), WINDOW_DAYS).expect("an index");
    let opened = DedupIndex::open(&disk, &dir, WINDOW_DAYS).expect("an index that can be read");
    let took = started.elapsed();
    assert!(matches!(opened, OpenedIndex::Found(_)), "the index is found again");
    if let OpenedIndex::Found(index) = opened {
        bench.index = *index;
    }
    println!("restart: {} ms for {} entries", took.as_millis(), bench.index.stats().run_ids);
    assert_eq!(bench.index.stats().run_ids, before.run_ids + before.mem_ids);

    // Nobody comes for more than a window, then one round.
    bench.day(4 * days, ROUND_IDS);
    bench.persist();
    while bench.index.merge(u64::MAX).expect("a merge") {}
    println!("after a window without ids: {} entries, {} on disk", bench.index.stats().run_ids, megabytes(size(&dir)));
    assert!(bench.index.stats().run_ids <= 2 * ROUND_IDS, "what has expired has gone");
}

struct Bench {
    index: DedupIndex,
    /// The number of the next id.
    next: u64,
    position: u64,
}

/// Where the time went: of this thread on a core, so that other work on the machine counts less.
#[derive(Default)]
struct Taken {
    asking: Duration,
    persisting: Duration,
    merging: Duration,
    longest_round: Duration,
    wall: Duration,
}

impl Taken {
    fn add(&mut self, other: &Self) {
        self.asking += other.asking;
        self.persisting += other.persisting;
        self.merging += other.merging;
        self.longest_round = self.longest_round.max(other.longest_round);
        self.wall += other.wall;
    }

    fn print(&self, what: &str, ids: u64) {
        let each = |time: Duration| time.as_nanos() / u128::from(ids.max(1));
        println!(
            "{what}: {} ns of a core a new id, {} persisting, {} merging (all of it {} ns on the wall); the longest round \
             of {ROUND_IDS} took {} ms of a core",
            each(self.asking),
            each(self.persisting),
            each(self.merging),
            each(self.wall),
            self.longest_round.as_millis()
        );
    }
}

impl Bench {
    /// One day of new ids.
    fn day(&mut self, day: i32, ids: u64) -> Taken {
        let mut taken = Taken::default();
        let mut left = ids;
        while left > 0 {
            let round = left.min(ROUND_IDS);
            let probes = probes(day, self.next..self.next + round);
            let (started, from) = (Instant::now(), on_core());
            let fresh = self.index.check_and_insert(&probes).expect("an answer");
            let asked = on_core();
            assert!(fresh.iter().all(|is_new| *is_new), "new ids are new");
            if self.index.is_full() {
                self.persist();
            }
            let persisted = on_core();
            self.index.merge(round * MERGE_ENTRIES_PER_ID).expect("a merge");
            let merged = on_core();
            taken.add(&Taken {
                asking: asked.saturating_sub(from),
                persisting: persisted.saturating_sub(asked),
                merging: merged.saturating_sub(persisted),
                longest_round: merged.saturating_sub(from),
                wall: started.elapsed(),
            });
            self.next += round;
            left -= round;
        }
        taken
    }

    fn persist(&mut self) {
        self.position += 1;
        self.index.persist("bench", &Positions::from([((Topic::Events, 0), self.position)])).expect("room on the disk");
    }

    /// How long the index takes to answer for ids of these numbers.
    fn ask(&mut self, what: &str, days: i32, number: impl Fn(u64) -> u64) {
        let mut asking = Duration::ZERO;
        let mut fresh = 0;
        for from in (0..ASKED_IDS).step_by(ROUND_IDS as usize) {
            let numbers: Vec<u64> = (from..from + ROUND_IDS).map(&number).collect();
            let probes: Vec<Probe> = numbers.iter().map(|number| probe(days - 1, *number)).collect();
            let started = on_core();
            fresh += self.index.check_and_insert(&probes).expect("an answer").iter().filter(|is_new| **is_new).count();
            asking += on_core().saturating_sub(started);
        }
        let each = asking.as_nanos() / u128::from(ASKED_IDS);
        println!("{what}: {each} ns of a core an id ({fresh} of {ASKED_IDS} are new)");
    }

    fn print(&self, dir: &Path, ids: u64) {
        let stats = self.index.stats();
        println!(
            "  {} entries in {} runs and {} in memory; filters {} ({:.2} bytes an id of the window); on disk {} ({:.1} \
             bytes an id); resident {}, at most {}",
            stats.run_ids,
            stats.runs,
            stats.mem_ids,
            megabytes(stats.filter_bytes as u64),
            stats.filter_bytes as f64 / ids as f64,
            megabytes(size(dir)),
            size(dir) as f64 / ids as f64,
            resident("VmRSS"),
            resident("VmHWM"),
        );
    }
}

fn probes(day: i32, numbers: std::ops::Range<u64>) -> Vec<Probe> {
    numbers.map(|number| probe(day, number)).collect()
}

fn probe(day: i32, number: u64) -> Probe {
    let key = Key::of(&format!("reader-{}", number % 1_000_003), &format!("{number:032x}"));
    Probe { key, seen: Seen::on(FIRST_DAY + day), partition: 0 }
}

fn size(dir: &Path) -> u64 {
    LocalDisk.list(dir).expect("the index's folder").iter().map(|entry| entry.size_bytes).sum()
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// How long this thread has been on a core, as Linux tells it.
fn on_core() -> Duration {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(said.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Memory of this process, as Linux tells it.
fn resident(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or("unknown".to_owned(), |kilobytes| megabytes(kilobytes * 1024))
}
