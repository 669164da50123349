//! What each record becomes, and where the judge goes on after each kind of stop.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use judi_faults::{SimDisk, SimWorld};
use judi_judge::{JudgeCore, JudgeError, JudgeOptions, Step};
use judi_log::{EmbeddedLog, Log, LogOptions, Retention};
use judi_schema::schemas::Schemas;
use judi_table::Table;
use judi_world::Disk;

use crate::setting::{Form, LOG_DIR, Row, START_US, Sent, append, counts, later_schemas, options, rows, schemas, sent};

const ROOT: &str = "/judi";

/// A world with a log, and whatever judge is started in it.
struct Setting {
    sim: SimWorld,
    log: Arc<EmbeddedLog>,
    schemas: Arc<Schemas>,
}

impl Setting {
    fn new() -> Self {
        Self::of_seed(7)
    }

    fn of_seed(seed: u64) -> Self {
        let sim = SimWorld::new(seed);
        let log = Arc::new(open_log(&sim));
        Self { sim, log, schemas: schemas() }
    }

    fn judge(&self) -> JudgeCore {
        self.try_judge(options(Path::new(ROOT))).unwrap()
    }

    fn try_judge(&self, options: JudgeOptions) -> Result<JudgeCore, JudgeError> {
        let log = Arc::clone(&self.log) as Arc<dyn Log>;
        JudgeCore::open(&self.sim.world(), log, Arc::clone(&self.schemas), options)
    }

    /// In several groups, since the log ends a segment only between two.
    fn append(&self, events: &[Sent]) {
        for events in events.chunks(20) {
            assert!(append(self.log.as_ref(), &self.schemas, events).iter().all(Result::is_ok));
        }
    }

    fn rows(&self) -> Vec<Row> {
        rows(&self.sim.world(), &Path::new(ROOT).join("tables"))
    }

    /// The same world after its machine or process has stopped in some way, with other schemas.
    fn restarted(self, schemas: &Arc<Schemas>, stop: impl Fn(&SimDisk)) -> Self {
        let Self { sim, log, .. } = self;
        drop(log);
        stop(&sim.disk);
        Self { log: Arc::new(open_log(&sim)), sim, schemas: Arc::clone(schemas) }
    }

    fn ids(&self) -> Vec<String> {
        self.rows().into_iter().map(|row| row.event_id).collect()
    }
}

fn open_log(sim: &SimWorld) -> EmbeddedLog {
    let options = LogOptions { partitions: 2, segment_bytes: 4096, sync_in_parallel: false, ..LogOptions::default() };
    EmbeddedLog::open(&sim.world(), Path::new(LOG_DIR), options).unwrap()
}

fn drain(judge: &mut JudgeCore) {
    while judge.step().unwrap() != Step::Idle {}
}

#[test]
fn each_form_of_record_has_its_table_and_reason() {
    let setting = Setting::new();
    let forms = [
        (Form::Fits, "events", ""),
        (Form::Incomplete, "quarantine", "invalid_payload"),
        (Form::Undecodable, "quarantine", "undecodable"),
        (Form::UnknownSchema, "quarantine", "unknown_schema"),
        (Form::Garbage, "quarantine", "undecodable"),
        (Form::Quarantined, "quarantine", "unknown_event"),
    ];
    let events: Vec<Sent> =
        forms.iter().enumerate().map(|(n, (form, ..))| sent("a", &format!("e{n}"), *form)).collect();
    setting.append(&events);
    let mut judge = setting.judge();
    drain(&mut judge);
    let rows = setting.rows();
    for (n, (form, table, reason)) in forms.into_iter().enumerate() {
        let is_it = |row: &&Row| match form {
            Form::Garbage => row.event_id.starts_with("log:events/"),
            _ => row.event_id == format!("e{n}"),
        };
        let found: Vec<&Row> = rows.iter().filter(is_it).collect();
        let [row] = found.as_slice() else { panic!("{form:?}: {found:?}") };
        assert_eq!((row.table, row.reason.as_str(), row.received_at_us), (table, reason, START_US), "{form:?}");
    }
    assert_eq!(rows.len(), forms.len());
}

#[test]
fn an_id_counts_once_within_the_window_and_an_import_for_ever() {
    let setting = Setting::new();
    let mut judge = setting.judge();
    let live = |day| sent("a", "live", Form::Fits).on_day(day);
    let import = |day| sent("a", "import", Form::Incomplete).on_day(day).imported("run");
    setting.append(&[live(0), import(0), live(0), sent("b", "live", Form::Fits)]);
    drain(&mut judge);
    drop(judge);
    // Without the index persisted, and with it.
    let mut judge = setting.judge();
    setting.append(&[live(7), import(7)]);
    drain(&mut judge);
    judge.persist().unwrap();
    drop(judge);
    assert_eq!(setting.ids(), ["live", "live", "import"], "two readers may have the same event_id");
    let mut judge = setting.judge();
    setting.append(&[live(8), import(8), sent("a", "other", Form::Fits).on_day(400), import(400)]);
    drain(&mut judge);
    assert_eq!(setting.ids(), ["live", "live", "live", "other", "import"]);
    let tally = judge.tally("run");
    assert_eq!((tally.quarantined, tally.duplicates, tally.rows.len()), (0, 2, 0));
    assert_eq!(judge.tally("nobody").total(), 0);
}

