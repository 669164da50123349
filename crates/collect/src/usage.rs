//! How many events each key has sent today, kept across restarts: a quota that a restart forgets is none. It is
//! written now and then; a crash forgets what was counted since, never more.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;

use judi_world::{Disk, write_durably};
use serde::{Deserialize, Serialize};

use crate::keys::Keys;

/// The form of the file.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct UsageFile {
    version: u32,
    /// By the key's name.
    keys: BTreeMap<String, KeyUsage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct KeyUsage {
    /// Days since 1970, UTC.
    day: i64,
    events: u64,
}

/// Writes what every key with a quota has used.
///
/// # Errors
/// The disk's.
pub(crate) fn save(disk: &dyn Disk, path: &Path, keys: &Keys) -> io::Result<()> {
    let limited = keys.tenants().filter(|tenant| tenant.key().events_per_day.is_some());
    let used = limited.map(|tenant| {
        let (day, events) = tenant.counted();
        (tenant.name().to_owned(), KeyUsage { day, events })
    });
    let file = UsageFile { version: VERSION, keys: used.collect() };
    if file.keys.is_empty() {
        return Ok(());
    }
    write_durably(disk, path, serde_json::to_string_pretty(&file)?.as_bytes())
}

/// Goes on from what was saved. A file that is not there or cannot be read counts for nothing.
pub(crate) fn load(disk: &dyn Disk, path: &Path, keys: &Keys) {
    let file = match disk.read(path).and_then(|bytes| Ok(serde_json::from_slice::<UsageFile>(&bytes)?)) {
        Ok(file) if file.version == VERSION => file,
        Ok(file) => {
            tracing::warn!(path = %path.display(), version = file.version, "what keys used today is in an unknown form");
            return;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "what keys used today cannot be read: it counts from zero");
            return;
        }
    };
    for tenant in keys.tenants() {
        if let Some(usage) = file.keys.get(tenant.name()) {
            tenant.count_from(usage.day, usage.events);
        }
    }
}

#[cfg(test)]
mod tests {
    use judi_faults::SimWorld;
    use judi_world::Timestamp;

    use super::*;
    use crate::options::Key;
    use crate::tenant::Moment;

    #[test]
    fn a_quota_survives_a_restart_and_a_broken_file_is_no_reason_to_stop() {
        let disk = SimWorld::new(1).world().disk;
        let path = Path::new("/usage.json");
        let keys = || Keys::new(vec![Key { events_per_day: Some(10), ..Key::open("k", "n") }, Key::open("o", "open")]);
        let now = Moment { utc: Timestamp(5), monotonic: std::time::Duration::ZERO };
        let first = keys();
        load(&*disk, path, &first);
        first.find("k").unwrap().charge(now, 10).unwrap();
        first.find("o").unwrap().charge(now, 10).unwrap();
        save(&*disk, path, &first).unwrap();
        let second = keys();
        load(&*disk, path, &second);
        assert!(second.find("k").unwrap().admit(now).is_err());
        assert_eq!(second.find("o").unwrap().counted(), (0, 0));
        write_durably(&*disk, path, b"{").unwrap();
        let third = keys();
        load(&*disk, path, &third);
        assert_eq!(third.find("k").unwrap().admit(now), Ok(()));
    }
}
