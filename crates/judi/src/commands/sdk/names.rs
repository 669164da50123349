//! What the libraries are called: as judi.toml says, else after the project's folder.

use judi_sdkgen::naming::{lower_camel, upper_camel, words};
use judi_sdkgen::{go, java, js, swift};

use crate::failure::Failure;
use crate::project::Project;

/// The names in each language.
#[derive(Debug)]
pub struct Names {
    pub js: js::Names,
    pub go: go::Names,
    pub java: java::Names,
    pub swift: swift::Names,
}

impl Names {
    /// Of a project; npm's archives will be at `npm_url`.
    pub fn of(project: &Project, npm_url: &str) -> Result<Self, Failure> {
        let folder = project.dir.file_name().unwrap_or_default().to_string_lossy();
        // Registries take little more than ASCII.
        let plain: String = folder.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '_' }).collect();
        let mut stem = words(&plain).join("-");
        if !stem.starts_with(|it: char| it.is_ascii_alphabetic()) {
            stem = format!("judi-{stem}").trim_end_matches('-').to_owned();
        }
        let said = &project.config.sdk;
        let or = |said: &str, otherwise: String| if said.is_empty() { otherwise } else { said.to_owned() };
        let package = or(&said.npm, format!("{stem}-events"));
        check("npm", &package, is_npm_name(&package), "@example/events")?;
        let module = or(&said.go, format!("judi.example/{stem}/events"));
        check("go", &module, is_go_module(&module), "go.example.com/events")?;
        let maven = or(&said.maven, format!("judi.{}:events", stem.replace('-', "_")));
        let (group, artifact) = maven.split_once(':').unwrap_or((&maven, ""));
        check("maven", &maven, is_java_name(group) && is_maven_name(artifact), "com.example:events")?;
        let swift = or(&said.swift, format!("{stem}-events"));
        check("swift", &swift, is_plain(&swift), "example-events")?;
        let tail = module.rsplit('/').next().unwrap_or("events").replace(['-', '.'], "");
        Ok(Self {
            js: js::Names { global: lower_camel(&package), package, base_url: npm_url.to_owned() },
            go: go::Names { package: tail.to_lowercase(), module, project: folder.into_owned() },
            java: java::Names {
                group: group.to_owned(),
                artifact: artifact.to_owned(),
                package: format!("{group}.{}", artifact.replace(['-', '.'], "_")),
            },
            swift: swift::Names { module: upper_camel(&swift), package: swift },
        })
    }
}

fn check(key: &str, name: &str, is_good: bool, such_as: &str) -> Result<(), Failure> {
    if is_good {
        return Ok(());
    }
    let failure = Failure::usage(format!("judi.toml: sdk.{key} = {name:?} is no name that its registry takes"));
    Err(failure.hint(format!("for example {such_as:?}")))
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_alphabetic())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.'))
}

fn is_npm_name(name: &str) -> bool {
    let own = name.strip_prefix('@').map_or(Some(name), |scoped| {
        let (scope, own) = scoped.split_once('/')?;
        is_plain(scope).then_some(own)
    });
    own.is_some_and(|own| is_plain(own) && own.len() <= 100 && !own.chars().any(|it| it.is_ascii_uppercase()))
}

fn is_go_module(module: &str) -> bool {
    let mut parts = module.split('/');
    let is_host = parts.next().is_some_and(|host| is_plain(host) && host.contains('.'));
    is_host && parts.all(is_plain)
}

fn is_java_name(name: &str) -> bool {
    name.split('.').all(|part| {
        part.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
            && part.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    })
}

fn is_maven_name(name: &str) -> bool {
    is_plain(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_registries_refuse_are_told_before_anything_is_written() {
        assert!(
            is_npm_name("@example/events") && is_npm_name("events") && !is_npm_name("Events") && !is_npm_name("a/b")
        );
        assert!(is_go_module("go.example.com/events") && !is_go_module("events") && !is_go_module("a.b//c"));
        assert!(is_java_name("com.example") && !is_java_name("com.1") && !is_java_name(""));
        let failure = check("go", "events", is_go_module("events"), "go.example.com/events").unwrap_err();
        assert!(failure.to_string().contains("sdk.go = \"events\"") && failure.hint.is_some());
    }
}
