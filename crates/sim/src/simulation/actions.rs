//! The steps of a life. Which comes next is drawn; what it does is what production does, or what befalls it.

use std::path::Path;
use std::time::Duration;

use judi_judge::{JudgeCore, JudgeError, Step};
use judi_log::{EmbeddedLog, Log, OpenError, Retention};
use judi_table::{CompactionPolicy, SinkOptions, Table, TableError, plan_compaction};
use judi_world::{Clock, Timestamp};
use serde_json::Value;

use super::Simulation;
use crate::devices::{Id, Request};
use crate::machine::{Answer, LOG_DIR, Machine, TABLES_DIR, log_options};
use crate::readback::{EVENTS, QUARANTINE, ReadError, Tables};
use crate::sabotage::Sabotage;
use crate::schemas::{self, VERSIONS};
use crate::swarm::Fault;
use crate::violation::Violation;

/// How far the server's clock may be set off, in days: with all that passes still inside the dedup window.
const CLOCK_DAYS: u64 = 2;

/// How long replaced files stay: short, so that vacuums find some.
const VACUUM_RETENTION: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Send,
    Deliver,
    Flush,
    GiveUp,
    Judge,
    SecondJudge,
    Persist,
    ReadAgain,
    Advance,
    Look,
    Publish,
    Retain,
    Compact,
    Vacuum,
    SecondProcess,
    ServerClock,
    DeviceClock,
    Resend,
    Cut,
    Fail,
    Fill,
    Relieve,
}

/// What goes on in every world, by weight.
const USUAL: [(Action, u64); 9] = [
    (Action::Send, 7),
    (Action::Deliver, 7),
    (Action::Flush, 6),
    (Action::Judge, 4),
    (Action::Advance, 2),
    (Action::Look, 1),
    (Action::ReadAgain, 1),
    (Action::Persist, 1),
    (Action::GiveUp, 1),
];

/// What only some worlds have.
const UNUSUAL: [(Action, Fault); 13] = [
    (Action::SecondJudge, Fault::SecondJudge),
    (Action::Publish, Fault::Publish),
    (Action::Retain, Fault::Retention),
    (Action::Compact, Fault::Compaction),
    (Action::Vacuum, Fault::Vacuum),
    (Action::SecondProcess, Fault::SecondProcess),
    (Action::ServerClock, Fault::ServerClock),
    (Action::DeviceClock, Fault::DeviceClock),
    (Action::Resend, Fault::Resend),
    (Action::Cut, Fault::PowerCut),
    (Action::Fail, Fault::Eio),
    (Action::Fill, Fault::FullDisk),
    (Action::Relieve, Fault::FullDisk),
];

/// One step in so many is an unusual one, where there are any.
const UNUSUAL_EVERY: u64 = 4;

