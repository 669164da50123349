//! One world from its first moment to its last: lives of the process, the steps of each, and the end, when nothing is in
//! the way any more and everything has to be where it belongs.

mod actions;
mod end;

use std::collections::BTreeMap;
use std::sync::Arc;

use judi_faults::{SeededRandom, SimWorld};
use judi_log::{EmbeddedLog, Log};
use judi_schema::schemas::Schemas;
use judi_table::{CompactionTask, Table};
use judi_world::{Clock, Disk, World};

use crate::devices::{Device, Request};
use crate::machine::{LOG_DIR, Machine, STATE_DIR, log_options};
use crate::oracle::Oracle;
use crate::readback::{Cache, ReadError, Tables};
use crate::sabotage::{Sabotage, StrippingDisk};
use crate::schemas;
use crate::swarm::{Fault, FaultSet, Swarm};
use crate::trace::Trace;
use crate::violation::Violation;
use crate::{Options, Report};

/// See the [module](self).
pub(crate) struct Simulation {
    swarm: Swarm,
    sabotage: Option<Sabotage>,
    pub(crate) trace: Trace,
    sim: SimWorld,
    /// What happens next.
    schedule: SeededRandom,
    /// What devices do and say.
    data: SeededRandom,
    /// What goes wrong.
    chaos: SeededRandom,
    devices: Vec<Device>,
    requests: u64,
    /// On their way to the server.
    network: Vec<Request>,
    machine: Option<Machine>,
    oracle: Oracle,
    cache: Cache,
    version: u32,
    schemas: Arc<Schemas>,
    /// Whether anything stands in the way that explains an error.
    is_disturbed: bool,
    /// What the seed drew; [`Swarm::faults`] ends with the faults.
    drawn: FaultSet,
    /// A compaction that was planned some time ago.
    planned: Option<(Table, CompactionTask)>,
    counts: BTreeMap<&'static str, u64>,
}

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// The machine loses power.
    PowerCut,
    /// The process is killed, the machine goes on.
    Kill,
    /// The process ends in an orderly way.
    Stop,
}

impl Simulation {
    pub(crate) fn new(seed: u64, options: &Options) -> Result<Self, Violation> {
        let source = SeededRandom::new(seed);
        let draw = || SeededRandom::new(source.next_u64());
        let swarm = Swarm::draw(&draw(), options.without);
        let sim = SimWorld::new(source.next_u64());
        if options.sabotage == Some(Sabotage::LyingDisk) {
            sim.disk.lie_about_syncs();
        }
        let mut simulation = Self {
            sabotage: options.sabotage,
            trace: Trace::new(options.keeps_trace),
            sim,
            schedule: draw(),
            data: draw(),
            chaos: draw(),
            devices: (0..swarm.devices).map(Device::new).collect(),
            requests: 0,
            network: Vec::new(),
            machine: None,
            oracle: Oracle::default(),
            cache: Cache::default(),
            version: 1,
            schemas: schemas::version(1).map_err(|detail| Violation::Setup { detail })?,
            is_disturbed: false,
            planned: None,
            counts: BTreeMap::new(),
            drawn: swarm.faults,
            swarm,
        };
        let swarm = simulation.swarm.clone();
        simulation.trace.note(format_args!("seed {seed}: {swarm:?}"));
        Ok(simulation)
    }

    /// The whole of it.
    pub(crate) fn run(&mut self) -> Result<(), Violation> {
        for life in 0..self.swarm.lives {
            self.trace.note(format_args!("life {life}"));
            self.live()?;
            if life + 1 < self.swarm.lives || self.is_dead() {
                let death = self.death();
                self.die(death)?;
            }
        }
        self.end()
    }

    pub(crate) fn report(&self, seed: u64) -> Report {
        Report {
            seed,
            trace_hash: self.trace.hash(),
            trace: self.trace.lines(),
            faults: self.drawn,
            acknowledged: self.oracle.acknowledged() as u64,
            rows: self.oracle.rows_read() as u64,
            counts: self.counts.clone(),
        }
    }

    pub(crate) const fn faults(&self) -> FaultSet {
        self.drawn
    }

