//! What a job's SQL may not contain, since its result would depend on more than the rows that it reads.
//!
//! | construct | depends on |
//! |---|---|
//! | now(), current_date, random(), uuid() … | when it runs, or chance |
//! | array_agg, string_agg, first_value, last_value, nth_value, row_number without ORDER BY | the order of rows in files |
//! | LIMIT without ORDER BY | the order of rows in files |
//! | approx_* | how rows were spread over threads and files |
//!
//! Sums of floating-point numbers still depend on the order of rows in files, which is fixed for one version of the
//! inputs; decimals do not. An ORDER BY whose ties LIMIT cuts through is not seen here.

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility, WindowFunctionDefinition};

use crate::error::EngineError;

const CLOCK_HINT: &str = "use @from, @to or @run_ts for the time";
const CHANCE_HINT: &str = "derive it from the rows, for instance with md5 of their ids";
const ORDER_HINT: &str = "give it an ORDER BY that leaves no ties";
const LIMIT_HINT: &str = "add an ORDER BY that leaves no ties, or drop the LIMIT";
const APPROXIMATE_HINT: &str = "use the exact function, such as count(DISTINCT x) or median(x)";

/// Functions whose result follows the order of their rows.
const ORDER_SENSITIVE: [&str; 6] = ["array_agg", "string_agg", "first_value", "last_value", "nth_value", "row_number"];

/// Refuses a plan (not yet optimized) that holds such a construct.
///
/// # Errors
/// [`EngineError::NotDeterministic`] for the first in the plan.
pub(crate) fn check(plan: &LogicalPlan) -> Result<(), EngineError> {
    let mut found: Option<(String, &'static str)> = None;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Limit(limit) = node
            && limit.fetch.is_some()
            && !sorted(&limit.input)
        {
            found = Some(("LIMIT without ORDER BY".into(), LIMIT_HINT));
            return Ok(TreeNodeRecursion::Stop);
        }
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                found = offence(expr);
                Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    })?;
    match found {
        Some((construct, hint)) => Err(EngineError::NotDeterministic { construct, hint }),
        None => Ok(()),
    }
}

/// Whether the rows come sorted, through nodes that keep their order.
fn sorted(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(_) => true,
        LogicalPlan::Projection(node) => sorted(&node.input),
        LogicalPlan::SubqueryAlias(node) => sorted(&node.input),
        LogicalPlan::Filter(node) => sorted(&node.input),
        LogicalPlan::Limit(node) => sorted(&node.input),
        // At most one row.
        LogicalPlan::Aggregate(node) => node.group_expr.is_empty(),
        _ => false,
    }
}

fn offence(expr: &Expr) -> Option<(String, &'static str)> {
    match expr {
        Expr::ScalarFunction(function) => {
            let hint = match function.func.signature().volatility {
                Volatility::Immutable => return None,
                Volatility::Stable => CLOCK_HINT,
                Volatility::Volatile => CHANCE_HINT,
            };
            Some((format!("{}()", function.name()), hint))
        }
        Expr::AggregateFunction(AggregateFunction { func, params }) => {
            unordered(func.name(), params.order_by.is_empty())
        }
        Expr::WindowFunction(window) => {
            let WindowFunction { fun, params } = window.as_ref();
            let name = match fun {
                WindowFunctionDefinition::AggregateUDF(function) => function.name(),
                WindowFunctionDefinition::WindowUDF(function) => function.name(),
            };
            unordered(name, params.order_by.is_empty())
        }
        _ => None,
    }
}

fn unordered(name: &str, without_order: bool) -> Option<(String, &'static str)> {
    if name.starts_with("approx_") {
        return Some((format!("{name}()"), APPROXIMATE_HINT));
    }
    (without_order && ORDER_SENSITIVE.contains(&name)).then(|| (format!("{name}() without ORDER BY"), ORDER_HINT))
}
