//! An optimizer rule: `count(DISTINCT x)` beside other aggregates, in two phases of plain hash aggregation.
//!
//! ```text
//!   SELECT k, count(*) FILTER (WHERE p), count(DISTINCT x) FILTER (WHERE q) FROM t GROUP BY k
//!
//!   Projection: k, coalesce(sum(a), 0), count(x)
//!     Aggregate: GROUP BY k; sum(a), count(x) FILTER (WHERE b > 0)
//!       Aggregate: GROUP BY k, x; count(*) FILTER (WHERE p) AS a, count(*) FILTER (WHERE q) AS b
//!         t
//! ```
//!
//! DataFusion keeps a set of values for every group and every DISTINCT; with many groups that is most of the time and
//! of the memory, and cannot spill. The inner aggregation has one row for every pair of group and value instead.
//!
//! Exactly equivalent, or left alone: one DISTINCT argument, of a type whose equality is that of GROUP BY; the other
//! aggregates are those that combine from parts without rounding (counts, sums of 64-bit integers, minima, maxima, and
//! over booleans). A count FILTER becomes 0 where no row passes, in both forms, since each group has a row.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::{Aggregate, AggregateUDF, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Runs before DataFusion's own rule for a lone DISTINCT, whose name this is.
pub(crate) const BEFORE_RULE: &str = "single_distinct_aggregation_to_group_by";

/// See the module.
#[derive(Debug)]
pub(crate) struct CountDistinctInTwoPhases;

impl OptimizerRule for CountDistinctInTwoPhases {
    fn name(&self) -> &str {
        "count_distinct_in_two_phases"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Aggregate(aggregate) => match parts(&aggregate)? {
                Some((distinct, parts)) => two_phases(&aggregate, distinct, &parts).map(Transformed::yes),
                None => Ok(Transformed::no(LogicalPlan::Aggregate(aggregate))),
            },
            other => Ok(Transformed::no(other)),
        }
    }
}

/// One aggregate of the original, in the order of its columns.
enum Part<'a> {
    /// `count(DISTINCT x)`, with its filter.
    Distinct(Option<&'a Expr>),
    /// `count(…)`: the sum of the inner counts.
    Count(&'a AggregateFunction),
    /// An aggregate that combines by itself: sum, min, max, bool_and, bool_or.
    Same(&'a AggregateFunction),
}

/// The DISTINCT argument and the aggregates, when the rewriting is exact.
fn parts(aggregate: &Aggregate) -> Result<Option<(&Expr, Vec<Part<'_>>)>> {
    let keys = &aggregate.group_expr;
    if keys.is_empty() || keys.iter().any(|key| matches!(key, Expr::GroupingSet(_)) || key.is_volatile()) {
        return Ok(None);
    }
    let mut distinct: Option<&Expr> = None;
    let mut parts = Vec::with_capacity(aggregate.aggr_expr.len());
    for expr in &aggregate.aggr_expr {
        let Some(function) = plain_aggregate(expr) else { return Ok(None) };
        let AggregateFunctionParams { args, distinct: is_distinct, filter, .. } = &function.params;
        let part = if *is_distinct {
            let [argument] = args.as_slice() else { return Ok(None) };
            if function.func.name() != "count" || distinct.is_some_and(|known| known != argument) {
                return Ok(None);
            }
            distinct = Some(argument);
            Part::Distinct(filter.as_deref())
        } else {
            match combining(function, aggregate)? {
                Some(part) => part,
                None => return Ok(None),
            }
        };
        parts.push(part);
    }
    let Some(distinct) = distinct else { return Ok(None) };
    let groups_as_it_counts = groups_exactly(&distinct.get_type(aggregate.input.schema())?);
    let is_column = !distinct.column_refs().is_empty() && !keys.contains(distinct);
    Ok((groups_as_it_counts && is_column).then_some((distinct, parts)))
}

/// An aggregate function, under an alias or not, without order or null treatment, of deterministic arguments.
fn plain_aggregate(expr: &Expr) -> Option<&AggregateFunction> {
    let function = match expr {
        Expr::AggregateFunction(function) => function,
        Expr::Alias(alias) => match alias.expr.as_ref() {
            Expr::AggregateFunction(function) => function,
            _ => return None,
        },
        _ => return None,
    };
    let AggregateFunctionParams { args, filter, order_by, null_treatment, .. } = &function.params;
    let deterministic = !args.iter().chain(filter.as_deref()).any(Expr::is_volatile);
    (order_by.is_empty() && null_treatment.is_none() && deterministic).then_some(function)
}

/// How an aggregate without DISTINCT combines; [`None`] when it does not, or not exactly.
fn combining<'a>(function: &'a AggregateFunction, aggregate: &Aggregate) -> Result<Option<Part<'a>>> {
    let of_type = |fits: fn(&DataType) -> bool| -> Result<bool> {
        match function.params.args.as_slice() {
            [argument] => Ok(fits(&argument.get_type(aggregate.input.schema())?)),
            _ => Ok(false),
        }
    };
    let is_exact = match function.func.name() {
        "count" => return Ok(Some(Part::Count(function))),
        "sum" => of_type(|data_type| matches!(data_type, DataType::Int64 | DataType::UInt64))?,
        "min" | "max" => of_type(groups_exactly)?,
        "bool_and" | "bool_or" => of_type(|data_type| *data_type == DataType::Boolean)?,
        _ => false,
    };
    Ok(is_exact.then_some(Part::Same(function)))
}

