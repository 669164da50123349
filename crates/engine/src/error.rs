//! What can go wrong with a query: the cause, the place in the SQL, whose fault it is, and what to do.

use std::fmt;
use std::time::Duration;

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Diagnostic, SchemaError, Span};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use judi_schema::nearest::nearest;
use judi_table::TableError;
use thiserror::Error;

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Whoever wrote the SQL.
    User,
    /// The disk, another process, or the machine's size.
    External,
    /// Judi itself.
    Internal,
}

/// A place in the SQL text, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl Place {
    pub(crate) fn of(span: Option<Span>) -> Option<Self> {
        let start = span?.start;
        (start.line > 0).then_some(Self { line: start.line, column: start.column })
    }
}

/// Why a query gave no rows, or no more rows.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The text is not SQL.
    #[error("{message}")]
    Syntax {
        /// What was expected and what was found.
        message: String,
        /// Where.
        place: Option<Place>,
    },
    /// The SQL would change something. Queries only read.
    #[error("{statement} is not allowed: queries only read")]
    NotReadOnly {
        /// The statement's first words.
        statement: String,
    },
    /// A table or view that does not exist.
    #[error("there is no table {name}")]
    UnknownTable {
        /// As written.
        name: String,
        /// Where.
        place: Option<Place>,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// A column that does not exist.
    #[error("there is no column {name}")]
    UnknownColumn {
        /// As written.
        name: String,
        /// Where.
        place: Option<Place>,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// An `@name` without a value.
    #[error("there is no parameter {name}")]
    UnknownParameter {
        /// With its `@`.
        name: String,
        /// Where.
        place: Option<Place>,
        /// The parameters that have values.
        known: Vec<String>,
    },
    /// The SQL reads as SQL and makes no sense.
    #[error("{message}")]
    Plan {
        /// What does not fit.
        message: String,
        /// Where.
        place: Option<Place>,
        /// What to do instead.
        hint: Option<String>,
    },
    /// A construct whose result depends on more than the rows it reads.
    #[error("{construct} gives another result each time it runs")]
    NotDeterministic {
        /// The function or clause.
        construct: String,
        /// What to do instead.
        hint: &'static str,
    },
    /// The rows do not allow what the SQL asks, such as a division by zero.
    #[error("{message}")]
    Execution {
        /// What went wrong.
        message: String,
    },
    /// The query needs more memory than it may have, after spilling what it could.
    #[error("the query needs more memory than the engine has: {message}")]
    OutOfMemory {
        /// Who asked for how much.
        message: String,
    },
    /// The time for the query is over.
    #[error("the query was stopped after {} s", after.as_secs_f64())]
    Timeout {
        /// The time it had.
        after: Duration,
    },
    /// More rows than the caller wants.
    #[error("the query gives more than {rows_max} rows")]
    TooManyRows {
        /// The caller's limit.
        rows_max: u64,
    },
    /// A table could not be read.
    #[error("table {name}: {source}")]
    Table {
        /// Its name.
        name: String,
        /// Why.
        source: TableError,
    },
    /// A file could not be read or written.
    #[error("{message}")]
    Io {
        /// Which and why.
        message: String,
    },
    /// A promise between the engine's parts did not hold.
    #[error("internal: {message}")]
    Internal {
        /// Which.
        message: String,
    },
}

impl EngineError {
    /// Who has to act.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Table { source, .. } => match source.fault() {
                judi_table::Fault::User => Fault::User,
                judi_table::Fault::External => Fault::External,
                judi_table::Fault::Internal => Fault::Internal,
            },
            Self::Io { .. } | Self::OutOfMemory { .. } | Self::Timeout { .. } => Fault::External,
            Self::Internal { .. } => Fault::Internal,
            _ => Fault::User,
        }
    }

    /// Whether the same call may succeed later without anybody changing it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Table { source, .. } => source.is_retryable(),
            Self::Io { .. } | Self::OutOfMemory { .. } | Self::Timeout { .. } => true,
            _ => false,
        }
    }

    /// Where in the SQL, when that is known.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Syntax { place, .. }
            | Self::UnknownTable { place, .. }
            | Self::UnknownColumn { place, .. }
            | Self::UnknownParameter { place, .. }
            | Self::Plan { place, .. } => *place,
            _ => None,
        }
    }

    /// What to do about it, when there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownTable { nearest: Some(name), .. } | Self::UnknownColumn { nearest: Some(name), .. } => {
                Some(format!("did you mean {name}?"))
            }
            Self::UnknownTable { .. } => Some("SHOW TABLES lists the tables and views".into()),
            Self::UnknownColumn { .. } => Some("DESCRIBE lists the columns of a table".into()),
            Self::UnknownParameter { known, .. } if known.is_empty() => Some("this query takes no parameters".into()),
            Self::UnknownParameter { known, .. } => Some(format!("the parameters are {}", known.join(", "))),
            Self::NotReadOnly { .. } => {
                Some("SELECT, WITH, EXPLAIN, DESCRIBE and SHOW TABLES are; a job writes a table".into())
            }
            Self::Plan { hint, .. } => hint.clone(),
            Self::NotDeterministic { hint, .. } => Some((*hint).to_owned()),
            Self::OutOfMemory { .. } => Some("read fewer days or columns, or give the engine more memory".into()),
            Self::TooManyRows { .. } => Some("add a LIMIT or aggregate".into()),
            _ => None,
        }
    }

    /// What DataFusion says, in Judi's words.
    pub(crate) fn from_datafusion(error: &DataFusionError) -> Self {
        let root = error.find_root();
        let diagnostic = error.diagnostic();
        let place = diagnostic.and_then(|diagnostic| Place::of(diagnostic.span));
        match root {
            DataFusionError::SQL(parser, _) => syntax(parser),
            DataFusionError::SchemaError(schema, _) => of_schema(schema, place),
            DataFusionError::Plan(message) => of_plan(message, place, diagnostic),
            DataFusionError::NotImplemented(message) => {
                Self::Plan { message: format!("not supported: {message}"), place, hint: None }
            }
            DataFusionError::Configuration(message) => Self::Plan { message: message.clone(), place, hint: None },
            DataFusionError::Execution(message) => Self::Execution { message: message.clone() },
            DataFusionError::ArrowError(arrow, _) => of_arrow(arrow),
            DataFusionError::ResourcesExhausted(message) => {
                Self::OutOfMemory { message: message.lines().next().unwrap_or_default().to_owned() }
            }
            DataFusionError::ParquetError(source) => Self::Io { message: source.to_string() },
            DataFusionError::ObjectStore(source) => Self::Io { message: source.to_string() },
            DataFusionError::IoError(source) => Self::Io { message: source.to_string() },
            DataFusionError::External(source) => Self::Io { message: source.to_string() },
            other => Self::Internal { message: other.strip_backtrace() },
        }
    }
}

