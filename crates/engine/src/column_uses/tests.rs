//! What names mean in the SQL that people write: aliases, joins, subqueries, WITH, `*`, structs, other jobs' tables.

use super::*;

fn known() -> Vec<KnownTable> {
    let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut reads = KnownTable::new("article_reads", columns(&["date", "article_id", "reads"]));
    reads.columns[1].origins.push(Origin { table: "article_view".to_owned(), path: vec!["article_id".to_owned()] });
    vec![
        KnownTable::new("article_view", columns(&["date", "event_time", "article_id", "title", "author"])),
        KnownTable::new("video_start", columns(&["date", "video_id", "title"])),
        KnownTable::new("events", columns(&["event", "article_view", "video_start"])),
        KnownTable::new("_judi.commits", columns(&["version", "rows"])),
        reads,
    ]
}

/// `table.column line:column`, with a `*` where one names it.
fn uses(sql: &str) -> Vec<String> {
    let shown = |it: &ColumnUse| {
        let place = it.place.map_or_else(String::new, |place| format!("{}:{}", place.line, place.column));
        format!("{}.{} {place}{}", it.origin.table, it.origin.path.join("."), if it.by_star { "*" } else { "" })
    };
    column_uses(sql, &known()).unwrap().uses.iter().map(shown).collect()
}

fn assert_uses(sql: &str, expected: &[&str]) {
    assert_eq!(uses(sql), expected, "{sql}");
}

#[test]
fn plain_names_aliases_and_clauses() {
    assert_uses(
        "SELECT date, count(*) FILTER (WHERE title <> '') AS titled\nFROM article_view a\nWHERE a.Article_ID = 'x' AND event_time >= @from\nGROUP BY date ORDER BY titled, upper(title)",
        &[
            "article_view.date 1:8",
            "article_view.title 1:37",
            "article_view.article_id 3:7",
            "article_view.event_time 3:30",
            "article_view.date 4:10",
            "article_view.title 4:38",
        ],
    );
    // A word in a text, a comment or a name of something else is no use.
    assert_uses("SELECT 'title' AS title, \"date\" FROM article_view -- title", &["article_view.date 1:26"]);
    assert_uses("SELECT title FROM nowhere", &[]);
    assert_uses("SELECT 1", &[]);
    assert_uses("EXPLAIN SELECT title FROM article_view", &["article_view.title 1:16"]);
    assert_uses("SHOW TABLES", &[]);
}

#[test]
fn joins_name_the_columns_of_both_sides() {
    assert_uses(
        "SELECT v.title FROM article_view AS a JOIN video_start v ON a.title = v.title LEFT JOIN article_reads r USING (date)",
        &[
            "video_start.title 1:8",
            "article_view.title 1:61",
            "video_start.title 1:71",
            "article_reads.date 1:112",
            "article_view.date 1:112",
            "video_start.date 1:112",
        ],
    );
    assert_uses("SELECT c.rows FROM _judi.commits c", &["_judi.commits.rows 1:8"]);
    assert_uses("SELECT _judi.commits.version FROM _judi.commits", &["_judi.commits.version 1:8"]);
}

#[test]
fn with_subqueries_and_sets_are_followed() {
    assert_uses(
        "WITH t AS (SELECT title, date AS day FROM article_view) SELECT t.title, day FROM t",
        &["article_view.title 1:19", "article_view.date 1:26"],
    );
    assert_uses(
        "SELECT title FROM (SELECT * FROM article_view) x WHERE x.date IS NULL",
        &["article_view.title 1:8", "article_view.date 1:56"],
    );
    assert_uses(
        "SELECT date FROM video_start v WHERE EXISTS (SELECT * FROM article_view a WHERE a.title = v.title)\nAND video_id IN (SELECT article_id FROM article_view)",
        &[
            "video_start.date 1:8",
            "article_view.title 1:81",
            "video_start.title 1:91",
            "video_start.video_id 2:5",
            "article_view.article_id 2:25",
        ],
    );
    assert_uses(
        "SELECT title FROM article_view UNION ALL (SELECT video_id FROM video_start ORDER BY title) ORDER BY title",
        &["article_view.title 1:8", "video_start.video_id 1:50", "video_start.title 1:85"],
    );
    // A name of WITH hides the table of that name, inside it and after it.
    assert_uses(
        "WITH article_view AS (SELECT date FROM article_view) SELECT title, date FROM article_view",
        &["article_view.date 1:30"],
    );
    assert_uses(
        "WITH RECURSIVE t AS (SELECT date FROM article_view UNION ALL SELECT date FROM t) SELECT * FROM t",
        &["article_view.date 1:29"],
    );
}

#[test]
fn a_star_names_what_nobody_else_names() {
    assert_uses(
        "SELECT * FROM video_start",
        &["video_start.date 1:8*", "video_start.title 1:8*", "video_start.video_id 1:8*"],
    );
    assert_uses("SELECT v.* EXCLUDE (title, date) FROM video_start v, article_view", &["video_start.video_id 1:10*"]);
    assert_uses("SELECT * FROM (SELECT title FROM article_view)", &["article_view.title 1:23"]);
    assert_uses("SELECT count(*) FROM article_view", &[]);
    assert_uses("SELECT count(*) FROM (SELECT * FROM article_view)", &[]);
}

#[test]
fn what_is_inside_of_a_struct_has_a_path() {
    let title = ["events.article_view.title 1:8"];
    assert_uses("SELECT events.article_view.title FROM events", &title);
    assert_uses("SELECT article_view.title FROM events", &title);
    assert_uses("SELECT article_view['title'] FROM events", &title);
    assert_uses("SELECT e.article_view['title'] FROM events e", &title);
    assert_uses("SELECT tags[date]['x'] FROM article_view", &["article_view.date 1:13"]);
    assert_uses("SELECT get_field(article_view, 'title') FROM events", &["events.article_view.title 1:18"]);
    assert_uses("SELECT author.name.first FROM article_view", &["article_view.author.name.first 1:8"]);
    assert_uses(
        "SELECT x.name FROM (SELECT author AS x FROM article_view)",
        &["article_view.author.name 1:8", "article_view.author 1:28"],
    );
}

#[test]
fn results_say_where_they_come_from_and_other_jobs_tables_pass_on() {
    let found =
        column_uses("SELECT date, a.article_id AS id, count(*) FROM article_view a GROUP BY 1, 2", &known()).unwrap();
    let columns: Vec<String> = found
        .columns
        .iter()
        .map(|column| {
            format!("{}={}", column.name, column.origins.iter().map(|it| it.path.join(".")).collect::<String>())
        })
        .collect();
    assert_eq!(columns, ["date=date", "id=article_id", "="]);
    assert_uses(
        "SELECT article_id FROM article_reads",
        &["article_reads.article_id 1:8", "article_view.article_id 1:8"],
    );
}

#[test]
fn what_is_no_query_is_an_error() {
    assert!(matches!(column_uses("SELECT ( FROM x", &known()), Err(EngineError::Syntax { .. })));
    assert!(matches!(column_uses("DROP TABLE x", &known()), Err(EngineError::NotReadOnly { .. })));
}
