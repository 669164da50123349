//! Inputs cut to a job's window.

use judi_engine::{Catalog, EngineError, InputWindow, QueryOptions};

use crate::fixture::{Newsroom, moment, three_days};

fn rows(newsroom: &Newsroom, catalog: &Catalog, sql: &str) -> Result<String, EngineError> {
    newsroom.try_csv(catalog, sql, &QueryOptions::default())
}

fn day_one(received_before: Option<(i64, i64, i64)>) -> InputWindow {
    InputWindow {
        from_us: moment((1, 0, 0)),
        to_us: moment((2, 0, 0)),
        received_before_us: received_before.map(moment),
    }
}

#[test]
fn an_event_view_shows_the_window_and_only_what_came_in_time() {
    let newsroom = three_days();
    let count = "SELECT count(*) AS n FROM article_view";
    let whole = newsroom.catalog().with_window("article_view", day_one(None));
    assert_eq!(rows(&newsroom, &whole, count).unwrap(), "n\n4\n");
    // Reader c's event of the first came on the second at nine.
    let early = newsroom.catalog().with_window("article_view", day_one(Some((2, 9, 0))));
    assert_eq!(rows(&newsroom, &early, count).unwrap(), "n\n3\n");
    let later = newsroom.catalog().with_window("article_view", day_one(Some((2, 9, 1))));
    assert_eq!(rows(&newsroom, &later, count).unwrap(), "n\n4\n");
}

#[test]
fn a_window_on_one_name_leaves_the_others_whole() {
    let newsroom = three_days();
    let catalog = newsroom.catalog().with_window("article_view", day_one(None));
    assert_eq!(rows(&newsroom, &catalog, "SELECT count(*) AS n FROM events").unwrap(), "n\n7\n");
    let catalog = newsroom.catalog().with_window("events", day_one(None));
    assert_eq!(rows(&newsroom, &catalog, "SELECT count(*) AS n FROM events").unwrap(), "n\n4\n");
    assert_eq!(rows(&newsroom, &catalog, "SELECT count(*) AS n FROM article_view").unwrap(), "n\n7\n");
}

#[test]
fn a_window_reads_few_files_and_goes_with_an_alias() {
    let newsroom = three_days();
    let window = InputWindow { from_us: moment((3, 0, 0)), to_us: moment((4, 0, 0)), received_before_us: None };
    let catalog = newsroom.catalog().with_window("article_view", window);
    let plan = rows(&newsroom, &catalog, "EXPLAIN SELECT v.article_id FROM article_view AS v").unwrap();
    assert_eq!(plan.matches("part-").count(), 1, "{plan}");
    assert_eq!(rows(&newsroom, &catalog, "SELECT v.article_id FROM article_view AS v").unwrap(), "article_id\nelk\n");
}

#[test]
fn a_window_that_fits_nothing_is_refused() {
    let newsroom = three_days();
    let batch = arrow::array::RecordBatch::try_from_iter(vec![(
        "x",
        std::sync::Arc::new(arrow::array::Int64Array::from(vec![1])) as arrow::array::ArrayRef,
    )])
    .unwrap();
    let catalog =
        newsroom.catalog().with_rows("numbers", batch.schema(), vec![batch]).with_window("numbers", day_one(None));
    let error = rows(&newsroom, &catalog, "SELECT * FROM numbers").unwrap_err();
    assert!(error.to_string().contains("numbers has no event_time, date or hour"), "{error}");
}

#[test]
fn a_jobs_table_is_cut_by_its_partition() {
    let newsroom = three_days();
    let days = arrow::array::Date32Array::from_iter(
        (0..4).map(|day| i32::try_from(moment((day, 0, 0)) / judi_engine::DAY_US).ok()),
    );
    let batch =
        arrow::array::RecordBatch::try_from_iter(vec![("date", std::sync::Arc::new(days) as arrow::array::ArrayRef)])
            .unwrap();
    let table = newsroom.catalog().with_rows("daily", batch.schema(), vec![batch]);
    let catalog = table.clone().with_window("daily", day_one(None));
    assert_eq!(rows(&newsroom, &catalog, "SELECT * FROM daily").unwrap(), "date\n2026-11-01\n");
    let catalog = table.with_window("daily", day_one(Some((2, 0, 0))));
    assert!(rows(&newsroom, &catalog, "SELECT * FROM daily").unwrap_err().to_string().contains("received_at"));
}
