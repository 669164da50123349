//! What a `buf.yaml` says of lint: which files are linted together, by which of buf's rules, and what is left out.
//!
//! Read as buf reads it: `v1beta1`, `v1` and `v2` name different keys, ignored paths are relative to the roots in the
//! first and to the `buf.yaml` in the others, and comments that ignore a rule must be allowed before v2.

mod wire;

use std::collections::{BTreeMap, BTreeSet};

use self::wire::{WireFile, WireLint, Word};
use super::rules::{BufVersion, CATEGORY_ALIASES, Origin, RETIRED, RULES, Rule, STANDARD};
use crate::error::{Place, SchemaError};
use crate::nearest::nearest;

/// The configuration's name in a folder.
pub const BUF_YAML: &str = "buf.yaml";

/// The largest `buf.yaml` that is read.
pub const BUF_YAML_BYTES_MAX: u64 = 1 << 20;

const THIS_FOLDER: &str = ".";

/// The modules of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Each is linted by itself; files of the others are imports to it.
    pub modules: Vec<Module>,
}

/// Files that are linted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Folders that import names are relative to; `.` is the whole folder.
    pub roots: Vec<String>,
    /// Files and folders that are not part of it.
    pub excludes: Vec<String>,
    /// Where not empty, the only files and folders that are part of it.
    pub includes: Vec<String>,
    /// How it is linted.
    pub lint: LintConfig,
}

/// How a module is linted by buf's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintConfig {
    /// The ids of buf's rules that are on.
    pub enabled: BTreeSet<&'static str>,
    /// Files and folders with no findings.
    pub ignore: Vec<String>,
    /// Files and folders with no findings of one rule.
    pub ignore_only: BTreeMap<&'static str, Vec<String>>,
    /// Ignored paths are import names (v1beta1), not paths from the `buf.yaml`.
    pub ignores_import_names: bool,
    /// What the zero value of an enum ends with.
    pub enum_zero_value_suffix: String,
    /// What a service's name ends with.
    pub service_suffix: String,
    /// An RPC may have one message as request and response.
    pub rpc_allow_same_request_response: bool,
    /// `google.protobuf.Empty` may be the request of many RPCs.
    pub rpc_allow_google_protobuf_empty_requests: bool,
    /// `google.protobuf.Empty` may be the response of many RPCs.
    pub rpc_allow_google_protobuf_empty_responses: bool,
    /// What comments may ignore.
    pub comment_ignores: CommentIgnores,
}

/// What `// buf:lint:ignore ID` and `// judi:lint:ignore ID` may ignore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentIgnores {
    /// Nothing: `disallow_comment_ignores: true`.
    Nothing,
    /// Judi's rules only: before v2, buf's must be allowed first.
    Judis,
    /// Every rule.
    All,
}

impl Workspace {
    /// A folder without a `buf.yaml`: one module, buf's v1 defaults.
    #[must_use]
    pub fn standard() -> Self {
        Self { modules: vec![Module::whole(LintConfig::standard(BufVersion::V1))] }
    }

    /// Reads a `buf.yaml`; `file` names it in errors.
    ///
    /// # Errors
    /// [`SchemaError::Refused`] with the line: no YAML, an unknown version, key, rule or category, a path that leads out.
    pub fn parse(file: &str, text: &str) -> Result<Self, SchemaError> {
        let (version, wire) = wire::read(file, text)?;
        let reader = Reader { file, version };
        let modules = match version {
            BufVersion::V2 => reader.modules_of_v2(&wire)?,
            BufVersion::V1Beta1 | BufVersion::V1 => vec![reader.module_of_v1(&wire)?],
        };
        Ok(Self { modules })
    }

    /// The same for the folder `folder` in it: modules and paths outside of it are left out. When nothing is left,
    /// the file says nothing of the folder, and the defaults hold.
    #[must_use]
    pub fn below(self, folder: &str) -> Self {
        let modules: Vec<Module> = self.modules.into_iter().filter_map(|module| module.below(folder)).collect();
        if modules.is_empty() { Self::standard() } else { Self { modules } }
    }

    /// The module that a file is part of, by its index, and the file's import name there. Of roots in each other the
    /// innermost counts.
    #[must_use]
    pub fn module_of<'a>(&self, path: &'a str) -> Option<(usize, &'a str)> {
        let of_module = |(index, module): (usize, &Module)| {
            let root = module.roots.iter().filter(|root| contains(root, path)).max_by_key(|root| depth(root))?;
            let included = module.includes.is_empty() || module.includes.iter().any(|it| contains(it, path));
            let excluded = module.excludes.iter().any(|it| contains(it, path));
            (included && !excluded).then_some((index, depth(root), import_name(root, path)))
        };
        let found = self.modules.iter().enumerate().filter_map(of_module).max_by_key(|(_, depth, _)| *depth);
        found.map(|(index, _, name)| (index, name))
    }
}

