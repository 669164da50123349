//! `judi schema export`: the .proto files that the binary carries, beside the project's own.

use judi_schema::compile::SourceText;
use judi_world::World;

use crate::cli::schema::Export;
use crate::failure::{Done, Exit, Failure};
use crate::project::Project;

/// Runs the command.
pub fn run(args: &Export) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let world = World::system();
    let failed = |error: &judi_schema::error::SchemaError| Failure::from_error(Exit::Outside, "", error);
    let mut written: Vec<String> = judi_schema::schemas::export(world.disk.as_ref(), &args.out)
        .map_err(|error| failed(&error))?
        .into_iter()
        .map(str::to_owned)
        .collect();
    for source in judi_schema::compile::read_sources(world.disk.as_ref(), &project.schema_dir())
        .map_err(|error| failed(&error))?
    {
        let path = args.out.join(&source.name);
        let bytes = match &source.text {
            SourceText::Proto(text) => text.as_bytes(),
            SourceText::DescriptorSet(bytes) => bytes,
        };
        let write = || {
            std::fs::create_dir_all(path.parent().unwrap_or(&args.out))?;
            std::fs::write(&path, bytes)
        };
        write().map_err(|error| Failure::from_error(Exit::Outside, &path.display().to_string(), &error))?;
        written.push(source.name);
    }
    for name in written {
        println!("{name}");
    }
    Ok(())
}
