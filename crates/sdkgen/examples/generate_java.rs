//! `generate_java SCHEMA OUT [DRIVER [REPOSITORY]]`: the Java package of a folder of .proto files, the kit's function beside
//! it, and a Maven repository that has the package.

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
    let files = java::generate(&library, &names);
    write(Path::new(out), &files)?;
    if let Some(driver) = rest.first() {
        write(Path::new(driver), &[java::driver(&library, &names)])?;
    }
    if let Some(repository) = rest.get(1) {
        let metadata = std::fs::read_to_string(Path::new(repository).join(java::metadata_path(&names)));
        let published = metadata.map(|text| java::published(&text)).unwrap_or_default();
        write(Path::new(repository), &java::publish(&library, &names, &files, &published)?)?;
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
