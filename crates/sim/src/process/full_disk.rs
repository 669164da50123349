//! A disk that is full while a server works on it: told to senders, waited out, and nothing acknowledged is lost.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::kills::compare;
use super::project::{Project, Server};
use super::writer::{Sent, Writer};
use super::{Shown, Trouble, eventually};

/// Room for a project's log, tables and state, so little that it is full at once.
const DISK_MEGABYTES: u32 = 24;
/// A batch of 40 kB that no compression makes small.
const EVENTS_PER_BATCH: usize = 20;
const BALLAST_CHARACTERS: usize = 2_000;

/// What may be said while the disk is full.
const WHILE_FULL: [&str; 10] = [
    "events are refused: the log does not take them",
    "the judge waits; events stay in the log until it goes on",
    "cannot append to the log",
    "the judge stops early; it goes on at the next start",
    "imports will not find this server",
    "small or replaced files stay for now",
    "no checkpoint",
    "what older schemas could not read waits",
    "that was never acknowledged",
    "the dedup index is made again",
];

/// How disks are to be filled.
#[derive(Debug, Clone)]
pub struct FullDisks {
    /// The binary.
    pub bin: PathBuf,
    /// Where its projects go, one after another.
    pub dir: PathBuf,
    /// How many disks.
    pub times: u32,
    /// Which moments are drawn.
    pub seed: u64,
}

/// Fills the disk under a server, disk after disk. Each time it says "later", keeps what it has, whether it is killed,
/// stopped or left alone while the disk is full, and goes on by itself when there is room.
///
/// # Errors
/// [`Trouble::NoSmallDisk`] where none can be mounted; [`Trouble::Broken`] when a promise does not hold.
pub fn full_disks(options: &FullDisks, mut progress: impl FnMut(u32)) -> Result<Shown, Trouble> {
    let started = Instant::now();
    let mut shown = Shown { times: options.times, ..Shown::default() };
    let mut random = fastrand::Rng::with_seed(options.seed);
    for disk in 0..options.times {
        let one = fill_once(options, &mut random, disk)?;
        shown.acknowledged += one.acknowledged;
        shown.rows += one.rows;
        progress(disk + 1);
    }
    shown.took = started.elapsed();
    Ok(shown)
}

fn fill_once(options: &FullDisks, random: &mut fastrand::Rng, number: u32) -> Result<Shown, Trouble> {
    let dir = options.dir.join(format!("full-{number}"));
    let mut disk = None;
    let project = Project::create(&options.bin, &dir, |dir| {
        disk = Some(SmallDisk::below(dir)?);
        Ok(())
    })?;
    let Some(disk) = disk else { return Err(Trouble::NoSmallDisk { detail: "it was not made".to_owned() }) };
    let mut writer = Writer::new(&format!("d{number}"), EVENTS_PER_BATCH, BALLAST_CHARACTERS);
    let mut server = project.up()?;
    for _ in 0..random.u32(1..4) {
        until_taken(&mut writer, &server)?;
    }
    disk.fill(random.u64(0..2 << 20))?;
    eventually("the disk is full", || Ok((writer.send(server.address())? == Sent::Later).then_some(())))?;
    // Whatever happens to the process while there is no room, what it has acknowledged stays.
    server = match random.u32(0..4) {
        0 => {
            server.kill(&WHILE_FULL)?;
            project.up()?
        }
        1 => {
            server.stop(&WHILE_FULL)?;
            project.up()?
        }
        _ => server,
    };
    for _ in 0..random.u32(0..3) {
        writer.send(server.address())?;
    }
    disk.empty()?;
    for _ in 0..2 {
        until_taken(&mut writer, &server)?;
    }
    server.stop(&WHILE_FULL)?;
    let compared = compare(&project, std::slice::from_ref(&writer));
    drop(disk);
    compared
}

/// Sends until a batch is answered whole: by itself, when there is room.
fn until_taken(writer: &mut Writer, server: &Server) -> Result<(), Trouble> {
    eventually(
        "the server takes events by itself",
        || Ok((writer.send(server.address())? == Sent::Whole).then_some(())),
    )
}

/// A small disk of its own; taken down when it is let go of.
#[derive(Debug)]
struct SmallDisk {
    dir: PathBuf,
}

impl SmallDisk {
    /// Mounts one at `.judi` of a project that is to come.
    fn below(project: &Path) -> Result<Self, Trouble> {
        let dir = project.join(".judi");
        fs::create_dir_all(&dir).map_err(Trouble::io("make the folder of the small disk"))?;
        let size = format!("size={DISK_MEGABYTES}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "judi-sim"]).arg(&dir).output();
        match mounted {
            Ok(output) if output.status.success() => Ok(Self { dir }),
            Ok(output) => Err(Trouble::NoSmallDisk { detail: String::from_utf8_lossy(&output.stderr).into_owned() }),
            Err(error) => Err(Trouble::NoSmallDisk { detail: error.to_string() }),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.dir.join("ballast")
    }

    /// Fills the disk, but for `left` bytes.
    fn fill(&self, left: u64) -> Result<(), Trouble> {
        let fault = || Trouble::io("fill the small disk");
        let mut file = File::options().append(true).create(true).open(self.ballast()).map_err(fault())?;
        let piece = [0; 16 << 10];
        while file.write_all(&piece).is_ok() {}
        let length = file.metadata().map_err(fault())?.len();
        file.set_len(length.saturating_sub(left)).map_err(fault())
    }

    /// Makes room.
    fn empty(&self) -> Result<(), Trouble> {
        fs::remove_file(self.ballast()).map_err(Trouble::io("make room on the small disk"))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.dir).status();
    }
}
