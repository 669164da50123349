//! `generate_java SCHEMA OUT [DRIVER]`: the Java package of a folder of .proto files, and the kit's function beside it.

use std::error::Error;
use std::path::Path;

use judi_schema::compile::{compile, read_sources};
use judi_schema::model::Model;
use judi_sdkgen::GeneratedFile;
use judi_sdkgen::java::{self, Names};
use judi_sdkgen::library::Library;
use judi_world::World;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [schema, out, rest @ ..] = &*arguments else {
        return Err("generate_java SCHEMA OUT [DRIVER]".into());
    };
    let sources = read_sources(&*World::system().disk, Path::new(schema))?;
    let library = Library::of(&Model::first(compile(&sources)?)?);
    let names = Names::default();
    write(Path::new(out), &java::generate(&library, &names))?;
    if let Some(driver) = rest.first() {
        write(Path::new(driver), &[java::driver(&library, &names)])?;
    }
    Ok(())
}

fn write(folder: &Path, files: &[GeneratedFile]) -> Result<(), Box<dyn Error>> {
    for file in files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().ok_or("a file stands in no folder")?)?;
        std::fs::write(path, &file.bytes)?;
    }
    Ok(())
}
