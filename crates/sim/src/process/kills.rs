//! SIGKILL, at any moment of a server under load.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::project::Project;
use super::writer::{Sent, Writer};
use super::{PAUSE, Shown, Trouble, eventually};

/// Writers at the same time.
const WRITERS: u64 = 3;
const EVENTS_PER_BATCH: usize = 10;

/// What a start after a kill may say: neither is about anything that was acknowledged.
const AFTER_KILL: [&str; 2] = ["that was never acknowledged", "the dedup index is made again"];

/// How a server is to be killed.
#[derive(Debug, Clone)]
pub struct Kills {
    /// The binary.
    pub bin: PathBuf,
    /// Where its project goes; removed afterwards unless something was found.
    pub dir: PathBuf,
    /// How often.
    pub times: u32,
    /// From the first acknowledgement of a life to its end, at most; the moment is drawn.
    pub life_max: Duration,
    /// Between two batches of a writer.
    pub pause: Duration,
    /// Which moments are drawn.
    pub seed: u64,
}

/// What the writers have in common.
#[derive(Debug, Default)]
struct Traffic {
    address: Mutex<Option<SocketAddr>>,
    acknowledged: AtomicU64,
    is_over: AtomicBool,
}

/// Kills a server under load, again and again. In the end the rows are the acknowledged ids, each once, as it was sent.
///
/// # Errors
/// [`Trouble::Broken`] when that is not so; the folder is kept then.
pub fn kills(options: &Kills, mut progress: impl FnMut(u32)) -> Result<Shown, Trouble> {
    let started = Instant::now();
    let project = Project::create(&options.bin, &options.dir, |_| Ok(()))?;
    let traffic = Traffic::default();
    let outcome = std::thread::scope(|scope| {
        let (traffic, pause) = (&traffic, options.pause);
        let writers: Vec<_> = (0..WRITERS).map(|name| scope.spawn(move || write(name, traffic, pause))).collect();
        let killed = kill_again_and_again(&project, options, traffic, &mut progress);
        traffic.is_over.store(true, Ordering::Relaxed);
        // The last server answers what is unanswered; its absence ends the writers at once.
        if killed.is_err() {
            *traffic.address.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        let written: Result<Vec<Writer>, Trouble> = writers.into_iter().map(joined).collect();
        killed?.stop(&AFTER_KILL)?;
        written
    });
    match outcome.and_then(|writers| compare(&project, &writers)) {
        Ok(shown) => Ok(Shown { times: options.times, took: started.elapsed(), ..shown }),
        Err(trouble) => {
            std::mem::forget(project);
            Err(trouble)
        }
    }
}

/// The rows are the acknowledged ids.
pub(super) fn compare(project: &Project, writers: &[Writer]) -> Result<Shown, Trouble> {
    let rows = project.rows()?;
    let acknowledged: BTreeSet<&String> = writers.iter().flat_map(|writer| &writer.acknowledged).collect();
    let found: BTreeSet<&String> = rows.keys().collect();
    let some = |ids: Vec<&&String>| format!("{} ids, such as {:?}", ids.len(), ids.get(..ids.len().min(5)));
    let lost: Vec<_> = acknowledged.difference(&found).collect();
    if !lost.is_empty() {
        return Err(Trouble::broken("I2: what was acknowledged is in a table", some(lost)));
    }
    let more: Vec<_> = found.difference(&acknowledged).collect();
    if !more.is_empty() {
        return Err(Trouble::broken("I4: a row comes from an event that was sent and answered", some(more)));
    }
    if let Some((id, (count, _))) = rows.iter().find(|(_, (count, _))| *count != 1) {
        return Err(Trouble::broken("I3: an id is there once", format!("{id} has {count} rows")));
    }
    if let Some((id, _)) = rows.iter().find(|(_, (_, fits))| !fits) {
        return Err(Trouble::broken("I4: a row holds what was sent", format!("{id} does not")));
    }
    match project.quarantined()? {
        0 => Ok(Shown { acknowledged: acknowledged.len() as u64, rows: rows.len() as u64, ..Shown::default() }),
        count => Err(Trouble::broken("I8: what was answered `ok` is in events", format!("{count} in quarantine"))),
    }
}

/// The server of the last life, which goes on.
fn kill_again_and_again(
    project: &Project,
    options: &Kills,
    traffic: &Traffic,
    progress: &mut impl FnMut(u32),
) -> Result<super::project::Server, Trouble> {
    let mut random = fastrand::Rng::with_seed(options.seed);
    let set = |address| *traffic.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    for kill in 0..options.times {
        let server = project.up()?;
        let before = traffic.acknowledged.load(Ordering::Relaxed);
        set(Some(server.address()));
        eventually("an event is acknowledged", || {
            Ok((traffic.acknowledged.load(Ordering::Relaxed) > before).then_some(()))
        })?;
        std::thread::sleep(options.life_max.mul_f64(random.f64()));
        // The writers are in the middle of something, and learn of the end from their connections.
        server.kill(&AFTER_KILL)?;
        set(None);
        progress(kill + 1);
    }
    let server = project.up()?;
    set(Some(server.address()));
    Ok(server)
}

fn joined(writer: std::thread::ScopedJoinHandle<'_, Result<Writer, Trouble>>) -> Result<Writer, Trouble> {
    writer.join().unwrap_or_else(|_| Err(Trouble::broken("a writer works", "its thread died".to_owned())))
}

/// Sends until it is over and everything that was sent is answered.
fn write(name: u64, traffic: &Traffic, pause: Duration) -> Result<Writer, Trouble> {
    let mut writer = Writer::new(&format!("w{name}"), EVENTS_PER_BATCH, 0);
    loop {
        let is_over = traffic.is_over.load(Ordering::Relaxed);
        if is_over && writer.is_settled() {
            return Ok(writer);
        }
        std::thread::sleep(pause);
        let address = *traffic.address.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(address) = address else {
            if is_over {
                return Ok(writer);
            }
            std::thread::sleep(PAUSE);
            continue;
        };
        if writer.send(address)? == Sent::Whole {
            traffic.acknowledged.fetch_add(EVENTS_PER_BATCH as u64, Ordering::Relaxed);
        }
    }
}
