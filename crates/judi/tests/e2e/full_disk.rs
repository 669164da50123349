//! A disk that is full: clear answers, nothing acknowledged is lost, and it goes on when there is room.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use judi_sim::process::{FullDisks, Trouble, full_disks};
use serde_json::{Value, json};

use crate::bed::{PAUSE, Project, assert_same_rows, eventually, json_lines};
use crate::http::Answer;
use crate::outside::not_run;
use crate::running::Running;
use crate::server::Server;
use crate::synthetic;

/// Room for a project's log, tables and state, so little that it is full at once.
const DISK_MEGABYTES: u32 = 40;

/// `JUDI_FULL_DISKS` for more.
const FULL_DISKS: u32 = 3;

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

/// A small disk of its own; taken down when the test lets go of it.
struct SmallDisk {
    dir: PathBuf,
}

impl SmallDisk {
    /// Mounts one at `.judi` of a project that is to come; `None`, and said so, where that is not allowed.
    fn below(project: &Path) -> Option<Self> {
        let dir = project.join(".judi");
        fs::create_dir(&dir).unwrap();
        let size = format!("size={DISK_MEGABYTES}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "judi-test"]).arg(&dir).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { dir }),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr);
                not_run(&format!("only root may mount a small disk: {}", why.trim()));
                None
            }
            Err(error) => {
                not_run(&format!("no `mount` for a small disk: {error}"));
                None
            }
        }
    }

    fn ballast(&self) -> PathBuf {
        self.dir.join("ballast")
    }

    /// Fills the disk, but for `left` bytes.
    fn fill(&self, left: u64) {
        let mut file = File::options().append(true).create(true).open(self.ballast()).unwrap();
        let piece = [0; 16 << 10];
        while file.write_all(&piece).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length - left).unwrap();
    }

    /// Makes room.
    fn empty(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.dir).status();
    }
}

/// A project on a disk of its own. The disk stands first, so that it is let go of before the project's folder.
fn project_on_small_disk() -> Option<(SmallDisk, Project)> {
    let mut disk = None;
    let project = Project::prepared(|dir| disk = SmallDisk::below(dir));
    Some((disk?, project))
}

/// Batches, and what became of them.
#[derive(Default)]
struct Sender {
    batches: usize,
    sent: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
}

impl Sender {
    /// Sends a batch of 40 kB that no compression makes small.
    fn send(&mut self, server: &Server) -> Answer {
        self.batches += 1;
        let mut rng = fastrand::Rng::with_seed(self.batches as u64);
        let ids: Vec<_> = (0..20).map(|n| format!("{}-{n}", self.batches)).collect();
        let event = |id: &String| {
            let section: String = std::iter::repeat_with(|| rng.alphanumeric()).take(2_000).collect();
            // Readers of their own, so that every partition of the log gets its part.
            json!({"event_id": id, "event": "article_view", "context": {"anonymous_id": format!("reader {id}")},
                "payload": {"article_id": id, "section": section}})
        };
        let body = json!({"events": ids.iter().map(event).collect::<Vec<_>>()}).to_string();
        let answer = server.send(&body);
        self.sent.extend(ids);
        if answer.status == 200 {
            self.acknowledged.extend(kept(&answer));
        }
        answer
    }
}

/// The ids that an answer says are kept.
fn kept(answer: &Answer) -> Vec<String> {
    let answer = answer.json();
    let is_kept = |result: &&Value| result["status"] == "ok";
    let results = answer["results"].as_array().unwrap().iter();
    results.filter(is_kept).map(|result| result["event_id"].as_str().unwrap().to_owned()).collect()
}

/// Whether the answer says "later", as a whole or for some of its events; and then it says when.
fn is_later(answer: &Answer) -> bool {
    let later = match answer.status {
        200 => answer.text().contains("\"retry\""),
        429 => true,
        503 => {
            assert_eq!(answer.json()["error"], "no_space", "{}", answer.text());
            true
        }
        other => panic!("{other}: {}", answer.text()),
    };
    if later {
        let seconds: u64 = answer.header("retry-after").expect("it says when").parse().unwrap();
        assert!(seconds >= 1);
    }
    later
}

