//! Opening a log: the lock, the identity, and the last segment of every partition made whole again.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use judi_world::{Disk, FileLock, Timestamp, World, write_durably};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::embedded::LogOptions;
use crate::embedded::append::{Active, Appender};
use crate::embedded::groups::Groups;
use crate::embedded::view::{LANDMARK_STEP_BYTES, Landmarks, Partition, Segment, View, segment_base};
use crate::log::LogId;
use crate::record::Topic;
use crate::recovery::{self, RecoveryDecision, Scan};
use crate::wire::{self, Checksum, HEADER_BYTES};

const VERSION: u32 = 1;

/// Why a log could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has the log open.
    #[error("the log in {} is open in another process", folder.display())]
    Locked {
        /// The log's folder.
        folder: PathBuf,
    },
    /// The number of partitions is fixed when a log is made.
    #[error("the log in {} was made with {made_with} partitions, and cannot be opened with {asked}", folder.display())]
    Partitions {
        /// The log's folder.
        folder: PathBuf,
        /// What the log has.
        made_with: u32,
        /// What was asked for.
        asked: u32,
    },
    /// An option is outside its range.
    #[error("{option} = {value}: it must be from {min} to {max}")]
    Option {
        /// The option.
        option: &'static str,
        /// What it was set to.
        value: u64,
        /// The least it may be.
        min: u64,
        /// The most it may be.
        max: u64,
    },
    /// Acknowledged bytes have changed on the disk. Nothing was touched: somebody must look.
    #[error("{} is corrupt at byte {position}: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The first bad byte.
        position: u64,
        /// What is wrong with it.
        detail: String,
    },
    /// The disk failed.
    #[error("cannot open the log: {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The disk's own error.
        source: io::Error,
    },
}

/// What opening found.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) id: LogId,
    pub(crate) lock: Box<dyn FileLock>,
    pub(crate) groups: Groups,
    pub(crate) partitions: Vec<Arc<Partition>>,
    pub(crate) appenders: Vec<Appender>,
}

/// `log.json`: what is fixed when a log is made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityFile {
    version: u32,
    id: String,
    partitions: u32,
}

/// Opens the log in `folder`, or makes one.
pub(crate) fn open(world: &World, folder: &Path, options: &LogOptions) -> Result<Opened, OpenError> {
    let disk = &world.disk;
    disk.create_dir_all(folder).map_err(at(folder))?;
    let lock_path = folder.join("lock");
    let lock = disk.try_lock(&lock_path).map_err(at(&lock_path))?;
    let lock = lock.ok_or_else(|| OpenError::Locked { folder: folder.to_owned() })?;
    let id = identity(world, folder, options.partitions)?;
    let groups_folder = folder.join("groups");
    disk.create_dir_all(&groups_folder).map_err(at(&groups_folder))?;
    // Names that outlived the last process need not outlive the machine: an identity or positions that were once
    // seen must not be others after a crash.
    disk.sync_dir(folder).map_err(at(folder))?;
    disk.sync_dir(&groups_folder).map_err(at(&groups_folder))?;
    let groups = Groups::open(Arc::clone(disk), groups_folder, options.partitions)?;
    let checksum = Checksum::of_log(id.as_str());
    let mut partitions = Vec::new();
    let mut appenders = Vec::new();
    for topic in Topic::ALL {
        for partition in 0..options.partitions {
            let place = folder.join(topic.as_str()).join(partition.to_string());
            disk.create_dir_all(&place).map_err(at(&place))?;
            let recovered = recover(disk.as_ref(), (topic, partition), &place, checksum)?;
            let next = recovered.view.end;
            let partition = Arc::new(Partition::new(topic, partition, place, checksum, recovered.view));
            partitions.push(Arc::clone(&partition));
            let segment_bytes = options.segment_bytes;
            let (active, previous_newest) = (recovered.active, recovered.previous_newest);
            appenders.push(Appender::new(Arc::clone(disk), partition, segment_bytes, next, active, previous_newest));
        }
    }
    Ok(Opened { id, lock, groups, partitions, appenders })
}

