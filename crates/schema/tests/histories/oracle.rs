//! What must be in the table, from the values that were sent and the model, and from nothing that Judi says but the
//! ledger's columns.
//!
//! | the version that read the row first | the field was sent | its column holds |
//! |---|---|---|
//! | has it | yes | the value |
//! | has it | no | its default where presence is implicit, else NULL |
//! | lacks it | yes | the value, once a version that has it is published; until then `_unknown` does |
//! | lacks it | no | NULL |
//!
//! In JSON, "has it" means: under the name that the sender's version gives it.

mod cells;
mod names;

use std::collections::HashMap;

use judi_schema::layout::{ColumnType, Element};
use judi_schema::ledger::{ColumnRole, Ledger};

use self::cells::{is_column_of, is_zero, scalar_cell};
use self::names::Names;
pub(crate) use self::names::first_reading;
use crate::cell::Cell;
use crate::history::History;
use crate::leaves::{Flatten, Leaves, zero};
use crate::model::{EnumKey, Field, Kind, Many, MessageKey, Schema};
use crate::senders::Sent;
use crate::values::{Held, Value, Values};

/// The ledger's columns as a tree.
pub(crate) struct Columns {
    nodes: Vec<Node>,
    roots: HashMap<String, usize>,
}

struct Node {
    number: u32,
    role: ColumnRole,
    kind: ColumnType,
    name: String,
    children: Vec<usize>,
}

impl Columns {
    pub(crate) fn new(ledger: &Ledger) -> Self {
        let mut columns = Self { nodes: Vec::new(), roots: HashMap::new() };
        let mut by_path: HashMap<&[String], usize> = HashMap::new();
        for column in &ledger.columns {
            let at = columns.nodes.len();
            let (name, parent) = column.column.split_last().unwrap();
            match by_path.get(parent) {
                Some(parent) => columns.nodes[*parent].children.push(at),
                None => {
                    columns.roots.insert(name.clone(), at);
                }
            }
            by_path.insert(&column.column, at);
            columns.nodes.push(Node {
                number: column.key.path.last().copied().unwrap_or(0),
                role: column.key.role,
                kind: column.kind,
                name: name.clone(),
                children: Vec::new(),
            });
        }
        columns
    }
}

/// One sent event, read by some versions.
pub(crate) struct Oracle<'a> {
    pub(crate) history: &'a History,
    pub(crate) columns: &'a Columns,
    pub(crate) sent: &'a Sent,
    /// The versions at whose publication the row was read again, ascending.
    pub(crate) again: Vec<u32>,
}

/// By which version a message is read: as a whole, or as what was left of it.
#[derive(Clone, Copy)]
enum By {
    Whole(u32),
    Part(u32),
}

type Path = Vec<(MessageKey, u32)>;

