//! When events happened, as the table says it: across restarts, for what older schemas refused, and in tables from
//! before there were flags.

use std::path::Path;
use std::sync::Arc;

use judi_faults::SimWorld;
use judi_judge::{JudgeCore, Step};
use judi_log::{Batch, EmbeddedLog, Log, LogOptions, Record, Topic};
use judi_schema::envelope::{Context, Envelope, PayloadKind, QuarantinedEvent};
use judi_schema::record::{decode_quarantined, encode_quarantined};
use judi_schema::schemas::Schemas;
use judi_table::{Table, TableSpec};
use judi_world::{Disk, Timestamp};

use crate::setting::{
    Form, LOG_DIR, START_US, Sent, append, assert_in_order, block_on, counts, later_schemas, options, row_times,
    schemas, sent,
};

const ROOT: &str = "/judi";
const SECOND_US: i64 = 1_000_000;

struct Setting {
    sim: SimWorld,
    log: Arc<EmbeddedLog>,
}

impl Setting {
    fn new() -> Self {
        Self::of(SimWorld::new(5))
    }

    fn of(sim: SimWorld) -> Self {
        let log_options = LogOptions { partitions: 1, ..LogOptions::default() };
        let log = Arc::new(EmbeddedLog::open(&sim.world(), Path::new(LOG_DIR), log_options).unwrap());
        Self { sim, log }
    }

    /// After a crash of the machine.
    fn restarted(self) -> Self {
        let Self { sim, log } = self;
        drop(log);
        sim.disk.restart();
        Self::of(sim)
    }

    fn judge(&self, schemas: &Arc<Schemas>) -> JudgeCore {
        let log = Arc::clone(&self.log) as Arc<dyn Log>;
        JudgeCore::open(&self.sim.world(), log, Arc::clone(schemas), options(Path::new(ROOT))).unwrap()
    }

    fn append(&self, events: &[Sent]) {
        assert!(append(self.log.as_ref(), &schemas(), events).iter().all(Result::is_ok));
    }

    /// The seconds after the start and the flag of an event.
    fn time(&self, event_id: &str) -> (i64, Option<String>) {
        let time = row_times(&self.sim.world(), &Path::new(ROOT).join("tables")).remove(event_id).unwrap();
        ((time.event_time_us - START_US) / SECOND_US, time.flag)
    }

    fn assert_sound(&self) {
        let (world, tables) = (self.sim.world(), Path::new(ROOT).join("tables"));
        assert_in_order(&row_times(&world, &tables), "in the end");
        let (said, are) = counts(&world, &tables);
        assert_eq!(said, are, "_judi.commits counts by the corrected time");
    }
}

fn drain(judge: &mut JudgeCore) {
    while judge.step().unwrap() != Step::Idle {}
}

/// An event of a device whose clock is an hour behind, in seconds after the start.
fn event(sequence: u64, occurred_s: i64, sent_s: i64, received_s: i64) -> Sent {
    let hour_s = 3_600;
    let by_device = |seconds: i64| START_US + (seconds - hour_s) * SECOND_US;
    let event = sent("a", &format!("e{sequence}"), Form::Fits);
    let event = event.by_clock("s", sequence, by_device(occurred_s), by_device(sent_s));
    Sent { received_at_us: START_US + received_s * SECOND_US, ..event }
}

