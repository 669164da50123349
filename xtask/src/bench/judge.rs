//! Events judged into the table: a full log, one judge that takes steps until nothing is left, this process's clocks.
//!
//! The limit beside it is what cannot be left out: the same records decoded into columns, sorted and written to files,
//! without log, dedup index and commits.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use judi_judge::{JudgeCore, Step};
use judi_log::{Batch, EmbeddedLog, Log, Record, Topic, partition_of};
use judi_schema::columns::EventColumns;
use judi_schema::envelope::Envelope;
use judi_schema::record::{encode_event, split};
use judi_schema::schemas::Schemas;
use judi_world::{Timestamp, World};

use super::articles::{Articles, event};
use super::machine::{Process, cpu_time, peak_memory_bytes};
use super::project::scratch;
use super::report::{Report, count, megabytes, rate, time};
use super::{schema, table};
use crate::failure::Failure;

const TARGET: f64 = 400_000.0;
/// Records that are appended at a time.
const APPEND_RECORDS: u64 = 10_000;
/// 2026-03-02T06:00:00Z; the events are received within the hour that follows.
const RECEIVED_FROM_US: i64 = 1_772_431_200_000_000;
const RECEIVED_DURING_US: i64 = 3_600_000_000;
/// Bytes that are fetched at a time for the limit, as the judge fetches.
const FETCH_BYTES: usize = 1 << 20;
/// Rows of a file for the limit: about what a round of the judge writes.
const FILE_ROWS: usize = 100_000;

/// How long something took, on the wall and on the cores.
#[derive(Debug, Clone, Copy)]
struct Took {
    wall: Duration,
    cpu: Option<Duration>,
}

/// Runs the bench.
pub(crate) fn run(folder: Option<&Path>, events: u64) -> Result<(), Failure> {
    let report = Report::begin("judge", &format!("{} article views with full context", count(events as f64)));
    let (world, scratch, schemas) = (World::system(), scratch(folder)?, schema::newsroom()?);
    let log = table::log(&world, &scratch.path().join("log"))?;
    let record_bytes = fill(&log, &schemas, events)?;
    let note = format!("{} bytes a record: 28 fields of envelope, context and payload", record_bytes / events.max(1));
    report.figure("a log of", &megabytes(record_bytes), &note);

    let mut judge = table::judge(&world, &log, &schemas, scratch.path())?;
    let judging = took(|| judge_all(&mut judge))?;
    let rows = table::events(&world, scratch.path())?.snapshot().map_err(Failure::stage("the table"))?.rows();
    if rows != Some(events) {
        let (found, wanted) = (format!("{rows:?}"), events.to_string());
        return Err(Failure::Wrong { what: "rows of the table".to_owned(), found, wanted });
    }
    let a_core = judging.show(&report, "judged", events);
    let compacting = took(|| {
        while judge.compact().map_err(Failure::stage("compaction"))? {}
        Ok(())
    })?;
    let note = format!("wall {}; runs beside the judge, later", time(compacting.wall));
    report.figure("  compaction after it", &compacting.cpu.map_or("?".to_owned(), time), &note);
    let memory = peak_memory_bytes(Process::Own).map_or("?".to_owned(), megabytes);
    report.figure("  peak memory", &memory, "this process, the log's cache not counted");

    let mut written = 0;
    let writing = took(|| write_alone(&world, &log, &schemas, scratch.path()).map(|rows| written = rows))?;
    let alone = writing.show(&report, "decode, sort, write alone", written);
    report.ratio("  judged / that", a_core, alone);
    report.end(&format!("{} events/s a core", count(TARGET)), a_core >= TARGET);
    Ok(())
}

impl Took {
    /// Prints and returns events a second of one core.
    fn show(self, report: &Report, name: &str, events: u64) -> f64 {
        let wall = rate(events, self.wall);
        let a_core = self.cpu.map_or(wall, |cpu| rate(events, cpu));
        let cpu = self.cpu.map_or("?".to_owned(), time);
        let note = format!("wall {}: {} events/s; cores {cpu}", time(self.wall), count(wall));
        report.figure(name, &format!("{} events/s a core", count(a_core)), &note);
        a_core
    }
}

