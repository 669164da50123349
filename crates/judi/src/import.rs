//! `judi import`: existing data, through the same log and judge as what apps send.
//!
//! ```text
//!   files ──► lines ──► events (combined | jsonl) ──► batches ──► own log or running server ──► judge ──► account
//! ```

mod account;
mod batcher;
mod combined;
mod destination;
mod events;
mod identity;
mod lines;
mod page;
pub mod wire;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use judi_collect::accept::Facts;
use judi_schema::schemas::{OpenMode, Schemas};
use judi_world::World;

use crate::cli::{AccountFormat, Import, ImportInput};
use crate::client::Client;
use crate::failure::{Done, Exit, Failure};
use crate::live::open_schemas;
use crate::project::Project;
use crate::server::RunningServer;
use crate::stack::Stack;

use account::{Account, Skipped};
use batcher::Batcher;
use destination::{Destination, OwnLog, Server};
use events::{CombinedEvents, LineOutcome, LineReader};
use identity::{LineIds, ReaderKey};
use lines::Lines;
use page::ArticleGlobs;

/// Lines over the limit that are named one by one; the account counts them all.
const REJECTED_NAMED_MAX: u64 = 10;

/// How long to wait before looking again whether another process has let go of the log.
const TAKEN_PAUSE: Duration = Duration::from_millis(200);

/// Runs the command.
pub fn run(args: &Import) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let account = import(&project, args)?;
    match args.format {
        AccountFormat::Json => println!("{}", account.json()),
        AccountFormat::Text => println!("{}", account.text()),
    }
    if let Some(first) = account.broken.first() {
        return Err(Failure::outside(format!("a file could not be read to its end: {}", account.broken.join("; ")))
            .hint(format!(
                "what came before is imported; mend {} and import again, which adds only what is missing",
                first.split(": ").next().unwrap_or("it")
            )));
    }
    if account.accounted() != account.read {
        return Err(Failure::outside(format!(
            "{} lines were read and {} are accounted for",
            account.read,
            account.accounted()
        )));
    }
    Ok(())
}

fn import(project: &Project, args: &Import) -> Result<Account, Failure> {
    let world = World::system();
    // What cannot be opened is told before anything is written.
    let progress = Progress::new(&args.files)?;
    let files: Vec<_> = args.files.iter().map(|path| open_lines(path, &progress)).collect::<Result<_, _>>()?;
    let mut said_waiting = false;
    loop {
        if let Ok(stack) = Stack::open(project.clone(), world.clone())? {
            let stack = Arc::new(stack);
            let mut destination = OwnLog::new(Arc::clone(&stack));
            let account =
                Importer::new(project, &world, &args.source, args.input, &mut destination)?.run(files, &progress)?;
            stack.close();
            return Ok(account);
        }
        if let Some(server) = RunningServer::find(project)? {
            let client = Client::new(Arc::clone(&world.network), server.address);
            let schemas = Arc::new(open_schemas(project, &world, OpenMode::Published)?);
            let mut destination = Server::new(schemas, server, client)?;
            return Importer::new(project, &world, &args.source, args.input, &mut destination)?.run(files, &progress);
        }
        // Another import, or a server that is about to start or to end.
        if !said_waiting {
            tracing::warn!("another process has the project's log open; waiting for it");
            said_waiting = true;
        }
        std::thread::sleep(TAKEN_PAUSE);
    }
}

/// Imports lines of JSON that the demo makes, as `judi import --input jsonl` would from a file.
pub fn history(stack: &Arc<Stack>, lines: Box<dyn std::io::BufRead>) -> Result<Account, Failure> {
    let mut destination = OwnLog::new(Arc::clone(stack));
    let importer = Importer::new(&stack.project, &stack.world, "history", ImportInput::Jsonl, &mut destination)?;
    importer.run(vec![Lines::made("history", lines)], &Progress::hidden())
}

fn open_lines(path: &Path, progress: &Progress) -> Result<Lines, Failure> {
    Lines::open(path, Arc::clone(&progress.bytes))
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// One import under way.
struct Importer<'a> {
    destination: &'a mut dyn Destination,
    schemas: Arc<Schemas>,
    source: &'a str,
    run: String,
    id_seed: [u8; 32],
    clock_tolerance: Duration,
    event_bytes_max: usize,
    world: &'a World,
    combined: Option<CombinedEvents>,
    account: Account,
}

impl<'a> Importer<'a> {
    fn new(
        project: &'a Project,
        world: &'a World,
        source: &'a str,
        input: ImportInput,
        destination: &'a mut dyn Destination,
    ) -> Result<Self, Failure> {
        let schemas = destination.schemas();
        let combined = match input {
            ImportInput::Combined => Some(combined_events(project, world, &schemas)?),
            ImportInput::Jsonl => None,
        };
        let mut id_seed = [0; 32];
        world.random.fill(&mut id_seed).map_err(|error| Failure::from_error(Exit::Outside, "randomness", &error))?;
        let mut account = Account { skipped: combined.is_some().then(Skipped::default), ..Account::default() };
        match &combined {
            Some(events) => {
                account.events.extend([(events.article_event.clone(), 0), (events.page_event.clone(), 0)]);
            }
            None => account.events.extend(schemas.current().events.iter().map(|event| (event.name.clone(), 0))),
        }
        Ok(Self {
            run: blake3::hash(&id_seed).to_hex()[..16].to_owned(),
            destination,
            schemas,
            source,
            id_seed,
            clock_tolerance: project.config.judge.clock_tolerance.0,
            event_bytes_max: project.config.collect.limits.event.as_usize(),
            world,
            combined,
            account,
        })
    }

