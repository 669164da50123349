//! Writes the Swift package of a folder of .proto files: `generate_swift SCHEMA OUT [--driver FILE] [--publish DIR]`.

use std::error::Error;
use std::path::{Path, PathBuf};

use judi_schema::compile::{compile, read_sources};
use judi_schema::model::Model;
use judi_sdkgen::GeneratedFile;
use judi_sdkgen::library::Library;
use judi_sdkgen::swift::{Names, driver, generate, publish};
use judi_world::World;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [schema, out, options @ ..] = arguments.as_slice() else {
        return Err("generate_swift SCHEMA OUT [--driver FILE] [--publish DIR]".into());
    };
    let disk = World::system().disk;
    let library = Library::of(&Model::first(compile(&read_sources(disk.as_ref(), Path::new(schema))?)?)?);
    let names = Names::default();
    let files = generate(&library, &names);
    write(Path::new(out), &files)?;
    for option in options.chunks(2) {
        match option {
            [name, path] if name == "--driver" => std::fs::write(path, driver(&library, &names))?,
            [name, path] if name == "--publish" => write(Path::new(path), &publish(&library, &names, &files)?)?,
            _ => return Err(format!("unknown option {option:?}").into()),
        }
    }
    Ok(())
}

fn write(folder: &Path, files: &[GeneratedFile]) -> Result<(), Box<dyn Error>> {
    for file in files {
        let path: PathBuf = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.bytes)?;
    }
    Ok(())
}
