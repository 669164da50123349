//! Log, judge and tables of one project, opened in this process: what `up`, `demo` and `import` stand on.

use std::sync::Arc;

use judi_judge::clocks::ClockRules;
use judi_judge::{Judge, JudgeHandle, JudgeOptions};
use judi_log::{EmbeddedLog, Log, LogOptions, OpenError, Positions, Retention, Topic};
use judi_schema::schemas::OpenMode;
use judi_world::World;

use crate::failure::{Exit, Failure};
use crate::live::{LiveSchemas, open_schemas};
use crate::project::Project;

/// The one process that writes a project's log and Events table.
pub struct Stack {
    /// The outside.
    pub world: World,
    /// Where things are.
    pub project: Project,
    /// The events' definition.
    pub schemas: Arc<LiveSchemas>,
    /// What was received.
    pub log: Arc<EmbeddedLog>,
    /// Log to tables.
    pub judge: Arc<JudgeHandle>,
}

/// Another process has the log open.
#[derive(Debug)]
pub struct Taken;

impl Stack {
    /// Opens everything that writes; `Ok(Err(Taken))` when another process has it open.
    pub fn open(project: Project, world: World) -> Result<Result<Self, Taken>, Failure> {
        world
            .disk
            .create_dir_all(&project.state_dir())
            .map_err(|error| Failure::from_error(Exit::Outside, &project.state_dir().display().to_string(), &error))?;
        let options = LogOptions {
            partitions: project.config.log.partitions,
            segment_bytes: project.config.log.segment.bytes,
            queue_bytes: project.config.log.queue.as_usize(),
            ..LogOptions::default()
        };
        let log = match EmbeddedLog::open(&world, &project.log_dir(), options) {
            Ok(log) => Arc::new(log),
            Err(OpenError::Locked { .. }) => return Ok(Err(Taken)),
            Err(error) => return Err(Failure::from_error(Exit::Outside, "the log", &error)),
        };
        // Only after the log's lock: two processes must not both extend the ledger.
        let schemas = Arc::new(LiveSchemas::new(open_schemas(&project, &world, OpenMode::Extend)?));
        let judge = Judge::start(&world, Arc::clone(&log) as Arc<dyn Log>, schemas.get(), judge_options(&project)?)
            .map_err(|error| Failure::from_error(Exit::Outside, "the judge", &error))?;
        let judge = Arc::new(judge);
        let told = Arc::downgrade(&judge);
        // The judge first: it must know a version before a record of it is appended.
        schemas.subscribe(move |schemas| {
            if let Some(judge) = told.upgrade() {
                judge.publish(Arc::clone(schemas));
            }
        });
        Ok(Ok(Self { world, project, schemas, log, judge }))
    }

    /// Waits until every record below `positions` is in the tables.
    pub fn judged(&self, positions: &Positions) -> Result<(), Failure> {
        futures::executor::block_on(self.judge.wait_until(positions))
            .map_err(|error| Failure::from_error(Exit::Outside, "", &error))
    }

    /// Records that the judge has yet to read; `None` when the log cannot tell.
    pub fn judge_lag(&self) -> Option<u64> {
        let judged = self.judge.positions();
        let mut lag = 0;
        for topic in Topic::ALL {
            for partition in 0..self.log.partitions() {
                let end = self.log.bounds(topic, partition).ok()?.end;
                lag += end.saturating_sub(judged.get(&(topic, partition)).copied().unwrap_or(0));
            }
        }
        Some(lag)
    }

    /// Removes what every subscriber has read and the project's retention no longer keeps.
    pub fn retain(&self) {
        let retention = Retention { age_max: Some(self.project.config.log.retention.0), bytes_max: None };
        if let Err(error) = self.log.retain(&retention) {
            tracing::warn!(%error, "old records of the log could not be removed");
        }
    }

    /// Stops in the order of the flow: the judge takes what is in the log, then the log closes.
    pub fn close(&self) {
        self.judge.stop();
        self.log.close();
    }
}

fn judge_options(project: &Project) -> Result<JudgeOptions, Failure> {
    let config = &project.config.judge;
    // Days are what the index remembers; a part of a day is kept whole.
    let days = config.dedup_window.0.as_secs().div_ceil(86_400);
    let dedup_window_days = u16::try_from(days).ok().filter(|days| *days > 0).ok_or_else(|| {
        Failure::usage("judge.dedup_window: at least 1 d and at most 65535 d").hint("the usual window is \"7 d\"")
    })?;
    Ok(JudgeOptions {
        dedup_window_days,
        commit_interval: config.commit_interval.0,
        clocks: ClockRules {
            tolerance: config.clock_tolerance.0,
            far_future: config.far_future.0,
            far_past: config.far_past.0,
            sessions: config.clock_sessions,
        },
        replaced_files_retention: project.conventions.retention.replaced_files.0,
        ..JudgeOptions::new(&project.tables_dir()?, &project.state_dir())
    })
}
