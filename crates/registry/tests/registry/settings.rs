//! Levels and modes, of the registry and of subjects.

use serde_json::json;

use crate::bed::{Bed, proto, schema};

#[test]
fn levels_are_set_inherited_and_taken_back() {
    let bed = Bed::new();
    assert_eq!(bed.get("/config").ok(), json!({"compatibilityLevel": "BACKWARD"}));
    assert_eq!(bed.put("/config", &json!({"compatibility": "full"})).ok(), json!({"compatibility": "FULL"}));
    assert_eq!(bed.get("/config").ok(), json!({"compatibilityLevel": "FULL"}));
    assert_eq!(bed.get("/config/s").code(), 40408);
    assert_eq!(bed.get("/config/s?defaultToGlobal=true").ok(), json!({"compatibilityLevel": "FULL"}));
    bed.put("/config/s", &json!({"compatibility": "FORWARD_TRANSITIVE"})).ok();
    assert_eq!(bed.get("/config/s").ok(), json!({"compatibilityLevel": "FORWARD_TRANSITIVE"}));
    assert_eq!(bed.delete("/config/s").ok(), json!({"compatibilityLevel": "FORWARD_TRANSITIVE"}));
    assert_eq!(bed.delete("/config/s").code(), 40408);
    assert_eq!(bed.delete("/config").ok(), json!({"compatibilityLevel": "FULL"}));
    assert_eq!(bed.get("/config").ok(), json!({"compatibilityLevel": "BACKWARD"}));
    for body in [json!({"compatibility": "SIDEWAYS"}), json!({}), json!({"compatibility": "FULL", "alias": "t"})] {
        assert_eq!(bed.put("/config", &body).code(), 42203, "{body}");
    }
    assert_eq!(bed.put("/config", &json!({"compatibility": 3})).code(), 400);
    let nothing_else = json!({"compatibility": "NONE", "alias": null, "overrideMetadata": {"tags": {}}});
    assert_eq!(bed.put("/config", &nothing_else).ok(), json!({"compatibility": "NONE"}));
}

#[test]
fn modes_decide_what_may_be_done() {
    let bed = Bed::new();
    let m = proto("message M {}");
    bed.register("s", &m);
    assert_eq!(bed.get("/mode").ok(), json!({"mode": "READWRITE"}));
    assert_eq!(bed.get("/mode/s").code(), 40409);
    assert_eq!(bed.put("/mode/s", &json!({"mode": "readonly"})).ok(), json!({"mode": "READONLY"}));
    assert_eq!(bed.get("/mode/s").ok(), json!({"mode": "READONLY"}));
    assert_eq!(bed.post("/subjects/s/versions", &schema(&proto("message N {} message M {}"))).code(), 42205);
    assert_eq!(bed.post("/subjects/s/versions", &schema(&m)).status, 200, "what is there is found");
    assert_eq!(bed.delete("/subjects/s").code(), 42205);
    assert_eq!(bed.put("/config/s", &json!({"compatibility": "NONE"})).code(), 42205);
    assert_eq!(bed.post("/subjects/other/versions", &schema(&m)).status, 200);
    assert_eq!(bed.delete("/mode/s").ok(), json!({"mode": "READONLY"}));
    assert_eq!(bed.delete("/mode/s").code(), 40409);
    assert_eq!(bed.delete("/subjects/s").ok(), json!([1]));

    bed.put("/mode/s", &json!({"mode": "READWRITE"})).ok();
    bed.put("/mode", &json!({"mode": "READONLY"})).ok();
    assert_eq!(bed.get("/mode/none?defaultToGlobal=true").ok(), json!({"mode": "READONLY"}));
    assert_eq!(bed.post("/subjects/new/versions", &schema(&m)).code(), 42205);
    assert_eq!(bed.post("/subjects/s/versions", &schema(&m)).status, 200, "the subject's own mode counts");
    bed.put("/mode", &json!({"mode": "READONLY_OVERRIDE"})).ok();
    assert_eq!(bed.delete("/subjects/s").code(), 42205, "nothing is written, whatever the subject says");
    assert_eq!(bed.put("/mode/s", &json!({"mode": "READONLY_OVERRIDE"})).code(), 42204);
    assert_eq!(bed.put("/mode", &json!({"mode": "SOMETIMES"})).code(), 42204);
    assert_eq!(bed.delete("/mode").ok(), json!({"mode": "READONLY_OVERRIDE"}));
    assert_eq!(bed.get("/mode").ok(), json!({"mode": "READWRITE"}));
}

#[test]
fn imports_bring_their_ids_and_versions_and_are_not_compared() {
    let bed = Bed::new();
    let text = |fields: &str| proto(&format!("message M {{ {fields} }}"));
    let with = |text: &str, id: u64, version: u32| {
        let mut body = schema(text);
        body["id"] = json!(id);
        body["version"] = json!(version);
        body
    };
    assert_eq!(bed.post("/subjects/i/versions", &with(&text(""), 2_000_000, 1)).code(), 42205, "not in import mode");
    bed.put("/mode/i", &json!({"mode": "IMPORT"})).ok();
    assert_eq!(bed.post("/subjects/i/versions", &schema(&text(""))).code(), 42205, "without an id");
    assert_eq!(bed.post("/subjects/i/versions", &with(&text(""), 7, 1)).code(), 42205, "an id of the project's");
    assert_eq!(
        bed.post("/subjects/i/versions", &with(&text("string a = 1;"), 2_000_000, 5)).ok(),
        json!({"id": 2_000_000})
    );
    assert_eq!(
        bed.post("/subjects/i/versions", &with(&text("int32 a = 1;"), 2_000_001, 3)).ok(),
        json!({"id": 2_000_001})
    );
    assert_eq!(bed.get("/subjects/i/versions").ok(), json!([3, 5]));
    assert_eq!(
        bed.post("/subjects/i/versions", &with(&text("bytes b = 1;"), 2_000_001, 6)).code(),
        42205,
        "the id is another's"
    );
    assert_eq!(
        bed.post("/subjects/i/versions", &with(&text("bytes b = 1;"), 2_000_002, 5)).code(),
        42205,
        "the version is there"
    );
    assert_eq!(bed.post("/subjects/i/versions", &with(&text("string a = 1;"), 2_000_009, 5)).code(), 42207);
    // Behind an import, ids and versions go on above it.
    bed.put("/mode/i", &json!({"mode": "READWRITE"})).ok();
    assert_eq!(bed.register("i", &text("string a = 1; string c = 2;")), 2_000_002);
    assert_eq!(bed.get("/subjects/i/versions").ok(), json!([3, 5, 6]));
    assert_eq!(bed.put("/mode/i", &json!({"mode": "IMPORT"})).code(), 42205, "there are schemas");
    assert_eq!(bed.put("/mode", &json!({"mode": "IMPORT"})).code(), 42205);
    assert_eq!(bed.put("/mode/i?force=true", &json!({"mode": "IMPORT"})).ok(), json!({"mode": "IMPORT"}));
}