#[test]
fn the_account_of_an_import_adds_up() {
    let setting = Setting::new();
    let forms = [Form::Fits, Form::Fits, Form::Quarantined, Form::Undecodable];
    let mut events: Vec<Sent> = (0..12).map(|n| sent("a", &n.to_string(), forms[n % 4]).imported("run")).collect();
    events.extend(events.clone());
    events.push(sent("a", "app", Form::Fits));
    setting.append(&events);
    let mut judge = setting.judge();
    drain(&mut judge);
    let tally = judge.tally("run");
    assert_eq!((tally.rows["article_view"], tally.quarantined, tally.duplicates), (6, 6, 12));
    assert_eq!(tally.total(), 24);
    assert_eq!(judge.stats().totals.records(), 25);
}

#[test]
fn a_schema_that_is_published_holds_from_the_next_round_on() {
    let setting = Setting::new();
    let later = later_schemas();
    let click = |id: &str| Sent { event: "click", ..sent("a", id, Form::Fits) };
    let mut judge = setting.judge();
    assert!(append(setting.log.as_ref(), &later, &[click("early")]).iter().all(Result::is_ok));
    drain(&mut judge);
    judge.publish(Arc::clone(&later));
    assert!(append(setting.log.as_ref(), &later, &[click("now")]).iter().all(Result::is_ok));
    // What was written with the first version stays readable.
    setting.append(&[sent("a", "old", Form::Fits)]);
    drain(&mut judge);
    let rows = setting.rows();
    let table = |id: &str| rows.iter().find(|row| row.event_id == id).map(|row| (row.table, row.reason.as_str()));
    assert_eq!(table("early"), Some(("quarantine", "unknown_schema")));
    assert_eq!(table("now"), Some(("events", "")));
    assert_eq!(table("old"), Some(("events", "")));
}

/// How a round is disturbed at one of its operations on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    /// The machine crashes.
    Crash,
    /// The operation fails and the process is killed; a second judge comes and goes; then the machine crashes.
    KillThenCrash,
    /// The operation fails, and the judge tries again when more has come.
    Error,
}

/// Disturbs a round at each of its operations; the judge that goes on knows a schema that the first did not, so that
/// it judges some records otherwise.
fn disturb_everywhere(disturbance: Disturbance, seed: u64) {
    let later = later_schemas();
    let mut disturbed = 0;
    for operation in 0.. {
        let setting = Setting::of_seed(seed);
        let mut judge = setting.judge();
        setting.append(&[sent("a", "fits", Form::Fits), sent("a", "bad", Form::Incomplete)]);
        let click = Sent { event: "click", ..sent("a", "click", Form::Fits) };
        assert!(append(setting.log.as_ref(), &later, &[click]).iter().all(Result::is_ok));
        setting.append(&[sent("a", "refused", Form::Quarantined), sent("a", "fits", Form::Fits)]);
        match disturbance {
            Disturbance::Crash => setting.sim.disk.crash_at_operation(operation),
            Disturbance::KillThenCrash | Disturbance::Error => setting.sim.disk.fail_operation(operation),
        }
        let over = judge.step().is_ok() && judge.step().is_ok();
        let setting = match disturbance {
            // The fault is still to come, and would strike the log.
            Disturbance::Error if over => break,
            Disturbance::Error => {
                judge.publish(Arc::clone(&later));
                setting.append(&[sent("b", "more", Form::Fits), sent("b", "refused, too", Form::Quarantined)]);
                while judge.step().unwrap() != Step::Idle {}
                drop(judge);
                setting
            }
            Disturbance::Crash => {
                drop(judge);
                setting.restarted(&later, SimDisk::restart)
            }
            Disturbance::KillThenCrash => {
                drop(judge);
                let setting = setting.restarted(&later, SimDisk::kill);
                let mut second = setting.judge();
                drain(&mut second);
                second.persist().unwrap();
                drop(second);
                setting.restarted(&later, SimDisk::restart)
            }
        };
        let mut judge = setting.judge();
        drain(&mut judge);
        let mut ids = setting.ids();
        ids.sort();
        let mut expected = vec!["bad", "click", "fits", "refused"];
        if disturbance == Disturbance::Error {
            expected.extend(["more", "refused, too"]);
            expected.sort_unstable();
        }
        assert_eq!(ids, expected, "{disturbance:?} at operation {operation}");
        let (said, are) = counts(&setting.sim.world(), &Path::new(ROOT).join("tables"));
        assert_eq!(said, are, "{disturbance:?} at operation {operation}: _judi.commits counts the rows of events");
        if over {
            break;
        }
        disturbed += 1;
    }
    assert!(disturbed > 30, "a round has more operations than {disturbed}");
}

