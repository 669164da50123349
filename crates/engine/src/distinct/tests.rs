//! Which queries the rule takes, and that both forms of a query give the same rows.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::catalog::MemTable;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::optimizer::Optimizer;
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

use super::*;

// Planning takes tens of milliseconds in unoptimised builds, so few cases of many rows rather than many of few.

/// A row of `t(k, g, x, n, p, q)`.
type Row = (Option<i64>, Option<String>, Option<String>, Option<i64>, Option<bool>, Option<bool>);

fn table(rows: &[Row]) -> RecordBatch {
    let column = |array: ArrayRef| array;
    RecordBatch::try_from_iter(vec![
        ("k", column(Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.0))))),
        ("g", column(Arc::new(StringArray::from_iter(rows.iter().map(|row| row.1.as_deref()))))),
        ("x", column(Arc::new(StringArray::from_iter(rows.iter().map(|row| row.2.as_deref()))))),
        ("n", column(Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.3))))),
        ("p", column(Arc::new(BooleanArray::from_iter(rows.iter().map(|row| row.4))))),
        ("q", column(Arc::new(BooleanArray::from_iter(rows.iter().map(|row| row.5))))),
    ])
    .unwrap()
}

/// A session with only DataFusion's rules, or with ours as well.
fn session(batch: &RecordBatch, with_rule: bool) -> SessionContext {
    let mut rules = Optimizer::new().rules;
    if with_rule {
        let position = rules.iter().position(|rule| rule.name() == BEFORE_RULE).expect("DataFusion's rule");
        rules.insert(position, Arc::new(CountDistinctInTwoPhases));
    }
    let state = SessionStateBuilder::new()
        .with_config(SessionConfig::new().with_target_partitions(2))
        .with_default_features()
        .with_optimizer_rules(rules)
        .build();
    let context = SessionContext::new_with_state(state);
    let halves =
        [batch.slice(0, batch.num_rows() / 2), batch.slice(batch.num_rows() / 2, batch.num_rows().div_ceil(2))];
    let partitions = halves.into_iter().map(|half| vec![half]).collect();
    context.register_table("t", Arc::new(MemTable::try_new(batch.schema(), partitions).unwrap())).unwrap();
    context
}

async fn result(batch: &RecordBatch, sql: &str, with_rule: bool) -> (String, String) {
    let frame = session(batch, with_rule).sql(sql).await.unwrap();
    let plan = frame.clone().into_optimized_plan().unwrap().display_indent().to_string();
    (pretty_format_batches(&frame.collect().await.unwrap()).unwrap().to_string(), plan)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Rewritten: each has one distinct argument and combining aggregates.
const REWRITTEN: [&str; 6] = [
    "SELECT k, count(*) FILTER (WHERE NOT p) AS a, count(*) FILTER (WHERE p) AS b, \
     count(DISTINCT x) FILTER (WHERE NOT p) AS c FROM t GROUP BY k ORDER BY k",
    "SELECT k, g, count(*), count(DISTINCT x) FROM t GROUP BY k, g ORDER BY k, g",
    "SELECT k % 3 AS m, count(n), sum(n), min(n), max(g), count(DISTINCT x) FILTER (WHERE p OR q), count(DISTINCT x) \
     FROM t GROUP BY k % 3 ORDER BY m",
    "SELECT upper(g) AS u, count(DISTINCT n + 1) FILTER (WHERE x = 'a'), sum(n) FILTER (WHERE q), bool_or(p), bool_and(q) \
     FROM t GROUP BY upper(g) ORDER BY u",
    "SELECT k, count(DISTINCT x) FILTER (WHERE p AND q) AS d FROM t GROUP BY k HAVING count(*) > 1 ORDER BY k",
    "SELECT max(d), sum(c) FROM (SELECT k, count(DISTINCT g) AS d, count(x) AS c FROM t WHERE n > 0 GROUP BY k)",
];

/// Left alone: several distinct arguments, no keys, sums that round, aggregates that do not combine, keys that are sets.
const LEFT_ALONE: [&str; 7] = [
    "SELECT k, count(DISTINCT x), count(DISTINCT g), count(*) FROM t GROUP BY k ORDER BY k",
    "SELECT count(*), count(DISTINCT x) FILTER (WHERE p) FROM t",
    "SELECT k, sum(CAST(n AS DOUBLE)), count(DISTINCT x) FROM t GROUP BY k ORDER BY k",
    "SELECT k, avg(n), count(DISTINCT x) FROM t GROUP BY k ORDER BY k",
    "SELECT k, g, count(*), count(DISTINCT x) FROM t GROUP BY ROLLUP (k, g) ORDER BY k, g",
    "SELECT k, count(*), count(DISTINCT k) FROM t GROUP BY k ORDER BY k",
    "SELECT k, count(*), count(DISTINCT CAST(n AS DOUBLE)) FROM t GROUP BY k ORDER BY k",
];

fn is_rewritten(plan: &str) -> bool {
    plan.contains("__judi_value_0")
}

#[test]
fn the_rule_takes_what_it_can_and_leaves_the_rest() {
    let batch = table(&vec![(Some(1), None, Some("a".into()), Some(2), Some(true), None); 3]);
    runtime().block_on(async {
        for sql in REWRITTEN {
            assert!(is_rewritten(&result(&batch, sql, true).await.1), "{sql}");
        }
        for sql in LEFT_ALONE {
            assert!(!is_rewritten(&result(&batch, sql, true).await.1), "{sql}");
        }
    });
}

#[test]
fn a_filter_shared_with_a_count_is_counted_once() {
    let batch = table(&[(Some(1), None, Some("a".into()), Some(2), Some(true), None)]);
    let (_, plan) = runtime().block_on(result(&batch, REWRITTEN[0], true));
    assert!(plan.contains("__judi_partial_1") && !plan.contains("__judi_partial_2"), "{plan}");
}

#[test]
fn no_rows_give_no_groups() {
    runtime().block_on(async {
        for sql in REWRITTEN {
            let batch = table(&[]);
            assert_eq!(result(&batch, sql, true).await.0, result(&batch, sql, false).await.0, "{sql}");
        }
    });
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let text =
        |choices: &'static [&'static str]| prop::option::of(prop::sample::select(choices).prop_map(str::to_owned));
    let row = (
        prop::option::of(-3i64..3),
        text(&["", "a", "b"]),
        text(&["", "a", "b", "c", "d"]),
        prop::option::of(prop_oneof![-2i64..3, Just(i64::MAX)]),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
    );
    prop::collection::vec(row, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn both_forms_give_the_same_rows(rows in rows()) {
        let batch = table(&rows);
        runtime().block_on(async {
            for sql in REWRITTEN {
                let (with_rule, plan) = result(&batch, sql, true).await;
                assert_eq!(with_rule, result(&batch, sql, false).await.0, "{sql}\n{plan}");
            }
        });
    }
}
