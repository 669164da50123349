//! What queries give.

use futures::StreamExt;
use judi_engine::{EngineError, QueryOptions, Zone};

use crate::fixture::{Newsroom, Read, parameters, read, runtime, three_days};

#[test]
fn an_events_view_is_flat_and_has_the_day() {
    let newsroom = three_days();
    let rows = newsroom.csv("SELECT date, article_id, anonymous_id, section FROM article_view ORDER BY event_time");
    assert_eq!(
        rows,
        "date,article_id,anonymous_id,section\n2026-11-01,elk,a,\n2026-11-01,elk,a,\n2026-11-01,elk,c,\n\
         2026-11-01,sea,b,\n2026-11-02,sea,a,\n2026-11-02,sea,r,\n2026-11-03,elk,d,inrikes\n"
    );
}

#[test]
fn reads_and_readers_of_people_and_bots_apart() {
    let newsroom = three_days();
    let sql = "SELECT date, article_id, count(*) FILTER (WHERE NOT is_bot) AS reads, count(*) FILTER (WHERE is_bot) AS \
               bot_reads, count(DISTINCT anonymous_id) FILTER (WHERE NOT is_bot) AS readers \
               FROM article_view GROUP BY date, article_id ORDER BY date, article_id";
    assert_eq!(
        newsroom.csv(sql),
        "date,article_id,reads,bot_reads,readers\n2026-11-01,elk,3,0,2\n2026-11-01,sea,1,0,1\n\
         2026-11-02,sea,1,1,1\n2026-11-03,elk,1,0,1\n"
    );
}

#[test]
fn a_day_is_the_conventions_day_and_its_filter_reads_few_files() {
    let mut newsroom = three_days();
    newsroom.zone = "Europe/Stockholm".parse::<Zone>().unwrap();
    // 23:30 UTC on the first is half past midnight on the second.
    let day = "SELECT date, count(*) AS n FROM article_view WHERE date = '2026-11-02' GROUP BY date";
    assert_eq!(newsroom.csv(day), "date,n\n2026-11-02,3\n");
    let plan = newsroom.csv("EXPLAIN SELECT count(article_id) FROM article_view WHERE date = '2026-11-03'");
    assert_eq!(plan.matches("part-").count(), 1, "one file holds the day: {plan}");
}

#[test]
fn a_range_of_time_reads_the_files_that_can_hold_it() {
    let newsroom = three_days();
    let files = |condition: &str| {
        let plan = newsroom.csv(&format!("EXPLAIN SELECT article_id FROM article_view WHERE {condition}"));
        plan.matches("part-").count()
    };
    assert_eq!(files("true"), 3);
    assert_eq!(files("event_time >= @from AND event_time < @to"), 1);
    assert_eq!(files("event_time < '2026-11-02T00:00:00Z'"), 2);
    assert_eq!(files("received_date = '2026-11-03'"), 1);
    assert_eq!(files("date = @day"), 1);
    assert_eq!(files("event_time > '2027-01-01'"), 0);
}

#[test]
fn parameters_are_values() {
    let newsroom = three_days();
    assert_eq!(
        newsroom.csv("SELECT '@from' AS text, @name AS name, @day AS day, @from AS since"),
        "text,name,day,since\n@from,it's,2026-11-02,2026-11-02T00:00:00Z\n"
    );
    assert_eq!(newsroom.csv("SELECT count(*) AS n FROM article_view WHERE event_time >= @from"), "n\n3\n");
    let grouped =
        "SELECT date_trunc('day', @from) AS d, count(*) AS n FROM article_view GROUP BY date_trunc('day', @from)";
    assert_eq!(newsroom.csv(grouped), "d,n\n2026-11-02T00:00:00Z,7\n");
}

#[test]
fn a_table_that_is_only_declared_has_no_rows() {
    let newsroom = Newsroom::new();
    assert_eq!(newsroom.csv("SELECT count(*) AS n, count(section) AS s FROM article_view"), "n,s\n0,0\n");
    let declared = judi_engine::Catalog::new(Zone::UTC)
        .with_declared_table("events", None, crate::fixture::events_schema(true))
        .with_views(crate::fixture::views());
    let rows = newsroom.try_csv(&declared, "SELECT count(*) AS n FROM article_view", &QueryOptions::default());
    assert_eq!(rows.unwrap(), "n\n0\n");
}