impl From<DataFusionError> for EngineError {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(source) => match source.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => Self::Io { message: other.to_string() },
            },
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner)
                if matches!(*inner, DataFusionError::External(_)) =>
            {
                (*inner).into()
            }
            other => Self::from_datafusion(&other),
        }
    }
}

/// So that the engine's own error survives a trip through DataFusion.
impl From<EngineError> for DataFusionError {
    fn from(error: EngineError) -> Self {
        Self::External(Box::new(error))
    }
}

/// The parser's message ends in ` at Line: 1, Column: 8`.
fn syntax(error: &ParserError) -> EngineError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.as_str(),
        ParserError::RecursionLimitExceeded => "the SQL is nested too deeply",
    };
    let Some((text, place)) = message.rsplit_once(" at Line: ") else {
        return EngineError::Syntax { message: message.to_owned(), place: None };
    };
    let place = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Place { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
    });
    EngineError::Syntax { message: text.to_owned(), place }
}

fn of_schema(error: &SchemaError, place: Option<Place>) -> EngineError {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let place = place.or_else(|| Place::of(field.spans().first()));
            let nearest = nearest(field.name(), valid_fields.iter().map(|field| field.name())).map(str::to_owned);
            EngineError::UnknownColumn { name: field.flat_name(), place, nearest }
        }
        SchemaError::AmbiguousReference { field } => EngineError::Plan {
            message: format!("{} is a column of more than one table", field.name()),
            place: place.or_else(|| Place::of(field.spans().first())),
            hint: Some(format!("write the table before it: t.{}", field.name())),
        },
        other => EngineError::Plan {
            message: other.to_string(),
            place,
            hint: Some("give one of them another name with AS".into()),
        },
    }
}

fn of_plan(message: &str, place: Option<Place>, diagnostic: Option<&Diagnostic>) -> EngineError {
    let (message, mut hint) = match message.split_once("\nDid you mean ") {
        Some((message, suggestion)) => (message, Some(format!("did you mean {suggestion}"))),
        None => (message, None),
    };
    if hint.is_none() {
        hint = diagnostic.and_then(|diagnostic| diagnostic.helps.first()).map(|help| help.message.clone());
    }
    EngineError::Plan { message: message.trim_end_matches('.').to_owned(), place, hint }
}

fn of_arrow(error: &ArrowError) -> EngineError {
    match error {
        ArrowError::IoError(message, _) => EngineError::Io { message: message.clone() },
        ArrowError::ParquetError(message) => EngineError::Io { message: message.clone() },
        ArrowError::ExternalError(source) => EngineError::Io { message: source.to_string() },
        ArrowError::DivideByZero => EngineError::Execution { message: "division by zero".into() },
        ArrowError::MemoryError(message) => EngineError::OutOfMemory { message: message.clone() },
        other => EngineError::Execution { message: other.to_string() },
    }
}

#[cfg(test)]
mod tests;
