//! What a query's names can mean: its tables, those of the queries around it, and what `WITH` defines.

use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, OrderBy, OrderByKind, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins,
    WildcardAdditionalOptions,
};

use super::{Offered, Reader, named, place_of, visit};
use crate::sql;

/// The tables of one query.
#[derive(Debug, Default)]
pub(super) struct Scope {
    relations: Vec<Relation>,
}

/// A table, as the query calls it.
#[derive(Debug)]
struct Relation {
    /// The alias, or the table's own name.
    name: String,
    /// `schema.name`, where the table is called so.
    full_name: String,
    columns: Vec<Offered>,
}

impl Scope {
    /// The column that a name means here, and what of the name lies inside of it.
    pub(super) fn column<'p>(&self, parts: &'p [String]) -> Option<(Offered, &'p [String])> {
        let (first, rest) = parts.split_first()?;
        if let Some((second, inside)) = rest.split_first() {
            let of_table = self.relations.iter().find(|relation| is_same(&relation.name, first));
            if let Some(column) = of_table.and_then(|relation| relation.column(second)) {
                return Some((column.clone(), inside));
            }
            let full_name = format!("{first}.{second}");
            let of_schema = self.relations.iter().find(|relation| is_same(&relation.full_name, &full_name));
            if let (Some(relation), Some((third, inside))) = (of_schema, inside.split_first())
                && let Some(column) = relation.column(third)
            {
                return Some((column.clone(), inside));
            }
        }
        let column = self.relations.iter().find_map(|relation| relation.column(first))?;
        Some((column.clone(), rest))
    }
}

impl Relation {
    fn column(&self, name: &str) -> Option<&Offered> {
        self.columns.iter().find(|column| is_same(&column.name, name))
    }
}

