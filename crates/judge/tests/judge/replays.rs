//! Replays of `quarantine` that somebody asks for: what they tell, and that an event becomes one row, whatever else reads
//! it again at the time and whatever stops it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::array::AsArray;
use judi_faults::{SeededRandom, SimWorld};
use judi_judge::{
    Again, AgainStep, Judge, JudgeCore, JudgeOptions, ReplayAccount, ReplayEnd, ReplayFilter, ReplayProgress,
    ReplayRefused, Step,
};
use judi_log::{Batch, EmbeddedLog, Log, LogOptions, Record, Topic};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::{Context, Envelope, PayloadKind, QuarantinedEvent};
use judi_schema::record::{encode_event, encode_quarantined};
use judi_schema::schemas::Schemas;
use judi_schema::verdict::Reason;
use judi_world::{Timestamp, World};

use crate::setting::{LOG_DIR, START_US, batches, block_on, counts, options, rows};

const ROOT: &str = "/judi";
const SEEDS: u64 = 24;

/// Version `n` knows the first `n` of the events `view`, `click` and `share`.
fn versions() -> [Arc<Schemas>; 3] {
    static VERSIONS: OnceLock<[Arc<Schemas>; 3]> = OnceLock::new();
    let source = |events: &[&str]| {
        let event = |name: &&str| {
            format!(
                "message {name} {{ option (judi.event) = {{ name: \"{}\" owner: \"news\" description: \"It was.\" }};\n\
                 optional string element = 1; }}\n",
                name.to_lowercase()
            )
        };
        let events: String = events.iter().map(event).collect();
        let text = format!("syntax = \"proto3\";\nimport \"judi/v1/options.proto\";\n{events}");
        [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]
    };
    VERSIONS
        .get_or_init(|| {
            let first = Schemas::first(&source(&["View"])).unwrap();
            let second = first.next(&source(&["View", "Click"])).unwrap();
            let third = second.next(&source(&["View", "Click", "Share"])).unwrap();
            [first, second, third].map(Arc::new)
        })
        .clone()
}

/// What an event is like, and so what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Fits from the beginning.
    View,
    /// Refused by the collector as unknown; fits from version 2, or 3.
    Click,
    Share,
    /// On the topic of what fits, of version 2, which the judge may not know yet.
    Ahead,
    /// Its value has the wrong type, whatever the version.
    Wrong,
}

impl Form {
    const ALL: [Self; 5] = [Self::View, Self::Click, Self::Share, Self::Ahead, Self::Wrong];

    fn fits(self) -> bool {
        self != Self::Wrong
    }
}