impl Module {
    fn whole(lint: LintConfig) -> Self {
        Self { roots: vec![THIS_FOLDER.to_owned()], excludes: Vec::new(), includes: Vec::new(), lint }
    }

    fn below(self, folder: &str) -> Option<Self> {
        let roots: Vec<String> = self
            .roots
            .iter()
            .filter_map(
                |root| if contains(root, folder) { Some(THIS_FOLDER.to_owned()) } else { rebased(root, folder) },
            )
            .collect();
        if roots.is_empty() {
            return None;
        }
        let inner = |paths: &[String]| paths.iter().filter_map(|path| rebased(path, folder)).collect::<Vec<_>>();
        let mut lint = self.lint;
        if !lint.ignores_import_names {
            lint.ignore = inner(&lint.ignore);
            for paths in lint.ignore_only.values_mut() {
                *paths = inner(paths);
            }
        }
        Some(Self { roots, excludes: inner(&self.excludes), includes: inner(&self.includes), lint })
    }
}

impl LintConfig {
    /// What holds where nothing is configured.
    #[must_use]
    pub fn standard(version: BufVersion) -> Self {
        Self {
            enabled: ids_in(version, STANDARD).collect(),
            ignore: Vec::new(),
            ignore_only: BTreeMap::new(),
            ignores_import_names: version == BufVersion::V1Beta1,
            enum_zero_value_suffix: "_UNSPECIFIED".to_owned(),
            service_suffix: "Service".to_owned(),
            rpc_allow_same_request_response: false,
            rpc_allow_google_protobuf_empty_requests: false,
            rpc_allow_google_protobuf_empty_responses: false,
            comment_ignores: if version == BufVersion::V2 { CommentIgnores::All } else { CommentIgnores::Judis },
        }
    }

    /// Whether a file's findings of a rule are ignored, by its path and its import name.
    #[must_use]
    pub fn ignores(&self, rule: &str, path: &str, import_name: &str) -> bool {
        let name = if self.ignores_import_names { import_name } else { path };
        let covers = |paths: &[String]| paths.iter().any(|it| contains(it, name));
        covers(&self.ignore) || self.ignore_only.get(rule).is_some_and(|paths| covers(paths))
    }
}

struct Reader<'a> {
    file: &'a str,
    version: BufVersion,
}

