//! Plan and layout joined: for each field of a message, how its bytes become cells of which column.
//!
//! Made once per event and schema version, so that decoding a field is one indexed look-up.

use std::collections::HashMap;
use std::sync::Arc;

use crate::layout::{FieldLayout, Inner, StructLayout};
use crate::plan::{
    Cardinality, EnumPlan, FieldKind, FieldPlan, MessageId, MessageKind, MessagePlan, Plans, ScalarKind,
};

/// Enum numbers from 0 that are looked up by index.
const DENSE_NAMES: usize = 64;

/// How one message becomes one struct.
#[derive(Debug)]
pub(super) struct Program {
    /// The message.
    pub(super) message: MessageId,
    /// The child that says that the struct is there, of messages that had no field.
    pub(super) present: Option<usize>,
    /// By the index of the field in its plan.
    pub(super) steps: Vec<Step>,
    /// What to write for fields that did not come by.
    pub(super) absent: Vec<Absent>,
}

/// How one field becomes cells.
#[derive(Debug)]
pub(super) struct Step {
    /// The child of the struct.
    pub(super) column: usize,
    /// The child that keeps the number of an enum without a name for it.
    pub(super) number: Option<usize>,
    /// The child that names the member of the oneof, and the field's first name.
    pub(super) case: Option<(usize, Box<str>)>,
    /// How many values, and of what.
    pub(super) shape: Shape,
}

/// How many values, and of what.
#[derive(Debug)]
pub(super) enum Shape {
    /// One.
    Single(Value),
    /// Any number.
    List(Value),
    /// Pairs, with keys of this kind.
    Map(ScalarKind, Value),
    /// The table has no column for it.
    Unstored,
}

/// How one value becomes a cell.
#[derive(Debug)]
pub(super) enum Value {
    /// A scalar.
    Scalar(ScalarKind),
    /// An enum's name.
    Enum(Names),
    /// A Timestamp.
    Time,
    /// A Duration.
    Span,
    /// The field 1 of a wrapper.
    Wrapper(ScalarKind),
    /// A message as JSON text.
    Json(MessageId),
    /// A message as its bytes.
    Bytes,
    /// A message as a struct.
    Struct(Box<Program>),
}

/// What to write for a field that did not come by, and to end lists and maps.
#[derive(Debug)]
pub(super) enum Absent {
    /// The type's zero.
    Zero(usize),
    /// The name of an enum's 0; where it has none, the number goes to the sibling.
    FirstName {
        /// The child.
        column: usize,
        /// The name.
        name: Box<str>,
        /// The child that keeps the number.
        number: Option<usize>,
    },
    /// A list ends.
    EmptyList(usize),
    /// The map of this step ends.
    EmptyMap(usize),
}

/// An enum's names by number.
#[derive(Debug)]
pub(super) struct Names {
    dense: Vec<Option<Box<str>>>,
    rest: Arc<EnumPlan>,
}

impl Program {
    /// The program of `message` for a struct of this layout.
    pub(super) fn new(plans: &Plans, message: MessageId, layout: &StructLayout) -> Self {
        let plan = plans.message(message);
        let mut steps = Vec::with_capacity(plan.fields.len());
        let mut absent = Vec::new();
        for (index, field) in plan.fields.iter().enumerate() {
            let step = match layout.fields.get(index) {
                Some(place) => Step::new(plans, plan, field, place, layout),
                None => Step { column: 0, number: None, case: None, shape: Shape::Unstored },
            };
            absent.extend(Absent::of(index, field, &step));
            steps.push(step);
        }
        Self { message, present: layout.present, steps, absent }
    }
}

impl Step {
    fn new(plans: &Plans, plan: &MessagePlan, field: &FieldPlan, place: &FieldLayout, layout: &StructLayout) -> Self {
        let value = Value::new(plans, &field.kind, &place.inner);
        let shape = match field.cardinality {
            Cardinality::Implicit | Cardinality::Explicit => Shape::Single(value),
            Cardinality::Repeated => Shape::List(value),
            Cardinality::Map(key) => Shape::Map(key, value),
        };
        let case = field.oneof.filter(|&oneof| usize::from(oneof) < plan.oneofs.len());
        let case = case.and_then(|oneof| layout.cases.get(usize::from(oneof)));
        Self {
            column: place.child,
            number: place.unknown_number,
            case: case.map(|&column| (column, place.first_name.clone())),
            shape,
        }
    }
}

impl Absent {
    fn of(index: usize, field: &FieldPlan, step: &Step) -> Option<Self> {
        match (&step.shape, field.cardinality) {
            (Shape::Single(Value::Enum(names)), Cardinality::Implicit) => Some(Self::FirstName {
                column: step.column,
                name: names.get(0).map_or_else(|| "UNKNOWN(0)".into(), Into::into),
                number: if names.get(0).is_some() { None } else { step.number },
            }),
            (Shape::Single(_), Cardinality::Implicit) => Some(Self::Zero(step.column)),
            (Shape::List(_), _) => Some(Self::EmptyList(step.column)),
            (Shape::Map(..), _) => Some(Self::EmptyMap(index)),
            _ => None,
        }
    }
}

impl Value {
    fn new(plans: &Plans, kind: &FieldKind, inner: &Inner) -> Self {
        match (kind, inner) {
            (FieldKind::Scalar(kind), _) => Self::Scalar(*kind),
            (FieldKind::Enum(plan), _) => Self::Enum(Names::new(plan)),
            (FieldKind::Message(_) | FieldKind::Group(_), Inner::Cut) => Self::Bytes,
            (FieldKind::Message(message) | FieldKind::Group(message), Inner::Struct(layout)) => {
                Self::Struct(Box::new(Program::new(plans, *message, layout)))
            }
            (FieldKind::Message(message) | FieldKind::Group(message), Inner::Leaf) => Self::well_known(plans, *message),
        }
    }

    fn well_known(plans: &Plans, message: MessageId) -> Self {
        let plan = plans.message(message);
        match plan.kind {
            MessageKind::Timestamp => Self::Time,
            MessageKind::Duration => Self::Span,
            MessageKind::Json => Self::Json(message),
            MessageKind::Wrapper => match plan.by_number(1).map(|(_, field)| &field.kind) {
                Some(FieldKind::Scalar(kind)) => Self::Wrapper(*kind),
                _ => Self::Bytes,
            },
            MessageKind::Plain => Self::Bytes,
        }
    }

    /// Whether several of these may share one length-delimited field.
    pub(super) const fn packable(&self) -> bool {
        match self {
            Self::Scalar(kind) => kind.packable(),
            Self::Enum(_) => true,
            _ => false,
        }
    }
}

impl Names {
    fn new(plan: &Arc<EnumPlan>) -> Self {
        let numbers = 0i32..;
        let mut dense: Vec<Option<Box<str>>> =
            numbers.take(DENSE_NAMES).map(|number| plan.names.get(&number).map(|name| name.as_str().into())).collect();
        let used = dense.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        dense.truncate(used);
        Self { dense, rest: Arc::clone(plan) }
    }

    /// The name of a number, of two the one declared first.
    #[inline]
    pub(super) fn get(&self, number: i32) -> Option<&str> {
        let names: &HashMap<i32, String> = &self.rest.names;
        match usize::try_from(number).ok().and_then(|index| self.dense.get(index)) {
            Some(name) => name.as_deref(),
            None => names.get(&number).map(String::as_str),
        }
    }

    /// Whether `name` is, or ever was, the name of 0.
    pub(super) fn is_zero(&self, name: &str) -> bool {
        self.rest.numbers.get(name) == Some(&0)
    }
}
