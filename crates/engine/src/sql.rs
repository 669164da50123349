//! SQL as text: what is asked, which tables and parameters it names and where, and whether it only reads.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::{Span, TableReference};
use datafusion::sql::parser::{DFParserBuilder, Statement as DFStatement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, ShowStatementIn, ShowStatementOptions, Statement as SqlStatement, TableFactor, Visit,
    Visitor,
};

use crate::engine::STACK_BYTES;
use crate::error::{EngineError, Place};

/// Nested deeper than this, SQL is a program's mistake; it keeps the parser off the stack's end.
const NESTING_MAX: usize = 50;

/// Longer questions are a program's mistake; it bounds how deep a plan can be.
pub(crate) const SQL_BYTES_MAX: usize = 64 * 1024;

/// A name that the SQL uses, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    /// A table as `name` or `schema.name`; a parameter with its `@`.
    pub(crate) name: String,
    pub(crate) place: Option<Place>,
}

/// What is asked.
#[derive(Debug)]
pub(crate) enum Request {
    /// Rows of a query, or its plan.
    Query(Box<DFStatement>),
    /// The names of all tables and views.
    ShowTables,
    /// The columns of one of them.
    Describe(Mention),
}

/// One statement, read and found harmless.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) request: Request,
    pub(crate) tables: Vec<Mention>,
    pub(crate) parameters: Vec<Mention>,
}

/// The tables and views that a query reads, sorted: `name`, or `schema.name` where the SQL has it. Names that the
/// query itself defines (`WITH name AS …`) are not among them.
///
/// # Errors
/// [`EngineError::Syntax`] and [`EngineError::NotReadOnly`].
pub fn dependencies(sql: &str) -> Result<Vec<String>, EngineError> {
    let read = || {
        let names: BTreeSet<_> = parse(sql)?.tables.into_iter().map(|table| table.name).collect();
        Ok(names.into_iter().collect())
    };
    let failed = |cause: &str| EngineError::Internal { message: format!("the SQL could not be read: {cause}") };
    // On a stack that is long enough for the longest question.
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, read);
        reader.map_err(|error| failed(&error.to_string()))?.join().map_err(|_| failed("its thread died"))?
    })
}

/// Reads one statement that only reads.
///
/// # Errors
/// [`EngineError::Syntax`] and [`EngineError::NotReadOnly`].
pub(crate) fn parse(sql: &str) -> Result<Parsed, EngineError> {
    if sql.len() > SQL_BYTES_MAX {
        let message = format!("{} bytes of SQL are over the limit of {SQL_BYTES_MAX}", sql.len());
        return Err(EngineError::Syntax { message, place: None });
    }
    let mut statements = DFParserBuilder::new(sql).with_recursion_limit(NESTING_MAX).build()?.parse_statements()?;
    let statement = match (statements.pop_front(), statements.is_empty()) {
        (Some(statement), true) => statement,
        (None, _) => return Err(EngineError::Syntax { message: "there is no SQL".into(), place: None }),
        (Some(_), false) => {
            return Err(EngineError::Syntax { message: "one statement at a time, please".into(), place: None });
        }
    };
    if let DFStatement::Statement(inner) = &statement {
        match inner.as_ref() {
            SqlStatement::ShowTables { show_options, .. } => {
                refuse_options(show_options, "SHOW TABLES")?;
                return Ok(Parsed { request: Request::ShowTables, tables: vec![], parameters: vec![] });
            }
            SqlStatement::ExplainTable { table_name, .. } => return Ok(describe(table_name)),
            SqlStatement::ShowColumns { show_options, .. } => return show_columns(show_options),
            _ => {}
        }
    }
    let query = read_only(&statement)?;
    let mut mentions =
        Mentions { real: real_tables(&statement)?, functions: vec![], tables: vec![], parameters: vec![] };
    // The visitor never breaks off.
    let _ = query.visit(&mut mentions);
    let Mentions { tables, parameters, .. } = mentions;
    Ok(Parsed { request: Request::Query(Box::new(statement)), tables, parameters })
}

