//! A real access log, from its lines to article reads per day, beside a second implementation of the rules.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use crate::bed::{Project, assert_same_rows, json_lines};
use crate::outside::{has_python, python, repository, test_data};
use crate::server::Server;

const LOG: &str = "access-log/semicomplete-2015-05.log.gz";
const ARTICLES: [&str; 2] = ["/articles/**", "/blog/geekery/**"];
const FROM: &str = "2015-05-17";
const TO: &str = "2015-05-20";

/// Counts by day and by what was read.
type Counts = BTreeMap<(String, String), u64>;

/// What the second implementation says.
pub(crate) struct Oracle {
    pub(crate) account: Value,
    articles: Counts,
    pages: Counts,
    pub(crate) unreadable_lines: Vec<u64>,
}

impl Oracle {
    pub(crate) fn of(log: &Path) -> Self {
        let script = repository().join("tests/oracle/access_log.py");
        let mut said = python(&script, &[log.to_str().unwrap(), ARTICLES[0], ARTICLES[1]]);
        let mut oracle = Self {
            account: said.remove(0),
            articles: Counts::new(),
            pages: Counts::new(),
            unreadable_lines: Vec::new(),
        };
        for verdict in &said {
            let text = |name: &str| verdict[name].as_str().unwrap().to_owned();
            match verdict["kind"].as_str().unwrap() {
                "article_view" => *oracle.articles.entry((text("date"), text("article_id"))).or_default() += 1,
                "page_view" => *oracle.pages.entry((text("date"), text("page_path"))).or_default() += 1,
                "quarantined" => oracle.unreadable_lines.push(verdict["line"].as_u64().unwrap()),
                other => panic!("{other}"),
            }
        }
        oracle
    }

    /// What a second import of the same is to say.
    fn all_known(&self) -> Value {
        let mut account = self.account.clone();
        account["duplicates"] = json!(self.known());
        for part in ["article_view", "page_view", "quarantined"] {
            account[part] = json!(0);
        }
        account
    }

    fn known(&self) -> u64 {
        ["article_view", "page_view", "quarantined"].iter().map(|part| self.account[part].as_u64().unwrap()).sum()
    }
}

/// The real log's text, where it is.
pub(crate) fn real_log() -> Option<Vec<u8>> {
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(test_data(LOG)?).unwrap()).read_to_end(&mut text).unwrap();
    Some(text)
}

pub(crate) fn project() -> Project {
    Project::new().with_config(&format!("[import.combined]\narticle = {ARTICLES:?}\n"))
}

fn import(project: &Project, file: &Path, more: &[&str]) -> Value {
    let file = file.to_str().unwrap();
    let args = [&["import", file, "--input", "combined", "--format", "json"], more].concat();
    let mut lines = json_lines(&project.run(args).done());
    assert_eq!(lines.len(), 1, "the account is one line: {lines:?}");
    lines.remove(0)
}

fn counts(project: &Project, view: &str, column: &str) -> Counts {
    let sql = format!("SELECT date, {column} AS what, count(*) AS n FROM {view} GROUP BY date, {column}");
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = project.rows(&sql);
    rows.iter().map(|row| ((text(row, "date"), text(row, "what")), row["n"].as_u64().unwrap())).collect()
}

