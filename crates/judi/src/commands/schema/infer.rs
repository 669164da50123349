//! `judi schema infer`: a schema for what was quarantined because there was no event of its name.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use arrow::array::{Array, AsArray, RecordBatch};
use judi_engine::QUARANTINE_TABLE;
use judi_schema::envelope::{Envelope, PayloadKind};
use judi_schema::infer::{Inference, Proposal, mapping_header};
use judi_schema::nearest::nearest;
use judi_schema::schemas::{OpenMode, Schemas};
use judi_schema::segment::{self, Call, MAPPING_FILE};
use judi_schema::verdict::Reason;
use judi_table::{Table, TableError, read_file};
use judi_world::{World, write_durably};
use prost::Message;

use crate::cli::schema::Infer;
use crate::failure::{Done, Exit, Failure};
use crate::live::{open_schemas, schema_failure};
use crate::project::Project;

/// The most quarantined events that are looked at: some seconds of work, and enough to see every field.
const ROWS_MAX: u64 = 200_000;

/// The package of a file that is not written into a folder of its own.
const PACKAGE: &str = "inferred.v1";

const COLUMNS: [&str; 3] = ["reason", "payload", "envelope"];

/// Runs the command.
pub fn run(args: &Infer) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let world = World::system();
    let schemas = open_schemas(&project, &world, OpenMode::Published)?;
    let mut seen = Seen::new(args.names.iter().cloned().collect());
    if let Some(table) = quarantine(&project, &world)? {
        seen.read(&table, &world, &schemas).map_err(|error| failed(&error))?;
    }
    seen.refuse_unseen()?;
    let taken: BTreeSet<String> = schemas.current().events.iter().map(|event| event.name.clone()).collect();
    let package = args.out.as_deref().map_or_else(|| PACKAGE.to_owned(), |out| package_of(&project, out));
    let proposal = seen.inference.propose(&package, &taken);
    seen.tell(&proposal);
    if proposal.events.is_empty() {
        return Ok(());
    }
    match &args.out {
        Some(out) => write(&project, &world, out, &proposal),
        None => {
            print!("{}", whole(&proposal));
            Ok(())
        }
    }
}

fn quarantine(project: &Project, world: &World) -> Result<Option<Table>, Failure> {
    Table::open(world, &project.tables_dir()?.join(QUARANTINE_TABLE)).map_err(|error| failed(&error))
}

fn failed(error: &TableError) -> Failure {
    Failure::from_error(Exit::Outside, "the table quarantine", error)
}

/// What was found in the table.
struct Seen {
    /// What is asked for; empty: everything.
    wanted: BTreeSet<String>,
    /// Names without an event, whether asked for or not.
    names: BTreeSet<String>,
    inference: Inference,
    rows: u64,
    /// Events in protobuf: nobody but their sender knows what their fields are called.
    nameless: BTreeSet<String>,
}

impl Seen {
    fn new(wanted: BTreeSet<String>) -> Self {
        let (names, nameless) = (BTreeSet::new(), BTreeSet::new());
        Self { wanted, names, inference: Inference::default(), rows: 0, nameless }
    }

