//! Crashes, disk errors and a full disk at every single disk operation: what was answered is there with the id that
//! was answered, and asking again where the failure struck ends in the same registry.

use std::path::Path;
use std::sync::Arc;

use judi_faults::SimDisk;
use judi_registry::Registry;
use judi_schema::compile::{Source, SourceText};
use judi_schema::schemas::Schemas;
use judi_world::Disk as _;
use serde_json::{Value, json};

use crate::bed::{Bed, FOLDER, proto, schema};

fn schemas() -> Arc<Schemas> {
    let text = "syntax = \"proto3\"; import \"judi/v1/options.proto\";
        message O { option (judi.event) = {name: \"o\" owner: \"o\" description: \"O.\"}; string x = 1; }";
    let source = Source { name: "o.proto".to_owned(), text: SourceText::Proto(text.to_owned()) };
    Arc::new(Schemas::first(&[source]).unwrap())
}

/// A registry's life: each step may be asked for again after it failed, and is then answered the same.
const STEPS: [fn(&Bed) -> Option<Value>; 6] = [
    |bed| answered(bed, "/subjects/a/versions", &proto("message A {}")),
    |bed| answered(bed, "/subjects/b/versions", &proto("message A {}")),
    |bed| answered(bed, "/subjects/a/versions", &proto("message A { string x = 1; }")),
    |bed| {
        let answer = bed.put("/config/a", &json!({"compatibility": "FULL"}));
        (answer.status == 200).then(|| answer.json())
    },
    |bed| {
        let answer = bed.delete("/subjects/b");
        (answer.status == 200 || answer.status == 404).then(|| json!([1]))
    },
    |bed| answered(bed, "/subjects/c/versions", &proto("message C {}")),
];

fn answered(bed: &Bed, path: &str, text: &str) -> Option<Value> {
    let answer = bed.post(path, &schema(text));
    if answer.status != 200 {
        assert_eq!(answer.code(), 50001, "{}", answer.body);
        return None;
    }
    Some(answer.json())
}

/// What is to be seen from outside.
fn seen(bed: &Bed) -> Vec<Value> {
    let paths =
        ["/schemas?deleted=true", "/subjects", "/config/a?defaultToGlobal=true", "/schemas/ids/1", "/schemas/ids/0"];
    paths.iter().map(|path| bed.get(path).json()).collect()
}

/// What a life without failures answers and leaves, and how many disk operations opening and the whole take.
fn undisturbed() -> (Vec<Option<Value>>, Vec<Value>, u64) {
    let disk = SimDisk::new(1);
    let bed = Bed::on(&disk, schemas());
    let answers = STEPS.iter().map(|step| step(&bed)).collect();
    (answers, seen(&bed), disk.operations())
}

#[test]
fn what_was_answered_survives_a_crash_at_any_operation() {
    let schemas = schemas();
    let (expected, end, operations) = undisturbed();
    for at in 0..operations {
        let disk = SimDisk::new(at);
        disk.crash_at_operation(at);
        let opened = Registry::open(Arc::new(disk.clone()), Path::new(FOLDER), Arc::clone(&schemas));
        drop(opened);
        let mut done = 0;
        if !disk.is_crashed() {
            disk.restart();
            disk.crash_at_operation(at);
            let bed = Bed::on(&disk, Arc::clone(&schemas));
            while done < STEPS.len() && STEPS[done](&bed) == expected[done] {
                done += 1;
            }
        }
        disk.restart();
        let bed = Bed::on(&disk, Arc::clone(&schemas));
        // What was answered is not asked for again: it has to be there.
        for (number, step) in STEPS.iter().enumerate().skip(done) {
            assert_eq!(step(&bed), expected[number], "crash at {at}, step {number}");
        }
        assert_eq!(seen(&bed), end, "crash at {at}");
    }
}

#[test]
fn a_disk_error_at_any_operation_refuses_one_request_and_no_more() {
    let schemas = schemas();
    let (expected, end, operations) = undisturbed();
    for at in 0..operations {
        let disk = SimDisk::new(at);
        drop(Registry::open(Arc::new(disk.clone()), Path::new(FOLDER), Arc::clone(&schemas)).unwrap());
        let bed = Bed::on(&disk, Arc::clone(&schemas));
        disk.fail_operation(at);
        for (number, step) in STEPS.iter().enumerate() {
            let first = step(&bed);
            let answer = first.or_else(|| step(&bed));
            assert_eq!(answer, expected[number], "error at {at}, step {number}");
        }
        assert_eq!(seen(&bed), end, "error at {at}");
    }
}

#[test]
fn a_full_disk_refuses_and_is_forgiven() {
    let disk = SimDisk::new(3);
    disk.set_capacity(Some(20));
    let bed = Bed::on(&disk, schemas());
    assert_eq!(bed.get("/schemas/ids/1").code(), 40403, "there was no room for the project's versions");
    assert_eq!(answered(&bed, "/subjects/a/versions", &proto("message A {}")), None);
    assert_eq!(bed.get("/subjects").ok(), json!([]));
    disk.set_capacity(None);
    assert_eq!(bed.get("/subjects/events-value/versions").ok(), json!([1]));
    assert_eq!(bed.get("/schemas/ids/1").ok()["schemaType"], "PROTOBUF");
    assert!(answered(&bed, "/subjects/a/versions", &proto("message A {}")).is_some());
}

#[test]
fn changed_bytes_are_noticed_and_nothing_is_guessed() {
    let life = || {
        let disk = SimDisk::new(5);
        let bed = Bed::on(&disk, schemas());
        for step in STEPS {
            step(&bed);
        }
        drop(bed);
        disk.restart();
        disk
    };
    let open = |disk: &SimDisk| Registry::open(Arc::new(disk.clone()), Path::new(FOLDER), schemas());
    let disk = life();
    open(&disk).unwrap();
    disk.restart();
    disk.corrupt(&Path::new(FOLDER).join("index"), 40).unwrap();
    assert!(open(&disk).unwrap_err().to_string().contains("line 1"));

    let disk = life();
    let folder = Path::new(FOLDER).join("schemas");
    let name = disk.list(&folder).unwrap().first().unwrap().name.clone();
    disk.corrupt(&folder.join(&name), 3).unwrap();
    assert!(open(&disk).unwrap_err().to_string().contains("not as it was written"));
    disk.restart();
    disk.remove(&folder.join(&name)).unwrap();
    assert!(open(&disk).unwrap_err().to_string().contains("is gone"));
}

#[test]
fn an_index_that_is_mostly_history_is_written_anew() {
    let disk = SimDisk::new(6);
    let bed = Bed::on(&disk, schemas());
    bed.register("a", &proto("message A {}"));
    bed.register("gone", &proto("message B {}"));
    bed.delete("/subjects/gone").ok();
    bed.delete("/subjects/gone?permanent=true").ok();
    for n in 0..1_200 {
        let level = if n % 2 == 0 { "FULL" } else { "NONE" };
        bed.put("/config/a", &json!({"compatibility": level})).ok();
    }
    let before = seen(&bed);
    drop(bed);
    disk.restart();
    let size = || disk.read(&Path::new(FOLDER).join("index")).unwrap().len();
    let long = size();
    let bed = Bed::on(&disk, schemas());
    assert!(size() * 5 < long, "{} of {long}", size());
    assert_eq!(seen(&bed), before);
    // Numbers that were given stay given.
    assert_eq!(bed.register("new", &proto("message N {}")), 1_000_006);
    drop(bed);
    disk.restart();
    assert_eq!(Bed::on(&disk, schemas()).get("/subjects/new/versions").ok(), json!([1]));
}