impl Reader<'_> {
    fn module_of_v1(&self, wire: &WireFile) -> Result<Module, SchemaError> {
        let mut module = Module::whole(self.lint(&wire.lint)?);
        module.excludes = self.paths(&wire.excludes)?;
        let roots = self.paths(&wire.roots)?;
        if !roots.is_empty() {
            module.roots = roots;
        }
        Ok(module)
    }

    fn modules_of_v2(&self, wire: &WireFile) -> Result<Vec<Module>, SchemaError> {
        if wire.modules.is_empty() {
            return Ok(vec![Module::whole(self.lint(&wire.lint)?)]);
        }
        let module = |it: &wire::WireModule| {
            let root = it.path.as_ref().map_or_else(|| Ok(THIS_FOLDER.to_owned()), |path| self.path(path))?;
            Ok(Module {
                roots: vec![root],
                excludes: self.paths(&it.excludes)?,
                includes: self.paths(&it.includes)?,
                lint: self.lint(it.lint.as_ref().unwrap_or(&wire.lint))?,
            })
        };
        wire.modules.iter().map(module).collect()
    }

    fn lint(&self, wire: &WireLint) -> Result<LintConfig, SchemaError> {
        let mut config = LintConfig::standard(self.version);
        if wire.disable_builtin {
            config.enabled.clear();
        } else if !wire.uses.is_empty() {
            config.enabled = self.rules(&wire.uses)?;
        }
        for id in self.rules(&wire.except)? {
            config.enabled.remove(id);
        }
        config.ignore = self.paths(&wire.ignore)?;
        for (name, paths) in &wire.ignore_only {
            let paths = self.paths(paths)?;
            for rule in self.rules(std::slice::from_ref(name))? {
                config.ignore_only.entry(rule).or_default().extend(paths.iter().cloned());
            }
        }
        for (over, default) in [
            (&wire.enum_zero_value_suffix, &mut config.enum_zero_value_suffix),
            (&wire.service_suffix, &mut config.service_suffix),
        ] {
            if !over.is_empty() {
                default.clone_from(over);
            }
        }
        config.rpc_allow_same_request_response = wire.rpc_allow_same_request_response;
        config.rpc_allow_google_protobuf_empty_requests = wire.rpc_allow_google_protobuf_empty_requests;
        config.rpc_allow_google_protobuf_empty_responses = wire.rpc_allow_google_protobuf_empty_responses;
        if wire.allow_comment_ignores {
            config.comment_ignores = CommentIgnores::All;
        }
        if wire.disallow_comment_ignores {
            config.comment_ignores = CommentIgnores::Nothing;
        }
        Ok(config)
    }

    /// The rules that ids of rules and categories stand for.
    fn rules(&self, words: &[Word]) -> Result<BTreeSet<&'static str>, SchemaError> {
        let mut ids = BTreeSet::new();
        for word in words.iter().filter(|word| !word.text.trim().is_empty()) {
            let name = word.text.trim();
            let name = CATEGORY_ALIASES.iter().find(|(old, _)| *old == name).map_or(name, |(_, today)| *today);
            let known = RULES.iter().filter(|rule| rule.categories(self.version).is_some());
            let mut found = known.filter(|rule| rule.id == name).map(|rule| rule.id).chain(ids_in(self.version, name));
            match found.next() {
                Some(first) => ids.extend(std::iter::once(first).chain(found)),
                None if RETIRED.contains(&name) => {}
                None => return Err(self.unknown(word)),
            }
        }
        Ok(ids)
    }

    fn unknown(&self, word: &Word) -> SchemaError {
        let name = word.text.as_str();
        let is_judis = |rule: &&Rule| rule.origin == Origin::Judi;
        let hint = if RULES.iter().filter(is_judis).any(|rule| rule.id == name) {
            "it is Judi's: switch it off with lint_except in the table [schema] of conventions.toml".to_owned()
        } else {
            let known = RULES.iter().filter_map(|rule| Some((rule.id, rule.categories(self.version)?)));
            let names = known.flat_map(|(id, categories)| categories.iter().copied().chain([id]));
            match nearest(name, names.collect::<BTreeSet<_>>()) {
                Some(near) => format!("did you mean {near}?"),
                None => "the rules and categories are in docs/reference/lint.md".to_owned(),
            }
        };
        self.refused(word, format!("{name:?} is no rule or category of buf's in this version of {BUF_YAML}"), hint)
    }

    fn paths(&self, paths: &[Word]) -> Result<Vec<String>, SchemaError> {
        paths.iter().map(|path| self.path(path)).collect()
    }

    fn path(&self, word: &Word) -> Result<String, SchemaError> {
        let path = word.text.as_str();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != THIS_FOLDER).collect();
        if path.starts_with('/') || parts.contains(&"..") {
            let cause = format!("the path {path:?} leads out of the folder");
            return Err(self.refused(word, cause, "paths are relative to the buf.yaml".to_owned()));
        }
        Ok(if parts.is_empty() { THIS_FOLDER.to_owned() } else { parts.join("/") })
    }

    fn refused(&self, word: &Word, cause: String, hint: String) -> SchemaError {
        let place = Place { file: self.file.to_owned(), line: Some(word.line), column: Some(word.column) };
        SchemaError::Refused { place, cause, hint }
    }
}

fn ids_in(version: BufVersion, category: &str) -> impl Iterator<Item = &'static str> {
    let in_category = move |rule: &&Rule| rule.categories(version).is_some_and(|it| it.contains(&category));
    RULES.iter().filter(in_category).map(|rule| rule.id)
}

/// Whether `path` is `folder` or lies in it.
fn contains(folder: &str, path: &str) -> bool {
    folder == THIS_FOLDER || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn depth(root: &str) -> usize {
    if root == THIS_FOLDER { 0 } else { root.split('/').count() }
}

fn import_name<'a>(root: &str, path: &'a str) -> &'a str {
    if root == THIS_FOLDER {
        return path;
    }
    path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path)
}

/// `path` relative to `folder`; `None` where it lies outside.
fn rebased(path: &str, folder: &str) -> Option<String> {
    if path == THIS_FOLDER || path == folder {
        return Some(THIS_FOLDER.to_owned());
    }
    path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned)
}

#[cfg(test)]
mod tests;
