//! The end of a world: faults are over, and without anybody's help everything comes to be where it belongs.

use std::path::Path;

use judi_judge::Step;
use judi_log::Log;
use judi_world::Disk;

use super::{Death, Simulation};
use crate::machine::TABLES_DIR;
use crate::readback::{EVENTS, ReadError, Tables, counts_of, said_counts};
use crate::swarm::{Fault, FaultSet};
use crate::violation::Violation;

/// Rounds of sending after which every event is answered, and of judging after which every record is judged.
const ROUNDS_MAX: usize = 400;

impl Simulation {
    pub(super) fn end(&mut self) -> Result<(), Violation> {
        self.heal()?;
        self.settle()?;
        self.drain()?;
        self.verify()?;
        if self.chaos.chance(1, 2) {
            return Ok(());
        }
        // And once more, after a stop of some kind: nothing depends on what was in memory.
        let death = [Death::PowerCut, Death::Kill, Death::Stop];
        let death = death.get(self.chaos.below(3) as usize).copied().unwrap_or(Death::Stop);
        self.die(death)?;
        self.start()?;
        self.drain()?;
        self.verify()
    }

    /// Faults are over: the disk works and has room. Sometimes the process is the one that met them.
    fn heal(&mut self) -> Result<(), Violation> {
        self.sim.disk.forget_faults();
        self.sim.disk.set_capacity(None);
        if self.is_dead() {
            self.die(Death::PowerCut)?;
        }
        self.swarm.faults = FaultSet::NONE;
        self.is_disturbed = false;
        if let Some(machine) = &mut self.machine {
            machine.second = None;
        }
        self.planned = None;
        self.trace.note(format_args!("faults are over"));
        self.start()
    }

    /// Every device sends until everything is answered.
    fn settle(&mut self) -> Result<(), Violation> {
        for _ in 0..ROUNDS_MAX {
            if self.devices.iter().all(|device| device.outbox.is_empty()) {
                return Ok(());
            }
            for place in 0..self.devices.len() {
                if let Some(device) = self.devices.get_mut(place) {
                    device.waits_for = None;
                }
                self.request(place);
            }
            while !self.network.is_empty() {
                self.deliver();
            }
            self.flush()?;
        }
        Err(Violation::Stuck { what: "events are not taken".to_owned() })
    }

    /// The judge takes everything that is in the log, and reads again what older versions could not.
    fn drain(&mut self) -> Result<(), Violation> {
        for _ in 0..ROUNDS_MAX {
            let mut step = None;
            self.with_judge("judging", |judge| {
                step = Some(judge.step()?);
                Ok(())
            })?;
            if step == Some(Step::Idle) {
                self.with_judge("reading again", |judge| judge.read_again().map(drop))?;
                return self.with_judge("persisting the index", |judge| judge.persist());
            }
        }
        Err(Violation::Stuck { what: "the judge does not come to an end".to_owned() })
    }

    /// Everything is where it belongs.
    fn verify(&mut self) -> Result<(), Violation> {
        if !self.follow_log() {
            return Err(Violation::Unexplained { what: "reading the log", error: "at the end".to_owned() });
        }
        let Some(machine) = &self.machine else {
            return Err(Violation::Stuck { what: "the process does not start".to_owned() });
        };
        let (world, log) = (self.world(), machine.log.id());
        let read = |error: ReadError| match error {
            ReadError::Violation(violation) => violation,
            error => Violation::Unexplained { what: "reading the tables", error: error.to_string() },
        };
        let tables = Tables::read(&world, &log, &mut self.cache).map_err(read)?;
        self.oracle.check_tables(&tables, true)?;
        self.oracle.check_end(&tables, self.version)?;
        if self.remembers_sessions() {
            self.oracle.check_sessions(&tables)?;
        }
        let (said, are) = (said_counts(&world, &mut self.cache).map_err(read)?, counts_of(&tables.events));
        if said != are {
            return Err(Violation::Miscounted { detail: format!("{said:?} are said, {are:?} are there") });
        }
        let (events, quarantine) = (tables.events.rows.len(), tables.quarantine.rows.len());
        self.trace.note(format_args!("the end: {events} events, {quarantine} in quarantine"));
        Ok(())
    }

    /// Whether what the judge knows of sessions cannot have been lost: it is folded from the log again, unless retention has
    /// been there, and a session is over after a day.
    fn remembers_sessions(&self) -> bool {
        let is_lost = [Fault::IndexDamage, Fault::SecondJudge].into_iter().any(|fault| self.drawn.has(fault));
        !(self.drawn.has(Fault::ServerClock) || (self.drawn.has(Fault::Retention) && is_lost))
    }

    /// For [`crate::Sabotage::LostCommit`]: the newest version of `events` goes.
    pub(super) fn lose_commit(&self) {
        let dir = Path::new(TABLES_DIR).join(EVENTS).join("_delta_log");
        let entries = self.sim.disk.list(&dir).unwrap_or_default();
        let is_commit = |name: &&String| name.ends_with(".json") && !name.starts_with(['_', '.']);
        let newest = entries.iter().map(|entry| &entry.name).filter(is_commit).max();
        if let Some(newest) = newest.filter(|name| !name.starts_with("00000000000000000000")) {
            let _ = self.sim.disk.remove(&dir.join(newest));
            let _ = self.sim.disk.sync_dir(&dir);
        }
    }

    /// For [`crate::Sabotage::CutFile`]: a byte of a data file changes.
    pub(super) fn cut_file(&self) {
        let dir = Path::new(TABLES_DIR).join(EVENTS);
        for folder in self.sim.disk.list(&dir).unwrap_or_default() {
            let folder = dir.join(folder.name);
            let files = self.sim.disk.list(&folder).unwrap_or_default();
            if let Some(file) = files.iter().find(|file| file.name.ends_with(".parquet")) {
                let _ = self.sim.disk.corrupt(&folder.join(&file.name), file.size_bytes / 2);
            }
        }
    }
}