impl Simulation {
    pub(super) fn next_action(&mut self) -> Action {
        if self.schedule.chance(1, UNUSUAL_EVERY) {
            let mine = || UNUSUAL.iter().filter(|(_, fault)| self.has(*fault));
            let place = self.schedule.below(mine().count() as u64) as usize;
            if let Some((action, fault)) = mine().nth(place)
                && self.strikes(*fault)
            {
                return *action;
            }
        }
        let mut left = self.schedule.below(USUAL.iter().map(|(_, weight)| weight).sum());
        for (action, weight) in USUAL {
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return action,
            }
        }
        Action::Send
    }

    pub(super) fn act(&mut self, action: Action) -> Result<(), Violation> {
        self.start()?;
        match action {
            Action::Send => self.send(),
            Action::Deliver => self.deliver(),
            Action::Flush => return self.flush(),
            Action::GiveUp => self.give_up(),
            Action::Judge => return self.judge(),
            Action::SecondJudge => self.second_judge(),
            Action::Persist => return self.with_judge("persisting the index", |judge| judge.persist()),
            Action::ReadAgain => {
                return self.with_judge("reading again", |judge| judge.read_again().map(drop));
            }
            Action::Advance => {
                let time = Duration::from_millis(1 << self.schedule.below(16));
                self.sim.clock.advance(time);
            }
            Action::Look => return self.look(),
            Action::Publish => return self.publish(),
            Action::Retain => return self.retain(),
            Action::Compact => return self.compact(),
            Action::Vacuum => return self.vacuum(),
            Action::SecondProcess => return self.second_process(),
            Action::ServerClock => self.set_server_clock(),
            Action::DeviceClock => {
                let place = self.data.below(self.devices.len() as u64) as usize;
                if let Some(device) = self.devices.get_mut(place) {
                    let error = device.set_clock(&self.data);
                    self.trace.note(format_args!("device {place} is {error} us off"));
                }
            }
            Action::Resend => {
                let place = self.data.below(self.devices.len() as u64) as usize;
                let id = self.devices.get_mut(place).and_then(|device| device.resend(&self.data));
                self.trace.note(format_args!("{id:?} will be sent again"));
            }
            Action::Cut | Action::Fail => self.arm(action),
            Action::Fill => {
                let room = self.chaos.below(1 << (6 + self.chaos.below(10)));
                self.sim.disk.set_capacity(Some(self.sim.disk.used_bytes() + room));
                self.is_disturbed = true;
                self.count("full disks");
                self.trace.note(format_args!("the disk has {room} bytes left"));
            }
            Action::Relieve => {
                self.sim.disk.set_capacity(None);
                self.trace.note(format_args!("the disk has room"));
            }
        }
        Ok(())
    }

    /// The process, where none is running: what cannot be started now is started by a later step.
    pub(super) fn start(&mut self) -> Result<(), Violation> {
        if self.machine.is_some() || self.sim.disk.is_crashed() {
            return Ok(());
        }
        match Machine::start(&self.world(), &self.swarm, &self.schemas, self.sabotage) {
            Ok(machine) => {
                self.trace.note(format_args!("the process starts"));
                self.machine = Some(machine);
                Ok(())
            }
            Err(OpenError::Io { path, source }) if self.is_disturbed => {
                self.trace.note(format_args!("no start: {}: {source}", path.display()));
                // Whoever starts it again later finds a disk that works, or the next fault.
                self.sim.disk.set_capacity(None);
                Ok(())
            }
            Err(error) => Err(Violation::Unexplained { what: "opening the log", error: error.to_string() }),
        }
    }

    fn arm(&mut self, action: Action) {
        let ahead = self.chaos.below(self.swarm.operations_ahead);
        if action == Action::Cut {
            self.sim.disk.crash_at_operation(ahead);
        } else {
            self.sim.disk.fail_operation(ahead);
        }
        self.is_disturbed = true;
        self.count("disk faults");
        self.trace.note(format_args!("{action:?} in {ahead} operations"));
    }

    fn set_server_clock(&mut self) {
        let reach = CLOCK_DAYS * 86_400_000_000;
        let reach = if self.chaos.chance(1, 2) { reach } else { 60_000_000 };
        let off = self.chaos.below(2 * reach + 1).cast_signed() - reach.cast_signed();
        self.sim.clock.jump_to(Timestamp(self.now_us() + off));
        self.trace.note(format_args!("the server's clock is {off} us off"));
    }

    /// A device makes events and sends the oldest that it has, unless it waits for an answer.
    pub(super) fn send(&mut self) {
        let place = self.data.below(self.devices.len() as u64) as usize;
        let now_us = self.now_us();
        let Some(device) = self.devices.get_mut(place) else { return };
        let wanted = 1 + self.data.below(self.swarm.events_per_batch);
        while (device.outbox.len() as u64) < wanted {
            let Some(event) = device.make(&self.data, now_us) else { break };
            self.oracle.made(event);
        }
        if device.waits_for.is_none() {
            self.request(place);
        }
    }

    /// Puts a device's next request on the network, once or twice, or loses it.
    pub(super) fn request(&mut self, place: usize) {
        let now_us = self.now_us();
        self.requests += 1;
        let (number, max) = (self.requests, self.swarm.events_per_batch);
        let Some(request) = self.devices.get_mut(place).and_then(|d| d.request(place, number, max, now_us)) else {
            return;
        };
        let copies = if self.strikes(Fault::LostRequest) && self.chaos.chance(1, 3) {
            0
        } else {
            1 + u64::from(self.strikes(Fault::TwoRequests) && self.chaos.chance(1, 3))
        };
        self.trace.note(format_args!("device {place} sends #{number}, {} events, {copies} times", request.ids.len()));
        self.network.extend((0..copies).map(|_| request.clone()));
    }

    /// The next request, or one that overtakes it, reaches the server.
    pub(super) fn deliver(&mut self) {
        if self.network.is_empty() {
            return;
        }
        let overtakes = self.strikes(Fault::Reorder);
        let place = if overtakes { self.chaos.below(self.network.len() as u64) as usize } else { 0 };
        let Some(machine) = &mut self.machine else { return };
        let request = self.network.remove(place);
        self.trace.note(format_args!("#{} arrives", request.number));
        machine.begin(request, self.version);
    }

    /// The log appends what waits, and the answers go out.
    pub(super) fn flush(&mut self) -> Result<(), Violation> {
        let Some(machine) = &mut self.machine else { return Ok(()) };
        if machine.waiting() == 0 {
            return Ok(());
        }
        let answered = machine.flush();
        if self.sim.disk.is_crashed() {
            // Whatever the process would have said, nobody hears it.
            self.trace.note(format_args!("no answer to {} requests", answered.len()));
            return Ok(());
        }
        for (request, version, answer) in answered {
            let answer =
                answer.ok_or_else(|| Violation::Stuck { what: format!("#{} is not answered", request.number) })?;
            self.answer(&request, version, &answer)?;
        }
        self.follow_log();
        Ok(())
    }

    /// Reads what the log has got; a fault only delays that.
    pub(super) fn follow_log(&mut self) -> bool {
        let Some(machine) = &self.machine else { return false };
        self.oracle.follow_log(machine.log.as_ref()).is_ok()
    }

    /// One answer on its way back.
    fn answer(&mut self, request: &Request, version: u32, (status, body): &Answer) -> Result<(), Violation> {
        let broken = |detail: String| Violation::Answer { detail };
        let text = String::from_utf8_lossy(body);
        let results = match status {
            200 => {
                let answer: Value = serde_json::from_slice(body).map_err(|error| broken(format!("{error}: {text}")))?;
                results_of(&answer, request).ok_or_else(|| broken(format!("{text} to {}", request.body)))?
            }
            429 | 503 if self.is_disturbed => Vec::new(),
            _ => return Err(broken(format!("{status}: {text}"))),
        };
        let mut done = Vec::new();
        for (id, status) in &results {
            if status == "retry" && self.is_disturbed {
                continue;
            }
            self.oracle.answered(*id, status, version)?;
            done.push(*id);
        }
        let is_lost = self.strikes(Fault::LostAnswer) && self.chaos.chance(1, 2);
        let lost = if is_lost { ", lost" } else { "" };
        self.trace.note(format_args!("#{} is answered {status}, {} done{lost}", request.number, done.len()));
        self.count("answers");
        if !is_lost && let Some(device) = self.devices.get_mut(request.device) {
            device.settle(&done);
            if device.waits_for == Some(request.number) {
                device.waits_for = None;
            }
        }
        Ok(())
    }

    /// A device has waited long enough for an answer, and sends again when it comes to it.
    pub(super) fn give_up(&mut self) {
        let place = self.data.below(self.devices.len() as u64) as usize;
        if let Some(device) = self.devices.get_mut(place)
            && let Some(number) = device.waits_for.take()
        {
            self.trace.note(format_args!("device {place} gives #{number} up"));
        }
    }

    fn judge(&mut self) -> Result<(), Violation> {
        let mut step = Step::Idle;
        self.with_judge("judging", |judge| {
            step = judge.step()?;
            Ok(())
        })?;
        if let Step::Judged(totals) = step {
            self.trace.note(format_args!("judged {totals:?}"));
        }
        Ok(())
    }

    /// Does something with the judge, which is opened where there is none.
    pub(super) fn with_judge(
        &mut self,
        what: &'static str,
        work: impl FnOnce(&mut JudgeCore) -> Result<(), JudgeError>,
    ) -> Result<(), Violation> {
        let world = self.world();
        let Some(machine) = &mut self.machine else { return Ok(()) };
        let mut judge = match machine.judge.take() {
            Some(judge) => judge,
            None => match machine.open_judge(&world, &self.swarm, &self.schemas, false, self.sabotage) {
                Ok(judge) => judge,
                Err(error) => return self.judge_failed("opening the judge", &error).map(drop),
            },
        };
        match work(&mut judge) {
            Ok(()) => machine.judge = Some(judge),
            Err(error) => {
                if self.judge_failed(what, &error)?
                    && let Some(machine) = &mut self.machine
                {
                    machine.judge = Some(judge);
                }
            }
        }
        Ok(())
    }

    /// Whether the judge goes on after an error; what an error may not be is a violation.
    fn judge_failed(&mut self, what: &'static str, error: &JudgeError) -> Result<bool, Violation> {
        self.trace.note(format_args!("{what}: {error}"));
        if self.sim.disk.is_crashed() {
            return Ok(false);
        }
        if matches!(error, JudgeError::Overtaken { .. }) && self.has(Fault::SecondJudge) {
            return Ok(true);
        }
        // An index that was damaged while there were faults may first be asked when they are over; that it is then made
        // again, and not asked for ever, shows at the end.
        let is_damage = self.drawn.has(Fault::IndexDamage) && error.to_string().contains("/dedup/");
        if !self.is_disturbed && !is_damage {
            return Err(Violation::Unexplained { what, error: error.to_string() });
        }
        if !error.is_retryable() {
            return Err(Violation::GaveUp { what, error: error.to_string() });
        }
        Ok(true)
    }

    /// A judge that no lock keeps away, on the same log and tables: whatever it does, and however it ends, is its own
    /// affair; what the tables hold is not.
    fn second_judge(&mut self) {
        let world = self.world();
        let Some(machine) = &mut self.machine else { return };
        let judge = match machine.second.take() {
            Some(judge) => Ok(judge),
            None => machine.open_judge(&world, &self.swarm, &self.schemas, true, self.sabotage),
        };
        let done = judge.and_then(|mut judge| {
            let step = judge.step()?;
            if self.chaos.chance(1, 4) {
                judge.persist()?;
            }
            // Sometimes it comes and goes.
            machine.second = (!self.chaos.chance(1, 4)).then_some(judge);
            Ok(step)
        });
        match done {
            Ok(step) => self.trace.note(format_args!("the second judge: {step:?}")),
            Err(error) => self.trace.note(format_args!("the second judge: {error}")),
        }
        self.count("steps of a second judge");
    }

    /// Somebody reads the tables: what is seen stays.
    pub(super) fn look(&mut self) -> Result<(), Violation> {
        let Some(machine) = &self.machine else { return Ok(()) };
        match Tables::read(&self.world(), &machine.log.id(), &mut self.cache) {
            Ok(tables) => {
                self.oracle.check_tables(&tables, true)?;
                let (events, quarantine) = (tables.events.rows.len(), tables.quarantine.rows.len());
                self.trace.note(format_args!("{events} events, {quarantine} in quarantine"));
                Ok(())
            }
            Err(ReadError::Violation(violation)) => Err(violation),
            Err(error) => self.excuse("reading the tables", &error),
        }
    }

    /// An error is excused by a disturbance, and by nothing else.
    fn excuse(&mut self, what: &'static str, error: &dyn std::fmt::Display) -> Result<(), Violation> {
        self.trace.note(format_args!("{what}: {error}"));
        if self.is_disturbed { Ok(()) } else { Err(Violation::Unexplained { what, error: error.to_string() }) }
    }

    fn publish(&mut self) -> Result<(), Violation> {
        if self.version == VERSIONS {
            return Ok(());
        }
        self.version += 1;
        self.schemas = schemas::version(self.version).map_err(|detail| Violation::Setup { detail })?;
        if let Some(machine) = &self.machine {
            machine.publish(&self.schemas, self.sabotage != Some(Sabotage::UntoldJudge));
        }
        self.count("publications");
        self.trace.note(format_args!("version {} is published", self.version));
        Ok(())
    }

    fn retain(&mut self) -> Result<(), Violation> {
        // What is removed now could never be looked at again.
        if !self.follow_log() {
            return Ok(());
        }
        let Some(machine) = &self.machine else { return Ok(()) };
        let retention = Retention { age_max: None, bytes_max: Some(self.chaos.below(6000)) };
        let retained = machine.log.retain(&retention);
        self.oracle.note_retention(machine.log.as_ref());
        match retained {
            Ok(retained) => {
                self.trace.note(format_args!("retention: {retained:?}"));
                Ok(())
            }
            Err(error) => self.excuse("retention", &error),
        }
    }

    /// Plans a compaction of small files, or does the one that was planned some time ago.
    fn compact(&mut self) -> Result<(), Violation> {
        let Some((table, task)) = self.planned.take() else { return self.plan_compaction() };
        let is_events = table.dir().ends_with(EVENTS);
        let sort: &[&str] = if is_events { &["event", "event_time", "event_id"] } else { &["received_at", "event_id"] };
        let options =
            SinkOptions { sort: sort.iter().map(|name| (*name).to_owned()).collect(), ..SinkOptions::default() };
        match table.compact(&task, &options) {
            Ok(outcome) => {
                self.count("compactions");
                self.trace.note(format_args!("compaction of {} files: {outcome:?}", task.inputs.len()));
                Ok(())
            }
            // Its inputs may have been replaced and removed since.
            Err(TableError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                self.trace.note(format_args!("a planned compaction comes too late"));
                Ok(())
            }
            Err(error) => self.excuse("compaction", &error),
        }
    }

    fn plan_compaction(&mut self) -> Result<(), Violation> {
        let name = if self.chaos.chance(2, 3) { EVENTS } else { QUARANTINE };
        let now_ms = self.sim.clock.now().0.div_euclid(1000);
        let opened = Table::open(&self.world(), &Path::new(TABLES_DIR).join(name));
        let planned = opened.and_then(|table| {
            let Some(table) = table else { return Ok(None) };
            let policy = CompactionPolicy { fan_in: 2, ..CompactionPolicy::default() };
            let task = plan_compaction(&*table.snapshot()?, &policy, now_ms, |_| true).into_iter().next();
            Ok(task.map(|task| (table, task)))
        });
        match planned {
            Ok(planned) => {
                let is_planned = planned.is_some();
                self.planned = planned;
                // At once, or when others have been at the table.
                if is_planned && self.chaos.chance(1, 2) { self.compact() } else { Ok(()) }
            }
            Err(error) => self.excuse("planning a compaction", &error),
        }
    }

    fn vacuum(&mut self) -> Result<(), Violation> {
        for name in [EVENTS, QUARANTINE] {
            let opened = Table::open(&self.world(), &Path::new(TABLES_DIR).join(name));
            match opened.and_then(|table| table.map(|table| table.vacuum(VACUUM_RETENTION)).transpose()) {
                Ok(report) => self.trace.note(format_args!("vacuum of {name}: {report:?}")),
                Err(error) => self.excuse("vacuum", &error)?,
            }
        }
        Ok(())
    }

    /// Another process opens the same project: it is refused.
    fn second_process(&mut self) -> Result<(), Violation> {
        let Some(machine) = &self.machine else { return Ok(()) };
        let world = self.world();
        match EmbeddedLog::open(&world, Path::new(LOG_DIR), log_options(&self.swarm)) {
            Err(OpenError::Locked { .. }) => {}
            Ok(_) => return Err(Violation::NotRefused { what: "the log" }),
            Err(error) => return self.excuse("opening the log a second time", &error),
        }
        if machine.judge.is_some() {
            match machine.open_judge(&world, &self.swarm, &self.schemas, false, self.sabotage) {
                Err(JudgeError::Locked { .. }) => {}
                Ok(_) => return Err(Violation::NotRefused { what: "the judge" }),
                Err(error) => return self.excuse("opening the judge a second time", &error),
            }
        }
        self.count("second processes refused");
        Ok(())
    }
}

/// The results of an answer, which must be those of the request's events, in their order.
fn results_of(answer: &Value, request: &Request) -> Option<Vec<(Id, String)>> {
    let results = answer.get("results")?.as_array()?;
    if results.len() != request.ids.len() {
        return None;
    }
    let pairs = results.iter().zip(&request.ids).map(|(result, id)| {
        let is_its = result.get("event_id")?.as_str()? == id.event_id();
        is_its.then(|| Some((*id, result.get("status")?.as_str()?.to_owned())))?
    });
    pairs.collect()
}
