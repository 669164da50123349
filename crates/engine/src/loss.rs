//! `_judi.loss`: events that installs numbered and nobody received, by day, release and platform.
//!
//! ```text
//!   events ∪ quarantine ──► per install, in the order of its numbers: the step from the one before
//!                           └──► a step of 1 is no loss, of n is n - 1 lost, of 0 the same event twice
//!                                └──► summed by day of receipt and by what sent the event after the gap
//! ```
//! What an event that never came would have said is not known: a gap is put to the account of the release that sent the
//! next event. Numbers before an install's first event in the period are nobody's loss, nor are those after its last:
//! events that are still on their way close the gap when they come.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::ScalarValue;
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::{count_distinct, sum};
use datafusion::functions_window::expr_fn::lag;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, cast, lit, when};

use crate::error::EngineError;
use crate::local_date::local_date;
use crate::views::plain;
use crate::zone::Zone;

/// The days before today that are looked at: older gaps stay as they are, and looking costs a sort of all of them.
pub const LOSS_DAYS: i32 = 35;

/// What tells releases apart.
const RELEASE: [&str; 5] = ["sdk", "sdk_version", "app", "app_version", "platform"];

const ANONYMOUS_ID: &str = "anonymous_id";
const SEQUENCE: &str = "sequence";
const RECEIVED_AT: &str = "received_at";
const RECEIVED_DATE: &str = "received_date";
const STEP: &str = "step";

/// The view over what was received in the [`LOSS_DAYS`] days up to `today` (days since 1970, UTC).
pub(crate) fn loss_view(
    events: Arc<dyn TableProvider>,
    quarantine: Arc<dyn TableProvider>,
    today: i32,
    zone: Zone,
) -> Result<Arc<dyn TableProvider>, EngineError> {
    let received = LogicalPlanBuilder::from(numbered("events", events, today)?).union(numbered(
        "quarantine",
        quarantine,
        today,
    )?)?;
    let before = lag(plain(SEQUENCE), Some(1), None)
        .partition_by(vec![plain(ANONYMOUS_ID)])
        .order_by(vec![plain(SEQUENCE).sort(true, false)])
        .build()?
        .alias("before");
    let mut kept: Vec<Expr> = RELEASE.into_iter().map(plain).collect();
    kept.extend([plain(ANONYMOUS_ID), plain(RECEIVED_AT), (plain(SEQUENCE) - plain("before")).alias(STEP)]);
    let mut groups = vec![local_date(zone).call(vec![plain(RECEIVED_AT)]).alias("date")];
    groups.extend(RELEASE.into_iter().map(plain));
    let is_new = plain(STEP).is_null().or(plain(STEP).gt(lit(0_i64)));
    let has_gap = plain(STEP).gt(lit(1_i64));
    let one = |condition: Expr| when(condition, lit(1_i64)).otherwise(lit(0_i64));
    let lost = when(has_gap.clone(), plain(STEP) - lit(1_i64)).otherwise(lit(0_i64))?;
    let gap_installs = when(has_gap.clone(), plain(ANONYMOUS_ID)).end()?;
    let figures = vec![
        count_distinct(plain(ANONYMOUS_ID)).alias("installs"),
        sum(one(is_new)?).alias("events"),
        count_distinct(gap_installs).alias("installs_with_gaps"),
        sum(one(has_gap)?).alias("gaps"),
        sum(lost).alias("lost"),
    ];
    let share = cast(plain("lost"), DataType::Float64) / cast(plain("lost") + plain("events"), DataType::Float64);
    let names = ["installs", "events", "installs_with_gaps", "gaps", "lost"];
    let mut columns = vec![plain("date")];
    columns.extend(RELEASE.into_iter().chain(names).map(plain));
    columns.push(share.alias("lost_share"));
    let plan = received.window(vec![before])?.project(kept)?.aggregate(groups, figures)?.project(columns)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// What of a table was sent by an install that numbers its events.
fn numbered(name: &str, table: Arc<dyn TableProvider>, today: i32) -> Result<LogicalPlan, EngineError> {
    let first = lit(ScalarValue::Date32(Some(today.saturating_sub(LOSS_DAYS))));
    let is_numbered =
        plain(RECEIVED_DATE).gt(first).and(plain(SEQUENCE).is_not_null()).and(plain(ANONYMOUS_ID).is_not_null());
    let columns = RELEASE.into_iter().chain([ANONYMOUS_ID, RECEIVED_AT, SEQUENCE]).map(plain);
    let plan = LogicalPlanBuilder::scan(name, provider_as_source(table), None)?
        .filter(is_numbered)?
        .project(columns.collect::<Vec<_>>())?
        .build()?;
    Ok(plan)
}
