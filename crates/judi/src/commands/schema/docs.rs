//! `judi schema docs`: the event catalogue as HTML files.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use judi_present::{Definitions, ProjectUses, StaticFile, static_site};
use judi_schema::ledger::{LEDGER_FILE, Ledger};
use judi_schema::schemas::{OpenMode, Schemas};
use judi_world::World;

use super::folder::SchemaFolder;
use crate::cli::schema::Docs;
use crate::failure::{Done, Exit, Failure};
use crate::live::{LiveSchemas, schema_failure};
use crate::pages::{ProjectDefinitions, presenter};

/// Runs the command.
pub fn run(args: &Docs) -> Done {
    let folder = SchemaFolder::find(args.dir.as_deref(), args.project.project.as_deref())?;
    let world = World::system();
    let schemas = open(&folder, &world)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::from_error(Exit::Outside, "the runtime", &error))?;
    let files = match folder.project {
        Some(project) => {
            let schemas = Arc::new(LiveSchemas::new(schemas));
            let presenter = presenter(&project, &world, &schemas)?;
            runtime.block_on(static_site(&ProjectDefinitions { project, schemas }, Some(&presenter)))
        }
        None => runtime.block_on(static_site(&BareFolder(Arc::new(schemas)), None)),
    };
    let files = files.map_err(|error| Failure::from_error(Exit::Outside, "", &error))?;
    for file in &files {
        write(&args.out, file)?;
    }
    println!("{}", args.out.join("index.html").display());
    Ok(())
}

/// What the files say: the newest version, or the one that publishing them would make.
fn open(folder: &SchemaFolder, world: &World) -> Result<Schemas, Failure> {
    // A bare folder has no versions kept anywhere.
    let versions_dir = match &folder.project {
        Some(project) => project.schema_versions_dir(),
        None => folder.dir.join(".judi/state/schemas"),
    };
    let schemas = Schemas::open(world.disk.as_ref(), &folder.dir, &versions_dir, OpenMode::Preview)
        .map_err(|error| schema_failure(&error))?;
    let ledger = fs::read_to_string(folder.dir.join(LEDGER_FILE)).ok();
    let ledger = ledger.and_then(|text| Ledger::parse(LEDGER_FILE, &text).ok()).unwrap_or_default();
    let version = schemas.current().version;
    if folder.project.is_some() && ledger.newest().map(|newest| newest.number) != Some(version) {
        eprintln!("the files are not published: they are shown as the version {version} that they would be");
    }
    Ok(schemas)
}

fn write(out: &Path, file: &StaticFile) -> Result<(), Failure> {
    let path = out.join(&file.path);
    let written = fs::create_dir_all(path.parent().unwrap_or(out)).and_then(|()| fs::write(&path, &file.text));
    written.map_err(|error| Failure::from_error(Exit::Outside, &path.display().to_string(), &error))
}

/// A folder of .proto files that belongs to no project.
struct BareFolder(Arc<Schemas>);

impl Definitions for BareFolder {
    fn schemas(&self) -> Arc<Schemas> {
        Arc::clone(&self.0)
    }

    fn uses(&self, _: &Schemas) -> Result<ProjectUses, String> {
        Err("this is a folder of .proto files, and no project with jobs, metrics and dashboards".to_owned())
    }
}