impl Reader<'_> {
    /// Reads a query; returns its columns.
    pub(super) fn query(&mut self, query: &Query) -> Vec<Offered> {
        let known = self.with.len();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let columns = self.query(&cte.query);
            self.with.push((sql::normal(&cte.alias.name), renamed(columns, Some(&cte.alias))));
        }
        let columns = self.body(&query.body, query.order_by.as_ref());
        self.with.truncate(known);
        columns
    }

    fn body(&mut self, body: &SetExpr, order_by: Option<&OrderBy>) -> Vec<Offered> {
        match body {
            SetExpr::Select(select) => self.select(select, order_by),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                let mut columns = self.body(left, None);
                // By position: what one side has, the other has under the first one's names.
                let mut others = self.body(right, None).into_iter();
                for column in &mut columns {
                    let Some(other) = others.next() else { break };
                    if !column.is_named && other.is_named {
                        self.stars(std::slice::from_ref(column));
                        column.is_named = true;
                    } else if column.is_named && !other.is_named {
                        self.stars(std::slice::from_ref(&other));
                    }
                    column.origins.extend(other.origins);
                }
                columns
            }
            other => {
                visit(self, other);
                Vec::new()
            }
        }
    }

    fn select(&mut self, select: &Select, order_by: Option<&OrderBy>) -> Vec<Offered> {
        self.scopes.push(Scope::default());
        for table in &select.from {
            self.table(table);
        }
        let mut columns = Vec::new();
        for item in &select.projection {
            self.item(item, &mut columns);
        }
        visit(self, &select.distinct);
        visit(self, &select.selection);
        visit(self, &select.group_by);
        visit(self, &select.having);
        visit(self, &select.named_window);
        visit(self, &select.qualify);
        if let Some(OrderBy { kind: OrderByKind::Expressions(expressions), .. }) = order_by {
            for by in expressions {
                // A name of the result is no name of a table.
                let is_result = matches!(&by.expr, Expr::Identifier(ident)
                    if columns.iter().any(|column| is_same(&column.name, &sql::normal(ident))));
                if !is_result {
                    visit(self, &by.expr);
                }
            }
        }
        self.scopes.pop();
        columns
    }

    fn table(&mut self, table: &TableWithJoins) {
        self.factor(&table.relation);
        for join in &table.joins {
            self.factor(&join.relation);
            match constraint(&join.join_operator) {
                Some(JoinConstraint::On(expr)) => visit(self, expr),
                Some(JoinConstraint::Using(names)) => {
                    for ident in names.iter().filter_map(|name| name.0.first()?.as_ident()) {
                        self.using(ident);
                    }
                }
                Some(JoinConstraint::Natural | JoinConstraint::None) | None => {}
            }
        }
    }

    /// A column that both sides have under one name.
    fn using(&mut self, ident: &Ident) {
        let name = sql::normal(ident);
        let tables: Vec<String> = match self.scopes.last() {
            Some(scope) => scope.relations.iter().map(|relation| relation.name.clone()).collect(),
            None => Vec::new(),
        };
        for table in tables {
            self.name(&[table, name.clone()], place_of(ident.span));
        }
    }

    fn factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let full_name = sql::table_name(name);
                let columns = self.columns_of(&full_name);
                self.offer(&full_name, alias.as_ref(), columns);
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let columns = self.query(subquery);
                self.offer("", alias.as_ref(), columns);
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.table(table_with_joins),
            other => visit(self, other),
        }
    }

    fn columns_of(&self, full_name: &str) -> Vec<Offered> {
        if let Some((_, columns)) = self.with.iter().rev().find(|(name, _)| is_same(name, full_name)) {
            return columns.clone();
        }
        let known = self.known.iter().find(|known| is_same(&known.name, full_name));
        let columns = known.map(|known| known.columns.iter()).into_iter().flatten();
        columns
            .map(|column| Offered {
                name: column.name.clone(),
                origins: column.origins.clone(),
                is_named: false,
                star: None,
            })
            .collect()
    }

    fn offer(&mut self, full_name: &str, alias: Option<&TableAlias>, columns: Vec<Offered>) {
        let own = full_name.rsplit('.').next().unwrap_or(full_name).to_owned();
        let name = alias.map_or(own, |alias| sql::normal(&alias.name));
        let relation = Relation { name, full_name: full_name.to_owned(), columns: renamed(columns, alias) };
        if let Some(scope) = self.scopes.last_mut() {
            scope.relations.push(relation);
        }
    }

    fn item(&mut self, item: &SelectItem, columns: &mut Vec<Offered>) {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = named(expr).and_then(|(parts, _)| parts.last().cloned()).unwrap_or_default();
                columns.push(self.column(expr, name));
            }
            SelectItem::ExprWithAlias { expr, alias } => columns.push(self.column(expr, sql::normal(alias))),
            SelectItem::ExprWithAliases { expr, .. } => visit(self, expr),
            SelectItem::Wildcard(options) => self.star(None, options, columns),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                self.star(Some(name), options, columns);
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => visit(self, expr),
        }
    }

    fn column(&mut self, expr: &Expr, name: String) -> Offered {
        visit(self, expr);
        // What is no more than a name passes its values on.
        let parts = named(expr).map(|(parts, _)| parts);
        let meant = parts.as_deref().and_then(|parts| self.scopes.iter().rev().find_map(|scope| scope.column(parts)));
        let origins = meant.into_iter().flat_map(|(column, rest)| {
            let inside = rest.to_vec();
            column.origins.into_iter().map(move |mut origin| {
                origin.path.extend(inside.iter().cloned());
                origin
            })
        });
        Offered { name, origins: origins.collect(), is_named: true, star: None }
    }

    fn star(&mut self, table: Option<&ObjectName>, options: &WildcardAdditionalOptions, columns: &mut Vec<Offered>) {
        let without = without(options);
        let place = place_of(options.wildcard_token.0.span);
        let table = table.map(sql::table_name);
        let Some(scope) = self.scopes.last() else { return };
        let is_meant = |relation: &&Relation| {
            table.as_deref().is_none_or(|table| is_same(&relation.name, table) || is_same(&relation.full_name, table))
        };
        for relation in scope.relations.iter().filter(is_meant) {
            for column in relation.columns.iter().filter(|it| !without.iter().any(|name| is_same(name, &it.name))) {
                let star = column.star.or(place);
                columns.push(Offered { star, ..column.clone() });
            }
        }
    }
}

/// The columns that `* EXCLUDE (…)` and `* EXCEPT (…)` leave out.
fn without(options: &WildcardAdditionalOptions) -> Vec<String> {
    let last = |name: &ObjectName| name.0.last().and_then(|part| part.as_ident()).map(sql::normal);
    let excluded: Vec<String> = match &options.opt_exclude {
        Some(ExcludeSelectItem::Single(name)) => last(name).into_iter().collect(),
        Some(ExcludeSelectItem::Multiple(names)) => names.iter().filter_map(last).collect(),
        None => Vec::new(),
    };
    let except = options.opt_except.iter();
    let except = except.flat_map(|except| std::iter::once(&except.first_element).chain(&except.additional_elements));
    excluded.into_iter().chain(except.map(sql::normal)).collect()
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::StraightJoin(constraint)
        | JoinOperator::AsOf { constraint, .. }
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint) => Some(constraint),
        _ => None,
    }
}

/// The columns under the names of an alias: `t (a, b)`.
fn renamed(mut columns: Vec<Offered>, alias: Option<&TableAlias>) -> Vec<Offered> {
    let names = alias.into_iter().flat_map(|alias| &alias.columns);
    for (column, definition) in columns.iter_mut().zip(names) {
        column.name = sql::normal(&definition.name);
    }
    columns
}

fn is_same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}