#[test]
fn a_server_whose_disk_is_full_says_later_loses_nothing_and_goes_on_when_there_is_room() {
    let Some((disk, project)) = project_on_small_disk() else { return };
    let mut server = Server::up(&project);
    let mut sender = Sender::default();
    assert!(!is_later(&sender.send(&server)));
    server.wait_for_rows(20);
    disk.fill(1 << 20);
    let refused_whole = eventually("the disk is full", || {
        let answer = sender.send(&server);
        (is_later(&answer) && answer.status == 503).then_some(answer)
    });
    assert!(refused_whole.text().contains("hint"), "{}", refused_whole.text());
    assert_eq!(server.get("/health/live").status, 200);
    eventually("the server is not ready", || {
        is_later(&sender.send(&server));
        (server.get("/health/ready").status == 503).then_some(())
    });
    assert!(server.count("events") >= 20, "questions are answered meanwhile");

    // Neither a stop in an orderly way nor a kill loses anything of what is there.
    server.stop_by("TERM", &WHILE_FULL);
    server = Server::up(&project);
    is_later(&sender.send(&server));
    server.kill(&WHILE_FULL);
    server = Server::up(&project);
    is_later(&sender.send(&server));

    disk.empty();
    eventually("it goes on by itself", || {
        std::thread::sleep(PAUSE);
        (!is_later(&sender.send(&server))).then_some(())
    });
    eventually("everything acknowledged is in the table", || {
        (server.count("events") >= sender.acknowledged.len() as u64).then_some(())
    });
    eventually("the server is ready", || (server.get("/health/ready").status == 200).then_some(()));
    server.stop_by("TERM", &WHILE_FULL);

    let rows = project
        .rows("SELECT event_id, article_id, length(section) AS length, count(*) AS n FROM article_view GROUP BY ALL");
    let mut found = BTreeSet::new();
    for row in &rows {
        let id = row["event_id"].as_str().unwrap();
        assert_eq!(*row, json!({"event_id": id, "article_id": id, "length": 2_000, "n": 1}));
        found.insert(id.to_owned());
    }
    assert_eq!(found.len(), rows.len());
    assert_eq!(sender.acknowledged.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "lost");
    assert_eq!(found.difference(&sender.sent).collect::<Vec<_>>(), Vec::<&String>::new(), "never sent");
}

#[test]
fn disk_after_disk_is_full_and_nothing_that_was_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let times = std::env::var("JUDI_FULL_DISKS").map_or(FULL_DISKS, |times| times.parse().unwrap());
    let (bin, dir) = (env!("CARGO_BIN_EXE_judi").into(), folder.path().to_owned());
    match full_disks(&FullDisks { bin, dir, times, seed: 1 }, |_| {}) {
        Ok(shown) => {
            println!("{shown:?}");
            assert_eq!((shown.times, shown.rows), (times, shown.acknowledged));
        }
        Err(Trouble::NoSmallDisk { detail }) => not_run(&format!("only root may mount a small disk: {detail}")),
        Err(trouble) => panic!("{trouble}"),
    }
}

#[test]
fn an_import_onto_a_full_disk_says_that_it_waits_and_is_whole_when_there_is_room() {
    let Some((disk, project)) = project_on_small_disk() else { return };
    let without = Project::new().with_config(synthetic::ARTICLES);
    let log = without.dir().join("access.log");
    fs::write(&log, synthetic::lines(&mut fastrand::Rng::with_seed(1), 0, 20_000)).unwrap();
    let args = ["import", log.to_str().unwrap(), "--input", "combined", "--format", "json"];
    let expected = json_lines(&without.run(args).done());

    let project = project.with_config(synthetic::ARTICLES).with_readers_of(&without);
    disk.fill(1 << 20);
    let mut import = Running::start(&mut project.command(args));
    eventually("the import says that it waits", || {
        assert!(import.ended().is_none(), "{}", import.said());
        import.said().contains("the import waits and goes on when there is room").then_some(())
    });
    disk.empty();
    let listed = [&WHILE_FULL[..], &["the import waits and goes on when there is room"]].concat();
    assert_eq!(json_lines(&import.finish(&listed)), expected);
    assert_same_rows(&project.all_rows(), &without.all_rows());
}
