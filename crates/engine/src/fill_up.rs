//! Older files whose maps hold structs with fewer fields than they have today.
//!
//! DataFusion fills up columns, fields of structs and structs in lists by itself, and refuses maps. Columns in which a
//! map differs are therefore read as the file has them and brought into today's shape by [`conform_array`], as our own
//! reader does it; `get_field` on them stays on the file's own columns, so that no more is read than is asked for.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::functions::core::getfield::GetFieldFunc;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_adapter::{
    DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory,
};
use judi_table::conform_array;

/// Adapts expressions over today's schema to one file.
#[derive(Debug)]
pub(crate) struct FillUpFactory;

impl PhysicalExprAdapterFactory for FillUpFactory {
    fn create(&self, today: SchemaRef, file: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let stored_as = |field: &FieldRef| match file.field_with_name(field.name()) {
            Ok(stored) if has_map(field.data_type()) && stored.data_type() != field.data_type() => {
                Arc::new(stored.clone())
            }
            _ => Arc::clone(field),
        };
        let mixed = Arc::new(Schema::new(today.fields().iter().map(stored_as).collect::<Vec<_>>()));
        let inner = DefaultPhysicalExprAdapterFactory.create(Arc::clone(&mixed), file)?;
        Ok(if mixed == today { inner } else { Arc::new(FillUpAdapter { today, mixed, inner }) })
    }
}

fn has_map(data_type: &DataType) -> bool {
    match data_type {
        DataType::Map(..) => true,
        DataType::Struct(fields) => fields.iter().any(|field| has_map(field.data_type())),
        DataType::List(element) => has_map(element.data_type()),
        _ => false,
    }
}

#[derive(Debug)]
struct FillUpAdapter {
    today: SchemaRef,
    /// Today's schema, but for the columns that are filled up here: they are the file's.
    mixed: SchemaRef,
    /// Does the rest.
    inner: Arc<dyn PhysicalExprAdapter>,
}

impl PhysicalExprAdapter for FillUpAdapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let filled = expr.transform_down(|expr| {
            Ok(match self.filled(&expr)? {
                Some(filled) => Transformed::new(filled, true, TreeNodeRecursion::Jump),
                None => Transformed::no(expr),
            })
        })?;
        self.inner.rewrite(filled.data)
    }
}

impl FillUpAdapter {
    /// What stands for a column that is filled up here, or for a field of it; [`None`] for all else.
    fn filled(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Option<Arc<dyn PhysicalExpr>>> {
        if let Some(column) = expr.downcast_ref::<Column>() {
            let Some((today, stored)) = self.differing(column) else { return Ok(None) };
            return Ok(Some(fill_up(Arc::clone(expr), today, stored.data_type())));
        }
        let Some(access) = ScalarFunctionExpr::try_downcast_func::<GetFieldFunc>(expr.as_ref()) else {
            return Ok(None);
        };
        let Some((root, keys)) = access.args().split_first() else { return Ok(None) };
        let Some((today, stored)) = root.downcast_ref::<Column>().and_then(|column| self.differing(column)) else {
            return Ok(None);
        };
        self.field(access, root, keys, today, stored).map(Some)
    }

    /// A column's field today and in the file, when it is filled up here.
    fn differing(&self, column: &Column) -> Option<(&Field, &Field)> {
        let today = self.today.field_with_name(column.name()).ok()?;
        let stored = self.mixed.field_with_name(column.name()).ok()?;
        (today.data_type() != stored.data_type()).then_some((today, stored))
    }

    /// `get_field(root, keys…)`: through structs as the file has them, then filled up, then on with the keys that are
    /// left, which look up a map.
    fn field(
        &self,
        access: &ScalarFunctionExpr,
        root: &Arc<dyn PhysicalExpr>,
        keys: &[Arc<dyn PhysicalExpr>],
        today: &Field,
        stored: &Field,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let (mut today, mut stored, mut used) = (today, Some(stored), 0);
        while let (DataType::Struct(fields), Some(name)) = (today.data_type(), keys.get(used).and_then(key_name)) {
            let Some((_, next)) = fields.find(name) else { return internal_err!("no field {name}") };
            stored = stored.and_then(|stored| match stored.data_type() {
                DataType::Struct(fields) => fields.find(name).map(|(_, field)| field.as_ref()),
                _ => None,
            });
            (today, used) = (next, used + 1);
        }
        let (through, left) = keys.split_at(used);
        let value = match stored {
            None => Arc::new(Literal::new(ScalarValue::try_new_null(today.data_type())?)) as Arc<dyn PhysicalExpr>,
            Some(stored) if through.is_empty() => fill_up(Arc::clone(root), today, stored.data_type()),
            Some(stored) => fill_up(self.get_field(access, root, through)?, today, stored.data_type()),
        };
        if left.is_empty() { Ok(value) } else { self.get_field(access, &value, left) }
    }

    fn get_field(
        &self,
        access: &ScalarFunctionExpr,
        from: &Arc<dyn PhysicalExpr>,
        keys: &[Arc<dyn PhysicalExpr>],
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let arguments = std::iter::once(from).chain(keys).cloned().collect();
        let options = Arc::new(access.config_options().clone());
        let function = Arc::new(access.fun().clone());
        Ok(Arc::new(ScalarFunctionExpr::try_new(function, arguments, &self.mixed, options)?))
    }
}

fn key_name(key: &Arc<dyn PhysicalExpr>) -> Option<&str> {
    key.downcast_ref::<Literal>()?.value().try_as_str().flatten()
}

fn fill_up(from: Arc<dyn PhysicalExpr>, today: &Field, stored: &DataType) -> Arc<dyn PhysicalExpr> {
    if today.data_type() == stored { from } else { Arc::new(FillUp { from, field: Arc::new(today.clone()) }) }
}

/// A value in the shape of `field`.
#[derive(Debug, Eq)]
struct FillUp {
    from: Arc<dyn PhysicalExpr>,
    field: FieldRef,
}

impl PartialEq for FillUp {
    fn eq(&self, other: &Self) -> bool {
        self.from.eq(&other.from) && self.field == other.field
    }
}

impl Hash for FillUp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.from.hash(state);
        self.field.hash(state);
    }
}

impl fmt::Display for FillUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fill_up({})", self.from)
    }
}

impl PhysicalExpr for FillUp {
    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let array = self.from.evaluate(batch)?.into_array(batch.num_rows())?;
        let shaped = conform_array(&array, &self.field, self.field.name());
        shaped.map(ColumnarValue::Array).map_err(|error| DataFusionError::External(Box::new(error)))
    }

    fn return_field(&self, _input_schema: &Schema) -> Result<FieldRef> {
        Ok(Arc::clone(&self.field))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.from]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        match (children.pop(), children.is_empty()) {
            (Some(from), true) => Ok(Arc::new(Self { from, field: Arc::clone(&self.field) })),
            _ => internal_err!("fill_up has one child"),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