    fn read(&mut self, table: &Table, world: &World, schemas: &Schemas) -> Result<(), TableError> {
        let snapshot = table.snapshot()?;
        for file in snapshot.files().values() {
            for batch in read_file(world.disk.as_ref(), table.dir(), &snapshot, file, Some(&COLUMNS))? {
                self.batch(&batch?, schemas);
                if self.rows >= ROWS_MAX {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch, schemas: &Schemas) {
        let column = |at: usize| batch.columns().get(at);
        let reasons = column(0).and_then(|column| column.as_string_opt::<i32>());
        let binary = |at: usize| column(at).and_then(|column| column.as_binary_opt::<i32>());
        let (Some(reasons), Some(payloads), Some(envelopes)) = (reasons, binary(1), binary(2)) else { return };
        for row in 0..batch.num_rows() {
            let is_unknown = reasons.is_valid(row) && reasons.value(row) == Reason::UnknownEvent.as_str();
            if !is_unknown || payloads.is_null(row) || envelopes.is_null(row) {
                continue;
            }
            let Ok(envelope) = Envelope::decode(envelopes.value(row)) else { continue };
            self.event(&envelope, payloads.value(row), schemas);
        }
    }

    fn event(&mut self, envelope: &Envelope, payload: &[u8], schemas: &Schemas) {
        let text = std::str::from_utf8(payload).ok();
        match (envelope.payload_kind(), text) {
            (PayloadKind::SegmentJson, Some(text)) => {
                let Ok(call) = Call::read(text, None) else { return };
                // What fits by now, or is wrong in another way, needs no new event.
                let outcome = segment::map(schemas.segment(), schemas.current(), &call);
                let has_event = outcome.map_or_else(|unmapped| unmapped.event.is_some(), |_| true);
                if !has_event && self.is_wanted(&call.name()) {
                    self.inference.call(&call);
                }
            }
            (kind, text) if schemas.current().event(&envelope.event).is_none() && self.is_wanted(&envelope.event) => {
                match (kind, text) {
                    (PayloadKind::PayloadJson, Some(text)) => self.inference.payload(&envelope.event, text),
                    (PayloadKind::PayloadProtobuf, _) => _ = self.nameless.insert(envelope.event.clone()),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn is_wanted(&mut self, name: &str) -> bool {
        self.names.insert(name.to_owned());
        let is_wanted = self.wanted.is_empty() || self.wanted.contains(name);
        self.rows += u64::from(is_wanted);
        is_wanted
    }

    fn refuse_unseen(&self) -> Result<(), Failure> {
        let Some(unseen) = self.wanted.iter().find(|name| !self.names.contains(*name)) else { return Ok(()) };
        let failure = Failure::usage(format!("no event named {unseen:?} is in quarantine for want of a schema"));
        Err(match nearest(unseen, self.names.iter().map(String::as_str)) {
            Some(near) => failure.hint(format!("did you mean {near:?}?")),
            None if self.names.is_empty() => failure.hint("nothing is; `judi query` on the table quarantine tells why"),
            None => failure.hint("without a name all of them are inferred"),
        })
    }

    fn tell(&self, proposal: &Proposal) {
        for event in &proposal.events {
            eprintln!("{}: from {} of {:?}", event.name, event.count, event.source.name());
        }
        for name in &self.nameless {
            eprintln!(
                "passed over: {name:?} was sent as protobuf, whose fields have no names; its sender has the .proto"
            );
        }
        if self.inference.passed_over() > 0 {
            eprintln!("passed over: {} that say nothing of their fields", self.inference.passed_over());
        }
        if self.rows >= ROWS_MAX {
            eprintln!("{ROWS_MAX} events were looked at; there are more");
        }
        if proposal.events.is_empty() {
            eprintln!("nothing in quarantine wants for a schema");
        }
    }
}

/// The package of a file by its folder, as `buf` and lint want it.
fn package_of(project: &Project, out: &Path) -> String {
    let whole = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let below = whole.strip_prefix(project.schema_dir()).ok().and_then(Path::parent);
    let parts = below.into_iter().flat_map(Path::components).filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let package = parts.collect::<Vec<_>>().join(".");
    if package.is_empty() { PACKAGE.to_owned() } else { package }
}

/// The file, with the lines of the mapping as its last comment.
fn whole(proposal: &Proposal) -> String {
    let mut text = proposal.proto.clone();
    if !proposal.mapping.is_empty() {
        text.push('\n');
        for line in mapping_header().lines().chain(proposal.mapping.lines()) {
            text.push_str(if line.is_empty() { "//" } else { "// " });
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Writes the file, and adds the lines to the project's mapping.
fn write(project: &Project, world: &World, out: &Path, proposal: &Proposal) -> Done {
    if out.exists() {
        return Err(Failure::usage(format!("{}: there is such a file", out.display()))
            .hint("name another: --out, or move what is there"));
    }
    let failed =
        |path: &Path, error: &std::io::Error| Failure::from_error(Exit::Outside, &path.display().to_string(), error);
    let mapping_path = project.schema_dir().join(MAPPING_FILE);
    let before = match std::fs::read_to_string(&mapping_path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(&mapping_path, &error)),
    };
    let after = format!("{before}{}", proposal.mapping);
    // What is there may say something of the same names, in a way that names no event.
    segment::parse(&after).map_err(|error| schema_failure(&error))?;
    if let Some(folder) = out.parent() {
        world.disk.create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    let disk = world.disk.as_ref();
    write_durably(disk, out, proposal.proto.as_bytes()).map_err(|error| failed(out, &error))?;
    eprintln!("written: {}", out.display());
    if after != before {
        write_durably(disk, &mapping_path, after.as_bytes()).map_err(|error| failed(&mapping_path, &error))?;
        eprintln!("lines added: {}", mapping_path.display());
    }
    eprintln!("next: `judi schema lint` asks what is missing, `judi schema publish` puts it into force");
    Ok(())
}