fn flag(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_judge_goes_on_with_what_was_known_of_a_session_however_it_was_stopped() {
    // After a crash with the index at its newest, behind, damaged, and gone.
    for stop in ["persisted", "behind", "damaged", "gone"] {
        let setting = Setting::new();
        let mut judge = setting.judge(&schemas());
        setting.append(&[event(1, 10, 20, 21), event(4, 18, 20, 21)]);
        drain(&mut judge);
        judge.persist().unwrap();
        setting.append(&[event(6, 30, 40, 41)]);
        drain(&mut judge);
        if stop == "persisted" {
            judge.persist().unwrap();
        }
        drop(judge);
        let setting = setting.restarted();
        let state = Path::new(ROOT).join("state/dedup");
        let beside = setting.sim.disk.list(&state).unwrap();
        let beside: Vec<_> = beside.iter().filter(|entry| entry.name.ends_with(".beside")).collect();
        let [beside] = beside.as_slice() else { panic!("{beside:?}") };
        match stop {
            "damaged" => setting.sim.disk.corrupt(&state.join(&beside.name), 30).unwrap(),
            "gone" => setting.sim.disk.remove(&state.join(&beside.name)).unwrap(),
            _ => {}
        }
        let mut judge = setting.judge(&schemas());
        // On its way for five minutes, which only who knows the session can tell from the clock.
        setting.append(&[event(2, 15, 50, 350), event(7, 45, 50, 350), event(5, 17, 50, 350)]);
        drain(&mut judge);
        assert_eq!(setting.time("e1"), (11, flag("corrected")), "{stop}");
        assert_eq!(setting.time("e2"), (16, flag("corrected")), "{stop}");
        assert_eq!(setting.time("e7"), (46, flag("corrected")), "{stop}");
        assert_eq!(setting.time("e5"), (19, flag("ordered")), "{stop}");
        setting.assert_sound();
    }
}

/// The same as an event that its collector refused, since nobody knew its name.
fn refused(event: &Sent) -> Vec<u8> {
    let record = event.record(&schemas());
    let known = judi_schema::record::split(&record.value).unwrap();
    let envelope = <Envelope as prost::Message>::decode(known.envelope).unwrap();
    let envelope = Envelope { event: "click".to_owned(), schema_version: 0, ..envelope };
    encode_quarantined(&QuarantinedEvent {
        envelope: Some(envelope),
        reason: "unknown_event".to_owned(),
        source: "dev".to_owned(),
        payload: b"\x0a\x04menu".to_vec(),
        payload_kind: PayloadKind::PayloadProtobuf.into(),
        judged_by: 1,
        ..QuarantinedEvent::default()
    })
}

fn append_refused(log: &dyn Log, event: &Sent) {
    let record = Record { key: "a".into(), value: refused(event).into(), timestamp: Timestamp(event.received_at_us) };
    let batch = Batch { topic: Topic::Quarantine, partition: 0, records: vec![record] };
    assert!(block_on(log.append_many(vec![batch])).iter().all(Result::is_ok));
}

#[test]
fn what_was_refused_is_placed_between_its_neighbours_whenever_it_is_read() {
    for is_replayed in [true, false] {
        let setting = Setting::new();
        // The refused ones were on their way for minutes: by themselves they would come after all others.
        append_refused(setting.log.as_ref(), &event(2, 12, 20, 200));
        append_refused(setting.log.as_ref(), &event(3, 14, 20, 200));
        setting.append(&[event(1, 10, 20, 21), event(4, 18, 20, 21)]);
        append_refused(setting.log.as_ref(), &event(5, 19, 20, 200));
        let mut judge = setting.judge(&if is_replayed { schemas() } else { later_schemas() });
        drain(&mut judge);
        if is_replayed {
            judge.publish(later_schemas());
            assert_eq!(judge.read_again().unwrap().replayed, 3);
            // By itself, with the neighbours' times at most.
            assert_eq!(setting.time("e2"), (19, flag("ordered")));
            assert_eq!(setting.time("e5"), (199, flag("corrected")));
        } else {
            // With what is known of the session.
            assert_eq!(setting.time("e2"), (13, flag("corrected")));
            assert_eq!(setting.time("e5"), (20, flag("corrected")));
        }
        setting.assert_sound();
    }
}

#[test]
fn the_bytes_of_a_refused_event_are_those_of_a_collector() {
    let event = decode_quarantined(&refused(&event(2, 12, 20, 200))).unwrap();
    let envelope = event.envelope.unwrap();
    let context = Context { anonymous_id: "a".to_owned(), session_id: "s".to_owned(), ..Context::default() };
    assert_eq!((envelope.sequence, envelope.context), (Some(2), Some(context)));
}

#[test]
fn a_table_from_before_there_were_flags_gets_them() {
    let setting = Setting::new();
    let tables = Path::new(ROOT).join("tables/events");
    let newest = later_schemas();
    let columns: Vec<usize> = newest
        .events_schema()
        .fields()
        .iter()
        .enumerate()
        .filter_map(|(place, field)| (field.name() != "event_time_flag").then_some(place))
        .collect();
    let spec = TableSpec {
        name: "events".to_owned(),
        schema: Arc::new(newest.events_schema().project(&columns).unwrap()),
        partition_columns: vec!["received_date".to_owned()],
        properties: [("judi.sort".to_owned(), "event,event_time,event_id".to_owned())].into(),
    };
    drop(Table::create(&setting.sim.world(), &tables, &spec).unwrap());
    append_refused(setting.log.as_ref(), &event(2, 12, 20, 200));
    setting.append(&[event(1, 10, 20, 21), event(3, 18, 20, 21)]);
    let mut judge = setting.judge(&schemas());
    drain(&mut judge);
    judge.publish(newest);
    assert_eq!(judge.read_again().unwrap().replayed, 1);
    assert_eq!(setting.time("e1"), (11, flag("corrected")));
    assert_eq!(setting.time("e2"), (19, flag("ordered")));
    setting.assert_sound();
}
