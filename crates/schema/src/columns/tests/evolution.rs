//! Rows of several schema versions in one batch.

use super::cell::cell_of;
use super::project::{ENVELOPE, Project};
use crate::columns::EventColumns;

const FIRST: &str = r#"
syntax = "proto3";
import "judi/v1/options.proto";
message View {
  option (judi.event) = { name: "view" owner: "tests" description: "A view." };
  string section = 1;
  Place place = 2;
}
message Place { int32 x = 1; }
"#;

const SECOND: &str = r#"
syntax = "proto3";
import "judi/v1/options.proto";
message View {
  option (judi.event) = { name: "view" owner: "tests" description: "A view." };
  string section = 1;
  Place place = 2;
  int32 added = 3;
  repeated string tags = 4;
}
message Place { int32 x = 1; int32 y = 2; }
message Click {
  option (judi.event) = { name: "click" owner: "tests" description: "A click." };
  string target = 1;
}
"#;

#[test]
fn a_field_that_the_writers_schema_lacked_is_null_and_its_bytes_are_unknown() {
    let project = Project::published(&[&[("view.proto", FIRST)], &[("view.proto", SECOND)]]);
    let mut columns = EventColumns::new(&project.schemas);
    let bytes = b"\x0a\x01s\x12\x04\x08\x01\x10\x02\x18\x07";
    for version in [1, 2] {
        let model = project.schemas.version(version).unwrap();
        columns.push(model, model.event("view").unwrap(), ENVELOPE, bytes).unwrap();
    }
    let model = project.schemas.current();
    columns.push(model, model.event("view").unwrap(), ENVELOPE, &[]).unwrap();
    columns.push(model, model.event("click").unwrap(), ENVELOPE, b"\x0a\x01t").unwrap();
    let batch = columns.finish().unwrap();
    assert_eq!(batch.schema(), *project.schemas.events_schema());
    let row = |row| ["view", "click", "_unknown"].map(|name| format!("{:?}", cell_of(&batch, name, row))).join(" ");
    assert_eq!(row(0), r#"{section: "s", place: {x: 1, y: NULL}, added: NULL, tags: NULL} NULL x120210021807"#);
    assert_eq!(row(1), r#"{section: "s", place: {x: 1, y: 2}, added: 7, tags: []} NULL NULL"#);
    assert_eq!(row(2), r#"{section: "", place: NULL, added: 0, tags: []} NULL NULL"#);
    assert_eq!(row(3), r#"NULL {target: "t"} NULL"#);
}
