//! An optimizer rule: looking up a map that stands inside a struct, such as `article_view['tags']['colour']`.
//!
//! DataFusion makes one `get_field(article_view, 'tags', 'colour')` of it and takes all keys for names of nested
//! columns, of which the Parquet reader then finds none (`Field tags not found in struct`). This rule parts the call
//! where the map begins, with a function between that does nothing, so that the parts are not put together again:
//!
//! ```text
//!   get_field(map_of(get_field(article_view, 'tags')), 'colour')
//! ```

use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, exec_err};
use datafusion::functions::core::getfield::GetFieldFunc;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Runs after the rule that puts calls together, whose name this is.
pub(crate) const AFTER_RULE: &str = "simplify_expressions";

/// See the module.
#[derive(Debug)]
pub(crate) struct LookUpMapsApart;

impl OptimizerRule for LookUpMapsApart {
    fn name(&self) -> &str {
        "look_up_maps_apart"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let schema = match &plan {
            LogicalPlan::TableScan(scan) => {
                DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?
            }
            other => merge_schema(&other.inputs()),
        };
        if !schema.fields().iter().any(|field| holds_map(field.data_type())) {
            return Ok(Transformed::no(plan));
        }
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.transform_up(|expr| parted(expr, &schema))?.update_data(|expr| name.restore(expr)))
        })
    }
}

/// Whether a struct of this type has a map inside.
fn holds_map(data_type: &DataType) -> bool {
    match data_type {
        DataType::Struct(fields) => {
            fields.iter().any(|field| matches!(field.data_type(), DataType::Map(..)) || holds_map(field.data_type()))
        }
        _ => false,
    }
}

fn parted(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::ScalarFunction(call) = &expr else { return Ok(Transformed::no(expr)) };
    let Some((base, keys)) = call.args.split_first().filter(|_| call.func.inner().is::<GetFieldFunc>()) else {
        return Ok(Transformed::no(expr));
    };
    let mut data_type = base.get_type(schema)?;
    let mut used = 0;
    while let (DataType::Struct(fields), Some(name)) = (&data_type, keys.get(used).and_then(key_name)) {
        let Some((_, field)) = fields.find(name) else { break };
        data_type = field.data_type().clone();
        used += 1;
    }
    if used == 0 || used == keys.len() || !matches!(data_type, DataType::Map(..)) {
        return Ok(Transformed::no(expr));
    }
    let (through, left) = keys.split_at(used);
    let get_field = |from: Expr, keys: &[Expr]| {
        let args = std::iter::once(from).chain(keys.iter().cloned()).collect();
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&call.func), args))
    };
    let map = MAP_OF.call(vec![get_field(base.clone(), through)]);
    Ok(Transformed::yes(get_field(map, left)))
}

fn key_name(key: &Expr) -> Option<&str> {
    key.as_literal()?.try_as_str().flatten()
}

static MAP_OF: LazyLock<ScalarUDF> =
    LazyLock::new(|| ScalarUDF::from(MapOf { signature: Signature::any(1, Volatility::Immutable) }));

/// Its argument, unchanged.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MapOf {
    signature: Signature,
}

impl ScalarUDFImpl for MapOf {
    fn name(&self) -> &str {
        "map_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [argument] => Ok(argument.clone()),
            _ => exec_err!("map_of takes one map"),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match <[ColumnarValue; 1]>::try_from(arguments.args) {
            Ok([value]) => Ok(value),
            Err(_) => exec_err!("map_of takes one map"),
        }
    }
}
