//! Where records go, what a resend and a copy count as, and what is answered when the log does not take them.

use std::sync::Arc;

use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::Context;
use judi_schema::schemas::Schemas;
use judi_world::{SystemClock, Timestamp};

use super::*;
use crate::accept::Facts;
use crate::format::Form;
use crate::in_flight::{InFlight, Share};
use crate::turns::{Turns, Window};

const TEXT: &str = "syntax = \"proto3\"; import \"judi/v1/options.proto\";\n\
    message Empty { option (judi.event) = {name: \"empty\" owner: \"o\" description: \"d\"}; }";

struct Fixture {
    schemas: Schemas,
    seen: SeenIds,
    in_flight: Arc<InFlight>,
    share: Arc<Share>,
}

fn in_flight(bytes_max: usize) -> Arc<InFlight> {
    let clock = Arc::new(SystemClock::default());
    InFlight::new(clock.clone(), bytes_max, 10, Turns::new(clock, Window::Fixed(1), 1))
}

impl Fixture {
    fn new() -> Self {
        let sources = [Source { name: "t.proto".to_owned(), text: SourceText::Proto(TEXT.to_owned()) }];
        Self {
            schemas: Schemas::first(&sources).unwrap(),
            seen: SeenIds::new(1_000),
            in_flight: in_flight(1_000_000),
            share: Share::new(usize::MAX, 0),
        }
    }

    fn prepare(&self, events: &[&str]) -> Prepared {
        self.try_prepare(events).unwrap()
    }

    fn try_prepare(&self, events: &[&str]) -> Result<Prepared, Refusal> {
        let facts = Facts {
            received_at: Timestamp(0),
            sent_at: None,
            source: "s",
            place: "",
            is_bot: false,
            import_run: "",
            clock_tolerance: Duration::ZERO,
            event_bytes_max: 500,
            id_seed: [0; 32],
        };
        let mut acceptor = Acceptor::new(&self.schemas, facts, Context::default());
        let mut held = InFlight::begin(&self.in_flight, &self.share, 0).unwrap();
        let events = events.iter().map(|event| RawEvent::Json(event)).collect::<Vec<_>>();
        prepare(
            &mut acceptor,
            &Form::Json,
            events.into_iter(),
            &self.seen,
            Bounds { partitions: 4, bytes_max: 1_000_000 },
            &mut held,
        )
    }

    fn settle(&self, events: &[&str], outcome: impl Fn(&Batch) -> AppendResult) -> Result<Vec<Status>, Refusal> {
        let mut prepared = self.prepare(events);
        let outcomes: Vec<_> = prepared.take_batches().iter().map(outcome).collect();
        let settled = prepared.settle(&outcomes, &self.seen)?;
        Ok(settled.results.iter().map(|result| result.status).collect())
    }
}

const A: &str = r#"{"event_id":"a","event":"empty"}"#;
const B: &str = r#"{"event_id":"b","event":"empty"}"#;
const UNKNOWN: &str = r#"{"event_id":"c","event":"nothing"}"#;
const ANONYMOUS: &str = r#"{"event":"empty"}"#;

fn busy() -> AppendResult {
    Err(AppendError::Busy { retry_after: Duration::from_secs(3) })
}

#[test]
fn records_go_to_the_partition_of_their_key() {
    let fixture = Fixture::new();
    let mut prepared = fixture.prepare(&[A, B, UNKNOWN]);
    let batches = prepared.take_batches();
    for batch in &batches {
        for record in &batch.records {
            assert_eq!(batch.partition, partition_of(&record.key, 4));
        }
    }
    let of =
        |topic| batches.iter().filter(|batch| batch.topic == topic).map(|batch| batch.records.len()).sum::<usize>();
    assert_eq!((of(Topic::Events), of(Topic::Quarantine)), (2, 1));
}

