//! Views: one event flattened, and an input cut to a job's window.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::functions::core::expr_fn::{coalesce, get_field};
use datafusion::logical_expr::{Case, Expr, ExprSchemable, LogicalPlanBuilder, TryCast, lit};
use judi_schema::view::{View, ViewColumn};

use crate::catalog::{EVENTS_TABLE, InputWindow};
use crate::error::EngineError;
use crate::local_date::{local_date, moment};
use crate::zone::Zone;

/// The day that every event view has beside the event's own columns.
const DATE: &str = "date";
const EVENT: &str = "event";
const EVENT_TIME: &str = "event_time";
const RECEIVED_AT: &str = "received_at";
const HOUR: &str = "hour";

/// `SELECT envelope, events.<event>['field'] AS field …, local_date(event_time) AS date FROM events WHERE event = …`.
pub(crate) fn event_view(
    view: &View,
    events: Arc<dyn TableProvider>,
    zone: Zone,
) -> Result<Arc<dyn TableProvider>, EngineError> {
    let mut columns = Vec::with_capacity(view.columns.len() + 1);
    for column in &view.columns {
        columns.push(value_of(column, &events.schema())?.alias(&column.name));
    }
    columns.push(local_date(zone).call(vec![plain(EVENT_TIME)]).alias(DATE));
    let plan = LogicalPlanBuilder::scan(EVENTS_TABLE, provider_as_source(events), None)?
        .filter(plain(EVENT).eq(lit(view.event.as_str())))?
        .project(columns)?
        .build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// The column's newest form; where a row has none, the older form that it was written in, as the newest's type.
fn value_of(column: &ViewColumn, events: &SchemaRef) -> Result<Expr, EngineError> {
    let newest = at(&column.path);
    if column.older.is_empty() {
        return Ok(called_as_today(newest, &column.renamed_values));
    }
    let schema = DFSchema::try_from(Arc::clone(events))?;
    let data_type = newest.get_type(&schema)?;
    let mut forms = vec![newest];
    for path in &column.older {
        let older = at(path);
        let older_type = older.get_type(&schema)?;
        if older_type == data_type {
            forms.push(older);
        } else if !data_type.is_nested() && !older_type.is_nested() {
            forms.push(Expr::TryCast(TryCast::new(Box::new(older), data_type.clone())));
        }
        // A list or struct that took over from something else has no form of it.
    }
    Ok(called_as_today(coalesce(forms), &column.renamed_values))
}

/// Text that older rows hold under a name of yesterday, by today's.
fn called_as_today(value: Expr, renamed: &[(String, String)]) -> Expr {
    if renamed.is_empty() {
        return value;
    }
    let branches = renamed.iter().map(|(old, today)| (Box::new(lit(old.as_str())), Box::new(lit(today.as_str()))));
    Expr::Case(Case::new(Some(Box::new(value.clone())), branches.collect(), Some(Box::new(value))))
}

/// A column, or a field inside structs.
fn at(path: &[String]) -> Expr {
    match path.split_first() {
        Some((root, fields)) => fields.iter().fold(plain(root), |value, field| get_field(value, field.as_str())),
        None => Expr::Literal(ScalarValue::Null, None),
    }
}

/// The rows of `provider` that lie in `window`: by `event_time` where it has one, else by the partition (`date`, the
/// days that the window touches, or `hour`).
pub(crate) fn windowed(
    name: &str,
    provider: Arc<dyn TableProvider>,
    window: &InputWindow,
    zone: Zone,
) -> Result<Arc<dyn TableProvider>, EngineError> {
    let filter = window_filter(name, &provider.schema(), window, zone)?;
    let plan = LogicalPlanBuilder::scan(name, provider_as_source(provider), None)?.filter(filter)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

fn window_filter(name: &str, schema: &SchemaRef, window: &InputWindow, zone: Zone) -> Result<Expr, EngineError> {
    let misfit = |message: String, hint: &str| EngineError::Plan { message, place: None, hint: Some(hint.to_owned()) };
    let is = |column: &str, fits: fn(&DataType) -> bool| {
        schema.field_with_name(column).is_ok_and(|field| fits(field.data_type()))
    };
    let is_time = |data_type: &DataType| matches!(data_type, DataType::Timestamp(_, Some(_)));
    let between =
        |column: &str| plain(column).gt_eq(literal(window.from_us)).and(plain(column).lt(literal(window.to_us)));
    let mut filter = if is(EVENT_TIME, is_time) {
        between(EVENT_TIME)
    } else if is(DATE, |data_type| *data_type == DataType::Date32) {
        let (first, last) = (zone.day_of(window.from_us), zone.day_of(window.to_us.saturating_sub(1)));
        let (Some(first), Some(last)) = (first, last) else {
            return Err(misfit(format!("the window of {name} lies outside the calendar"), "use days of this era"));
        };
        let day = |day| Expr::Literal(ScalarValue::Date32(Some(day)), None);
        plain(DATE).gt_eq(day(first)).and(plain(DATE).lt_eq(day(last)))
    } else if is(HOUR, is_time) {
        between(HOUR)
    } else {
        return Err(misfit(
            format!("{name} has no event_time, date or hour that a window could be put on"),
            "leave out its window, and filter in the SQL",
        ));
    };
    if let Some(before) = window.received_before_us {
        if !is(RECEIVED_AT, is_time) {
            return Err(misfit(
                format!("{name} has no received_at, so nothing of it is late"),
                "leave out late= for tables that jobs make",
            ));
        }
        filter = filter.and(plain(RECEIVED_AT).lt(literal(before)));
    }
    Ok(filter)
}

/// A column by exactly this name; `col` would read dots and capitals as SQL does.
pub(crate) fn plain(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

fn literal(moment_us: i64) -> Expr {
    Expr::Literal(moment(moment_us), None)
}