/// The log's id: read, or made with the log.
fn identity(world: &World, folder: &Path, partitions: u32) -> Result<LogId, OpenError> {
    let path = folder.join("log.json");
    let corrupt = |detail: String| OpenError::Corrupt { path: path.clone(), position: 0, detail };
    let bytes = match world.disk.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // It is written first of all, so records without it mean that it was lost.
            if world.disk.exists(&folder.join(Topic::Events.as_str())).map_err(at(folder))? {
                return Err(corrupt("it is missing, beside records that belong to it".to_owned()));
            }
            let mut random = [0; 16];
            world.random.fill(&mut random).map_err(at(&path))?;
            let id = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
            let file = IdentityFile { version: VERSION, id, partitions };
            let bytes = serde_json::to_vec(&file).map_err(|error| at(&path)(error.into()))?;
            write_durably(world.disk.as_ref(), &path, &bytes).map_err(at(&path))?;
            return Ok(LogId(file.id.into()));
        }
        Err(error) => return Err(at(&path)(error)),
    };
    let file: IdentityFile = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    if file.version != VERSION {
        return Err(corrupt(format!("version {} of the format; this program knows {VERSION}", file.version)));
    }
    if file.partitions != partitions {
        return Err(OpenError::Partitions { folder: folder.to_owned(), made_with: file.partitions, asked: partitions });
    }
    Ok(LogId(file.id.into()))
}

/// A partition made whole.
struct Recovered {
    view: View,
    active: Option<Active>,
    previous_newest: Timestamp,
}

/// Reads a partition's segments: the headers of all, the last one whole.
fn recover(
    disk: &dyn Disk,
    (topic, partition): (Topic, u32),
    folder: &Path,
    checksum: Checksum,
) -> Result<Recovered, OpenError> {
    let entries = disk.list(folder).map_err(at(folder))?;
    // Sorted by name, which is by offset.
    let mut bases: Vec<(u64, u64)> =
        entries.iter().filter_map(|entry| segment_base(&entry.name).map(|base| (base, entry.size_bytes))).collect();
    while let Some((base, _)) = bases.pop() {
        let last = Last { disk, folder, checksum, expected: (topic, partition, base) };
        let Some((active, segment, end)) = last.recover()? else { continue };
        let mut segments = Vec::new();
        let mut newest_before = segment.1;
        // Each header tells the latest timestamp of the segment before it.
        while let Some((base, bytes)) = bases.pop() {
            let path = folder.join(super::view::segment_name(base));
            let header = read_header(disk, &path, checksum, (topic, partition, base))?;
            segments.push(Segment { base, bytes, newest: newest_before, landmarks: Arc::default() });
            newest_before = header;
        }
        segments.reverse();
        let previous_newest = if active.is_some() { segment.1 } else { segment.0.newest };
        segments.push(segment.0);
        // As with the folders above it, what was seen here stays.
        disk.sync_dir(folder).map_err(at(folder))?;
        return Ok(Recovered { view: View { segments, end }, active, previous_newest });
    }
    Ok(Recovered { view: View::default(), active: None, previous_newest: Timestamp(i64::MIN) })
}

/// The `previous_newest` of a sealed segment's header.
fn read_header(
    disk: &dyn Disk,
    path: &Path,
    checksum: Checksum,
    expected: (Topic, u32, u64),
) -> Result<Timestamp, OpenError> {
    let mut bytes = [0; HEADER_BYTES];
    let read = disk.open(path).and_then(|file| file.read_exact_at(&mut bytes, 0));
    let corrupt = |detail: String| OpenError::Corrupt { path: path.to_owned(), position: 0, detail };
    match read {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(corrupt("it is cut short".to_owned())),
        other => other.map_err(at(path))?,
    }
    let header = wire::decode_header(&bytes, checksum).map_err(|error| corrupt(error.to_string()))?;
    if (header.topic, header.partition, header.base) != expected {
        return Err(corrupt("its header belongs to another place".to_owned()));
    }
    Ok(header.previous_newest)
}

/// The last segment of a partition, which a crash may have left in any state.
struct Last<'a> {
    disk: &'a dyn Disk,
    folder: &'a Path,
    checksum: Checksum,
    expected: (Topic, u32, u64),
}

