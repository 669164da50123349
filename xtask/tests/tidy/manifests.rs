//! Rules about the crates' manifests: who may stand on whom.

use std::collections::BTreeSet;

use toml::Table;

use crate::rules::Finding;

/// A crate's Cargo.toml.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// Relative to the repository.
    pub(crate) file: String,
    pub(crate) table: Table,
}

/// The root's Cargo.toml and its members', in their order.
#[derive(Debug)]
pub(crate) struct Manifests {
    pub(crate) root: Table,
    pub(crate) members: Vec<Manifest>,
}

/// Stages that hand each other records, rows and pages, but never call each other.
const STAGES: [&str; 5] = ["judi-collect", "judi-judge", "judi-jobs", "judi-present", "judi-newsroom"];

/// Those that wire stages together, simulate all of them, or measure one.
const WIRING: [&str; 3] = ["judi", "judi-sim", "xtask"];

const HEAVY: &str = "datafusion";
const HEAVY_CRATE: &str = "judi-engine";

impl Manifest {
    fn name(&self) -> &str {
        self.table.get("package").and_then(|package| package.get("name")?.as_str()).unwrap_or_default()
    }

    /// The names of what it stands on, by the kinds of dependency.
    fn dependencies(&self, kinds: &[&str]) -> BTreeSet<String> {
        let of = |table: &Table| -> Vec<String> {
            kinds
                .iter()
                .filter_map(|kind| table.get(*kind)?.as_table())
                .flat_map(|table| table.keys().cloned())
                .collect()
        };
        let targets =
            self.table.get("target").and_then(toml::Value::as_table).into_iter().flat_map(|table| table.values());
        let of_targets = targets.filter_map(toml::Value::as_table).flat_map(of);
        of(&self.table).into_iter().chain(of_targets).collect()
    }

    fn finding(&self, what: String) -> Finding {
        Finding::new(&self.file, 1, what)
    }
}

const BUILT: [&str; 2] = ["dependencies", "build-dependencies"];
const ALL: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];

/// A member stands on members before it: who reads the list from top to bottom sees data flow.
pub(crate) fn members_follow_the_flow(manifests: &Manifests) -> Vec<Finding> {
    let names: BTreeSet<&str> = manifests.members.iter().map(Manifest::name).collect();
    let mut before: BTreeSet<&str> = BTreeSet::new();
    let mut findings = Vec::new();
    for member in &manifests.members {
        for needed in member.dependencies(&ALL) {
            if names.contains(needed.as_str()) && !before.contains(needed.as_str()) {
                let what =
                    format!("{} stands on {needed}, which comes after it in the workspace's members", member.name());
                findings.push(member.finding(what));
            }
        }
        before.insert(member.name());
    }
    findings
}

/// Stages meet at schema, log and table; only what wires them sees more than one.
pub(crate) fn stages_meet_at_contracts(manifests: &Manifests) -> Vec<Finding> {
    let members = manifests.members.iter().filter(|member| !WIRING.contains(&member.name()));
    let seen = members.flat_map(|member| {
        let needed = member.dependencies(&BUILT).into_iter().filter(|needed| STAGES.contains(&needed.as_str()));
        needed.map(|needed| member.finding(format!("{} sees the inside of the stage {needed}", member.name())))
    });
    seen.collect()
}

/// Everything else compiles in seconds.
pub(crate) fn one_crate_links_datafusion(manifests: &Manifests) -> Vec<Finding> {
    let others = manifests.members.iter().filter(|member| member.name() != HEAVY_CRATE);
    let linking = others.filter(|member| member.dependencies(&ALL).iter().any(|needed| needed.starts_with(HEAVY)));
    linking.map(|member| member.finding(format!("{HEAVY} is {HEAVY_CRATE}'s alone"))).collect()
}

