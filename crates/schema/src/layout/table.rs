//! The ledger's columns as a tree, in the order in which they were published: the table's Arrow schema, and
//! the way from a version's fields to their columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Fields, Schema, SchemaRef};

use super::shape::{CaseShape, FieldShape, InnerShape, MessageShape};
use super::{ColumnType, EventLayout, FieldLayout, Inner, StructLayout, envelope_fields};
use crate::ledger::{ColumnKey, ColumnRole, Ledger};

/// The columns of the table `events`.
#[derive(Debug)]
pub(crate) struct TableColumns {
    nodes: Vec<Node>,
    by_key: HashMap<ColumnKey, usize>,
    schema: SchemaRef,
}

#[derive(Debug)]
struct Node {
    kind: ColumnType,
    /// The index among the siblings; of an event's struct among all top-level columns.
    position: usize,
    children: Vec<usize>,
    column: Vec<String>,
    /// The version that brought it.
    since: u32,
}

/// A version has a field that the ledger gives no column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ledger has no column for field {number} of {message}")]
pub(crate) struct NoColumn {
    pub(crate) message: String,
    pub(crate) number: u32,
}

impl TableColumns {
    /// The columns of a ledger that was checked on loading.
    pub(crate) fn new(ledger: &Ledger) -> Self {
        let mut nodes: Vec<Node> = Vec::with_capacity(ledger.columns.len());
        let mut by_key = HashMap::new();
        let mut by_column: HashMap<&[String], usize> = HashMap::new();
        let envelope = envelope_fields();
        let mut roots = Vec::new();
        for entry in &ledger.columns {
            let at = nodes.len();
            let parent = entry.column.split_last().and_then(|(_, parent)| by_column.get(parent).copied());
            let position = match parent.and_then(|parent| nodes.get_mut(parent)) {
                Some(parent) => {
                    parent.children.push(at);
                    parent.children.len() - 1
                }
                None => {
                    roots.push(at);
                    envelope.len() + roots.len() - 1
                }
            };
            let (children, column) = (Vec::new(), entry.column.clone());
            nodes.push(Node { kind: entry.kind, position, children, column, since: entry.since });
            by_key.insert(entry.key.clone(), at);
            by_column.insert(&entry.column, at);
        }
        let events = fields(&nodes, &roots);
        let all: Vec<Arc<Field>> = envelope.into_iter().map(Arc::new).chain(events.iter().cloned()).collect();
        Self { nodes, by_key, schema: Arc::new(Schema::new(Fields::from(all))) }
    }

    pub(crate) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Where an event of this shape, of version `version`, lands.
    pub(crate) fn layout(&self, version: u32, event: u32, shape: &MessageShape) -> Result<EventLayout, NoColumn> {
        let missing = || NoColumn { message: shape.full_name.clone(), number: 0 };
        let root = self.node(event, &[], ColumnRole::Value, 1).ok_or_else(missing)?;
        let layout = Walk { columns: self, version, event, path: Vec::new() }.message(shape, root)?;
        Ok(EventLayout { column: root.position, root: layout })
    }

    /// The column of a field at the top level of an event, and those of its earlier generations, newest first.
    pub(crate) fn generations(&self, event: u32, number: u32, role: ColumnRole) -> Vec<&[String]> {
        let columns = (1u32..).map_while(|generation| self.node(event, &[number], role, generation));
        let mut columns: Vec<&[String]> = columns.map(|node| node.column.as_slice()).collect();
        columns.reverse();
        columns
    }

    fn node(&self, event: u32, path: &[u32], role: ColumnRole, generation: u32) -> Option<&Node> {
        let key = ColumnKey { event, path: path.to_vec(), role, generation };
        self.nodes.get(*self.by_key.get(&key)?)
    }
}

/// The way of one version's event through the columns.
struct Walk<'a> {
    columns: &'a TableColumns,
    version: u32,
    event: u32,
    /// Field numbers to the message or field that is walked.
    path: Vec<u32>,
}

impl<'a> Walk<'a> {
    fn message(&mut self, shape: &MessageShape, node: &Node) -> Result<StructLayout, NoColumn> {
        // A column that came later is not this version's to fill: the same record must always give the same row.
        let present = self.node(ColumnRole::Present, 1).filter(|node| node.since <= self.version);
        let present = present.map(|node| node.position);
        let missing = |number: u32| NoColumn { message: shape.full_name.clone(), number };
        let mut fields = Vec::with_capacity(shape.fields.len());
        for field in &shape.fields {
            self.path.push(field.number);
            let layout = self.field(field);
            self.path.pop();
            fields.push(layout?.ok_or_else(|| missing(field.number))?);
        }
        let mut cases = Vec::with_capacity(shape.cases.len());
        for case in &shape.cases {
            let number = case.members.first().copied().unwrap_or(0);
            cases.push(self.case(case).ok_or_else(|| missing(number))?);
        }
        Ok(StructLayout { children: node.children.len(), fields, cases, present })
    }

    fn field(&mut self, field: &FieldShape) -> Result<Option<FieldLayout>, NoColumn> {
        // A version's field fills the generation that has its type.
        let mut generations = (1u32..).map_while(|generation| self.node(ColumnRole::Value, generation));
        let Some(node) = generations.find(|node| node.kind == field.kind) else { return Ok(None) };
        let first = self.node(ColumnRole::Value, 1).and_then(|node| node.column.last());
        let first_name = first.map_or(field.name.as_str(), String::as_str).into();
        let unknown_number = match field.has_number {
            true => match self.node(ColumnRole::Number, 1) {
                Some(number) => Some(number.position),
                None => return Ok(None),
            },
            false => None,
        };
        let inner = match &field.inner {
            InnerShape::Leaf => Inner::Leaf,
            InnerShape::Cut => Inner::Cut,
            InnerShape::Struct(shape) => Inner::Struct(Box::new(self.message(shape, node)?)),
        };
        Ok(Some(FieldLayout { child: node.position, first_name, unknown_number, inner }))
    }

    fn case(&mut self, case: &CaseShape) -> Option<usize> {
        case.members.iter().find_map(|&member| {
            self.path.push(member);
            let node = self.node(ColumnRole::Case, 1);
            self.path.pop();
            node.map(|node| node.position)
        })
    }

    fn node(&self, role: ColumnRole, generation: u32) -> Option<&'a Node> {
        self.columns.node(self.event, &self.path, role, generation)
    }
}

fn fields(nodes: &[Node], wanted: &[usize]) -> Fields {
    let field = |at: &usize| {
        let node = nodes.get(*at)?;
        let name = node.column.last()?;
        Some(Field::new(name, node.kind.arrow(fields(nodes, &node.children)), true))
    };
    wanted.iter().filter_map(field).collect()
}