    fn run(mut self, files: Vec<Lines>, progress: &Progress) -> Result<Account, Failure> {
        let mut batcher = Batcher::new(self.destination.partitions());
        for lines in files {
            let name = lines.path().display().to_string();
            if let Err(broken) = self.file(lines, &mut batcher, progress)? {
                // What came before is kept, and the other files are read.
                self.account.broken.push(format!("{name}: {broken}"));
            }
        }
        self.destination.send(batcher.take())?;
        progress.judging();
        let tally = self.destination.finish(&self.run)?;
        progress.done();
        for (event, rows) in tally.rows {
            *self.account.events.entry(event).or_default() += rows;
        }
        self.account.duplicates = tally.duplicates;
        self.account.quarantined = tally.quarantined;
        Ok(self.account)
    }

    /// Reads one file; the inner error is the file's own.
    fn file(
        &mut self,
        mut lines: Lines,
        batcher: &mut Batcher,
        progress: &Progress,
    ) -> Result<std::io::Result<()>, Failure> {
        let path = lines.path().to_owned();
        let schemas = Arc::clone(&self.schemas);
        let file = path.display().to_string();
        let run = self.run.clone();
        let source = if self.source.is_empty() { "import" } else { self.source };
        let mut reader = LineReader {
            schemas: &schemas,
            facts: Facts {
                received_at: self.world.clock.now(),
                sent_at: None,
                source,
                place: "",
                is_bot: false,
                import_run: &run,
                clock_tolerance: self.clock_tolerance,
                event_bytes_max: self.event_bytes_max,
                id_seed: self.id_seed,
            },
            file,
            ids: LineIds::new(self.source),
            last_time: None,
        };
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            };
            self.account.read += 1;
            progress.line(self.account.read);
            let outcome = match &self.combined {
                Some(events) => reader.combined(events, line),
                None => reader.jsonl(line),
            };
            match outcome {
                LineOutcome::Record(topic, record) => {
                    if let Some(batches) = batcher.push(topic, record) {
                        self.destination.send(batches)?;
                    }
                }
                LineOutcome::Skipped(skip) => {
                    if let Some(skipped) = &mut self.account.skipped {
                        skipped.count(skip);
                    }
                }
                LineOutcome::Rejected(why) => {
                    self.account.rejected += 1;
                    if self.account.rejected <= REJECTED_NAMED_MAX {
                        tracing::warn!("{why}");
                    }
                }
            }
        }
    }
}

/// What the pages of an access log become, checked against the schema.
fn combined_events(project: &Project, world: &World, schemas: &Schemas) -> Result<CombinedEvents, Failure> {
    let config = &project.config.import.combined;
    let articles =
        ArticleGlobs::compile(&config.article).map_err(|error| Failure::from_error(Exit::Usage, "", &error))?;
    let model = schemas.current();
    let unknown = |key: &str, what: &str| {
        Failure::usage(format!("import.combined.{key}: {what}"))
            .hint("name an event, and a text field of it, that the schema has")
    };
    let event = |key: &str, name: &str| {
        model.event(name).ok_or_else(|| unknown(key, &format!("the schema has no event `{name}`")))
    };
    event("page_event", &config.page_event)?;
    let article = model.plans.message(event("article_event", &config.article_event)?.message);
    let (_, field) = article.by_name(&config.article_field).ok_or_else(|| {
        unknown("article_field", &format!("{} has no field `{}`", article.full_name, config.article_field))
    })?;
    let key_path = project.state_dir().join("reader.key");
    Ok(CombinedEvents {
        articles,
        article_event: config.article_event.clone(),
        article_field: field.number,
        page_event: config.page_event.clone(),
        key: ReaderKey::open(world.disk.as_ref(), world.random.as_ref(), &key_path)
            .map_err(|error| Failure::from_error(Exit::Outside, "the key of readers' ids", &error))?,
    })
}

/// The bar on a terminal, by bytes of the files.
struct Progress {
    bar: ProgressBar,
    bytes: Arc<AtomicU64>,
}

impl Progress {
    fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), bytes: Arc::default() }
    }

    fn new(files: &[std::path::PathBuf]) -> Result<Self, Failure> {
        let mut total = 0;
        for path in files {
            total +=
                std::fs::metadata(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?.len();
        }
        let target =
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
            bar.set_style(style);
        }
        Ok(Self { bar, bytes: Arc::default() })
    }

    fn line(&self, read: u64) {
        // A look at the bar costs more than a line.
        if read.is_multiple_of(4_096) {
            self.bar.set_position(self.bytes.load(Ordering::Relaxed));
            self.bar.set_message(format!("{read} lines"));
        }
    }

    fn judging(&self) {
        self.bar.set_position(self.bytes.load(Ordering::Relaxed));
        self.bar.set_message("judging");
    }

    fn done(&self) {
        self.bar.finish_and_clear();
    }
}
