//! Writes the JavaScript package of a folder of `.proto` files: `generate_js SCHEMA OUT [REGISTRY [BASE_URL]]`.
//! `OUT/driver.json`, for the drivers of the conformance kit, is no part of the package.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use judi_schema::compile::{compile, read_sources};
use judi_schema::model::Model;
use judi_sdkgen::GeneratedFile;
use judi_sdkgen::js::{Names, driver, generate, publish};
use judi_sdkgen::library::Library;
use judi_world::World;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (schema, out) = match arguments.as_slice() {
        [schema, out, ..] => (PathBuf::from(schema), PathBuf::from(out)),
        _ => return Err("generate_js SCHEMA OUT [REGISTRY [BASE_URL]]".into()),
    };
    let world = World::system();
    let model = Model::first(compile(&read_sources(&*world.disk, &schema)?)?)?;
    let library = Library::of(&model);
    let mut names = Names::default();
    if let Some(base_url) = arguments.get(3) {
        names.base_url.clone_from(base_url);
    }
    let files = generate(&library, &names);
    write(&out, &files)?;
    write(&out, &[driver(&library)])?;
    if let Some(registry) = arguments.get(2) {
        write(Path::new(registry), &publish(&library, &names, &files)?)?;
    }
    Ok(())
}

fn write(folder: &Path, files: &[GeneratedFile]) -> Result<(), Box<dyn Error>> {
    for file in files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, &file.bytes)?;
    }
    Ok(())
}
