//! `@name` in SQL: values that are handed to a query as values, never pasted into its text.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::var_provider::{VarProvider, VarType};
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::error::EngineError;
use crate::local_date::moment;
use crate::sql::Mention;

/// A value that SQL can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// A moment, in microseconds since 1970 (UTC).
    Moment(i64),
    /// A day, in days since 1970-01-01.
    Day(i32),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// True or false.
    Boolean(bool),
}

/// The values of a query's `@name`s.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, Parameter>);

impl Parameters {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and `@name` (given without the `@`) with a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: Parameter) -> Self {
        self.0.insert(format!("@{name}"), value);
        self
    }

    /// Refuses names that have no value.
    pub(crate) fn check(&self, mentions: &[Mention]) -> Result<(), EngineError> {
        match mentions.iter().find(|mention| !self.0.contains_key(&mention.name)) {
            None => Ok(()),
            Some(unknown) => Err(EngineError::UnknownParameter {
                name: unknown.name.clone(),
                place: unknown.place,
                known: self.0.keys().cloned().collect(),
            }),
        }
    }

    /// Lets the planner of `state` know the parameters' types.
    pub(crate) fn register(&self, state: &mut SessionState) {
        let provider = Arc::new(self.clone());
        state.execution_props_mut().add_var_provider(VarType::UserDefined, provider);
    }

    /// `plan` with literals in place of its parameters, so that the optimizer can reckon with them.
    pub(crate) fn bind(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        if self.0.is_empty() {
            return Ok(plan);
        }
        let bound = plan.transform_up_with_subqueries(|plan| {
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let literal = expr.transform_up(|expr| match &expr {
                    Expr::ScalarVariable(_, path) => Ok(Transformed::yes(Expr::Literal(self.value(path)?, None))),
                    _ => Ok(Transformed::no(expr)),
                })?;
                Ok(literal.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(bound.data)
    }

    fn value(&self, path: &[String]) -> Result<ScalarValue> {
        let value = match path {
            [name] => self.0.get(name),
            _ => None,
        };
        Ok(match value {
            Some(Parameter::Moment(micros)) => moment(*micros),
            Some(Parameter::Day(day)) => ScalarValue::Date32(Some(*day)),
            Some(Parameter::Integer(value)) => ScalarValue::Int64(Some(*value)),
            Some(Parameter::Text(text)) => ScalarValue::Utf8(Some(text.clone())),
            Some(Parameter::Boolean(value)) => ScalarValue::Boolean(Some(*value)),
            None => return plan_err!("there is no parameter {}", path.join(".")),
        })
    }
}

impl VarProvider for Parameters {
    fn get_value(&self, path: Vec<String>) -> Result<ScalarValue> {
        self.value(&path)
    }

    fn get_type(&self, path: &[String]) -> Option<DataType> {
        self.value(path).ok().map(|value| value.data_type())
    }
}
