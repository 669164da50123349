//! `judi schema diff`: what changed since an earlier state, Judi's verdict on it, who uses it, and the fix.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use judi_schema::compile::{Compiled, Source, SourceText, compile};
use judi_schema::diff::{
    Change, FixStep, Replay, Told, Use, Verdict, apply, diff_history, next_semver, patch, uses_of,
};
use judi_schema::error::{Fault, SchemaError};
use judi_schema::ledger::Ledger;
use judi_schema::model::Model;
use judi_schema::schemas::{OpenMode, Schemas};
use judi_schema::view::View;
use judi_world::{World, write_durably};

use super::against::{self, State};
use super::folder::SchemaFolder;
use crate::cli::AccountFormat;
use crate::cli::schema::Diff;
use crate::failure::{Done, Exit, Failure};
use crate::live::open_schemas;
use crate::shadow::{self, Shadow};
use crate::uses::project_uses;

/// How often fixes are followed by fixes of what they uncover.
const FIX_ROUNDS_MAX: usize = 8;

/// Runs the command.
pub fn run(args: &Diff) -> Done {
    let folder = SchemaFolder::find(args.dir.as_deref(), args.project.project.as_deref())?;
    let world = World::system();
    let before = Before::read(args, &folder, &world)?;
    let mut now = State::of_folder(&folder, &world)?.sources;
    let mut changes = before.changes(&compiled(&now)?);
    if args.fix {
        let (fixed, left) = fix(&before, &now, changes)?;
        write_sources(&folder, &world, &now, &fixed)?;
        (now, changes) = (fixed, left);
    }
    let uses = before.uses(&folder);
    let prefix = if folder.project.is_some() { "schema/" } else { "" };
    let replays = before.replays(&folder, &world, &changes, &now)?;
    let told: Vec<Told<'_>> = changes.iter().map(|change| told(change, &uses, &replays, &now, prefix)).collect();
    write(&told, args.format).map_err(|error| Failure::from_error(Exit::Outside, "standard output", &error))?;
    summary(&changes, before.semver.as_deref())
}

/// What is compared with: the known versions, oldest first, and what belongs to them.
struct Before {
    known: Vec<Compiled>,
    ledger: Option<Ledger>,
    /// The newest version's semver, where versions are what is compared with.
    semver: Option<String>,
    /// Of what is published, or would be of the earlier state.
    views: Vec<View>,
    /// What is published, where that is what is compared with.
    published: Option<Schemas>,
}

impl Before {
    fn read(args: &Diff, folder: &SchemaFolder, world: &World) -> Result<Self, Failure> {
        let published = match &folder.project {
            Some(project) => match open_schemas(project, world, OpenMode::Published) {
                Ok(schemas) => Some(schemas),
                // Without a version there is nothing to open, and another state may be compared with all the same.
                Err(_) if !folder.dir.join(judi_schema::ledger::LEDGER_FILE).exists() => None,
                Err(failure) => return Err(failure),
            },
            None => None,
        };
        let (state, published) = match (&args.against, published, &folder.project) {
            (Some(against), published, _) => (against::read(against, folder, world)?.sources, published),
            (None, Some(schemas), _) => return Ok(Self::of_published(schemas)),
            // Everything is new.
            (None, None, Some(_)) => (Vec::new(), None),
            (None, None, None) => {
                return Err(Failure::usage("a bare folder has no published version to compare with")
                    .hint("name the earlier state: --against DIR or --against git:REF"));
            }
        };
        let known = vec![compiled(&state)?];
        let views = match &published {
            Some(schemas) => schemas.views().to_vec(),
            None => Schemas::first(&state).map(|schemas| schemas.views().to_vec()).unwrap_or_default(),
        };
        // What was published after the earlier state is part of what changed since.
        let fingerprint = known.first().map(|compiled| compiled.fingerprint.as_str()).unwrap_or_default();
        let ledger = published.and_then(|schemas| schemas.ledger().as_of(fingerprint));
        Ok(Self { known, ledger, semver: None, views, published: None })
    }

    fn of_published(schemas: Schemas) -> Self {
        Self {
            known: schemas.versions().map(|model| model.compiled.clone()).collect(),
            ledger: Some(schemas.ledger().clone()),
            semver: Some(schemas.current().semver.clone()),
            views: schemas.views().to_vec(),
            published: Some(schemas),
        }
    }

    fn changes(&self, now: &Compiled) -> Vec<Change> {
        let known: Vec<&Compiled> = self.known.iter().collect();
        diff_history(&known, now, self.ledger.as_ref())
    }

    fn uses(&self, folder: &SchemaFolder) -> Vec<Use> {
        let Some(project) = &folder.project else { return Vec::new() };
        let found = project_uses(project, &self.views);
        for cause in &found.passed_over {
            eprintln!("passed over: {cause}");
        }
        found.uses
    }

