//! buf.yaml, as far as breaking changes go: which files make up which modules, and what is checked of each.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{self, Action, RULES, Rule};
use super::yaml::{self, Node, Value, refused};
use crate::error::SchemaError;
use crate::nearest;

/// The name of the configuration's file.
pub const CONFIG_FILE: &str = "buf.yaml";

/// The version of a configuration: they differ in rules and categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1Beta1,
    V1,
    V2,
}

/// What buf.yaml says.
#[derive(Debug, Clone)]
pub struct Config {
    /// Sorted by folder.
    pub(super) modules: Vec<Module>,
}

/// A module: a folder of files that belong together.
#[derive(Debug, Clone)]
pub(super) struct Module {
    /// Relative to the folder of buf.yaml; empty: that folder.
    pub(super) path: String,
    /// What import names are relative to, relative to `path`.
    pub(super) roots: Vec<String>,
    /// Folders below `path`: only they count, where there are any.
    pub(super) includes: Vec<String>,
    /// Folders below `path` that do not count.
    pub(super) excludes: Vec<String>,
    pub(super) check: Check,
}

/// What is checked of a module.
#[derive(Debug, Clone)]
pub struct Check {
    rules: Vec<&'static str>,
    version: Version,
    /// Files and folders of the module, by import name, of which nothing is reported.
    ignore: Vec<String>,
    /// The same for one rule.
    ignore_only: BTreeMap<&'static str, Vec<String>>,
    pub(super) ignore_unstable_packages: bool,
}

impl Default for Config {
    /// Without a buf.yaml: one module, and the default rules of v1.
    fn default() -> Self {
        Self { modules: vec![Module::whole(Check::of(Version::V1))] }
    }
}

impl Config {
    /// Reads buf.yaml; `file` is its name for errors.
    ///
    /// # Errors
    /// [`SchemaError::Refused`] with line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self, SchemaError> {
        let root = yaml::read(file, text)?;
        let mut reader = Reader { file, has_other_rules: false };
        let version = reader.version(&root)?;
        let known: &[&str] = match version {
            Version::V1Beta1 | Version::V1 => &["version", "name", "deps", "build", "lint", "breaking"],
            Version::V2 => &["version", "name", "modules", "deps", "lint", "breaking", "plugins", "policies"],
        };
        let members = reader.members(&root, known)?;
        reader.has_other_rules = ["plugins", "policies"].into_iter().any(|key| reader.is_nonempty(&members, key));
        let modules = match version {
            Version::V1Beta1 | Version::V1 => vec![reader.only_module(version, &members)?],
            Version::V2 => reader.modules(&members)?,
        };
        Ok(Self { modules })
    }

    /// The configuration of the folder `below`, where buf.yaml lies above it: its modules that are in there.
    #[must_use]
    pub fn below(&self, below: &str) -> Self {
        let inside = |path: &str| strip_folder(path, below).map(str::to_owned);
        let mut modules = Vec::new();
        for module in &self.modules {
            if let Some(path) = inside(&module.path) {
                modules.push(Module { path, ..module.clone() });
            } else if module.path.is_empty() {
                let keep = |paths: &[String]| paths.iter().filter_map(|path| inside(path)).collect::<Vec<_>>();
                let mut check = module.check.clone();
                // A root at the folder has the ignored paths relative to it already.
                if !module.roots.iter().any(|root| root == below) {
                    check.ignore = keep(&check.ignore);
                    check.ignore_only = check.ignore_only.iter().map(|(rule, paths)| (*rule, keep(paths))).collect();
                }
                let excludes = keep(&module.excludes);
                modules.push(Module { excludes, check, ..Module::whole(module.check.clone()) });
            }
        }
        if modules.is_empty() { Self::default() } else { Self { modules } }
    }
}

impl Module {
    fn whole(check: Check) -> Self {
        Self { path: String::new(), roots: vec![String::new()], includes: Vec::new(), excludes: Vec::new(), check }
    }
}