fn took(work: impl FnOnce() -> Result<(), Failure>) -> Result<Took, Failure> {
    let (before, started) = (cpu_time(Process::Own), Instant::now());
    work()?;
    let wall = started.elapsed();
    let cpu = cpu_time(Process::Own).zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok(Took { wall, cpu })
}

/// Appends the events' records; returns the bytes of their values.
fn fill(log: &Arc<EmbeddedLog>, schemas: &Schemas, events: u64) -> Result<u64, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(Failure::io("start"))?;
    let model = schemas.current();
    let (articles, event) = (Articles::new(model)?, event(model)?);
    let mut draw = articles.draw(1);
    let mut envelope = Envelope::default();
    let (mut record_bytes, mut made) = (0, 0);
    while made < events {
        let mut batches: Vec<Batch> = (0..log.partitions())
            .map(|partition| Batch { topic: Topic::Events, partition, records: Vec::new() })
            .collect();
        for _ in 0..APPEND_RECORDS.min(events - made) {
            let share = made as f64 / events as f64;
            let received_at_us = RECEIVED_FROM_US + (share * RECEIVED_DURING_US as f64) as i64;
            let view = draw.view(received_at_us);
            view.write(&articles, model.version, &mut envelope);
            let value = encode_event(model, event, &envelope, &articles.of(&view).payload);
            record_bytes += value.len() as u64;
            let key = Bytes::copy_from_slice(envelope.partition_key().as_bytes());
            let partition = partition_of(&key, log.partitions());
            let record = Record { key, value: value.into(), timestamp: Timestamp(received_at_us) };
            if let Some(batch) = batches.get_mut(partition as usize) {
                batch.records.push(record);
            }
            made += 1;
        }
        for appended in runtime.block_on(log.append_many(batches)) {
            appended.map_err(Failure::stage("the log"))?;
        }
    }
    Ok(record_bytes)
}

fn judge_all(judge: &mut JudgeCore) -> Result<(), Failure> {
    while judge.step().map_err(Failure::stage("the judge"))? != Step::Idle {}
    judge.persist().map_err(Failure::stage("the judge"))
}

/// The same records as files of the same table, which nobody commits; returns their rows.
fn write_alone(world: &World, log: &Arc<EmbeddedLog>, schemas: &Arc<Schemas>, folder: &Path) -> Result<u64, Failure> {
    let sink = table::sink(&table::events(world, folder)?, schemas)?;
    let mut columns = EventColumns::new(schemas);
    let mut rows = 0;
    let mut flush = |columns: &mut EventColumns| {
        let batch = columns.finish().map_err(Failure::stage("columns"))?;
        let files = sink.write(&[batch]).map_err(Failure::stage("the sink"))?;
        rows += files.iter().map(|file| file.rows).sum::<u64>();
        Ok::<_, Failure>(())
    };
    for partition in 0..log.partitions() {
        let mut next = 0;
        loop {
            let fetched = log.fetch(Topic::Events, partition, next, FETCH_BYTES).map_err(Failure::stage("the log"))?;
            for fetched in &fetched.records {
                let parts = split(&fetched.record.value)?;
                let model = schemas.current();
                let Some(event) = model.by_index(parts.index) else { continue };
                columns.push(model, event, parts.envelope, parts.payload)?;
            }
            if columns.len() >= FILE_ROWS {
                flush(&mut columns)?;
            }
            next = fetched.next;
            if next == fetched.end {
                break;
            }
        }
    }
    if !columns.is_empty() {
        flush(&mut columns)?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_judged_whole() {
        let (world, scratch, schemas) = (World::system(), tempfile::tempdir().unwrap(), schema::newsroom().unwrap());
        let log = table::log(&world, &scratch.path().join("log")).unwrap();
        assert!(fill(&log, &schemas, 500).unwrap() > 500 * 200);
        let mut judge = table::judge(&world, &log, &schemas, scratch.path()).unwrap();
        judge_all(&mut judge).unwrap();
        let snapshot = table::events(&world, scratch.path()).unwrap().snapshot().unwrap();
        assert_eq!(snapshot.rows(), Some(500), "no duplicate, none refused");
        assert_eq!(write_alone(&world, &log, &schemas, scratch.path()).unwrap(), 500);
    }
}
