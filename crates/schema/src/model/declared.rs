//! The messages that say they are events, and what is refused about them before anything is built on them.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};

use crate::error::{Place, SchemaError};
use crate::layout::ENVELOPE_COLUMNS;
use crate::options::{EventOptions, OptionReader};

/// The longest name of an event: what PostgreSQL's clients take as an identifier.
pub const EVENT_NAME_CHARACTERS_MAX: usize = 63;

/// Names that a view cannot have, since tables have them.
pub(crate) const TABLE_NAMES: [&str; 2] = ["events", "quarantine"];

/// The column that the engine adds to every view.
const DATE_COLUMN: &str = "date";

/// A message with `(judi.event)`.
#[derive(Debug, Clone)]
pub struct Declared {
    /// What it says.
    pub options: EventOptions,
    /// The message.
    pub message: MessageDescriptor,
}

impl Declared {
    /// Where it is declared.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of_message(&self.message)
    }
}

/// The events of a compiled schema, in the order of their names.
///
/// # Errors
/// [`SchemaError::Refused`] when a name is not snake_case, is taken by another event, a table or a column of
/// the envelope, or when a field of an event has a name that the view gives to a column of the envelope.
pub fn declared_events(pool: &DescriptorPool) -> Result<Vec<Declared>, SchemaError> {
    let reader = OptionReader::new(pool);
    let mut by_name: BTreeMap<String, Declared> = BTreeMap::new();
    for message in pool.all_messages() {
        let Some(options) = reader.event(&message) else { continue };
        let declared = Declared { options, message };
        check_name(&declared)?;
        check_fields(&reader, &declared)?;
        if let Some(other) = by_name.get(&declared.options.name) {
            return Err(SchemaError::Refused {
                place: declared.place(),
                cause: format!(
                    "{} is the name of {} at {}, too",
                    quoted(&declared),
                    other.message.full_name(),
                    other.place()
                ),
                hint: "an event's name is unique in the schema; rename one of the two".to_owned(),
            });
        }
        by_name.insert(declared.options.name.clone(), declared);
    }
    Ok(by_name.into_values().collect())
}

fn check_name(declared: &Declared) -> Result<(), SchemaError> {
    let name = declared.options.name.as_str();
    let refused =
        |cause: String, hint: &str| Err(SchemaError::Refused { place: declared.place(), cause, hint: hint.to_owned() });
    if !is_snake_case(name) {
        return refused(
            format!("{} is no name for an event", quoted(declared)),
            "use snake_case: a lower-case letter, then lower-case letters, digits and underscores",
        );
    }
    if name.len() > EVENT_NAME_CHARACTERS_MAX {
        return refused(
            format!("{} has {} characters; {EVENT_NAME_CHARACTERS_MAX} are possible", quoted(declared), name.len()),
            "find a shorter name",
        );
    }
    if TABLE_NAMES.contains(&name) {
        return refused(format!("{} is a table of Judi's", quoted(declared)), "find another name for the event");
    }
    if is_envelope_column(name) {
        return refused(
            format!("{} is a column that every event has", quoted(declared)),
            "find another name for the event",
        );
    }
    Ok(())
}

fn check_fields(reader: &OptionReader, declared: &Declared) -> Result<(), SchemaError> {
    for field in declared.message.fields() {
        let options = reader.field(&field);
        let own = [field.name().to_owned(), case_column(&field)];
        let names = own.into_iter().chain(options.aliases);
        if let Some(name) = names.into_iter().find(|name| is_envelope_column(name)) {
            return Err(SchemaError::Refused {
                place: Place::of_field(&field),
                cause: format!("{name:?} is a column that the view of every event has"),
                hint: "rename the field, say what of: published_date rather than date; and if it means the \
                       envelope's, leave it out, it is there already"
                    .to_owned(),
            });
        }
    }
    Ok(())
}

/// The name that a oneof's case column would have in the view; the field's own where it is in none.
pub(crate) fn case_column(field: &FieldDescriptor) -> String {
    match field.containing_oneof() {
        Some(oneof) if !oneof.is_synthetic() => format!("{}__case", oneof.name()),
        _ => field.name().to_owned(),
    }
}

/// Tables and SQL do not tell upper from lower case, so neither does this.
pub(crate) fn is_envelope_column(name: &str) -> bool {
    name.eq_ignore_ascii_case(DATE_COLUMN)
        || ENVELOPE_COLUMNS.iter().any(|(column, _)| name.eq_ignore_ascii_case(column))
}

pub(crate) fn is_snake_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn quoted(declared: &Declared) -> String {
    format!("the event name {:?}", declared.options.name)
}
