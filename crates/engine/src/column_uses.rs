//! Which columns a query names, and where: by reading the SQL, not by searching its text.
//!
//! ```text
//!   SQL ──parse──► AST ──scopes──► names ──► table, column, what is inside of it ──► uses with places
//!                           ▲                                                  └──► columns of the result
//!                           └── known tables and views, WITH, subqueries, aliases
//! ```
//!
//! A column that a subquery passes on was named there, once; one that comes through `*` is named where it is first
//! called by its name, or, if never, by the `*` itself. A column of a table that a job makes may say where the job
//! had it from ([`KnownColumn::origins`]), so that uses are followed from table to table.

mod scope;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::Span;
use datafusion::sql::parser::Statement as DFStatement;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Statement, Subscript, Value, Visit,
    Visitor,
};
use datafusion::sql::sqlparser::tokenizer;

use self::scope::Scope;
use crate::engine::STACK_BYTES;
use crate::error::{EngineError, Place};
use crate::sql::{self, Request};

/// A table or view that a query may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTable {
    /// `name`, or `schema.name`.
    pub name: String,
    /// In any order.
    pub columns: Vec<KnownColumn>,
}

/// A column, and where its values come from: at least from itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownColumn {
    /// As SQL writes it.
    pub name: String,
    /// The column itself, and those that it was passed on from.
    pub origins: Vec<Origin>,
}

/// A column of a known table, or what is inside of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The table's name.
    pub table: String,
    /// The column, then fields of structs.
    pub path: Vec<String>,
}

/// A column that is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnUse {
    /// Where in the SQL, where the parser tells.
    pub place: Option<Place>,
    /// Which one.
    pub origin: Origin,
    /// Whether a `*` names it.
    pub by_star: bool,
}

/// What a query names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnUses {
    /// In the order of the SQL.
    pub uses: Vec<ColumnUse>,
    /// The columns of the result; those that are computed have no origin.
    pub columns: Vec<KnownColumn>,
}

impl KnownTable {
    /// A table whose columns come from nowhere else.
    pub fn new(name: impl Into<String>, columns: impl IntoIterator<Item = String>) -> Self {
        let name = name.into();
        let column = |column: String| {
            let origins = vec![Origin { table: name.clone(), path: vec![column.clone()] }];
            KnownColumn { name: column, origins }
        };
        let columns = columns.into_iter().map(column).collect();
        Self { name, columns }
    }
}

/// The columns of `known` tables that a query names. Names that are nobody's are passed over: whether they exist is
/// the engine's to say.
///
/// # Errors
/// [`EngineError::Syntax`] and [`EngineError::NotReadOnly`].
pub fn column_uses(sql: &str, known: &[KnownTable]) -> Result<ColumnUses, EngineError> {
    let read = || Ok(read(sql::parse(sql)?.request, known));
    let failed = |cause: &str| EngineError::Internal { message: format!("the SQL could not be read: {cause}") };
    // On a stack that is long enough for the longest question.
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, read);
        reader.map_err(|error| failed(&error.to_string()))?.join().map_err(|_| failed("its thread died"))?
    })
}

fn read(request: Request, known: &[KnownTable]) -> ColumnUses {
    let Request::Query(statement) = request else { return ColumnUses::default() };
    let mut reader = Reader { known, scopes: Vec::new(), with: Vec::new(), uses: Vec::new(), inside: 0, exists: false };
    let columns = match query_of(&statement) {
        Some(query) => reader.query(query),
        None => Vec::new(),
    };
    reader.stars(&columns);
    let columns = columns.into_iter().map(|it| KnownColumn { name: it.name, origins: it.origins }).collect();
    ColumnUses { uses: longest(reader.uses), columns }
}

fn query_of(statement: &DFStatement) -> Option<&Query> {
    match statement {
        DFStatement::Statement(inner) => match inner.as_ref() {
            Statement::Query(query) => Some(query),
            _ => None,
        },
        DFStatement::Explain(explain) => query_of(&explain.statement),
        _ => None,
    }
}

/// `events.article_view.title` names the column article_view, too; only the whole is kept.
fn longest(uses: Vec<ColumnUse>) -> Vec<ColumnUse> {
    let all: BTreeSet<ColumnUse> = uses.into_iter().collect();
    let is_part = |it: &ColumnUse, whole: &ColumnUse| {
        it.place == whole.place
            && it.origin.table == whole.origin.table
            && it.origin.path.len() < whole.origin.path.len()
            && whole.origin.path.starts_with(&it.origin.path)
    };
    all.iter().filter(|it| !all.iter().any(|whole| is_part(it, whole))).cloned().collect()
}

