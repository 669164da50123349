//! `judi demo`: the newsroom example with simulated readers, all in this process.
//!
//! History comes in by the same import as any file; live readers send over HTTP like any app. A second start goes
//! on where the first stopped: what happened in between is history then, and ids that repeat are duplicates.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use judi_newsroom::{Live, Newsroom, history_lines};
use judi_world::{Disk, Timestamp, write_durably};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::cli::Demo;
use crate::client::Client;
use crate::commands::up::say_where;
use crate::commands::{init, run};
use crate::failure::{Done, Exit, Failure};
use crate::import;
use crate::project::Project;
use crate::serving::{ServeMode, Serving, serve};

const MINUTE_US: i64 = 60_000_000;

/// Days of history before the first start.
const HISTORY_DAYS: i64 = 14;

/// Visits that were under way when the demo stopped are made again from this long before: longer than any visit.
const OVERLAP_MINUTES: i64 = 60;

/// How often the live readers send.
const TICK: Duration = Duration::from_millis(250);

/// How often the demo notes how far it has come.
const NOTE_INTERVAL: Duration = Duration::from_secs(10);

/// How far the demo's readers have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    seed: u64,
    events_per_day: u32,
    /// Everything before this time, in microseconds since 1970, is in the log.
    through_us: i64,
}

/// Runs the command.
pub fn run(args: &Demo) -> Done {
    if !args.dir.join("judi.toml").exists() {
        init::write_template(&args.dir)?;
    }
    let project = Project::open(Some(&args.dir))?;
    let (seed, events_per_day) = (args.seed, args.events_per_day);
    eprintln!("The newsroom is in {}.", args.dir.display());
    serve(project, ServeMode::Ordinary, |serving| {
        say_where(serving);
        let serving = serving.clone();
        Some(std::thread::spawn(move || readers(&serving, seed, events_per_day)))
    })
}

/// The readers' thread: history first, then live until the process is asked to stop.
fn readers(serving: &Serving, seed: u64, events_per_day: u32) {
    let played = Play::new(serving, seed, events_per_day).and_then(|mut play| {
        play.history()?;
        play.live()
    });
    if let Err(failure) = played {
        eprintln!("the demo's readers have stopped: {failure}");
    }
}

struct Play<'a> {
    serving: &'a Serving,
    newsroom: Newsroom,
    path: PathBuf,
    progress: Progress,
}

impl<'a> Play<'a> {
    fn new(serving: &'a Serving, seed: u64, events_per_day: u32) -> Result<Self, Failure> {
        let path = serving.stack.project.state_dir().join("demo.json");
        let now = serving.stack.world.clock.now();
        let first = Progress { seed, events_per_day, through_us: now.0 - HISTORY_DAYS * Timestamp::DAY_US };
        // Other readers than last time begin at the beginning.
        let progress = read(serving.stack.world.disk.as_ref(), &path)
            .filter(|last| (last.seed, last.events_per_day) == (seed, events_per_day))
            .map_or(first, |last| Progress { through_us: last.through_us.clamp(first.through_us, now.0), ..last });
        let newsroom = Newsroom::new(seed, events_per_day)
            .map_err(|error| Failure::from_error(Exit::Outside, "the demo's scenario", &error))?;
        Ok(Self { serving, newsroom, path, progress })
    }

    /// What happened since the last stop, or in the last two weeks.
    fn history(&mut self) -> Done {
        let started = Instant::now();
        let until = self.serving.stack.world.clock.now();
        let from_minute = self.progress.through_us.div_euclid(MINUTE_US) - OVERLAP_MINUTES;
        let lines = history_lines(&self.newsroom, from_minute, until.0);
        eprintln!("history    importing what readers did before now …");
        let lines = UntilStopped { lines, stopping: self.serving.stopping.clone() };
        let account = import::history(&self.serving.stack, Box::new(lines))?;
        if *self.serving.stopping.borrow() {
            // What is missing is made by the next start, and what is there are duplicates then.
            return Ok(());
        }
        eprintln!("history    {} ({:.1} s)", account.text(), started.elapsed().as_secs_f64());
        self.note(until)?;
        run::tables_of_days(&self.serving.stack, (until.0 - HISTORY_DAYS * Timestamp::DAY_US, until.0))
    }

    /// Readers as they come, until the process is asked to stop.
    fn live(&mut self) -> Done {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::from_error(Exit::Outside, "the demo's readers", &error))?;
        let stack = Arc::clone(&self.serving.stack);
        let key = stack.project.config.collect.keys.iter().find(|key| key.enabled);
        let key = key.map(|key| key.key.clone()).unwrap_or_default();
        let mut client = Client::new(Arc::clone(&stack.world.network), self.serving.address);
        let newsroom = Newsroom::new(self.progress.seed, self.progress.events_per_day)
            .map_err(|error| Failure::from_error(Exit::Outside, "the demo's scenario", &error))?;
        let mut live = Live::new(newsroom, self.progress.through_us);
        let mut noted = Instant::now();
        while !*self.serving.stopping.borrow() {
            let now = stack.world.clock.now();
            for sent in live.due(now.0) {
                let address = self.serving.address.to_string();
                let lost = runtime.block_on(send(&mut client, &address, &key, sent));
                // A server that has been asked to stop hears nobody any more.
                if let Err(error) = lost
                    && !*self.serving.stopping.borrow()
                {
                    tracing::warn!("a reader's request was lost: {error}");
                }
            }
            if noted.elapsed() >= NOTE_INTERVAL {
                self.note(now)?;
                noted = Instant::now();
            }
            std::thread::sleep(TICK);
        }
        self.note(stack.world.clock.now())
    }

    fn note(&mut self, through: Timestamp) -> Done {
        self.progress.through_us = through.0;
        let noted = serde_json::to_vec(&self.progress)
            .map_err(io::Error::other)
            .and_then(|bytes| write_durably(self.serving.stack.world.disk.as_ref(), &self.path, &bytes));
        // A full disk must not end the readers: without the note the next start makes more of the same again.
        if let Err(error) = noted {
            tracing::warn!(%error, "{}", self.path.display());
        }
        Ok(())
    }
}

/// Lines that end when the process is asked to stop.
struct UntilStopped<R> {
    lines: R,
    stopping: watch::Receiver<bool>,
}

impl<R: BufRead> BufRead for UntilStopped<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if *self.stopping.borrow() { Ok(&[]) } else { self.lines.fill_buf() }
    }

    fn consume(&mut self, amount: usize) {
        self.lines.consume(amount);
    }
}

impl<R: Read> Read for UntilStopped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if *self.stopping.borrow() { Ok(0) } else { self.lines.read(buffer) }
    }
}

fn read(disk: &dyn Disk, path: &Path) -> Option<Progress> {
    serde_json::from_slice(&disk.read(path).ok()?).ok()
}

/// One request; what the server refuses or can't take now is lost to the demo, as it is to an app that gives up.
async fn send(
    client: &mut Client,
    address: &str,
    key: &str,
    sent: judi_newsroom::Request,
) -> Result<(), Box<dyn std::error::Error>> {
    let request = Request::post("/v1/events")
        .header(http::header::HOST, address)
        .header(http::header::AUTHORIZATION, format!("Bearer {key}"))
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(http::header::USER_AGENT, sent.agent)
        .body(Full::new(Bytes::from(sent.body)))?;
    client.send(request).await?;
    Ok(())
}
