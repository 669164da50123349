//! A project's files, and what of them names a column.

use std::fs;

use judi_schema::view::ViewColumn;

use super::*;

/// The view of an event with the fields article_id, title (that was headline) and author, a message.
fn views() -> Vec<View> {
    let fields = [("article_id", "article_id"), ("title", "headline"), ("author", "author"), ("headline", "headline")];
    let column = |(name, child): (&str, &str)| ViewColumn {
        name: name.to_owned(),
        path: vec!["article_view".to_owned(), child.to_owned()],
        ..ViewColumn::default()
    };
    let columns = fields.into_iter().map(column).collect();
    vec![View { name: "article_view".to_owned(), event: "article_view".to_owned(), columns }]
}

const JOB: &str = "-- judi: grain=day key=[date,article_id] owner=news
-- input article_view: late=3d
-- audit: unique(date, article_id)
-- audit: article_id <> '' AND reads > 0
SELECT date, article_id, count(*) AS reads, max(events.n) AS n -- title
FROM article_view, (SELECT 1 AS n) AS events
WHERE headline <> 'title'
GROUP BY date, article_id
";

fn found(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("judi.toml"), "").unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let project = Project::open(Some(folder.path())).unwrap();
    let Uses { uses, passed_over } = project_uses(&project, &views());
    let shown = |it: &Use| {
        let star = if it.by_star { "*" } else { "" };
        format!("{:?} {} {}:{}:{} {}.{}{star}", it.kind, it.name, it.file, it.line, it.column, it.view, it.column_name)
    };
    (uses.iter().map(shown).collect(), passed_over)
}

#[test]
fn jobs_name_columns_in_sql_audits_and_inputs() {
    let (uses, passed_over) = found(&[("jobs/news/reads.sql", JOB)]);
    let job = |rest: &str| format!("Job reads jobs/news/reads.sql:{rest}");
    let expected = [
        job("2:1 article_view."),
        job("3:11 article_view.article_id"),
        job("3:11 article_view.date"),
        job("4:11 article_view.article_id"),
        job("5:8 article_view.date"),
        job("5:14 article_view.article_id"),
        job("7:7 article_view.headline"),
        job("8:10 article_view.date"),
        job("8:16 article_view.article_id"),
    ];
    assert_eq!((uses, passed_over), (expected.to_vec(), vec![]));
}

#[test]
fn what_a_job_passes_on_is_followed_to_who_reads_its_table() {
    let dashboard = "name = \"front\"\n[[chart]]\nsql = \"\"\"\nSELECT date,\n  article_id FROM reads\"\"\"\n";
    let (uses, _) = found(&[("jobs/news/reads.sql", JOB), ("dashboards/front.toml", dashboard)]);
    let of_it: Vec<&String> = uses.iter().filter(|it| it.starts_with("Dashboard")).collect();
    assert_eq!(
        of_it,
        [
            "Dashboard front dashboards/front.toml:4:8 article_view.date",
            "Dashboard front dashboards/front.toml:5:3 article_view.article_id"
        ]
    );
}

#[test]
fn toml_texts_are_queries_or_expressions_over_the_table_beside_them() {
    let metric = "title = \"title\"\nview = \"article_view\"\nnumerator = 'count(title)'\n\
        [filter]\nexpression = \"author.name = 'x' AND date > '2026-01-01'\"\nnote = \"headline\"\n";
    let raw = "[a]\nquery = \"SELECT article_view['headline'], events.article_view.author.name FROM events\"\n";
    let (uses, passed_over) = found(&[
        ("metrics/reads.toml", metric),
        ("experiments/e.toml", raw),
        ("reports/r.toml", "sql = \"SELECT * FROM article_view WHERE\"\nquery = \"not SQL at all\"\n"),
        ("reports/broken.toml", "sql = "),
        ("jobs/news/broken.sql", "SELECT 1"),
    ]);
    assert_eq!(
        uses,
        [
            "Experiment e experiments/e.toml:2:17 article_view.title",
            "Experiment e experiments/e.toml:2:43 article_view.author.name",
            "Metric reads metrics/reads.toml:3:20 article_view.title",
            "Metric reads metrics/reads.toml:5:15 article_view.author.name",
            "Metric reads metrics/reads.toml:5:37 article_view.date",
        ]
    );
    assert_eq!(passed_over.len(), 2, "{passed_over:?}");
    assert!(passed_over[0].contains("broken.sql") && passed_over[1].starts_with("reports/broken.toml: "));
}