/// A column that a scope offers.
#[derive(Debug, Clone)]
struct Offered {
    name: String,
    origins: Vec<Origin>,
    /// Whether the SQL has named it already, further inside.
    is_named: bool,
    /// The `*` that it came through.
    star: Option<Place>,
}

/// The walk over one query.
struct Reader<'a> {
    known: &'a [KnownTable],
    /// The tables of the queries around, the innermost last.
    scopes: Vec<Scope>,
    /// What `WITH` defines, the newest last.
    with: Vec<(String, Vec<Offered>)>,
    uses: Vec<ColumnUse>,
    /// How deep the visitor is in what was read as a whole already: queries, and names with brackets.
    inside: usize,
    /// Whether the next subquery is asked only whether it has rows.
    exists: bool,
}

impl Reader<'_> {
    /// Notes the columns that `*` brings into a result.
    fn stars(&mut self, columns: &[Offered]) {
        for column in columns.iter().filter(|column| !column.is_named) {
            for origin in &column.origins {
                self.uses.push(ColumnUse { place: column.star, origin: origin.clone(), by_star: true });
            }
        }
    }

    /// Notes that a name stands here; returns where its values come from.
    fn name(&mut self, parts: &[String], place: Option<Place>) -> Vec<Origin> {
        let Some((column, rest)) = self.scopes.iter().rev().find_map(|scope| scope.column(parts)) else {
            return Vec::new();
        };
        let inner = |origin: &Origin| {
            let path = origin.path.iter().chain(rest).cloned().collect();
            Origin { table: origin.table.clone(), path }
        };
        let origins: Vec<Origin> = column.origins.iter().map(inner).collect();
        if !column.is_named || !rest.is_empty() {
            let uses = origins.iter().map(|origin| ColumnUse { place, origin: origin.clone(), by_star: false });
            self.uses.extend(uses);
        }
        origins
    }

    fn expression(&mut self, expr: &Expr) {
        let name = named(expr);
        if let Some((parts, place)) = &name {
            self.name(parts, *place);
        }
        match expr {
            Expr::Exists { .. } => self.exists = true,
            Expr::CompoundFieldAccess { root, access_chain } => {
                // The parts of the name are no names of their own; what stands in brackets may be one.
                if name.is_none() {
                    visit(self, root);
                }
                for access in access_chain.iter().filter(|access| accessed(access).is_none()) {
                    visit(self, access);
                }
            }
            _ => {}
        }
    }
}

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.inside == 0 {
            let is_asked = !std::mem::take(&mut self.exists);
            let columns = self.query(query);
            if is_asked {
                self.stars(&columns);
            }
        }
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.inside = self.inside.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.inside == 0 {
            self.expression(expr);
        }
        if let Expr::CompoundFieldAccess { .. } = expr {
            self.inside += 1;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::CompoundFieldAccess { .. } = expr {
            self.inside = self.inside.saturating_sub(1);
        }
        ControlFlow::Continue(())
    }
}

/// The parts of a name, with the place of the first: `a`, `a.b.c`, `a['b'].c`, `get_field(a, 'b')`.
fn named(expr: &Expr) -> Option<(Vec<String>, Option<Place>)> {
    match expr {
        Expr::Identifier(ident) => Some((vec![sql::normal(ident)], place_of(ident.span))),
        Expr::CompoundIdentifier(idents) => {
            Some((idents.iter().map(sql::normal).collect(), idents.first().and_then(|ident| place_of(ident.span))))
        }
        Expr::Nested(inner) => named(inner),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let (mut parts, place) = named(root)?;
            parts.extend(access_chain.iter().map_while(accessed));
            Some((parts, place))
        }
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("get_field") => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let arguments = list.args.iter().map_while(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            });
            let arguments: Vec<&Expr> = arguments.collect();
            let (root, fields) = arguments.split_first()?;
            let (mut parts, place) = named(root)?;
            parts.extend(fields.iter().map_while(|field| text(field)));
            Some((parts, place))
        }
        _ => None,
    }
}

fn accessed(access: &AccessExpr) -> Option<String> {
    match access {
        AccessExpr::Dot(Expr::Identifier(ident)) => Some(sql::normal(ident)),
        AccessExpr::Subscript(Subscript::Index { index }) => text(index),
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn place_of(span: tokenizer::Span) -> Option<Place> {
    Place::of(Span::try_from_sqlparser_span(span))
}

/// Reads everything in a part of the query by the scopes as they are.
fn visit<T: Visit>(reader: &mut Reader<'_>, part: &T) {
    // The visitor never breaks off.
    let _ = part.visit(reader);
}

#[cfg(test)]
mod tests;