impl Oracle<'_> {
    /// Whether the cell of the event's struct is what it must be, in a row that `label` read first.
    pub(crate) fn check(&self, label: u32, cell: &Cell) -> Result<(), String> {
        let root = self.columns.roots[&self.sent.name];
        self.message(root, self.sent.event, &self.sent.values, By::Whole(label), &mut Path::new(), cell)
    }

    /// What no version could read: it must still be in `_unknown`.
    pub(crate) fn left(&self, label: u32) -> Leaves {
        let mut out = Leaves::new();
        self.left_of(self.sent.event, &self.sent.values, By::Whole(label), &mut Path::new(), "", &mut out);
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }

    /// What `_unknown` holds.
    pub(crate) fn unknown(&self, bytes: &[u8]) -> Leaves {
        let mut out = Leaves::new();
        Flatten { schema: self.writer() }.bytes(self.sent.event, bytes, "", &mut out);
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }

    fn writer(&self) -> &Schema {
        self.history.schema(self.sent.writer)
    }

    fn names(&self) -> Names<'_> {
        Names { writer: self.writer(), sent: self.sent }
    }

    /// The version that reads a field that was sent, and whether as a part of its message.
    fn reader(&self, by: By, path: &Path, key: MessageKey, number: u32, held: &Held) -> Option<By> {
        let names = self.names();
        let reads = |version: u32| names.read(self.history.schema(version), key, number).is_some();
        let from = match by {
            By::Whole(label) if reads(label) => return Some(By::Whole(label)),
            By::Whole(label) => label + 1,
            By::Part(version) => version,
        };
        let is_here = |version: &u32| {
            let schema = self.history.schema(*version);
            *version >= from
                && self.is_alive(path, *version)
                && reads(*version)
                && names.fit_field(schema, key, number, held)
        };
        self.again.iter().copied().find(is_here).map(By::Part)
    }

    fn is_alive(&self, path: &Path, version: u32) -> bool {
        let schema = self.history.schema(version);
        let is_event = schema.message(self.sent.event).is_some();
        is_event && path.iter().all(|(key, number)| schema.field(*key, *number).is_some())
    }

    fn message(
        &self,
        node: usize,
        key: MessageKey,
        values: &Values,
        by: By,
        path: &mut Path,
        cell: &Cell,
    ) -> Result<(), String> {
        let Cell::Struct(members) = cell else { return wrong("a message", cell) };
        let children = &self.columns.nodes[node].children;
        assert_eq!(children.len(), members.len());
        for (child, (name, cell)) in children.iter().zip(members) {
            self.child(node, *child, key, values, by, path, cell).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one place of a walk over columns, values and cells at once")]
    fn child(
        &self,
        parent: usize,
        child: usize,
        key: MessageKey,
        values: &Values,
        by: By,
        path: &mut Path,
        cell: &Cell,
    ) -> Result<(), String> {
        let node = &self.columns.nodes[child];
        let held = values.get(&node.number);
        match node.role {
            ColumnRole::Present => same(&Cell::Bool(true), cell),
            ColumnRole::Case => same(&self.case(parent, node, key, values, by, path), cell),
            ColumnRole::Number => same(&self.number(node, key, held, by, path), cell),
            ColumnRole::Value => {
                let read = held.and_then(|held| Some((held, self.reader(by, path, key, node.number, held)?)));
                if let Some((held, by)) = read {
                    let field = self.read_field(by, key, node.number);
                    if is_column_of(node.kind, field) {
                        path.push((key, node.number));
                        let result = self.held(child, field, held, by, path, cell);
                        path.pop();
                        return result;
                    }
                }
                let By::Whole(label) = by else { return same(&Cell::Null, cell) };
                // A value that was read as a whole is in the column of its type, and in no other.
                let is_read = read.is_some_and(|(_, by)| matches!(by, By::Whole(_)));
                let field = self.history.schema(label).field(key, node.number);
                let field = field.filter(|field| !is_read && is_column_of(node.kind, field));
                same(&field.map_or(Cell::Null, |field| self.absent(label, field)), cell)
            }
        }
    }

    fn read_field(&self, by: By, key: MessageKey, number: u32) -> &Field {
        let (By::Whole(version) | By::Part(version)) = by;
        self.history.schema(version).field(key, number).unwrap()
    }

    /// What a field that did not come holds.
    fn absent(&self, label: u32, field: &Field) -> Cell {
        match (field.many, field.kind) {
            (Many::Repeated, _) => Cell::List(Vec::new()),
            (Many::Map(_), _) => Cell::Map(Vec::new()),
            (Many::Implicit, Kind::Scalar(of)) => scalar_cell(&zero(of)),
            (Many::Implicit, Kind::Enum(key)) => Cell::text(self.history.schema(label).enums[key].name_of(0).unwrap()),
            _ => Cell::Null,
        }
    }

    fn held(
        &self,
        node: usize,
        field: &Field,
        held: &Held,
        by: By,
        path: &mut Path,
        cell: &Cell,
    ) -> Result<(), String> {
        match (held, cell) {
            (Held::One(value), cell) => self.value(node, field.kind, value, by, path, cell),
            (Held::List(values), Cell::List(cells)) if values.len() == cells.len() => {
                let mut pairs = values.iter().zip(cells);
                pairs.try_for_each(|(value, cell)| self.value(node, field.kind, value, by, path, cell))
            }
            (Held::Map(pairs), Cell::Map(cells)) if pairs.len() == cells.len() => {
                for ((key, value), (key_cell, cell)) in pairs.iter().zip(cells) {
                    same(&scalar_cell(key), key_cell)?;
                    self.value(node, field.kind, value, by, path, cell)?;
                }
                Ok(())
            }
            (held, cell) => wrong(&format!("{held:?}"), cell),
        }
    }

    fn value(
        &self,
        node: usize,
        kind: Kind,
        value: &Value,
        by: By,
        path: &mut Path,
        cell: &Cell,
    ) -> Result<(), String> {
        match (kind, value) {
            (Kind::Message(key), Value::Message(values))
                if self.columns.nodes[node].kind.element() == Element::Struct =>
            {
                self.message(node, key, values, by, path, cell)
            }
            (Kind::Message(key), Value::Message(values)) => {
                let Cell::Bytes(bytes) = cell else { return wrong("bytes of a message", cell) };
                let flatten = Flatten { schema: self.writer() };
                let (mut own, mut found) = (Leaves::new(), Leaves::new());
                flatten.values(values, "", &mut own);
                flatten.bytes(key, bytes, "", &mut found);
                for leaves in [&mut own, &mut found] {
                    // Bytes leave zeros out that JSON may write, where presence is implicit.
                    leaves.retain(|(_, leaf)| !self.sent.is_json || !is_zero(leaf));
                    leaves.sort_by(|a, b| a.0.cmp(&b.0));
                }
                if own == found { Ok(()) } else { Err(format!("bytes hold {found:?}, not {own:?}")) }
            }
            (Kind::Enum(key), Value::Enum(number)) => {
                let name = self.enum_name(by, path, key, *number);
                same(&name.map_or_else(|| Cell::Text(format!("UNKNOWN({number})")), Cell::text), cell)
            }
            (_, value) => same(&scalar_cell(value), cell),
        }
    }

    /// The name that a number had when it was read, else the first that it got afterwards.
    fn enum_name(&self, by: By, path: &Path, key: EnumKey, number: i32) -> Option<&str> {
        let (By::Whole(version) | By::Part(version)) = by;
        let later = self.again.iter().copied().filter(|again| *again > version && self.is_alive(path, *again));
        std::iter::once(version)
            .chain(later)
            .find_map(|version| self.history.schema(version).enums[key].name_of(number))
    }

    fn number(&self, node: &Node, key: MessageKey, held: Option<&Held>, by: By, path: &mut Path) -> Cell {
        let Some(Held::One(Value::Enum(number))) = held else { return Cell::Null };
        let Some(by) = held.and_then(|held| self.reader(by, path, key, node.number, held)) else { return Cell::Null };
        let Kind::Enum(enumeration) = self.read_field(by, key, node.number).kind else { return Cell::Null };
        path.push((key, node.number));
        let name = self.enum_name(by, path, enumeration, *number);
        path.pop();
        if name.is_some() { Cell::Null } else { Cell::Integer((*number).into()) }
    }

    /// The column of the member that is set, of the oneof whose case this column is, by its first name.
    fn case(&self, parent: usize, node: &Node, key: MessageKey, values: &Values, by: By, path: &Path) -> Cell {
        for (number, held) in values {
            let Some(by) = self.reader(by, path, key, *number, held) else { continue };
            let (By::Whole(version) | By::Part(version)) = by;
            let Some(oneof) = self.read_field(by, key, *number).oneof else { continue };
            if self.case_column(parent, version, key, oneof) == Some(node.number) {
                let children = self.columns.nodes[parent].children.iter().map(|child| &self.columns.nodes[*child]);
                let mut own = children.filter(|child| child.role == ColumnRole::Value && child.number == *number);
                return own.next().map_or(Cell::Null, |column| Cell::text(&column.name));
            }
        }
        Cell::Null
    }

    /// The member by which the case column of a version's oneof is known.
    fn case_column(&self, parent: usize, version: u32, key: MessageKey, oneof: usize) -> Option<u32> {
        let mut members: Vec<u32> =
            self.history.schema(version).message(key)?.members(oneof).map(|field| field.number).collect();
        members.sort_unstable();
        let children = &self.columns.nodes[parent].children;
        let has_case = |number: &u32| {
            children
                .iter()
                .map(|child| &self.columns.nodes[*child])
                .any(|it| it.role == ColumnRole::Case && it.number == *number)
        };
        members.into_iter().find(has_case)
    }

    fn left_of(&self, key: MessageKey, values: &Values, by: By, path: &mut Path, place: &str, out: &mut Leaves) {
        let flatten = Flatten { schema: self.writer() };
        for (number, held) in values {
            let place = format!("{place}{number}");
            let Some(by) = self.reader(by, path, key, *number, held) else {
                flatten.held(held, &place, out);
                continue;
            };
            let Kind::Message(inner) = self.read_field(by, key, *number).kind else { continue };
            path.push((key, *number));
            let mut inside = |value: &Value, place: String, out: &mut Leaves| {
                if let Value::Message(values) = value {
                    self.left_of(inner, values, by, path, &format!("{place}."), out);
                }
            };
            match held {
                Held::One(value) => inside(value, place, out),
                Held::List(values) => {
                    values.iter().enumerate().for_each(|(at, value)| inside(value, format!("{place}.{at}"), out));
                }
                Held::Map(pairs) => pairs.iter().for_each(|(key, value)| {
                    inside(value, format!("{place}[{}]", super::encode::json_key(key)), out);
                }),
            }
            path.pop();
        }
    }
}

fn same(expected: &Cell, cell: &Cell) -> Result<(), String> {
    if expected == cell { Ok(()) } else { wrong(&format!("{expected:?}"), cell) }
}

fn wrong(expected: &str, cell: &Cell) -> Result<(), String> {
    Err(format!("expected {expected}, found {cell:?}"))
}