/// The query inside, when the statement does nothing but read.
fn read_only(statement: &DFStatement) -> Result<&SqlStatement, EngineError> {
    match statement {
        DFStatement::Statement(inner) if matches!(inner.as_ref(), SqlStatement::Query(_)) => Ok(inner.as_ref()),
        DFStatement::Explain(explain) => read_only(&explain.statement),
        other => Err(EngineError::NotReadOnly { statement: first_words(&other.to_string()) }),
    }
}

/// `CREATE TABLE` of `CREATE TABLE x (…)`.
fn first_words(statement: &str) -> String {
    let is_keyword = |word: &&str| word.chars().all(|character| character.is_ascii_uppercase());
    let words: Vec<&str> = statement.split_whitespace().take(3).take_while(is_keyword).collect();
    if words.is_empty() { "this statement".into() } else { words.join(" ") }
}

fn refuse_options(options: &ShowStatementOptions, statement: &str) -> Result<(), EngineError> {
    let ShowStatementOptions { show_in: None, starts_with: None, limit: None, limit_from: None, filter_position: None } =
        options
    else {
        return Err(EngineError::Syntax { message: format!("{statement} takes nothing after it"), place: None });
    };
    Ok(())
}

fn describe(table: &ObjectName) -> Parsed {
    let mention = mention(table);
    Parsed { request: Request::Describe(mention.clone()), tables: vec![mention], parameters: vec![] }
}

fn show_columns(options: &ShowStatementOptions) -> Result<Parsed, EngineError> {
    match options {
        ShowStatementOptions {
            show_in: Some(ShowStatementIn { parent_name: Some(table), .. }),
            starts_with: None,
            limit: None,
            limit_from: None,
            filter_position: None,
        } => Ok(describe(table)),
        _ => Err(EngineError::Syntax { message: "write SHOW COLUMNS FROM table".into(), place: None }),
    }
}

/// The tables that are not the query's own `WITH` names, in the form of [`Mention::name`].
fn real_tables(statement: &DFStatement) -> Result<BTreeSet<String>, EngineError> {
    let (tables, _) = resolve_table_references(statement, true)?;
    Ok(tables.iter().map(reference_name).collect())
}

/// `name` or `schema.name`; the default schema's name is left out.
fn reference_name(reference: &TableReference) -> String {
    match reference.schema() {
        Some(schema) if schema != crate::catalog::DEFAULT_SCHEMA => format!("{schema}.{}", reference.table()),
        _ => reference.table().to_owned(),
    }
}

/// The name of a table in the form of [`Mention::name`].
pub(crate) fn table_name(table: &ObjectName) -> String {
    let parts: Vec<String> = table.0.iter().filter_map(|part| part.as_ident()).map(normal).collect();
    match parts.as_slice() {
        [.., schema, table] if schema != crate::catalog::DEFAULT_SCHEMA => format!("{schema}.{table}"),
        [.., table] => table.clone(),
        [] => table.to_string(),
    }
}

fn mention(table: &ObjectName) -> Mention {
    let name = table_name(table);
    let span =
        table.0.first().and_then(|part| part.as_ident()).and_then(|ident| Span::try_from_sqlparser_span(ident.span));
    Mention { name, place: Place::of(span) }
}

/// Unquoted names are lower case, as SQL's planner takes them.
pub(crate) fn normal(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

struct Mentions {
    real: BTreeSet<String>,
    /// Places of names that are called, such as `generate_series(1, 3)`.
    functions: Vec<Option<Place>>,
    tables: Vec<Mention>,
    parameters: Vec<Mention>,
}

impl Visitor for Mentions {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } = factor {
            self.functions.push(mention(name).place);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let mention = mention(relation);
        if self.real.contains(&mention.name) && !self.functions.contains(&mention.place) {
            self.tables.push(mention);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && ident.quote_style.is_none()
            && ident.value.starts_with('@')
        {
            let place = Place::of(Span::try_from_sqlparser_span(ident.span));
            self.parameters.push(Mention { name: ident.value.clone(), place });
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests;