    /// Steps until enough was done, or the machine crashes.
    fn live(&mut self) -> Result<(), Violation> {
        for _ in 0..self.swarm.steps_per_life {
            let action = self.next_action();
            self.act(action)?;
            if self.is_dead() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn is_dead(&self) -> bool {
        self.sim.disk.is_crashed()
    }

    fn death(&mut self) -> Death {
        if self.is_dead() || (self.has(Fault::PowerCut) && self.chaos.chance(1, 3)) {
            return Death::PowerCut;
        }
        if self.has(Fault::Kill) && self.chaos.chance(1, 2) { Death::Kill } else { Death::Stop }
    }

    /// Ends the life, and looks at what it leaves before anybody else does.
    fn die(&mut self, death: Death) -> Result<(), Violation> {
        self.count("deaths");
        self.planned = None;
        match (self.machine.take(), death) {
            (Some(machine), Death::Stop) => machine.stop(),
            (machine, _) => drop(machine),
        }
        match death {
            Death::PowerCut => self.sim.disk.restart(),
            Death::Kill | Death::Stop => self.sim.disk.kill(),
        }
        self.sim.disk.set_capacity(None);
        self.is_disturbed = false;
        if self.sabotage == Some(Sabotage::LostCommit) {
            self.lose_commit();
        }
        if self.sabotage == Some(Sabotage::CutFile) {
            self.cut_file();
        }
        let (records, rows) = self.examine(death == Death::PowerCut)?;
        self.trace.note(format_args!("{death:?}: {records} records, {rows} rows"));
        if self.has(Fault::IndexDamage) && self.chaos.chance(1, 3) {
            self.damage_index();
        }
        Ok(())
    }

    /// Opens what is on the disk, as the next life will find it, and holds it against all that is known. Nothing is
    /// touched: it is done on a copy. Of a process that was killed, on what a power cut would leave of it at once.
    fn examine(&mut self, is_durable: bool) -> Result<(usize, usize), Violation> {
        let disk = self.sim.disk.fork(self.chaos.next_u64());
        if !is_durable {
            disk.restart();
        }
        let world = World { disk: Arc::new(disk), random: Arc::new(SeededRandom::new(1)), ..self.world() };
        let unexplained = |error: &dyn std::fmt::Display| Violation::Unexplained {
            what: "reading what a stop has left",
            error: error.to_string(),
        };
        let log = EmbeddedLog::open(&world, std::path::Path::new(LOG_DIR), log_options(&self.swarm))
            .map_err(|error| unexplained(&error))?;
        let in_log = self.oracle.check_log(&log, is_durable)?;
        let tables = match Tables::read(&world, &log.id(), &mut self.cache) {
            Ok(tables) => tables,
            Err(ReadError::Violation(violation)) => return Err(violation),
            Err(error) => return Err(unexplained(&error)),
        };
        self.oracle.check_acknowledged(&in_log, &tables)?;
        self.oracle.check_tables(&tables, is_durable)?;
        self.oracle.check_index(&world, &log.id(), &tables)?;
        Ok((in_log.len(), tables.events.rows.len() + tables.quarantine.rows.len()))
    }

    /// Somebody removes, or changes, a file of the index.
    fn damage_index(&mut self) {
        let dir = std::path::Path::new(STATE_DIR).join("dedup");
        let files = self.sim.disk.list(&dir).unwrap_or_default();
        let Some(file) = files.get(self.chaos.below(files.len() as u64) as usize) else { return };
        let path = dir.join(&file.name);
        let damaged = if self.chaos.chance(1, 2) {
            self.sim.disk.remove(&path)
        } else {
            self.sim.disk.corrupt(&path, self.chaos.below(file.size_bytes))
        };
        self.trace.note(format_args!("the index's {} is damaged: {}", file.name, damaged.is_ok()));
    }

    /// True for one in so many occasions of a fault that this world has.
    fn strikes(&self, fault: Fault) -> bool {
        self.has(fault) && self.chaos.chance(1, self.swarm.rarity)
    }

    const fn has(&self, fault: Fault) -> bool {
        self.swarm.faults.has(fault)
    }

    /// The world as the process is given it.
    fn world(&self) -> World {
        let world = self.sim.world();
        if self.sabotage != Some(Sabotage::StrippedOffsets) {
            return world;
        }
        World { disk: Arc::new(StrippingDisk(world.disk)), ..world }
    }

    fn now_us(&self) -> i64 {
        // The true time: a wall clock may be set, the monotonic one goes its way.
        let since = i64::try_from(self.sim.clock.monotonic().as_micros()).unwrap_or(i64::MAX);
        START_US.saturating_add(since)
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

/// 2026-01-01T00:00:00Z, where the simulated clock begins.
const START_US: i64 = 1_767_225_600_000_000;