#[test]
fn a_resend_is_a_duplicate_only_after_it_was_durable() {
    let fixture = Fixture::new();
    assert_eq!(fixture.settle(&[A], |_| busy()), Err(Refusal::Busy { retry_after: Duration::from_secs(3) }));
    assert_eq!(
        fixture.settle(&[A, UNKNOWN, ANONYMOUS], |_| Ok(0)).unwrap(),
        [Status::Ok, Status::Quarantined, Status::Ok]
    );
    let again = [Status::Duplicate, Status::Duplicate, Status::Ok];
    assert_eq!(fixture.settle(&[A, UNKNOWN, ANONYMOUS], |_| Ok(0)).unwrap(), again);
    assert!(fixture.prepare(&[A, UNKNOWN]).take_batches().is_empty(), "it is not written again");
}

#[test]
fn copies_in_one_body_share_the_fate_of_the_first() {
    let fixture = Fixture::new();
    let refused = fixture.settle(&[A, A], |_| busy());
    assert!(matches!(refused, Err(Refusal::Busy { .. })), "{refused:?}");
    assert_eq!(fixture.settle(&[A, A, A], |_| Ok(0)).unwrap(), [Status::Ok, Status::Duplicate, Status::Duplicate]);
}

#[test]
fn what_was_not_taken_is_told_event_by_event() {
    let fixture = Fixture::new();
    let statuses = fixture.settle(&[A, UNKNOWN], |batch| match batch.topic {
        Topic::Events => Ok(0),
        Topic::Quarantine => busy(),
    });
    assert_eq!(statuses.unwrap(), [Status::Ok, Status::Retry]);
    let mut prepared = fixture.prepare(&[B, UNKNOWN]);
    let outcomes: Vec<_> =
        prepared.take_batches().iter().map(|batch| if batch.topic == Topic::Events { Ok(0) } else { busy() }).collect();
    let settled = prepared.settle(&outcomes, &fixture.seen).unwrap();
    assert_eq!(settled.retry_after, Some(Duration::from_secs(3)));
    assert!(settled.results[1].detail.is_some() && settled.results[1].reason.is_none());
}

#[test]
fn why_nothing_was_taken_decides_the_answer() {
    let no_space = || Err(AppendError::NoSpace { topic: Topic::Events, partition: 0 });
    let io =
        || Err(AppendError::Io { topic: Topic::Events, partition: 0, source: Arc::new(std::io::Error::other("x")) });
    let cases: [(fn() -> AppendResult, Refusal); 4] = [
        (busy, Refusal::Busy { retry_after: Duration::from_secs(3) }),
        (no_space, Refusal::NoSpace),
        (io, Refusal::LogFailed),
        (|| Err(AppendError::Closed), Refusal::Closing),
    ];
    for (outcome, refusal) in cases {
        assert_eq!(Fixture::new().settle(&[A, B], |_| outcome()), Err(refusal));
    }
}

#[test]
fn a_record_that_the_log_never_takes_is_rejected_and_its_neighbours_may_come_again() {
    let fixture = Fixture::new();
    let long = format!(r#"{{"event_id":"a","event":"nothing","payload":{{"x":"{}"}}}}"#, "x".repeat(300));
    let events = [long.as_str(), r#"{"event_id":"a","event":"no","context":{"user_id":"u"}}"#];
    let mut prepared = fixture.prepare(&events[..1]);
    let partition = prepared.take_batches()[0].partition;
    // A neighbour on the same partition, found by trying ids.
    let neighbour = (0..100)
        .map(|id| format!(r#"{{"event_id":"n{id}","event":"no"}}"#))
        .find(|event| fixture.prepare(&[event.as_str()]).take_batches()[0].partition == partition);
    let too_large = |_: &Batch| Err(AppendError::TooLarge { bytes: 400, bytes_max: 300 });
    let statuses = fixture.settle(&[&long, &neighbour.unwrap()], too_large).unwrap();
    assert_eq!(statuses, [Status::Rejected, Status::Retry]);
    assert_eq!(fixture.settle(&[&long], too_large).unwrap(), [Status::Rejected]);
}

#[test]
fn a_body_that_grows_over_the_room_is_refused() {
    let fixture = Fixture { in_flight: in_flight(50), ..Fixture::new() };
    assert!(matches!(fixture.try_prepare(&[A, B]), Err(Refusal::Busy { .. })));
    assert_eq!(fixture.in_flight.bytes(), 0, "what was held is given back");
}
