//! YAML as a tree that knows its lines: what buf.yaml is read from.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::error::{Place, SchemaError};

/// How deep lists and maps may lie in each other.
const DEPTH_MAX: usize = 32;
/// The most nodes of a document, those that aliases repeat included.
const NODES_MAX: usize = 100_000;

/// A value and where it begins, both from 1.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    Text(String),
    List(Vec<Node>),
    /// In the order of the text.
    Map(Vec<(Node, Node)>),
}

/// Reads the first document of a text; an empty one is [`Value::Null`].
///
/// # Errors
/// What is no YAML, or is too deep or too large, with its place in `file`.
pub(crate) fn read(file: &str, text: &str) -> Result<Node, SchemaError> {
    let mut reader = Reader { file, open: Vec::new(), anchors: HashMap::new(), nodes: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let (line, column) = spot(error.marker().line(), error.marker().col());
            refused(file, line, column, error.info().to_owned())
        })?;
        let (line, column) = spot(span.start.line(), span.start.col());
        if let Some(document) = reader.event(event, line, column)? {
            return Ok(document);
        }
    }
    Ok(Node { line: 1, column: 1, value: Value::Null })
}

/// That something in a configuration is wrong.
pub(crate) fn refused(file: &str, line: u32, column: u32, cause: String) -> SchemaError {
    SchemaError::Refused {
        place: Place { file: file.to_owned(), line: Some(line), column: Some(column) },
        cause,
        hint: "see https://buf.build/docs/configuration for what buf.yaml may say".to_owned(),
    }
}

struct Reader<'a> {
    file: &'a str,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

/// A list or a map that is being read.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<Node>,
}

impl Reader<'_> {
    /// The whole document, when this event completes it.
    fn event(&mut self, event: Event<'_>, line: u32, column: u32) -> Result<Option<Node>, SchemaError> {
        let node = |value| Node { line, column, value };
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_null =
                    style == ScalarStyle::Plain && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL");
                let value = if is_null { Value::Null } else { Value::Text(text.into_owned()) };
                self.complete(node(value), anchor)
            }
            Event::Alias(anchor) => {
                let Some(known) = self.anchors.get(&anchor).cloned() else {
                    return Err(refused(self.file, line, column, "this alias has no anchor".to_owned()));
                };
                self.nodes += count(&known);
                self.complete(known, 0)
            }
            Event::SequenceStart(anchor, _) => self.begin(node(Value::List(Vec::new())), anchor),
            Event::MappingStart(anchor, _) => self.begin(node(Value::Map(Vec::new())), anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.complete(open.node, open.anchor),
                None => Ok(None),
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(None)
            }
        }
    }

    fn begin(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, SchemaError> {
        if self.open.len() == DEPTH_MAX {
            let cause = format!("lists and maps lie more than {DEPTH_MAX} deep in each other");
            return Err(refused(self.file, node.line, node.column, cause));
        }
        self.open.push(Open { node, anchor, key: None });
        Ok(None)
    }

    fn complete(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, SchemaError> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            let cause = format!("the file has more than {NODES_MAX} values");
            return Err(refused(self.file, node.line, node.column, cause));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        match &mut open.node.value {
            Value::List(list) => list.push(node),
            Value::Map(map) => match open.key.take() {
                Some(key) => map.push((key, node)),
                None => open.key = Some(node),
            },
            Value::Null | Value::Text(_) => {}
        }
        Ok(None)
    }
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Text(_) => 1,
        Value::List(list) => 1 + list.iter().map(count).sum::<usize>(),
        Value::Map(map) => 1 + map.iter().map(|(key, value)| count(key) + count(value)).sum::<usize>(),
    }
}

/// The parser counts lines from 1 and columns from 0.
fn spot(line: usize, column: usize) -> (u32, u32) {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (number(line).max(1), number(column).saturating_add(1))
}
