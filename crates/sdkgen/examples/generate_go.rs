//! Writes the Go module of a schema: `generate_go SCHEMA_FOLDER OUT [PROJECT]`. Into OUT come `module`, `driver` and
//! `proxy`, what a module proxy serves.

use std::error::Error;
use std::path::Path;

use judi_schema::compile::{compile, read_sources};
use judi_schema::model::Model;
use judi_sdkgen::GeneratedFile;
use judi_sdkgen::go::{Names, driver, generate, publish};
use judi_sdkgen::library::Library;
use judi_world::World;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [schema, out, rest @ ..] = arguments.as_slice() else {
        return Err("generate_go SCHEMA_FOLDER OUT [PROJECT]".into());
    };
    let out = Path::new(out);
    let sources = read_sources(World::system().disk.as_ref(), Path::new(schema))?;
    let library = Library::of(&Model::first(compile(&sources)?)?);
    let names = Names::of_project(rest.first().map_or("newsroom", String::as_str));
    let files = generate(&library, &names);
    write(&out.join("proxy"), &publish(&library, &names, &files)?)?;
    write(&out.join("module"), &files)?;
    write(&out.join("driver"), &driver(&library, &names, "../module"))?;
    Ok(())
}

fn write(folder: &Path, files: &[GeneratedFile]) -> std::io::Result<()> {
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.bytes)?;
    }
    Ok(())
}