fn record(event_id: &str, form: Form, received_at_us: i64) -> (Topic, Vec<u8>) {
    let [first, second, _] = versions();
    let event = match form {
        Form::View => "view",
        Form::Share => "share",
        _ => "click",
    };
    let envelope = Envelope {
        event_id: event_id.to_owned(),
        event: event.to_owned(),
        event_time_us: received_at_us,
        received_at_us,
        source: "dev".to_owned(),
        context: Some(Context { anonymous_id: "a".to_owned(), ..Context::default() }),
        ..Envelope::default()
    };
    if matches!(form, Form::View | Form::Ahead) {
        let model = if form == Form::View { first.current() } else { second.current() };
        let envelope = Envelope { schema_version: model.version, ..envelope };
        let value = encode_event(model, model.event(event).unwrap(), &envelope, b"\x0a\x04menu");
        return (Topic::Events, value);
    }
    let payload: &[u8] = if form == Form::Wrong { br#"{"element": 7}"# } else { br#"{"element": "menu"}"# };
    let reason = if form == Form::Wrong { Reason::InvalidPayload } else { Reason::UnknownEvent };
    let refused = QuarantinedEvent {
        envelope: Some(envelope),
        reason: reason.as_str().to_owned(),
        detail: "refused".to_owned(),
        source: "dev".to_owned(),
        payload: payload.to_vec(),
        payload_kind: PayloadKind::PayloadJson.into(),
        judged_by: 1,
    };
    (Topic::Quarantine, encode_quarantined(&refused))
}

fn append(log: &dyn Log, records: Vec<(Topic, Vec<u8>)>) -> Vec<bool> {
    let batches = records.into_iter().map(|(topic, value)| {
        let record = Record { key: "a".into(), value: value.into(), timestamp: Timestamp(START_US) };
        Batch { topic, partition: 0, records: vec![record] }
    });
    block_on(log.append_many(batches.collect())).iter().map(Result::is_ok).collect()
}

fn open_log(world: &World) -> Option<Arc<EmbeddedLog>> {
    let options = LogOptions { partitions: 1, sync_in_parallel: false, ..LogOptions::default() };
    EmbeddedLog::open(world, Path::new(LOG_DIR), options).ok().map(Arc::new)
}

fn open_judge(world: &World, log: &Arc<EmbeddedLog>, schemas: &Arc<Schemas>) -> Option<JudgeCore> {
    let log = Arc::clone(log) as Arc<dyn Log>;
    let options = JudgeOptions { persist_records: 20, ..options(Path::new(ROOT)) };
    JudgeCore::open(world, log, Arc::clone(schemas), options).ok()
}

fn drain(judge: &mut JudgeCore) {
    while judge.step().unwrap() != Step::Idle {}
}

fn finish(behind: &mut Again) {
    while behind.step().unwrap() == AgainStep::Did {}
}

/// Asks for a replay and sees it through.
fn replayed(judge: &JudgeCore, behind: &mut Again, filter: ReplayFilter) -> ReplayAccount {
    let handed_out = judge.replay(filter).unwrap();
    while handed_out.borrow().end.is_none() {
        assert_eq!(behind.step().unwrap(), AgainStep::Did);
    }
    let progress = handed_out.borrow().clone();
    assert_eq!((progress.end.as_ref(), progress.files_done), (Some(&ReplayEnd::Done), progress.files));
    assert_whole(&progress.account);
    progress.account
}

/// Every row that was looked at is accounted for.
fn assert_whole(account: &ReplayAccount) {
    let unfit: u64 = account.still_unfit.values().sum();
    assert_eq!(account.looked_at, account.became_rows + account.already_rows + unfit, "{account:?}");
}

fn by_reason(reason: Reason) -> ReplayFilter {
    ReplayFilter { reason: Some(reason), ..ReplayFilter::default() }
}

/// Ids of the rows of `events`, sorted: an id that is there twice is there twice.
fn event_ids(world: &World) -> Vec<String> {
    let mut ids = Vec::new();
    for batch in batches(world, &Path::new(ROOT).join("tables/events"), &["event_id"]) {
        ids.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    ids.sort();
    ids
}

/// A judge that has refused a click, a share and something wrong, each received a day after the one before.
fn with_refused(sim: &SimWorld) -> (JudgeCore, Arc<EmbeddedLog>) {
    let log = open_log(&sim.world()).unwrap();
    let at = |day: i64| START_US + day * Timestamp::DAY_US;
    let records = [("click", Form::Click, 0), ("share", Form::Share, 1), ("wrong", Form::Wrong, 2)];
    append(log.as_ref(), records.into_iter().map(|(id, form, day)| record(id, form, at(day))).collect());
    let mut judge = open_judge(&sim.world(), &log, &versions()[0]).unwrap();
    drain(&mut judge);
    (judge, log)
}

#[test]
fn a_replay_tells_what_became_of_each_row_and_adds_each_event_once() {
    let sim = SimWorld::new(1);
    let (judge, _log) = with_refused(&sim);
    let mut behind = judge.behind();
    let account = replayed(&judge, &mut behind, ReplayFilter::default());
    let unfit = BTreeMap::from([(Reason::UnknownEvent, 3)]);
    assert_eq!(
        account,
        ReplayAccount { looked_at: 3, still_unfit: unfit, schema_version: 1, ..ReplayAccount::default() }
    );
    judge.publish(Arc::clone(&versions()[1]));
    // Before the automatic one, which then finds nothing to do.
    let account = replayed(&judge, &mut behind, ReplayFilter::default());
    let unfit = BTreeMap::from([(Reason::UnknownEvent, 1), (Reason::InvalidPayload, 1)]);
    assert_eq!((account.became_rows, account.already_rows, &account.still_unfit), (1, 0, &unfit));
    finish(&mut behind);
    assert_eq!(event_ids(&sim.world()), ["click"]);
    let account = replayed(&judge, &mut behind, ReplayFilter::default());
    assert_eq!((account.became_rows, account.already_rows, account.still_unfit), (0, 1, unfit));
    assert_eq!(rows(&sim.world(), &Path::new(ROOT).join("tables")).len(), 1 + 3, "rows of quarantine stay");
}

#[test]
fn a_replay_looks_at_the_rows_that_were_asked_for() {
    let sim = SimWorld::new(2);
    let (judge, _log) = with_refused(&sim);
    let mut behind = judge.behind();
    judge.publish(Arc::clone(&versions()[2]));
    let since = ReplayFilter { since: Some(Timestamp(START_US + Timestamp::DAY_US)), ..ReplayFilter::default() };
    let late_share = ReplayFilter { reason: Some(Reason::UnknownEvent), ..since };
    assert_eq!(replayed(&judge, &mut behind, by_reason(Reason::Constraint)).looked_at, 0);
    let wrong = replayed(&judge, &mut behind, by_reason(Reason::InvalidPayload));
    assert_eq!((wrong.looked_at, wrong.still_unfit), (1, BTreeMap::from([(Reason::InvalidPayload, 1)])));
    let account = replayed(&judge, &mut behind, late_share);
    assert_eq!((account.looked_at, account.became_rows), (1, 1));
    assert_eq!(event_ids(&sim.world()), ["share"]);
    let account = replayed(&judge, &mut behind, since);
    assert_eq!((account.looked_at, account.became_rows, account.already_rows), (2, 0, 1));
    let account = replayed(&judge, &mut behind, ReplayFilter::default());
    assert_eq!((account.looked_at, account.became_rows, account.already_rows), (3, 1, 1));
    assert_eq!(event_ids(&sim.world()), ["click", "share"]);
}

#[test]
fn events_without_an_id_are_told_apart_by_their_places() {
    let sim = SimWorld::new(3);
    let log = open_log(&sim.world()).unwrap();
    append(log.as_ref(), (0..3).map(|_| record("", Form::Click, START_US)).collect());
    let mut judge = open_judge(&sim.world(), &log, &versions()[0]).unwrap();
    drain(&mut judge);
    judge.publish(Arc::clone(&versions()[1]));
    let mut behind = judge.behind();
    assert_eq!(replayed(&judge, &mut behind, ReplayFilter::default()).became_rows, 3);
    assert_eq!(replayed(&judge, &mut behind, ReplayFilter::default()).already_rows, 3);
    let places = ["log:quarantine/0@0", "log:quarantine/0@1", "log:quarantine/0@2"];
    assert_eq!(event_ids(&sim.world()), places);
}

#[test]
fn rows_that_an_older_schema_refused_and_that_come_after_a_publication_are_waited_for() {
    let sim = SimWorld::new(4);
    let log = open_log(&sim.world()).unwrap();
    append(log.as_ref(), vec![record("ahead", Form::Ahead, START_US)]);
    let mut judge = open_judge(&sim.world(), &log, &versions()[0]).unwrap();
    // The round is judged, and its rows do not get into the table for the moment.
    sim.disk.set_capacity(Some(sim.disk.used_bytes() + 10));
    assert!(judge.step().is_err());
    sim.disk.set_capacity(None);
    judge.publish(Arc::clone(&versions()[1]));
    let mut behind = judge.behind();
    while behind.step().unwrap() == AgainStep::Did {}
    assert_eq!(behind.step().unwrap(), AgainStep::Waits);
    drain(&mut judge);
    finish(&mut behind);
    assert_eq!(behind.step().unwrap(), AgainStep::Idle);
    assert_eq!(event_ids(&sim.world()), ["ahead"]);
}

#[test]
fn rounds_replays_and_publications_in_any_order_with_any_fault_make_one_row_of_an_event() {
    let number = |name, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (first, seeds) = (number("JUDI_SEED", 0), number("JUDI_SEEDS", SEEDS));
    let mut faults = 0;
    for seed in first..first + seeds {
        println!("seed {seed}");
        faults += Run::new(seed).run();
    }
    assert!(seeds < SEEDS || faults > seeds, "only {faults} faults in {seeds} seeds");
}

struct Run {
    sim: SimWorld,
    random: SeededRandom,
    /// The newest version that was published, from 0.
    newest: usize,
    sent: u64,
    acknowledged: BTreeMap<String, Form>,
    handed_out: Vec<tokio::sync::watch::Receiver<ReplayProgress>>,
    faults: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let random = SeededRandom::new(seed ^ 0x5EED);
        let (acknowledged, handed_out) = (BTreeMap::new(), Vec::new());
        Self { sim: SimWorld::new(seed), random, newest: 0, sent: 0, acknowledged, handed_out, faults: 0 }
    }

    fn run(mut self) -> u64 {
        for _ in 0..5 {
            self.live();
            self.sim.disk.restart();
            self.faults += 1;
        }
        self.newest = 2;
        let world = self.sim.world();
        let log = open_log(&world).unwrap();
        let mut judge = open_judge(&world, &log, &versions()[2]).unwrap();
        let mut behind = judge.behind();
        drain(&mut judge);
        let account = replayed(&judge, &mut behind, ReplayFilter::default());
        finish(&mut behind);
        drain(&mut judge);
        let again = replayed(&judge, &mut behind, ReplayFilter::default());
        assert_eq!(again.became_rows, 0, "after {account:?}");
        self.verify();
        self.faults
    }

    /// One process, until the disk crashes or enough was done.
    fn live(&mut self) {
        let world = self.sim.world();
        let Some(log) = open_log(&world) else { return };
        let Some(mut judge) = open_judge(&world, &log, &versions()[self.newest]) else { return };
        let mut behind = judge.behind();
        for _ in 0..30 {
            let done = match self.random.below(16) {
                0..3 => {
                    self.send(log.as_ref());
                    true
                }
                3..7 => judge.step().is_ok(),
                7..12 => behind.step().is_ok(),
                12 => {
                    let filter = self.filter();
                    self.handed_out.extend(judge.replay(filter));
                    true
                }
                13 if self.random.chance(1, 3) => {
                    self.newest = (self.newest + 1).min(2);
                    judge.publish(Arc::clone(&versions()[self.newest]));
                    true
                }
                14 => judge.persist().and_then(|()| judge.compact()).is_ok(),
                _ => {
                    self.arm();
                    true
                }
            };
            self.faults += u64::from(!done);
            if self.sim.disk.is_crashed() {
                return;
            }
        }
    }

    fn send(&mut self, log: &dyn Log) {
        let events: Vec<(String, Form)> = (0..=self.random.below(4))
            .map(|_| {
                self.sent += 1;
                // One in three again, as a sender that got no answer does.
                let id = if self.random.chance(1, 3) { self.random.below(self.sent) } else { self.sent };
                (format!("event-{id}"), Form::ALL[(id % 5) as usize])
            })
            .collect();
        let at = |id: &str| START_US + i64::from(id.len() as u32) % 2 * Timestamp::DAY_US;
        let answers = append(log, events.iter().map(|(id, form)| record(id, *form, at(id))).collect());
        for ((id, form), is_ok) in events.into_iter().zip(answers) {
            if is_ok {
                self.acknowledged.insert(id, form);
            }
        }
    }

    fn filter(&self) -> ReplayFilter {
        let reason = self.random.chance(1, 2).then_some(Reason::UnknownEvent);
        let since = self.random.chance(1, 2).then_some(Timestamp(START_US + 1));
        ReplayFilter { reason, since }
    }

    fn arm(&self) {
        let soon = self.random.below(60);
        match self.random.below(4) {
            0 => self.sim.disk.crash_at_operation(soon),
            1 => self.sim.disk.fail_operation(soon),
            _ => {}
        }
    }

    fn verify(&self) {
        let (world, tables) = (self.sim.world(), Path::new(ROOT).join("tables"));
        let ids = event_ids(&world);
        let once: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(once.len(), ids.len(), "an event is there twice: {ids:?}");
        for (id, form) in &self.acknowledged {
            assert_eq!(once.contains(id), form.fits(), "{id} is {form:?}");
        }
        let quarantined: Vec<String> =
            rows(&world, &tables).into_iter().filter(|row| row.table == "quarantine").map(|row| row.event_id).collect();
        let refused: BTreeSet<&String> = quarantined.iter().collect();
        assert_eq!(refused.len(), quarantined.len(), "a refusal is told twice");
        for id in self.acknowledged.iter().filter(|(_, form)| **form == Form::Wrong).map(|(id, _)| id) {
            assert!(refused.contains(id), "{id} is nowhere");
        }
        let (said, are) = counts(&world, &tables);
        assert_eq!(said, are, "_judi.commits counts the rows of events");
        for progress in &self.handed_out {
            assert_whole(&progress.borrow().account);
        }
    }
}

#[test]
fn the_service_replays_while_it_judges() {
    let folder = tempfile::tempdir().unwrap();
    let (world, root) = (World::system(), folder.path());
    let log: Arc<dyn Log> = Arc::new(
        EmbeddedLog::open(&world, &root.join("log"), LogOptions { partitions: 1, ..LogOptions::default() }).unwrap(),
    );
    let quick = JudgeOptions { commit_interval: Duration::from_millis(20), ..options(root) };
    let judge = Judge::start(&world, Arc::clone(&log), Arc::clone(&versions()[0]), quick).unwrap();
    append(log.as_ref(), (0..40).map(|n| record(&n.to_string(), Form::Click, START_US)).collect());
    let ends = [((Topic::Quarantine, 0), 40)].into();
    block_on(judge.wait_until(&ends)).unwrap();
    judge.publish(Arc::clone(&versions()[1]));
    let mut first = judge.replay(ReplayFilter::default()).unwrap();
    let mut second = judge.replay(by_reason(Reason::UnknownEvent)).unwrap();
    let accounts = [&mut first, &mut second].map(|handed_out| {
        let progress = block_on(handed_out.wait_for(|progress| progress.end.is_some())).unwrap().clone();
        assert_eq!(progress.end, Some(ReplayEnd::Done));
        progress.account
    });
    for account in &accounts {
        assert_whole(account);
        assert_eq!((account.looked_at, account.became_rows + account.already_rows), (40, 40));
    }
    judge.stop();
    assert_eq!(
        batches(&world, &root.join("tables/events"), &["event_id"]).iter().map(|b| b.num_rows()).sum::<usize>(),
        40
    );
    assert_eq!(judge.stats().again.replayed, 40);
    assert_eq!(judge.replay(ReplayFilter::default()).unwrap_err(), ReplayRefused::Ended);
}
