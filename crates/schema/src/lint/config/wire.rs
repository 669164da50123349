//! `buf.yaml` as it is written. What has nothing to do with lint is read over, not past: an unknown key is refused.

use super::super::rules::BufVersion;
use crate::breaking::yaml::{self, Node, Value, refused};
use crate::error::SchemaError;
use crate::nearest::nearest;

/// The whole file, in any version.
#[derive(Debug, Default)]
pub(super) struct WireFile {
    pub(super) lint: WireLint,
    pub(super) roots: Vec<Word>,
    pub(super) excludes: Vec<Word>,
    pub(super) modules: Vec<WireModule>,
}

/// One of v2's `modules`.
#[derive(Debug, Default)]
pub(super) struct WireModule {
    pub(super) path: Option<Word>,
    pub(super) excludes: Vec<Word>,
    pub(super) includes: Vec<Word>,
    /// `None` where the common one holds.
    pub(super) lint: Option<WireLint>,
}

/// `lint`.
#[derive(Debug, Clone, Default)]
pub(super) struct WireLint {
    pub(super) uses: Vec<Word>,
    pub(super) except: Vec<Word>,
    pub(super) ignore: Vec<Word>,
    pub(super) ignore_only: Vec<(Word, Vec<Word>)>,
    pub(super) enum_zero_value_suffix: String,
    pub(super) service_suffix: String,
    pub(super) rpc_allow_same_request_response: bool,
    pub(super) rpc_allow_google_protobuf_empty_requests: bool,
    pub(super) rpc_allow_google_protobuf_empty_responses: bool,
    pub(super) allow_comment_ignores: bool,
    pub(super) disallow_comment_ignores: bool,
    pub(super) disable_builtin: bool,
}

/// A text and where it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The file's version and what it says.
pub(super) fn read(file: &str, text: &str) -> Result<(BufVersion, WireFile), SchemaError> {
    let root = yaml::read(file, text)?;
    let reader = Reader { file };
    let version = reader.version(&root)?;
    let (keys, is_v2): (&[&str], bool) = match version {
        BufVersion::V1Beta1 | BufVersion::V1 => (&["version", "name", "deps", "build", "lint", "breaking"], false),
        BufVersion::V2 => (&["version", "name", "modules", "deps", "lint", "breaking", "plugins", "policies"], true),
    };
    let mut wire = WireFile::default();
    for (key, value) in reader.members(&root, keys)? {
        match key {
            "lint" => wire.lint = reader.lint(value, is_v2)?,
            "modules" => {
                for module in reader.list(value)? {
                    wire.modules.push(reader.module(module)?);
                }
            }
            "build" => {
                let keys: &[&str] = if version == BufVersion::V1Beta1 { &["roots", "excludes"] } else { &["excludes"] };
                for (key, value) in reader.members(value, keys)? {
                    let paths = reader.words(value)?;
                    if key == "roots" { wire.roots = paths } else { wire.excludes = paths }
                }
            }
            _ => {}
        }
    }
    Ok((version, wire))
}

struct Reader<'a> {
    file: &'a str,
}