impl Check {
    /// The default rules of a version.
    fn of(version: Version) -> Self {
        let rules = RULES.iter().filter(|rule| rule.is_default(version)).map(|rule| rule.id).collect();
        Self { rules, version, ignore: Vec::new(), ignore_only: BTreeMap::new(), ignore_unstable_packages: false }
    }

    /// The default rules where there is no buf.yaml.
    #[must_use]
    pub fn standard() -> Self {
        Self::of(Version::V1)
    }

    /// The ids of the rules that are applied, sorted.
    pub fn rule_ids(&self) -> impl Iterator<Item = &'static str> {
        self.rules.iter().copied()
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        self.rules.iter().filter_map(|id| rules::find(id, self.version))
    }

    pub(super) fn ignores(&self, rule: &str, path: &str) -> bool {
        let contains = |folder: &String| strip_folder(path, folder).is_some();
        self.ignore.iter().any(contains) || self.ignore_only.get(rule).is_some_and(|paths| paths.iter().any(contains))
    }
}

/// `path` below `folder`; empty when they are the same.
pub(super) fn strip_folder<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// Reads the parts of one file.
struct Reader<'a> {
    file: &'a str,
    /// Whether plugins or policies bring rules that are not known here.
    has_other_rules: bool,
}

/// The members of a map by name.
type Members<'a> = BTreeMap<&'a str, &'a Node>;

