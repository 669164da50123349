//! `judi run`: partitions of the jobs' tables, computed whole and replaced in one step.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use judi_engine::{Fault, Zone, parse_day};
use judi_jobs::{Context, Job, JobTables, Outcome, PartitionReport, RunOptions, RunReport, Severity};
use judi_schema::schemas::OpenMode;
use judi_world::World;
use serde_json::json;

use crate::cli::{AccountFormat, Run};
use crate::failure::{Done, Exit, Failure};
use crate::live::{LiveSchemas, open_schemas};
use crate::project::Project;
use crate::stack::Stack;
use crate::warehouse::{Warehouse, engine};

/// Runs the command.
pub fn run(args: &Run) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let world = World::system();
    let (from_day, to_day) = (day("--from", &args.from)?, day("--to", &args.to)?);
    if from_day > to_day {
        return Err(Failure::usage(format!("--from {} is after --to {}", args.from, args.to)));
    }
    let schemas = Arc::new(LiveSchemas::new(open_schemas(&project, &world, OpenMode::Published)?));
    let jobs = load(&world, &project)?;
    if jobs.is_empty() {
        return Err(Failure::usage(format!("{} has no jobs", project.jobs_dir().display()))
            .hint("a job is one SQL file: jobs/<domain>/<table>.sql"));
    }
    let options = RunOptions { from_day, to_day, tables: args.tables.clone(), run_ts_us: world.clock.now().0 };
    let bar = progress_bar();
    let report = compute(&project, &world, schemas, &jobs, &options, &mut |done, total, partition| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        bar.set_message(partition.table.clone());
    })?;
    bar.finish_and_clear();
    match args.format {
        AccountFormat::Json => report.partitions.iter().for_each(|partition| println!("{}", as_json(partition))),
        AccountFormat::Text => print_text(&report),
    }
    verdict(&report)
}

/// Computes every table for the local days that `between` (microseconds since 1970) touches: for the demo, whose
/// findings are the jobs' own and told as warnings.
pub fn tables_of_days(stack: &Stack, between: (i64, i64)) -> Done {
    let jobs = load(&stack.world, &stack.project)?;
    let zone: Zone = stack.project.conventions.time_zone.parse().unwrap_or_default();
    let day = |moment: i64| zone.day_of(moment).unwrap_or(0);
    let options = RunOptions {
        from_day: day(between.0),
        to_day: day(between.1),
        tables: Vec::new(),
        run_ts_us: stack.world.clock.now().0,
    };
    let report = compute(&stack.project, &stack.world, Arc::clone(&stack.schemas), &jobs, &options, &mut |_, _, _| {})?;
    if let Err(failure) = verdict(&report) {
        tracing::warn!("{}", failure.message);
    }
    Ok(())
}

fn compute(
    project: &Project,
    world: &World,
    schemas: Arc<LiveSchemas>,
    jobs: &[Job],
    options: &RunOptions,
    progress: &mut dyn FnMut(usize, usize, &PartitionReport),
) -> Result<RunReport, Failure> {
    let warehouse = Warehouse::new(project, world, schemas)?;
    let catalog = warehouse.sources()?;
    let engine = engine(project)?;
    let tables = JobTables::new(world.clone(), warehouse.dir().to_owned());
    let context = Context { engine: &engine, catalog: &catalog, tables: &tables };
    judi_jobs::run(&context, jobs, options, progress).map_err(|error| {
        let failure = Failure::from_error(exit(error.fault()), "", &error);
        with_hint(failure, error.hint())
    })
}

fn load(world: &World, project: &Project) -> Result<Vec<Job>, Failure> {
    judi_jobs::load(world.disk.as_ref(), &project.jobs_dir()).map_err(|errors| {
        let exit = errors.first().map_or(Exit::Usage, |error| exit(error.fault()));
        let told: Vec<_> = errors.iter().map(|error| relative(&error.to_string(), &project.dir)).collect();
        let failure = Failure { exit, message: told.join("\nerror: "), hint: None };
        with_hint(failure, errors.iter().find_map(judi_jobs::JobError::hint))
    })
}

/// Places are read more easily from the project than from the root.
fn relative(text: &str, project: &Path) -> String {
    text.replace(&format!("{}/", project.display()), "")
}

fn day(option: &str, text: &str) -> Result<i32, Failure> {
    parse_day(text)
        .ok_or_else(|| Failure::usage(format!("{option} {text} is no day")).hint("YYYY-MM-DD, as in 2026-11-23"))
}

fn exit(fault: Fault) -> Exit {
    match fault {
        Fault::User => Exit::Usage,
        Fault::External | Fault::Internal => Exit::Outside,
    }
}

fn with_hint(failure: Failure, hint: Option<String>) -> Failure {
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// Findings are 1, what the user has to mend is 2, what failed outside is 3; the gravest is told.
fn verdict(report: &RunReport) -> Done {
    let first = report.partitions.iter().find_map(|partition| match &partition.outcome {
        Outcome::Failed(error) => Some((partition, error)),
        _ => None,
    });
    if let (Some(fault), Some((partition, error))) = (report.fault(), first) {
        let context = format!("{} {}", partition.table, partition.partition);
        return Err(with_hint(Failure::from_error(exit(fault), &context, error), error.hint()));
    }
    if report.has_findings() {
        return Err(Failure {
            exit: Exit::Findings,
            message: "audits forbid publishing; the partitions before are still in place".to_owned(),
            hint: Some("the rows that fail are told above".to_owned()),
        });
    }
    Ok(())
}

fn told(partition: &PartitionReport) -> (&'static str, Option<u64>) {
    match &partition.outcome {
        Outcome::Written { rows, .. } => ("written", Some(*rows)),
        Outcome::Unchanged { rows } => ("unchanged", Some(*rows)),
        Outcome::Blocked => ("blocked", None),
        Outcome::Failed(_) => ("failed", None),
        Outcome::Skipped { .. } => ("skipped", None),
    }
}

fn as_json(partition: &PartitionReport) -> String {
    let (outcome, rows) = told(partition);
    let audits: Vec<_> = partition
        .audits
        .iter()
        .map(|audit| {
            json!({"audit": audit.audit, "line": audit.line, "failing": audit.failing, "sample": audit.sample,
                "severity": if audit.severity == Severity::Block { "block" } else { "warn" }})
        })
        .collect();
    let error = match &partition.outcome {
        Outcome::Failed(error) => Some(error.to_string()),
        Outcome::Skipped { because_of } => Some(format!("{because_of} was not published")),
        _ => None,
    };
    json!({"table": partition.table, "partition": partition.partition.to_string(), "outcome": outcome, "rows": rows,
        "seconds": partition.duration.as_secs_f64(), "audits": audits, "error": error})
    .to_string()
}

fn print_text(report: &RunReport) {
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    for partition in &report.partitions {
        let (outcome, rows) = told(partition);
        *totals.entry(outcome).or_default() += 1;
        let rows = rows.map_or(String::new(), |rows| format!(" {rows} rows"));
        println!("{} {} {outcome}{rows}", partition.table, partition.partition);
        for audit in partition.audits.iter().filter(|audit| audit.failing > 0) {
            let severity = if audit.is_blocking() { "blocks" } else { "warns" };
            println!("  audit {severity}: {} fails for {} rows", audit.audit, audit.failing);
            audit.sample.iter().for_each(|row| println!("    {row}"));
        }
    }
    let totals: Vec<_> = totals.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
    println!("partitions: {}", totals.join(", "));
}