impl Reader<'_> {
    fn version(&self, root: &Node) -> Result<BufVersion, SchemaError> {
        let no_version = || self.refused(root, "the file says no version: begin with `version: v2`".to_owned());
        let Value::Map(map) = &root.value else { return Err(no_version()) };
        let is_version = |(key, _): &&(Node, Node)| matches!(&key.value, Value::Text(text) if text == "version");
        let (_, version) = map.iter().find(is_version).ok_or_else(no_version)?;
        let word = self.word(version)?;
        match word.text.as_str() {
            "v1beta1" => Ok(BufVersion::V1Beta1),
            "v1" => Ok(BufVersion::V1),
            "v2" => Ok(BufVersion::V2),
            other => Err(self.refused(version, format!("the version {other:?} is not known; it is v1beta1, v1 or v2"))),
        }
    }

    fn module(&self, node: &Node) -> Result<WireModule, SchemaError> {
        let mut module = WireModule::default();
        for (key, value) in self.members(node, &["path", "name", "includes", "excludes", "lint", "breaking"])? {
            match key {
                "path" => module.path = Some(self.word(value)?),
                "excludes" => module.excludes = self.words(value)?,
                "includes" => module.includes = self.words(value)?,
                "lint" if says_something(value) => module.lint = Some(self.lint(value, true)?),
                _ => {}
            }
        }
        Ok(module)
    }

    fn lint(&self, node: &Node, is_v2: bool) -> Result<WireLint, SchemaError> {
        const KEYS: [&str; 9] = [
            "use",
            "except",
            "ignore",
            "ignore_only",
            "enum_zero_value_suffix",
            "service_suffix",
            "rpc_allow_same_request_response",
            "rpc_allow_google_protobuf_empty_requests",
            "rpc_allow_google_protobuf_empty_responses",
        ];
        let more: &[&str] =
            if is_v2 { &["disallow_comment_ignores", "disable_builtin"] } else { &["allow_comment_ignores"] };
        let mut lint = WireLint::default();
        for (key, value) in self.members(node, &[&KEYS, more].concat())? {
            match key {
                "use" => lint.uses = self.words(value)?,
                "except" => lint.except = self.words(value)?,
                "ignore" => lint.ignore = self.words(value)?,
                "ignore_only" => lint.ignore_only = self.ignore_only(value)?,
                "enum_zero_value_suffix" => lint.enum_zero_value_suffix = self.optional_text(value)?,
                "service_suffix" => lint.service_suffix = self.optional_text(value)?,
                "rpc_allow_same_request_response" => lint.rpc_allow_same_request_response = self.flag(value)?,
                "rpc_allow_google_protobuf_empty_requests" => {
                    lint.rpc_allow_google_protobuf_empty_requests = self.flag(value)?;
                }
                "rpc_allow_google_protobuf_empty_responses" => {
                    lint.rpc_allow_google_protobuf_empty_responses = self.flag(value)?;
                }
                "allow_comment_ignores" => lint.allow_comment_ignores = self.flag(value)?,
                "disallow_comment_ignores" => lint.disallow_comment_ignores = self.flag(value)?,
                _ => lint.disable_builtin = self.flag(value)?,
            }
        }
        Ok(lint)
    }

    fn ignore_only(&self, node: &Node) -> Result<Vec<(Word, Vec<Word>)>, SchemaError> {
        match &node.value {
            Value::Null => Ok(Vec::new()),
            Value::Map(map) => map.iter().map(|(rule, paths)| Ok((self.word(rule)?, self.words(paths)?))).collect(),
            _ => Err(self.refused(node, "expected rules with the paths in which they are ignored".to_owned())),
        }
    }

    fn members<'n>(&self, node: &'n Node, known: &[&str]) -> Result<Vec<(&'n str, &'n Node)>, SchemaError> {
        let map = match &node.value {
            Value::Map(map) => map,
            Value::Null => return Ok(Vec::new()),
            _ => return Err(self.refused(node, "expected keys with values".to_owned())),
        };
        let mut members: Vec<(&str, &Node)> = Vec::with_capacity(map.len());
        for (key, value) in map {
            let Value::Text(name) = &key.value else {
                return Err(self.refused(key, "expected a key".to_owned()));
            };
            if !known.contains(&name.as_str()) {
                let near = nearest(name, known.iter().copied());
                let did = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
                return Err(self.refused(key, format!("there is no key {name} here in this version{did}")));
            }
            if members.iter().any(|(other, _)| other == name) {
                return Err(self.refused(key, format!("{name} is there twice")));
            }
            members.push((name, value));
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

    fn words(&self, node: &Node) -> Result<Vec<Word>, SchemaError> {
        self.list(node)?.iter().map(|item| self.word(item)).collect()
    }

    fn word(&self, node: &Node) -> Result<Word, SchemaError> {
        match &node.value {
            Value::Text(text) => Ok(Word { text: text.clone(), line: node.line, column: node.column }),
            _ => Err(self.refused(node, "expected a word".to_owned())),
        }
    }

    fn optional_text(&self, node: &Node) -> Result<String, SchemaError> {
        if matches!(node.value, Value::Null) { Ok(String::new()) } else { Ok(self.word(node)?.text) }
    }

    fn flag(&self, node: &Node) -> Result<bool, SchemaError> {
        match &node.value {
            Value::Null => Ok(false),
            Value::Text(text) if text == "true" => Ok(true),
            Value::Text(text) if text == "false" => Ok(false),
            _ => Err(self.refused(node, "expected true or false".to_owned())),
        }
    }

    fn refused(&self, node: &Node, cause: String) -> SchemaError {
        refused(self.file, node.line, node.column, cause)
    }
}

/// Whether a section is there and not empty; an empty one of a module leaves the common one in force.
fn says_something(section: &Node) -> bool {
    let Value::Map(map) = &section.value else { return false };
    map.iter().any(|(_, value)| match &value.value {
        Value::Null => false,
        Value::Text(text) => text != "false",
        Value::List(list) => !list.is_empty(),
        Value::Map(map) => !map.is_empty(),
    })
}