/// The segment, open for more where that is possible; with the latest timestamp before it; and where it ends.
type LastRecovered = (Option<Active>, (Segment, Timestamp), u64);

impl Last<'_> {
    /// Makes the segment whole; `None` when it never came to be.
    fn recover(&self) -> Result<Option<LastRecovered>, OpenError> {
        let path = self.path();
        let bytes = self.disk.read(&path).map_err(at(&path))?;
        let scan = recovery::scan(&bytes, self.expected.2, self.checksum, LANDMARK_STEP_BYTES);
        let whole = match recovery::decide(&scan, self.expected) {
            RecoveryDecision::Refuse { position, detail } => return Err(OpenError::Corrupt { path, position, detail }),
            RecoveryDecision::SetAside { detail } => {
                tracing::warn!(segment = %path.display(), detail, "a segment that was never acknowledged is set aside");
                self.set_aside(&path).map_err(at(&path))?;
                return Ok(None);
            }
            RecoveryDecision::CutTail { good_bytes, detail } => {
                tracing::warn!(segment = %path.display(), position = good_bytes, detail,
                    "the torn end of a write that was never acknowledged is set aside");
                self.set_tail_aside(&bytes, good_bytes)?
            }
            RecoveryDecision::Keep => true,
        };
        Ok(Some(self.activate(&scan, &bytes, whole)?))
    }

    /// Makes what was found durable, so that it may be served, and opens it for more when it ends in a good record.
    fn activate(&self, scan: &Scan, bytes: &[u8], whole: bool) -> Result<LastRecovered, OpenError> {
        let path = self.path();
        let base = self.expected.2;
        // What nothing proves to be durable may be good only in the page cache, left there by a process that died before it
        // synced, or whose sync failed: after that another sync would do nothing, and say that it did.
        let range = usize::try_from(scan.proven_bytes).ok().zip(usize::try_from(scan.good_bytes).ok());
        let unproven = range.and_then(|(from, to)| bytes.get(from..to)).unwrap_or_default();
        self.disk.rewrite(&path, scan.proven_bytes, unproven).map_err(at(&path))?;
        let file = self.disk.append(&path).map_err(at(&path))?;
        let landmarks = Arc::new(Landmarks::new(base, &scan.landmarks));
        let segment = Segment { base, bytes: scan.good_bytes, newest: scan.newest, landmarks };
        let active = whole.then(|| Active { file, segment: segment.clone() });
        let previous_newest = scan.header.map_or(Timestamp(i64::MIN), |header| header.previous_newest);
        Ok((active, (segment, previous_newest), scan.end))
    }

    /// Gives the file another name, or where there is no room for one, none: under its own it would stand in
    /// the way of the segment that comes to begin at its offset.
    fn set_aside(&self, path: &Path) -> io::Result<()> {
        if !unless_full(self.disk.rename(path, &self.aside(0)))? {
            self.disk.remove(path)?;
        }
        self.disk.sync_dir(self.folder)
    }

    /// Moves what follows `good_bytes` to a file of its own. `false` when there is no room for that: the
    /// segment then ends there all the same, and the next write begins another.
    fn set_tail_aside(&self, bytes: &[u8], good_bytes: u64) -> Result<bool, OpenError> {
        let path = self.path();
        let tail = usize::try_from(good_bytes).ok().and_then(|good| bytes.get(good..)).unwrap_or_default();
        let aside = self.aside(good_bytes);
        if !unless_full(write_durably(self.disk, &aside, tail)).map_err(at(&aside))? {
            return Ok(false);
        }
        let cut = self.disk.append(&path).and_then(|mut file| {
            file.truncate(good_bytes)?;
            file.sync_data()
        });
        cut.map_err(at(&path))?;
        Ok(true)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(super::view::segment_name(self.expected.2))
    }

    fn aside(&self, position: u64) -> PathBuf {
        self.folder.join(format!("{}.{position}.torn", super::view::segment_name(self.expected.2)))
    }
}

/// Whether it was done; a full disk is no reason not to open, any other failure is.
fn unless_full(outcome: io::Result<()>) -> io::Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Names the place where the disk failed.
fn at(path: &Path) -> impl Fn(io::Error) -> OpenError {
    move |source| OpenError::Io { path: path.to_owned(), source }
}