#[test]
fn a_round_stopped_anywhere_is_judged_on_with_another_schema_and_no_row_is_lost_or_twice() {
    disturb_everywhere(Disturbance::Crash, 7);
}

#[test]
fn what_a_killed_judge_left_in_the_cache_is_durable_before_anybody_builds_on_it() {
    // What was not synced survives a crash or not, as the seed will have it.
    for seed in 0..4 {
        disturb_everywhere(Disturbance::KillThenCrash, seed);
    }
}

#[test]
fn a_step_that_failed_anywhere_is_done_once_by_the_next() {
    disturb_everywhere(Disturbance::Error, 7);
}

#[test]
fn a_lost_index_is_made_again_from_the_tables_when_the_log_has_forgotten() {
    let setting = Setting::new();
    let mut judge = setting.judge();
    let events: Vec<Sent> =
        (0..200).map(|n| sent("a", &n.to_string(), if n % 4 == 0 { Form::Incomplete } else { Form::Fits })).collect();
    setting.append(&events);
    drain(&mut judge);
    judge.persist().unwrap();
    drop(judge);
    setting.sim.clock.advance(Duration::from_secs(3600));
    let removed = setting.log.retain(&Retention { age_max: None, bytes_max: Some(0) }).unwrap();
    assert!(removed.removed_records > 0, "the judge's group lets go of what is persisted");
    setting.sim.disk.remove(&Path::new(ROOT).join("state/dedup/manifest")).unwrap();
    let mut judge = setting.judge();
    setting.append(&events);
    setting.append(&[sent("a", "new", Form::Fits)]);
    drain(&mut judge);
    assert_eq!(setting.rows().len(), 201);
    assert_eq!(judge.stats().totals.duplicates, 200);
}

#[test]
fn a_new_log_beside_old_tables_does_not_bring_their_rows_again() {
    let mut setting = Setting::new();
    setting.append(&[sent("a", "1", Form::Fits), sent("a", "2", Form::Quarantined)]);
    let mut judge = setting.judge();
    drain(&mut judge);
    judge.persist().unwrap();
    drop(judge);
    let another = Path::new("/judi/another-log");
    let log_options = LogOptions { partitions: 2, ..LogOptions::default() };
    setting.log = Arc::new(EmbeddedLog::open(&setting.sim.world(), another, log_options).unwrap());
    setting.append(&[sent("a", "2", Form::Quarantined), sent("a", "3", Form::Fits), sent("a", "1", Form::Fits)]);
    let mut judge = setting.judge();
    drain(&mut judge);
    assert_eq!(setting.ids(), ["1", "3", "2"]);
}

#[test]
fn retention_keeps_what_the_judge_has_not_made_durable() {
    let setting = Setting::new();
    let events: Vec<Sent> = (0..200).map(|n| sent("a", &n.to_string(), Form::Fits)).collect();
    let mut judge = setting.judge();
    setting.append(&events);
    drain(&mut judge);
    let everything = Retention { age_max: None, bytes_max: Some(0) };
    assert_eq!(setting.log.retain(&everything).unwrap().removed_records, 0);
    judge.persist().unwrap();
    assert!(setting.log.retain(&everything).unwrap().removed_records > 0);
}

#[test]
fn only_one_judge_works_at_a_time() {
    let setting = Setting::new();
    let judge = setting.judge();
    assert!(matches!(setting.try_judge(options(Path::new(ROOT))), Err(JudgeError::Locked { .. })));
    drop(judge);
    setting.judge();
}

#[test]
fn a_log_that_has_lost_its_end_is_refused() {
    let setting = Setting::new();
    setting.append(&[sent("a", "1", Form::Fits)]);
    let mut judge = setting.judge();
    drain(&mut judge);
    drop(judge);
    let Setting { sim, log, schemas } = setting;
    drop(log);
    // The identity stays, the records go: an older copy of the log's folder.
    for topic in ["events", "quarantine"] {
        for partition in ["0", "1"] {
            let folder = Path::new(LOG_DIR).join(topic).join(partition);
            for file in sim.disk.list(&folder).unwrap_or_default() {
                sim.disk.remove(&folder.join(file.name)).unwrap();
            }
        }
    }
    let setting = Setting { log: Arc::new(open_log(&sim)), sim, schemas };
    let refused = setting.try_judge(options(Path::new(ROOT)));
    assert!(matches!(refused, Err(JudgeError::LogBehind { end: 0, judged: 1, .. })), "{refused:?}");
}

#[test]
fn many_small_commits_are_compacted_into_few_files_with_the_same_rows() {
    let setting = Setting::new();
    let mut judge = setting.judge();
    for n in 0..20 {
        setting.append(&[sent("a", &format!("{n:02}"), Form::Fits)]);
        drain(&mut judge);
    }
    let before = setting.rows();
    while judge.compact().unwrap() {}
    assert_eq!(setting.rows(), before);
    let table = Table::open(&setting.sim.world(), &Path::new(ROOT).join("tables/events")).unwrap().unwrap();
    assert!(table.snapshot().unwrap().files().len() < 16);
}