    /// How recent events would fare, by their names, where a change makes that a question.
    fn replays(
        &self,
        folder: &SchemaFolder,
        world: &World,
        changes: &[Change],
        now: &[Source],
    ) -> Result<BTreeMap<String, Shadow>, Failure> {
        let (Some(project), Some(schemas)) = (&folder.project, &self.published) else { return Ok(BTreeMap::new()) };
        if !changes.iter().any(Change::needs_shadow_replay) {
            return Ok(BTreeMap::new());
        }
        let draft = Model::first(compiled(now)?).map_err(|error| failed(&error))?;
        shadow::of_project(project, world, schemas, &draft)
    }
}

fn told<'a>(
    change: &'a Change,
    uses: &'a [Use],
    shadows: &BTreeMap<String, Shadow>,
    now: &[Source],
    prefix: &str,
) -> Told<'a> {
    let steps: Vec<&FixStep> = change.fix.iter().flat_map(|fix| &fix.steps).collect();
    let patch = if steps.is_empty() { None } else { patch(now, &steps, prefix).ok() };
    let events: BTreeSet<&String> = change.affected.iter().map(|affected| &affected.event).collect();
    let shadows =
        events.into_iter().filter(|_| change.needs_shadow_replay()).filter_map(|it| shadows.get_key_value(it));
    let replays = shadows.map(|(event, shadow)| Replay {
        event: event.clone(),
        judged: shadow.judged,
        failing: shadow.failing,
        first: shadow.first.clone(),
    });
    Told { change, uses: uses_of(change, uses), patch, replays: replays.collect() }
}

/// The sources with every blocked change fixed that a program can fix, and the changes that are left.
fn fix(before: &Before, now: &[Source], mut changes: Vec<Change>) -> Result<(Vec<Source>, Vec<Change>), Failure> {
    let mut sources = now.to_vec();
    for _ in 0..FIX_ROUNDS_MAX {
        let blocked: Vec<&Change> = changes.iter().filter(|change| change.verdict == Verdict::Blocked).collect();
        let fixes = blocked.iter().filter_map(|change| change.fix.as_ref());
        let steps: Vec<&FixStep> = fixes.flat_map(|fix| &fix.steps).collect();
        if steps.is_empty() {
            break;
        }
        let fixed = apply(&sources, &steps).map_err(|error| {
            Failure::from_error(Exit::Usage, "--fix", &error).hint("fix this by hand; `judi schema diff` tells how")
        })?;
        for change in blocked.iter().filter(|change| change.fix.as_ref().is_some_and(|fix| fix.is_automatic())) {
            let text = change.fix.as_ref().map(|fix| fix.text.as_str()).unwrap_or_default();
            eprintln!("fixed: {}: {text}", change.sentence());
        }
        let after = compiled(&fixed)?;
        (sources, changes) = (fixed, before.changes(&after));
    }
    Ok((sources, changes))
}

/// Writes the files that differ.
fn write_sources(folder: &SchemaFolder, world: &World, before: &[Source], after: &[Source]) -> Result<(), Failure> {
    let changed = before.iter().zip(after).filter(|(before, after)| before != after);
    for (_, source) in changed {
        let SourceText::Proto(text) = &source.text else { continue };
        let path = folder.dir.join(Path::new(&source.name));
        write_durably(world.disk.as_ref(), &path, text.as_bytes())
            .map_err(|error| Failure::from_error(Exit::Outside, &path.display().to_string(), &error))?;
    }
    Ok(())
}

fn compiled(sources: &[Source]) -> Result<Compiled, Failure> {
    compile(sources).map_err(|error| failed(&error))
}

fn failed(error: &SchemaError) -> Failure {
    let exit = if error.fault() == Fault::User { Exit::Usage } else { Exit::Outside };
    let failure = Failure::from_error(exit, "", error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn write(told: &[Told<'_>], format: AccountFormat) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for (at, change) in told.iter().enumerate() {
        match format {
            AccountFormat::Json => writeln!(out, "{}", change.json())?,
            AccountFormat::Text if at > 0 => write!(out, "\n{change}")?,
            AccountFormat::Text => write!(out, "{change}")?,
        }
    }
    out.flush()
}

/// Says how many changes there are; fails with [`Exit::Findings`] where one is blocked.
fn summary(changes: &[Change], semver: Option<&str>) -> Done {
    let count = |verdict| changes.iter().filter(|change| change.verdict == verdict).count();
    let (blocked, guarded, safe) = (count(Verdict::Blocked), count(Verdict::Guarded), count(Verdict::Safe));
    let counts = format!("{blocked} BLOCKED, {guarded} GUARDED, {safe} SAFE");
    if blocked > 0 {
        let are = if blocked == 1 { "change is" } else { "changes are" };
        return Err(Failure::findings(format!("{blocked} {are} BLOCKED ({counts})"))
            .hint("`judi schema diff --fix` writes what a program can write; the rest is told with each"));
    }
    match semver {
        Some(semver) if !changes.is_empty() => {
            eprintln!("{counts}: {semver} would become {}", next_semver(Some(semver), changes));
        }
        _ => eprintln!("{counts}"),
    }
    Ok(())
}
