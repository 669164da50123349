//! The columns that a message wants, as a tree: what a schema version says, before the ledger says where.

use crate::compile::Compiled;
use crate::error::{Place, SchemaError};
use crate::layout::{ColumnType, Element};
use crate::model::EventModel;
use crate::plan::{Cardinality, FieldKind, FieldPlan, MessageId, MessageKind, Plans};

/// How often one message may stand inside itself as a struct; below that it is kept as bytes.
pub const UNROLLED_MAX: usize = 3;
/// How deep structs may lie in each other: readers of the table recurse over its type.
pub const NESTING_MAX: usize = 48;
/// The most columns of one event, leaves and structs alike.
pub const EVENT_COLUMNS_MAX: usize = 2_000;

/// The columns of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageShape {
    /// The message's full name, to find places by.
    pub(crate) full_name: String,
    /// By the index of the field in its plan.
    pub(crate) fields: Vec<FieldShape>,
    /// By the index of the oneof in the message's plan.
    pub(crate) cases: Vec<CaseShape>,
}

/// The columns of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldShape {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    /// Whether a sibling keeps the number of an enum value that has no name.
    pub(crate) has_number: bool,
    pub(crate) inner: InnerShape,
}

/// The case column of one oneof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseShape {
    pub(crate) name: String,
    /// Field numbers, ascending.
    pub(crate) members: Vec<u32>,
}

/// What is in a field's column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InnerShape {
    Leaf,
    Struct(Box<MessageShape>),
    Cut,
}

impl MessageShape {
    /// The columns of an event.
    ///
    /// # Errors
    /// [`SchemaError::Refused`] over [`EVENT_COLUMNS_MAX`] or [`NESTING_MAX`].
    pub(crate) fn of_event(compiled: &Compiled, plans: &Plans, event: &EventModel) -> Result<Self, SchemaError> {
        let mut walk = Walk { plans, around: Vec::new(), columns: 0 };
        walk.message(event.message).map_err(|cause| SchemaError::Refused {
            place: compiled.place_of_message(&event.full_name),
            cause: format!("the event {:?} {cause}", event.name),
            hint: "keep what is so deep or wide as bytes or as google.protobuf.Struct, or split the event".to_owned(),
        })
    }
}

impl Compiled {
    /// Where a message is declared.
    pub(crate) fn place_of_message(&self, full_name: &str) -> Place {
        let message = self.pool.get_message_by_name(full_name);
        message.map_or_else(|| Place::file("schema"), |message| Place::of_message(&message))
    }

    /// Where a field of a message is declared.
    pub(crate) fn place_of_field(&self, message: &str, number: u32) -> Place {
        let field = self.pool.get_message_by_name(message).and_then(|message| message.get_field(number));
        field.map_or_else(|| self.place_of_message(message), |field| Place::of_field(&field))
    }
}

struct Walk<'a> {
    plans: &'a Plans,
    /// The messages around the place that is walked, the event's own first.
    around: Vec<MessageId>,
    columns: usize,
}

impl Walk<'_> {
    fn message(&mut self, id: MessageId) -> Result<MessageShape, String> {
        if self.around.len() >= NESTING_MAX {
            return Err(format!("nests messages more than {NESTING_MAX} deep"));
        }
        self.around.push(id);
        let plan = self.plans.message(id);
        let fields = plan.fields.iter().map(|field| self.field(field)).collect::<Result<_, _>>()?;
        let members = |oneof: usize| {
            plan.fields
                .iter()
                .filter(move |field| field.oneof.map(usize::from) == Some(oneof))
                .map(|field| field.number)
        };
        let cases = plan.oneofs.iter().enumerate();
        let cases = cases.map(|(at, name)| CaseShape { name: name.clone(), members: members(at).collect() }).collect();
        self.around.pop();
        Ok(MessageShape { full_name: plan.full_name.clone(), fields, cases })
    }

    fn field(&mut self, field: &FieldPlan) -> Result<FieldShape, String> {
        self.columns += 1;
        if self.columns > EVENT_COLUMNS_MAX {
            return Err(format!("has more than {EVENT_COLUMNS_MAX} columns"));
        }
        let (element, inner) = match &field.kind {
            FieldKind::Scalar(kind) => (Element::of_scalar(*kind), InnerShape::Leaf),
            FieldKind::Enum(_) => (Element::Varchar, InnerShape::Leaf),
            FieldKind::Message(id) | FieldKind::Group(id) => self.message_field(*id)?,
        };
        let kind = match field.cardinality {
            Cardinality::Implicit | Cardinality::Explicit => ColumnType::One(element),
            Cardinality::Repeated => ColumnType::List(element),
            Cardinality::Map(key) => ColumnType::Map(Element::of_scalar(key), element),
        };
        let is_enum = matches!(field.kind, FieldKind::Enum(_));
        let has_number = is_enum && matches!(kind, ColumnType::One(_));
        Ok(FieldShape { number: field.number, name: field.name.clone(), kind, has_number, inner })
    }

    fn message_field(&mut self, id: MessageId) -> Result<(Element, InnerShape), String> {
        let plan = self.plans.message(id);
        Ok(match plan.kind {
            MessageKind::Timestamp => (Element::Timestamp, InnerShape::Leaf),
            MessageKind::Duration => (Element::BigInt, InnerShape::Leaf),
            MessageKind::Json => (Element::Varchar, InnerShape::Leaf),
            MessageKind::Wrapper => {
                let value = plan.by_number(1).map(|(_, field)| &field.kind);
                let element = match value {
                    Some(FieldKind::Scalar(kind)) => Element::of_scalar(*kind),
                    // No such wrapper exists; bytes hold whatever it would be.
                    _ => Element::Binary,
                };
                (element, InnerShape::Leaf)
            }
            MessageKind::Plain if self.around.iter().filter(|around| **around == id).count() >= UNROLLED_MAX => {
                (Element::Binary, InnerShape::Cut)
            }
            MessageKind::Plain => (Element::Struct, InnerShape::Struct(Box::new(self.message(id)?))),
        })
    }
}