impl Reader<'_> {
    fn version(&self, root: &Node) -> Result<Version, SchemaError> {
        let Value::Map(map) = &root.value else {
            let cause = "this is not a configuration of buf: it has no version".to_owned();
            return Err(refused(self.file, root.line, root.column, cause));
        };
        let version = map.iter().find(|(key, _)| matches!(&key.value, Value::Text(key) if key == "version"));
        let Some((_, version)) = version else {
            let cause = "the version is missing: version: v2".to_owned();
            return Err(refused(self.file, root.line, root.column, cause));
        };
        match &version.value {
            Value::Text(text) if text == "v1beta1" => Ok(Version::V1Beta1),
            Value::Text(text) if text == "v1" => Ok(Version::V1),
            Value::Text(text) if text == "v2" => Ok(Version::V2),
            _ => Err(self.refused(version, "the version is v1beta1, v1 or v2".to_owned())),
        }
    }

    fn only_module(&self, version: Version, members: &Members<'_>) -> Result<Module, SchemaError> {
        let mut module = Module::whole(Check::of(version));
        if let Some(build) = members.get("build") {
            let build = self.members(build, &["roots", "excludes"])?;
            if let Some(roots) = build.get("roots") {
                if version == Version::V1 {
                    return Err(self.refused(roots, "build.roots is of v1beta1; v2 has modules".to_owned()));
                }
                let roots = self.paths(roots)?;
                if !roots.is_empty() {
                    module.roots = roots;
                }
            }
            if let Some(excludes) = build.get("excludes") {
                module.excludes = self.paths(excludes)?;
            }
        }
        if let Some(breaking) = members.get("breaking") {
            module.check = self.check(version, breaking, "", true)?;
        }
        Ok(module)
    }

    fn modules(&self, members: &Members<'_>) -> Result<Vec<Module>, SchemaError> {
        let shared = members.get("breaking").copied();
        let check = |path: &str, own: Option<&&Node>| match own {
            Some(own) if self.says_something(own) => self.check(Version::V2, own, path, true),
            _ => match shared {
                Some(shared) => self.check(Version::V2, shared, path, false),
                None => Ok(Check::of(Version::V2)),
            },
        };
        let Some(list) = members.get("modules").filter(|node| !matches!(node.value, Value::Null)) else {
            return Ok(vec![Module::whole(check("", None)?)]);
        };
        let mut modules = Vec::new();
        for node in self.list(list)? {
            let members = self.members(node, &["path", "name", "includes", "excludes", "lint", "breaking"])?;
            let path = match members.get("path") {
                Some(path) => self.path(path)?,
                None => String::new(),
            };
            let below = |name: &str| -> Result<Vec<String>, SchemaError> {
                let Some(node) = members.get(name) else { return Ok(Vec::new()) };
                let mut paths = Vec::new();
                for item in self.list(node)? {
                    let whole = self.path(item)?;
                    let relative = strip_folder(&whole, &path).filter(|relative| !relative.is_empty());
                    let Some(relative) = relative else {
                        return Err(self.refused(item, format!("{whole} is not a folder inside of the module {path}")));
                    };
                    paths.push(relative.to_owned());
                }
                Ok(paths)
            };
            let (includes, excludes) = (below("includes")?, below("excludes")?);
            let check = check(&path, members.get("breaking"))?;
            modules.push(Module { path, roots: vec![String::new()], includes, excludes, check });
        }
        if modules.is_empty() {
            modules.push(Module::whole(check("", None)?));
        }
        modules.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(modules)
    }

    /// Whether a section is there and not empty; an empty one of a module leaves the common one in force.
    fn says_something(&self, section: &Node) -> bool {
        match &section.value {
            Value::Map(map) => map.iter().any(|(_, value)| match &value.value {
                Value::Null => false,
                Value::Text(text) => text != "false",
                Value::List(list) => !list.is_empty(),
                Value::Map(map) => !map.is_empty(),
            }),
            _ => false,
        }
    }

    /// A `breaking` section. `module` is the folder that the paths in it must be in (`own`), or of which those
    /// outside do not count.
    fn check(&self, version: Version, section: &Node, module: &str, own: bool) -> Result<Check, SchemaError> {
        if matches!(section.value, Value::Null) {
            return Ok(Check::of(version));
        }
        const KNOWN: [&str; 6] =
            ["use", "except", "ignore", "ignore_only", "ignore_unstable_packages", "disable_builtin"];
        let members = self.members(section, &KNOWN)?;
        let mut check = Check::of(version);
        let used = self.rules(version, members.get("use").copied())?;
        let mut rules: BTreeSet<&'static str> =
            if used.is_empty() && !self.is_nonempty(&members, "use") { check.rule_ids().collect() } else { used };
        for rule in self.rules(version, members.get("except").copied())? {
            rules.remove(rule);
        }
        if self.flag(&members, "disable_builtin")? {
            rules.clear();
        }
        let ignored = |node: &Node| -> Result<Vec<String>, SchemaError> {
            let mut paths = Vec::new();
            for item in self.list(node)? {
                let whole = self.path(item)?;
                match strip_folder(&whole, module) {
                    Some(relative) => paths.push(relative.to_owned()),
                    None if own => {
                        return Err(self.refused(item, format!("{whole} is not inside of the module {module}")));
                    }
                    None => {}
                }
            }
            Ok(paths)
        };
        if let Some(ignore) = members.get("ignore") {
            check.ignore = ignored(ignore)?;
        }
        if let Some(only) = members.get("ignore_only").filter(|node| !matches!(node.value, Value::Null)) {
            let Value::Map(map) = &only.value else {
                return Err(self.refused(only, "expected rules with the paths in which they are ignored".to_owned()));
            };
            for (rule, paths) in map {
                let paths = ignored(paths)?;
                for rule in self.rules_of(version, rule)? {
                    check.ignore_only.entry(rule).or_default().extend(paths.iter().cloned());
                }
            }
        }
        check.ignore_unstable_packages = self.flag(&members, "ignore_unstable_packages")?;
        check.rules = rules.into_iter().collect();
        Ok(check)
    }

    fn is_nonempty(&self, members: &Members<'_>, name: &str) -> bool {
        members.get(name).is_some_and(|node| matches!(&node.value, Value::List(list) if !list.is_empty()))
    }

    fn rules(&self, version: Version, list: Option<&Node>) -> Result<BTreeSet<&'static str>, SchemaError> {
        let mut rules = BTreeSet::new();
        if let Some(list) = list {
            for item in self.list(list)? {
                rules.extend(self.rules_of(version, item)?);
            }
        }
        Ok(rules)
    }

    /// The rules that a rule's id or a category stands for.
    fn rules_of(&self, version: Version, item: &Node) -> Result<Vec<&'static str>, SchemaError> {
        let name = self.text(item)?;
        if let Some(rule) = rules::find(name, version) {
            return Ok(match rule.action {
                Action::Check(_) => vec![rule.id],
                Action::ReplacedBy(others) => {
                    others.iter().copied().filter(|other| rules::find(other, version).is_some()).collect()
                }
            });
        }
        let of_category = RULES.iter().filter(|rule| rule.categories(version).is_some_and(|all| all.contains(name)));
        let ids: Vec<&'static str> = of_category.map(|rule| rule.id).collect();
        if ids.is_empty() && !self.has_other_rules {
            let known: Vec<&str> = rules::names(version).collect();
            let near = nearest::nearest(name, known.iter().copied());
            let did = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(self.refused(item, format!("{name} is neither a rule nor a category{did}")));
        }
        Ok(ids)
    }

    fn members<'n>(&self, node: &'n Node, known: &[&str]) -> Result<Members<'n>, SchemaError> {
        let map = match &node.value {
            Value::Map(map) => map,
            Value::Null => return Ok(Members::new()),
            _ => return Err(self.refused(node, "expected keys with values".to_owned())),
        };
        let mut members = Members::new();
        for (key, value) in map {
            let name = self.text(key)?;
            if !known.contains(&name) {
                let near = nearest::nearest(name, known.iter().copied());
                let did = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                return Err(self.refused(key, format!("there is no key {name} here{did}")));
            }
            if members.insert(name, value).is_some() {
                return Err(self.refused(key, format!("{name} is there twice")));
            }
        }
        Ok(members)
    }

    fn list<'n>(&self, node: &'n Node) -> Result<&'n [Node], SchemaError> {
        match &node.value {
            Value::List(list) => Ok(list),
            Value::Null => Ok(&[]),
            _ => Err(self.refused(node, "expected a list".to_owned())),
        }
    }

    fn text<'n>(&self, node: &'n Node) -> Result<&'n str, SchemaError> {
        match &node.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.refused(node, "expected a word".to_owned())),
        }
    }

    fn flag(&self, members: &Members<'_>, name: &str) -> Result<bool, SchemaError> {
        let Some(node) = members.get(name) else { return Ok(false) };
        match &node.value {
            Value::Null => Ok(false),
            Value::Text(text) if text == "true" => Ok(true),
            Value::Text(text) if text == "false" => Ok(false),
            _ => Err(self.refused(node, format!("{name} is true or false"))),
        }
    }

    fn paths(&self, node: &Node) -> Result<Vec<String>, SchemaError> {
        self.list(node)?.iter().map(|item| self.path(item)).collect()
    }

    /// A path below the folder of buf.yaml, without `.` and slashes at its ends; empty: that folder.
    fn path(&self, node: &Node) -> Result<String, SchemaError> {
        let text = self.text(node)?;
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.pop().is_none() => {
                    return Err(self.refused(node, format!("{text} is outside of the folder of {}", self.file)));
                }
                ".." => {}
                part => parts.push(part),
            }
        }
        if text.starts_with('/') {
            return Err(self.refused(node, format!("{text} is not relative to the folder of {}", self.file)));
        }
        Ok(parts.join("/"))
    }

    fn refused(&self, node: &Node, cause: String) -> SchemaError {
        refused(self.file, node.line, node.column, cause)
    }
}

#[cfg(test)]
mod tests;