/// One place for lints, versions and what others are taken with.
pub(crate) fn inherits(manifests: &Manifests) -> Vec<Finding> {
    let is_inherited =
        |value: Option<&toml::Value>| value.and_then(|value| value.get("workspace")?.as_bool()) == Some(true);
    let mut findings = Vec::new();
    for member in &manifests.members {
        if !is_inherited(member.table.get("lints")) {
            findings.push(member.finding("[lints] workspace = true is missing".to_owned()));
        }
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            if !is_inherited(member.table.get("package").and_then(|package| package.get(key))) {
                findings.push(member.finding(format!("{key}.workspace = true is missing")));
            }
        }
        for kind in ALL {
            let dependencies = member.table.get(kind).and_then(toml::Value::as_table).into_iter().flatten();
            let own = dependencies.filter(|(_, value)| !is_inherited(Some(value)));
            findings.extend(own.map(|(name, _)| member.finding(format!("{name}.workspace = true is missing"))));
        }
    }
    findings.extend(features_by_default(&manifests.root));
    findings
}

/// Dependencies of the workspace come without their default features, which nobody chose.
fn features_by_default(root: &Table) -> Vec<Finding> {
    let table = root.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table());
    let chosen = |value: &toml::Value| {
        value.get("path").is_some() || value.get("default-features").and_then(toml::Value::as_bool) == Some(false)
    };
    let unchosen = table.into_iter().flatten().filter(|(_, value)| !chosen(value));
    unchosen
        .map(|(name, _)| Finding::new("Cargo.toml", 1, format!("{name}: default-features = false is missing")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate that inherits everything, with these lines added.
    fn member(name: &str, lines: &str) -> Manifest {
        let package = "version.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
                       license.workspace = true\npublish.workspace = true";
        let text = format!("[package]\nname = \"{name}\"\n{package}\n[lints]\nworkspace = true\n{lines}");
        Manifest { file: format!("crates/{name}/Cargo.toml"), table: text.parse().unwrap() }
    }

    fn workspace(members: Vec<Manifest>) -> Manifests {
        Manifests { root: Table::new(), members }
    }

    fn on(name: &str) -> String {
        format!("[dependencies]\n{name}.workspace = true\n")
    }

    #[test]
    fn a_member_that_stands_on_a_later_one_is_found() {
        let good = workspace(vec![member("judi-log", ""), member("judi-judge", &on("judi-log"))]);
        assert_eq!(members_follow_the_flow(&good), []);
        let bad = workspace(vec![member("judi-judge", &on("judi-log")), member("judi-log", "")]);
        assert_eq!(members_follow_the_flow(&bad).len(), 1);
        let by_tests = "[dev-dependencies]\njudi-log.workspace = true\n";
        let bad = workspace(vec![member("judi-judge", by_tests), member("judi-log", "")]);
        assert_eq!(members_follow_the_flow(&bad).len(), 1);
    }

    #[test]
    fn a_stage_that_sees_another_is_found() {
        let bad = workspace(vec![member("judi-present", &on("judi-collect")), member("judi", &on("judi-collect"))]);
        let found = stages_meet_at_contracts(&bad);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].to_string().starts_with("crates/judi-present/Cargo.toml:1: judi-present sees"),
            "{}",
            found[0]
        );
    }

    #[test]
    fn datafusion_elsewhere_is_found() {
        let links = "[target.'cfg(unix)'.dependencies]\ndatafusion-expr.workspace = true\n";
        let bad = workspace(vec![member("judi-engine", &on("datafusion")), member("judi-jobs", links)]);
        assert_eq!(one_crate_links_datafusion(&bad).len(), 1);
    }

    #[test]
    fn what_a_crate_decides_for_itself_is_found() {
        assert_eq!(inherits(&workspace(vec![member("a", &on("b"))])), []);
        assert_eq!(
            inherits(&workspace(vec![member("a", "[dependencies]\nb = \"1\"\nc = { version = \"1\" }")])).len(),
            2
        );
        let bare =
            Manifest { file: "crates/a/Cargo.toml".to_owned(), table: "[package]\nname = \"a\"".parse().unwrap() };
        assert_eq!(inherits(&workspace(vec![bare])).len(), 6);
        let root = "[workspace.dependencies]\na = \"1\"\nb = { path = \"b\" }\nc = { version = \"1\", default-features = false }";
        assert_eq!(features_by_default(&root.parse().unwrap()).len(), 1);
    }
}