/// Types whose values are equal just when their bits are: not floats (NaN, -0), not nested ones.
fn groups_exactly(data_type: &DataType) -> bool {
    data_type.is_integer()
        || matches!(
            data_type,
            DataType::Boolean
                | DataType::Utf8
                | DataType::LargeUtf8
                | DataType::Utf8View
                | DataType::Binary
                | DataType::BinaryView
                | DataType::FixedSizeBinary(_)
                | DataType::Date32
                | DataType::Timestamp(..)
                | DataType::Decimal128(..)
        )
}

/// The inner aggregation in the making: each different aggregate once.
#[derive(Default)]
struct Inner {
    aggregates: Vec<Expr>,
}

impl Inner {
    /// The inner column that holds `function(args) FILTER (WHERE filter)`.
    fn column(&mut self, function: Arc<AggregateUDF>, args: Vec<Expr>, filter: Option<Expr>) -> Expr {
        let expr = aggregate_expr(function, args, filter);
        let index = self.aggregates.iter().position(|known| *known == expr).unwrap_or_else(|| {
            self.aggregates.push(expr);
            self.aggregates.len() - 1
        });
        inner_column("partial", index)
    }

    fn aliased(self) -> Vec<Expr> {
        let name = |(index, expr): (usize, Expr)| expr.alias(inner_name("partial", index));
        self.aggregates.into_iter().enumerate().map(name).collect()
    }
}

fn two_phases(aggregate: &Aggregate, distinct: &Expr, parts: &[Part<'_>]) -> Result<LogicalPlan> {
    let value = inner_column("value", 0);
    let mut inner = Inner::default();
    let mut outer = Vec::with_capacity(parts.len());
    let mut columns: Vec<Expr> = (0..aggregate.group_expr.len())
        .map(|index| as_original(inner_column("key", index), aggregate, index))
        .collect();
    for (index, part) in parts.iter().enumerate() {
        let combined = inner_column("combined", index);
        let (expr, column) = match part {
            Part::Distinct(None) => (aggregate_expr(count_udaf(), vec![value.clone()], None), combined),
            Part::Distinct(Some(filter)) => {
                let passing = inner.column(count_udaf(), vec![lit(1i64)], Some((*filter).clone()));
                (aggregate_expr(count_udaf(), vec![value.clone()], Some(passing.gt(lit(0i64)))), combined)
            }
            Part::Count(function) => {
                let counts = inner_of(&mut inner, function);
                // Never NULL: each outer group has an inner one. The schema has to say so, too.
                (aggregate_expr(sum_udaf(), vec![counts], None), coalesce(vec![combined, lit(0i64)]))
            }
            Part::Same(function) => {
                let partial = inner_of(&mut inner, function);
                (aggregate_expr(Arc::clone(&function.func), vec![partial], None), combined)
            }
        };
        outer.push(expr.alias(inner_name("combined", index)));
        columns.push(as_original(column, aggregate, aggregate.group_expr.len() + index));
    }
    let keys = aggregate.group_expr.iter().enumerate().map(|(index, key)| key.clone().alias(inner_name("key", index)));
    let pairs: Vec<Expr> = keys.chain([distinct.clone().alias(inner_name("value", 0))]).collect();
    let groups: Vec<Expr> = (0..aggregate.group_expr.len()).map(|index| inner_column("key", index)).collect();
    let first = LogicalPlan::Aggregate(Aggregate::try_new(Arc::clone(&aggregate.input), pairs, inner.aliased())?);
    let second = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(first), groups, outer)?);
    LogicalPlanBuilder::from(second).project(columns)?.build()
}

fn inner_of(inner: &mut Inner, function: &AggregateFunction) -> Expr {
    let AggregateFunctionParams { args, filter, .. } = &function.params;
    inner.column(Arc::clone(&function.func), args.clone(), filter.as_deref().cloned())
}

fn aggregate_expr(function: Arc<AggregateUDF>, args: Vec<Expr>, filter: Option<Expr>) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(function, args, false, filter.map(Box::new), vec![], None))
}

fn inner_name(role: &str, index: usize) -> String {
    format!("__judi_{role}_{index}")
}

fn inner_column(role: &str, index: usize) -> Expr {
    Expr::Column(Column::new_unqualified(inner_name(role, index)))
}

/// `expr` under the name that the original has for its column `index`.
fn as_original(expr: Expr, aggregate: &Aggregate, index: usize) -> Expr {
    let (qualifier, field) = aggregate.schema.qualified_field(index);
    expr.alias_qualified(qualifier.cloned(), field.name())
}

#[cfg(test)]
mod tests;
