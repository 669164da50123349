//! The Maven project around the classes.

use super::Names;
use crate::GeneratedFile;
use crate::library::Library;

pub(super) fn files(library: &Library, names: &Names) -> Vec<GeneratedFile> {
    vec![
        GeneratedFile { path: "pom.xml".into(), bytes: pom(library, names).into_bytes() },
        GeneratedFile { path: "README.md".into(), bytes: readme(library, names).into_bytes() },
    ]
}

/// What Maven and Gradle read of a package: it depends on nothing.
pub(super) fn pom(library: &Library, names: &Names) -> String {
    let Names { group, artifact, .. } = names;
    let Library { semver, version, fingerprint, .. } = library;
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 https://maven.apache.org/xsd/maven-4.0.0.xsd">
  <modelVersion>4.0.0</modelVersion>
  <groupId>{group}</groupId>
  <artifactId>{artifact}</artifactId>
  <version>{semver}</version>
  <packaging>jar</packaging>
  <name>{group}:{artifact}</name>
  <description>Typed events of schema version {version}, {fingerprint}.</description>
  <properties>
    <maven.compiler.source>11</maven.compiler.source>
    <maven.compiler.target>11</maven.compiler.target>
    <maven.compiler.release>11</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
    <project.build.outputTimestamp>1980-01-01T00:00:02Z</project.build.outputTimestamp>
  </properties>
</project>
"#
    )
}

fn readme(library: &Library, names: &Names) -> String {
    let Names { group, artifact, package } = names;
    let Library { semver, version, fingerprint, .. } = library;
    format!(
        "# {group}:{artifact} {semver}\n\n\
         Typed events of schema version {version} ({fingerprint}), made by `judi sdk generate`; changes are lost. It needs\n\
         Java 11 or Android API 26, and nothing else.\n\n\
         \u{20}   import {package}.*;\n\
         \u{20}   import {package}.sdk.*;\n\n\
         \u{20}   Judi judi = Judi.create(Options.builder(\"https://collect.example.se\", \"wk_key\").build());\n"
    )
}