#[test]
fn structs_of_older_files_are_filled_up_as_a_whole() {
    let newsroom = three_days();
    let rows = newsroom.csv("SELECT article_view FROM events WHERE event_time >= '2026-11-02' ORDER BY event_time");
    assert_eq!(
        rows,
        "article_view\n\"{\"\"article_id\"\":\"\"sea\"\",\"\"section\"\":null}\"\n\
         \"{\"\"article_id\"\":\"\"sea\"\",\"\"section\"\":null}\"\n\
         \"{\"\"article_id\"\":\"\"elk\"\",\"\"section\"\":\"\"inrikes\"\"}\"\n"
    );
    let rows = newsroom.csv("SELECT count(*) AS n FROM article_view WHERE section IS NULL OR section = 'inrikes'");
    assert_eq!(rows, "n\n7\n");
}

#[test]
fn tables_and_columns_can_be_looked_up() {
    let newsroom = three_days();
    assert_eq!(newsroom.csv("SHOW TABLES"), "name,kind\narticle_view,view\nevents,table\n");
    let columns = newsroom.csv("DESCRIBE events");
    assert!(columns.contains("event_time,timestamp\n"), "{columns}");
    assert!(columns.contains("article_view,\"struct(article_id text, section text)\"\n"), "{columns}");
    assert!(newsroom.csv("SHOW COLUMNS FROM article_view").ends_with("section,text\ndate,date\n"));
    let standard = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1";
    assert_eq!(newsroom.csv(standard), "table_name\narticle_view\nevents\n");
}

#[test]
fn a_running_query_stays_with_its_version() {
    let newsroom = three_days();
    let catalog = newsroom.catalog();
    runtime().block_on(async {
        let sql = "SELECT anonymous_id FROM events";
        let rows = newsroom.engine.query(&catalog, sql, &parameters(), &QueryOptions::default()).await.unwrap();
        newsroom.commit(&[read("new", "z", (4, 1, 0))], true);
        let count: usize = rows.collect().await.unwrap().iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(count, 7);
    });
    assert_eq!(newsroom.csv("SELECT count(*) AS n FROM events"), "n\n8\n");
}

#[test]
fn nulls_in_time_and_payload_do_no_harm() {
    let newsroom = Newsroom::new();
    newsroom.commit(&[Read { section: None, ..read("elk", "a", (1, 0, 0)) }], true);
    assert_eq!(newsroom.csv("SELECT section, local_date(NULL) AS d FROM article_view"), "section,d\n,\n");
}

#[test]
fn limits_of_time_and_rows_end_a_query() {
    let newsroom = three_days();
    let options = QueryOptions { rows_max: Some(3), ..QueryOptions::default() };
    let error = newsroom.try_csv(&newsroom.catalog(), "SELECT * FROM events", &options).unwrap_err();
    assert!(matches!(error, EngineError::TooManyRows { rows_max: 3 }), "{error:?}");

    let endless = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b, generate_series(1, 100000) c \
                   WHERE a.value + b.value + c.value = 7";
    let options = QueryOptions { timeout: Some(std::time::Duration::from_millis(200)), ..QueryOptions::default() };
    let error = newsroom.try_csv(&newsroom.catalog(), endless, &options).unwrap_err();
    assert!(matches!(error, EngineError::Timeout { .. }), "{error:?}");
}

#[test]
fn dropping_the_rows_ends_the_query() {
    let newsroom = three_days();
    let catalog = newsroom.catalog();
    runtime().block_on(async {
        let sql = "SELECT a.value FROM generate_series(1, 1000000000) a";
        let mut rows = newsroom.engine.query(&catalog, sql, &parameters(), &QueryOptions::default()).await.unwrap();
        assert!(rows.next().await.is_some_and(|batch| batch.is_ok()));
        drop(rows);
    });
    // The engine's two threads are free again, or this would wait for the billion rows.
    assert_eq!(newsroom.csv("SELECT count(*) AS n FROM events"), "n\n7\n");
}

#[test]
fn the_same_question_gets_the_same_bytes_in_deterministic_mode() {
    let newsroom = three_days();
    let options = QueryOptions { deterministic: true, ..QueryOptions::default() };
    let sql = "SELECT article_id, count(*) AS n FROM article_view GROUP BY article_id";
    let first = newsroom.try_csv(&newsroom.catalog(), sql, &options).unwrap();
    for _ in 0..5 {
        assert_eq!(newsroom.try_csv(&newsroom.catalog(), sql, &options).unwrap(), first);
    }
}
