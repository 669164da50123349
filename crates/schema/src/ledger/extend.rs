//! Publishing a version: what is new gets ids and columns at the ends of the lists; nothing else moves.

use std::collections::{HashMap, HashSet};

use super::{ColumnKey, ColumnRole, Ledger, LedgerColumn, LedgerEvent, LedgerVersion, PresenceTurn};
use crate::layout::{CaseShape, ColumnType, Element, FieldShape, InnerShape, MessageShape};

/// An event of the version to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventToPublish {
    /// The id it has, or gets.
    pub id: u32,
    /// The event's name.
    pub name: String,
    /// The full name of its message.
    pub message: String,
    pub(crate) shape: MessageShape,
}

/// A version to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The version.
    pub version: LedgerVersion,
    /// All its events, in the order in which new ones become columns.
    pub events: Vec<EventToPublish>,
    pub(crate) presence: Vec<PresenceTurn>,
}

/// A field has a type that its column cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field {number} was {known} in the table and cannot become {wanted}")]
pub(crate) struct TypeChanged {
    pub(crate) message: String,
    pub(crate) number: u32,
    pub(crate) known: ColumnType,
    pub(crate) wanted: ColumnType,
}

impl Ledger {
    /// This ledger with one more version.
    ///
    /// # Errors
    /// [`TypeChanged`] for the first field whose column cannot hold its type.
    pub(crate) fn extended(&self, publication: Publication) -> Result<Self, TypeChanged> {
        let since = publication.version.number;
        let mut growing = Growing::new(self.clone(), since);
        for event in publication.events {
            if growing.ledger.event(&event.name).is_none() {
                growing.ledger.events.push(LedgerEvent {
                    id: event.id,
                    name: event.name.clone(),
                    message: event.message.clone(),
                    since,
                });
            }
            growing.event(&event)?;
        }
        let mut ledger = growing.ledger;
        ledger.turn(publication.presence, since);
        ledger.versions.push(publication.version);
        Ok(ledger)
    }
}

/// A ledger that columns are being added to, with what is known of it at hand.
struct Growing {
    ledger: Ledger,
    since: u32,
    /// By event, path of field numbers and role: the generations, oldest first.
    known: HashMap<(u32, Vec<u32>, ColumnRole), Vec<Generation>>,
    /// Column paths that are taken, in lower case.
    taken: HashSet<Vec<String>>,
}

/// One of the columns that a path and role have had: its type, and its path in the table.
type Generation = (ColumnType, Vec<String>);

impl Growing {
    fn new(ledger: Ledger, since: u32) -> Self {
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        let mut taken = HashSet::new();
        for column in &ledger.columns {
            let key = (column.key.event, column.key.path.clone(), column.key.role);
            known.entry(key).or_default().push((column.kind, column.column.clone()));
            taken.insert(folded(&column.column));
        }
        Self { ledger, since, known, taken }
    }

    fn event(&mut self, event: &EventToPublish) -> Result<(), TypeChanged> {
        let id = event.id;
        let root = self.known(id, &[], ColumnRole::Value).and_then(|generations| generations.last());
        let column = match root {
            Some((_, column)) => column.clone(),
            None => self.add(id, &[], ColumnRole::Value, ColumnType::One(Element::Struct), &[], &event.name),
        };
        self.message(id, &mut Vec::new(), &event.shape, &column)
    }

    fn message(
        &mut self,
        event: u32,
        path: &mut Vec<u32>,
        shape: &MessageShape,
        column: &[String],
    ) -> Result<(), TypeChanged> {
        for field in &shape.fields {
            path.push(field.number);
            let done = self.field(event, path, field, column, &shape.full_name);
            path.pop();
            done?;
        }
        for case in &shape.cases {
            self.case(event, path, case, column);
        }
        // A struct column needs a child; fields may come later and stand beside it.
        if shape.fields.is_empty() && self.known(event, path, ColumnRole::Present).is_none() {
            self.add(event, path, ColumnRole::Present, ColumnType::One(Element::Boolean), column, "_present");
        }
        Ok(())
    }

    fn field(
        &mut self,
        event: u32,
        path: &mut Vec<u32>,
        field: &FieldShape,
        parent: &[String],
        message: &str,
    ) -> Result<(), TypeChanged> {
        let newest = self.known(event, path, ColumnRole::Value).and_then(|generations| generations.last());
        let column = match newest {
            Some((kind, column)) if *kind == field.kind => column.clone(),
            Some((kind, _)) if !kind.widens_to(field.kind) => {
                let (message, number) = (message.to_owned(), field.number);
                return Err(TypeChanged { message, number, known: *kind, wanted: field.kind });
            }
            _ => self.add(event, path, ColumnRole::Value, field.kind, parent, &field.name),
        };
        if field.has_number && self.known(event, path, ColumnRole::Number).is_none() {
            let name = format!("{}__number", field.name);
            self.add(event, path, ColumnRole::Number, ColumnType::One(Element::BigInt), parent, &name);
        }
        match &field.inner {
            InnerShape::Struct(shape) => self.message(event, path, shape, &column),
            InnerShape::Leaf | InnerShape::Cut => Ok(()),
        }
    }

    /// A oneof has no number of its own: it is known by any of its members, so that it may be renamed and grow.
    fn case(&mut self, event: u32, path: &mut Vec<u32>, case: &CaseShape, parent: &[String]) {
        let is_known = case.members.iter().any(|&member| {
            path.push(member);
            let known = self.known(event, path, ColumnRole::Case).is_some();
            path.pop();
            known
        });
        if let Some(&first) = case.members.first().filter(|_| !is_known) {
            path.push(first);
            let name = format!("{}__case", case.name);
            self.add(event, path, ColumnRole::Case, ColumnType::One(Element::Varchar), parent, &name);
            path.pop();
        }
    }

    fn known(&self, event: u32, path: &[u32], role: ColumnRole) -> Option<&Vec<Generation>> {
        self.known.get(&(event, path.to_vec(), role))
    }

    /// Adds a column under a name that no sibling has or ever had, and returns its path.
    fn add(
        &mut self,
        event: u32,
        path: &[u32],
        role: ColumnRole,
        kind: ColumnType,
        parent: &[String],
        name: &str,
    ) -> Vec<String> {
        let named = |name: String| parent.iter().cloned().chain([name]).collect::<Vec<_>>();
        let mut column = named(name.to_owned());
        let mut attempt = 2u32;
        while !self.taken.insert(folded(&column)) {
            column = named(format!("{name}__{attempt}"));
            attempt += 1;
        }
        let generations = self.known.entry((event, path.to_vec(), role)).or_default();
        generations.push((kind, column.clone()));
        let generation = u32::try_from(generations.len()).unwrap_or(u32::MAX);
        let key = ColumnKey { event, path: path.to_vec(), role, generation };
        self.ledger.columns.push(LedgerColumn { key, column: column.clone(), kind, since: self.since });
        column
    }
}

/// Tables do not tell upper from lower case in names, so a name is taken in every case.
fn folded(column: &[String]) -> Vec<String> {
    column.iter().map(|name| name.to_ascii_lowercase()).collect()
}
