//! A change as people and programs are told it.

use super::*;

fn used(view: &str, column_name: &str) -> Use {
    Use {
        kind: UseKind::Job,
        name: "reads".to_owned(),
        file: "jobs/news/reads.sql".to_owned(),
        line: 3,
        column: 8,
        view: view.to_owned(),
        column_name: column_name.to_owned(),
        by_star: false,
    }
}

fn one(old: &str, new: &str) -> Change {
    let mut changes = diff(&compiled(old), &compiled(new), None);
    assert_eq!(changes.len(), 1, "{changes:?}");
    changes.remove(0)
}

#[test]
fn people_get_verdict_place_effects_uses_and_fix() {
    let (old, new) = (event("\n  string section = 2;\n"), event("\n"));
    let change = one(&old, &new);
    let uses = [used("a", "section"), used("a", "other"), used("b", "section"), used("a", "")];
    let steps: Vec<&FixStep> = change.fix.iter().flat_map(|fix| &fix.steps).collect();
    let patch = patch(&source(&whole(&new)), &steps, "schema/").unwrap();
    let told = Told { change: &change, uses: uses_of(&change, &uses), patch: Some(patch), replays: Vec::new() };
    let expected = "\
BLOCKED  t.proto:4:1 FIELD_DELETED
  section (2) of p.A is gone; neither its number nor its name is reserved
  wire                 breaks: another field may take the number, and be read from old bytes
  json                 breaks: another field may take the name
  js go java swift     breaks: the member section is gone
  column               breaks: another field may take the column
  sql                  breaks: section is hidden from the view
  touches              a.section
  used by              job reads at jobs/news/reads.sql:3:8 (a.section)
  fix                  reserve what the field had (judi schema diff --fix)
      --- a/schema/t.proto
      +++ b/schema/t.proto
      @@ -2,4 +2,6 @@
       package p;
       import \"judi/v1/options.proto\";
       message A { option (judi.event).name = \"a\"; 
      +reserved 2;
      +reserved \"section\";
        }
      \\ No newline at end of file
";
    assert_eq!(told.to_string(), expected);
}

#[test]
fn a_tightened_rule_says_what_a_shadow_replay_found() {
    let change = one(&event("string x = 1;"), &event("string x = 1 [(judi.field).required = true];"));
    let first = Some("x is required".to_owned());
    let replays = vec![Replay { event: "a".to_owned(), judged: 900, failing: 12, first }];
    let mut told = Told { change: &change, uses: Vec::new(), patch: None, replays };
    assert!(told.to_string().contains("  shadow replay        12 of 900 recent a would be refused: x is required\n"));
    let json: serde_json::Value = serde_json::from_str(&told.json()).unwrap();
    assert_eq!((&json["needs_shadow_replay"], &json["shadow_replay"][0]["failing"]), (&true.into(), &12.into()));
    told.replays.clear();
    assert!(told.to_string().contains("no recent events here"));
}

#[test]
fn programs_get_one_object_a_change() {
    let change = one(&event("int32 x = 1;"), &event("int64 x = 1;"));
    let uses = [used("a", "x")];
    let told = Told { change: &change, uses: uses_of(&change, &uses), patch: None, replays: Vec::new() };
    let json: serde_json::Value = serde_json::from_str(&told.json()).unwrap();
    let expected = serde_json::json!({
        "path": "t.proto", "start_line": 4, "start_column": 45, "end_line": 4, "end_column": 57,
        "change": "TYPE_CHANGED", "verdict": "GUARDED", "message": "x (1) of p.A is widened from int32 to int64",
        "events": ["a"], "columns": ["a.x"], "needs_shadow_replay": false, "shadow_replay": [], "fix": null,
        "surfaces": [
            {"surface": "wire", "effect": "grows", "text": "larger values, which old readers cut off"},
            {"surface": "json", "effect": "changes", "text": "written as text; numbers are taken still"},
            {"surface": "js", "effect": "breaks", "text": "number becomes bigint"},
            {"surface": "go", "effect": "breaks", "text": "int32 becomes int64"},
            {"surface": "java", "effect": "breaks", "text": "int becomes long"},
            {"surface": "swift", "effect": "breaks", "text": "Int32 becomes Int64"},
            {"surface": "column", "effect": "same", "text": ""},
            {"surface": "sql", "effect": "same", "text": ""}
        ],
        "uses": [{"kind": "job", "name": "reads", "file": "jobs/news/reads.sql", "line": 3, "column": 8,
            "view": "a", "column_name": "x", "by_star": false}]
    });
    assert_eq!(json, expected);
}

#[test]
fn a_use_is_touched_where_it_names_the_column_or_what_is_around_it() {
    let nested = |inner: &str| {
        format!("{} message In {{ {inner} }}", event("In author = 3; oneof o { string x = 4; string y = 5; }"))
    };
    let change = one(&nested("string name = 1;"), &nested("reserved 1; reserved \"name\";"));
    let touched = |change: &Change, column: &str| !uses_of(change, &[used("a", column)]).is_empty();
    for (column, expected) in
        [("author", true), ("Author.NAME", true), ("author.other", false), ("name", false), ("", false)]
    {
        assert_eq!(touched(&change, column), expected, "{column}");
    }
    let renamed = one(&nested(""), &nested("").replace("oneof o", "oneof q"));
    for (column, expected) in [("o__case", true), ("x", true), ("q__case", false), ("author.o__case", false)] {
        assert_eq!(touched(&renamed, column), expected, "{column}");
    }
    let gone = one(&format!("{} message B {{}}", event("")), "message B {}");
    assert!(touched(&gone, "") && touched(&gone, "anything"), "of an event, every use");
}