/// The tables hold what the second implementation says of `log`, and nothing else.
pub(crate) fn assert_counts(project: &Project, oracle: &Oracle, log: &Path) {
    assert_eq!(counts(project, "article_view", "article_id"), oracle.articles);
    assert_eq!(counts(project, "page_view", "page_path"), oracle.pages);
    let unreadable = project.rows("SELECT reason, source FROM quarantine");
    let place = |line: &u64| (format!("{}:{line}", log.display()), "unreadable_line");
    let found: BTreeMap<_, _> = unreadable
        .iter()
        .map(|row| (row["source"].as_str().unwrap().to_owned(), row["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(found.len(), unreadable.len());
    assert_eq!(found, oracle.unreadable_lines.iter().map(place).collect());
}

#[test]
fn the_real_log_gives_what_its_rules_give_and_gives_it_once() {
    let Some(log) = test_data(LOG) else { return };
    if !has_python("gzip, json, re") {
        return;
    }
    let oracle = Oracle::of(&log);
    let project = project();
    assert_eq!(import(&project, &log, &[]), oracle.account);
    assert_counts(&project, &oracle, &log);
    assert_eq!(oracle.known(), 2_870);
    assert_eq!(import(&project, &log, &[]), oracle.all_known());
    assert_counts(&project, &oracle, &log);
    assert_no_addresses(&project);
    assert_reads_per_day(&project, &oracle);

    // Another server's log with the same lines is another log.
    assert_eq!(import(&project, &log, &["--source", "www2"]), oracle.account);
    assert_eq!(import(&project, &log, &["--source", "www2"]), oracle.all_known());
    assert_eq!(project.number("SELECT count(*) AS n FROM events"), 2 * (2_870 - oracle.unreadable_lines.len() as u64));
}

/// Neither the address nor the raw agent of the log's first page is in the table; who a crawler is, is said.
fn assert_no_addresses(project: &Project) {
    let events = project.query("SELECT * FROM events", "json");
    for secret in ["83.149.9.216", "Mozilla/5.0", "KHTML"] {
        assert!(!events.contains(secret), "{secret} is in the table");
    }
    assert!(events.contains("utm_source") && events.contains("semicomplete.com"), "referrers are kept");
    let bots = project.number("SELECT count(*) AS n FROM events WHERE is_bot");
    let all = project.number("SELECT count(*) AS n FROM events");
    assert!(bots > 0 && bots < all, "{bots} of {all} by bots");
}

/// The job's table and the view say the same as the second implementation, however often the job runs.
fn assert_reads_per_day(project: &Project, oracle: &Oracle) {
    let per_day = oracle.articles.iter().fold(BTreeMap::new(), |mut days: BTreeMap<&str, u64>, ((day, _), reads)| {
        *days.entry(day).or_default() += reads;
        days
    });
    let expected = |header: &str| {
        per_day.iter().fold(format!("{header}\n"), |csv, (day, reads)| csv + &format!("{day},{reads}\n"))
    };
    let run = || json_lines(&project.run(["run", "--from", FROM, "--to", TO, "--format", "json"]).done());
    let first = run();
    assert!(first.iter().any(|partition| partition["outcome"] == "written"), "{first:?}");
    let csv = |sql: &str| project.query(sql, "csv").replace('\r', "");
    let all = "SELECT date, sum(reads + bot_reads) AS n FROM article_reads_per_day GROUP BY date ORDER BY date";
    assert_eq!(csv(all), expected("date,n"));
    let view = "SELECT date, count(*) AS n FROM article_view GROUP BY date ORDER BY date";
    assert_eq!(csv(view), expected("date,n"));

    let people = csv("SELECT date, sum(reads) FROM article_reads_per_day GROUP BY date ORDER BY date");
    let same = csv("SELECT date, count(*) FROM article_view WHERE NOT is_bot GROUP BY date ORDER BY date");
    assert_eq!(people.lines().skip(1).collect::<Vec<_>>(), same.lines().skip(1).collect::<Vec<_>>());
    assert_eq!(people.lines().count(), 1 + per_day.len());

    let table = csv("SELECT * FROM article_reads_per_day ORDER BY date, article_id");
    let second = run();
    assert_eq!(second.len(), first.len());
    assert!(second.iter().all(|partition| partition["outcome"] == "unchanged"), "{second:?}");
    assert_eq!(csv("SELECT * FROM article_reads_per_day ORDER BY date, article_id"), table);
}

#[test]
fn a_log_that_has_grown_adds_only_what_is_new_with_a_server_as_without() {
    let Some(text) = real_log() else { return };
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("access.log");
    fs::write(&whole, &text).unwrap();
    let without = project();
    let at_once = import(&without, &whole, &[]);

    let with = project().with_readers_of(&without);
    let server = Server::up(&with);
    let begun: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').take(6_000).collect();
    fs::write(&whole, begun.concat()).unwrap();
    let first = import(&with, &whole, &[]);
    assert_eq!(first["read"], 6_000);
    fs::write(&whole, &text).unwrap();
    let second = import(&with, &whole, &[]);
    let part = |account: &Value, name: &str| account[name].as_u64().unwrap();
    let parts = ["article_view", "page_view", "quarantined"];
    assert_eq!(part(&second, "duplicates"), parts.iter().map(|name| part(&first, name)).sum::<u64>());
    for name in parts {
        assert_eq!(part(&first, name) + part(&second, name), part(&at_once, name), "{name}");
    }
    // Everything that the import accepted is in the table when it ends, not only when the server does.
    assert_eq!(
        server.rows("SELECT * FROM events").len() as u64,
        part(&at_once, "article_view") + part(&at_once, "page_view")
    );
    let third = import(&with, &whole, &[]);
    assert_eq!(part(&third, "duplicates"), parts.iter().map(|name| part(&at_once, name)).sum::<u64>());
    server.stop();
    assert_same_rows(&with.all_rows(), &without.all_rows());
}
