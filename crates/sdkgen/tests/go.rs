//! The Go module, by Go itself: formatted, vetted, and installed from a proxy's files.

#![expect(clippy::unwrap_used, reason = "the functions that tests share fail a test as its own lines do")]

use std::path::Path;
use std::process::Command;

use judi_schema::compile::{compile, read_sources};
use judi_schema::model::Model;
use judi_sdkgen::GeneratedFile;
use judi_sdkgen::go::{Names, generate, publish};
use judi_sdkgen::library::Library;
use judi_world::World;

const PROGRAM: &str = r#"package main

import (
	"fmt"

	"example.org/News/events/v2"
	"example.org/News/events/v2/judi"
)

func main() {
	name, payload, err := judi.Encode(events.NewShare("a").Channel(events.ShareChannelMail))
	fmt.Printf("%s %x %v %v\n", name, payload, err, events.ShareChannel(7))
}
"#;

fn newsroom(semver: &str) -> Library {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../newsroom/template/schema");
    let sources = read_sources(World::system().disk.as_ref(), &schema).unwrap();
    let mut library = Library::of(&Model::first(compile(&sources).unwrap()).unwrap());
    library.semver = semver.into();
    library
}

fn write(folder: &Path, files: &[GeneratedFile]) {
    for file in files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
}

/// What a program says, in this folder; it has to end well.
fn said(folder: &Path, environment: &[(&str, &str)], program: &str, arguments: &[&str]) -> String {
    let variables = environment.iter().copied().chain([("GOTOOLCHAIN", "local"), ("GOFLAGS", "-modcacherw")]);
    let output = Command::new(program).args(arguments).current_dir(folder).envs(variables).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn go_takes_the_module_as_it_is_and_from_a_proxy() {
    if Command::new("go").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "go is not on the path");
        eprintln!("skipped: go is not on the path");
        return;
    }
    let (folder, library) = (Path::new(env!("CARGO_TARGET_TMPDIR")).join("go"), newsroom("2.1.0"));
    let _ = std::fs::remove_dir_all(&folder);
    let names = Names { module: "example.org/News/events".into(), ..Names::of_project("newsroom") };
    let files = generate(&library, &names);
    let (module, proxy) = (folder.join("module"), folder.join("proxy"));
    write(&module, &files);
    write(&proxy, &publish(&library, &names, &files).unwrap());
    assert_eq!(said(&module, &[], "gofmt", &["-l", "."]), "");
    said(&module, &[], "go", &["vet", "./..."]);

    let app = folder.join("app");
    std::fs::create_dir(&app).unwrap();
    std::fs::write(app.join("main.go"), PROGRAM).unwrap();
    let (address, cache) = (format!("file://{}", proxy.display()), folder.join("cache").display().to_string());
    let environment = [("GOPROXY", &*address), ("GONOSUMDB", "*"), ("GOMODCACHE", &*cache)];
    said(&app, &environment, "go", &["mod", "init", "example.org/app"]);
    said(&app, &environment, "go", &["get", "example.org/News/events/v2@latest"]);
    assert_eq!(said(&app, &environment, "go", &["run", "."]), "share 0a01611002 <nil> ShareChannel(7)\n");
}
