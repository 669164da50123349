//! Subjects, versions and schemas: registered, found, listed, deleted.

use serde_json::{Value, json};

use crate::bed::{Bed, proto, schema, with_references};

const FIRST_ID: u64 = 1_000_001;

#[test]
fn a_schema_is_registered_once_and_found_by_id_version_text_and_meaning() {
    let bed = Bed::new();
    let text = proto("// What it is.\nmessage M { string a = 1; }");
    let id = bed.register("orders-value", &text);
    assert!(id >= FIRST_ID);
    assert_eq!(bed.register("orders-value", &text), id);
    // Layout and comments are no difference; the first text is kept.
    assert_eq!(bed.register("orders-value", &proto("message M {\n string a=1;}")), id);
    assert_eq!(bed.register("other-value", &text), id, "the same schema has the same id everywhere");
    assert_eq!(bed.get("/subjects/orders-value/versions").ok(), json!([1]));

    let found = json!({"subject": "orders-value", "version": 1, "id": id, "schemaType": "PROTOBUF", "schema": text});
    for version in ["1", "latest", "-1"] {
        assert_eq!(bed.get(&format!("/subjects/orders-value/versions/{version}")).ok(), found);
    }
    assert_eq!(bed.post("/subjects/orders-value", &schema(&text)).ok(), found);
    assert_eq!(bed.get(&format!("/schemas/ids/{id}")).ok(), json!({"schemaType": "PROTOBUF", "schema": text}));
    assert_eq!(bed.get(&format!("/schemas/ids/{id}?fetchMaxId=true")).ok()["maxId"], id);
    assert_eq!(bed.get(&format!("/schemas/ids/{id}/schema")).body, text);
    assert_eq!(bed.get("/subjects/orders-value/versions/1/schema").body, text);
    assert_eq!(bed.get(&format!("/schemas/ids/{id}/subjects")).ok(), json!(["orders-value", "other-value"]));
    assert_eq!(
        bed.get(&format!("/schemas/ids/{id}/versions?subject=other-value")).ok(),
        json!([{"subject": "other-value", "version": 1}])
    );
    assert_eq!(bed.get("/schemas/types").ok(), json!(["PROTOBUF"]));
    assert_eq!(bed.get("/contexts").ok(), json!(["."]));
    assert_eq!(bed.get("").ok(), json!({}));
}

#[test]
fn clients_that_take_more_get_version_and_guid() {
    let bed = Bed::new();
    let headers = "Content-Type: application/json\r\nConfluent-Accept-Unknown-Properties: true\r\n";
    let body = schema(&proto("message M {}")).to_string();
    let answer = bed.ask("POST", "/subjects/s/versions", headers, Some(body.as_bytes())).ok();
    assert_eq!((&answer["version"], &answer["subject"]), (&json!(1), &json!("s")));
    let guid = answer["guid"].as_str().unwrap();
    assert_eq!(guid.len(), 36);
    assert_eq!(bed.get(&format!("/schemas/guids/{guid}")).ok()["schema"], answer["schema"]);
    assert_eq!(bed.get("/schemas/guids/00000000-0000-8000-8000-000000000000").code(), 40403);
    // Others get what the first clients knew.
    assert_eq!(bed.post("/subjects/s/versions", &schema(&proto("message M {}"))).ok(), json!({"id": answer["id"]}));
}

#[test]
fn a_descriptor_in_base64_is_the_schema_that_its_text_is() {
    let bed = Bed::new();
    let text =
        proto("import \"google/protobuf/timestamp.proto\"; message M { optional google.protobuf.Timestamp at = 1; }");
    let id = bed.register("s", &text);
    let version = bed.get("/subjects/s/versions/1?format=serialized").ok();
    let encoded = version["schema"].as_str().unwrap();
    assert_eq!(bed.get(&format!("/schemas/ids/{id}?format=serialized")).ok()["schema"], encoded);
    assert_eq!(bed.register("s", encoded), id);
    assert_eq!(bed.register("t", encoded), id);
    assert_eq!(bed.post("/subjects/s", &schema(encoded)).ok()["version"], 1);
    // By itself, it is kept as text.
    let other = Bed::new();
    other.register("s", encoded);
    let kept = other.get("/subjects/s/versions/1/schema").body;
    assert!(kept.starts_with("syntax = \"proto3\";\n\nimport \"google/protobuf/timestamp.proto\";\n"), "{kept}");
    assert!(kept.contains("  optional .google.protobuf.Timestamp at = 1;\n"), "{kept}");
}

#[test]
fn references_bring_files_in_and_keep_them() {
    let bed = Bed::new();
    bed.register("common.proto", &proto("package c; message C { string x = 1; }"));
    let main = proto("import \"dir/common.proto\"; message M { c.C c = 1; }");
    let body = with_references(&main, &[("dir/common.proto", "common.proto", 1)]);
    let id = bed.post("/subjects/main-value/versions", &body).ok()["id"].clone();
    let version = bed.get("/subjects/main-value/versions/1").ok();
    assert_eq!(version["references"], body["references"]);
    assert_eq!(bed.get(&format!("/schemas/ids/{id}")).ok()["references"], body["references"]);
    assert_eq!(bed.get("/subjects/common.proto/versions/1/referencedby").ok(), json!([id]));
    assert_eq!(bed.get("/subjects/common.proto/versions/latest/referencedby").ok(), json!([id]));
    assert_eq!(bed.get("/subjects/main-value/versions/1/referencedby").ok(), json!([]));
    // What is referred to stays.
    assert_eq!(bed.delete("/subjects/common.proto/versions/1").code(), 42206);
    assert_eq!(bed.delete("/subjects/common.proto").code(), 42206);
    assert_eq!(bed.delete("/subjects/main-value").ok(), json!([1]));
    assert_eq!(bed.delete("/subjects/common.proto").ok(), json!([1]));
    // Hidden ones are there by id, so what they need is, too.
    assert_eq!(bed.delete("/subjects/common.proto?permanent=true").code(), 42206);
    assert!(bed.get(&format!("/schemas/ids/{id}?format=serialized")).ok()["schema"].is_string());
    assert_eq!(bed.delete("/subjects/main-value?permanent=true").ok(), json!([1]));
    assert_eq!(bed.delete("/subjects/common.proto?permanent=true").ok(), json!([1]));

    let refused = |references: &[(&str, &str, u32)]| {
        let answer = bed.post("/subjects/main-value/versions", &with_references(&main, references));
        assert_eq!(answer.code(), 42201);
        answer.error().2
    };
    assert!(refused(&[]).contains("dir/common.proto"), "{}", refused(&[]));
    assert!(refused(&[("dir/common.proto", "common.proto", 1)]).contains("there is no version 1 of common.proto"));
}

#[test]
fn a_file_has_one_text() {
    let bed = Bed::new();
    bed.register("c.proto", &proto("message C {}"));
    bed.register("c.proto", &proto("message C { string more = 1; }"));
    let uses = |version| {
        with_references(
            &proto(&format!("import \"c.proto\"; message A{version} {{ C c = 1; }}")),
            &[("c.proto", "c.proto", version)],
        )
    };
    bed.post("/subjects/a1.proto/versions", &uses(1)).ok();
    bed.post("/subjects/a2.proto/versions", &uses(2)).ok();
    let both = proto("import \"a1.proto\"; import \"a2.proto\"; message M { A1 a = 1; A2 b = 2; }");
    let answer = bed.post(
        "/subjects/m/versions",
        &with_references(&both, &[("a1.proto", "a1.proto", 1), ("a2.proto", "a2.proto", 1)]),
    );
    assert_eq!(answer.code(), 42201);
    assert!(answer.body.contains("c.proto is referred to as version 1"), "{}", answer.body);
}

#[test]
fn deleting_hides_first_and_removes_when_asked_again() {
    let bed = Bed::new();
    let texts: Vec<String> = (1..=3)
        .map(|n| {
            proto(&format!("message M {{ {} }}", (1..=n).map(|f| format!("string f{f} = {f};")).collect::<String>()))
        })
        .collect();
    let ids: Vec<u64> = texts.iter().map(|text| bed.register("s", text)).collect();

    assert_eq!(bed.delete("/subjects/s/versions/2?permanent=true").code(), 40407);
    assert_eq!(bed.delete("/subjects/s/versions/2").ok(), json!(2));
    assert_eq!(bed.delete("/subjects/s/versions/2").code(), 40406);
    assert_eq!(bed.get("/subjects/s/versions").ok(), json!([1, 3]));
    assert_eq!(bed.get("/subjects/s/versions?deleted=true").ok(), json!([1, 2, 3]));
    assert_eq!(bed.get("/subjects/s/versions?deletedOnly=true").ok(), json!([2]));
    assert_eq!(bed.get("/subjects/s/versions/2").code(), 40402);
    assert_eq!(bed.get("/subjects/s/versions/2?deleted=true").ok()["id"], ids[1]);
    assert_eq!(bed.get(&format!("/schemas/ids/{}", ids[1])).ok()["schema"], texts[1]);
    assert_eq!(bed.get(&format!("/schemas/ids/{}/versions", ids[1])).ok(), json!([]));
    assert_eq!(bed.post("/subjects/s", &schema(&texts[1])).code(), 40403);
    assert_eq!(bed.post("/subjects/s?deleted=true", &schema(&texts[1])).ok()["version"], 2);
    // Registered again it is a new version with the id that it had.
    assert_eq!(bed.register("s", &texts[1]), ids[1]);
    assert_eq!(bed.get("/subjects/s/versions/latest").ok()["version"], 4);

    assert_eq!(bed.delete("/subjects/s/versions/2?permanent=true").ok(), json!(2));
    assert_eq!(bed.get("/subjects/s/versions?deleted=true").ok(), json!([1, 3, 4]));
    assert_eq!(bed.get(&format!("/schemas/ids/{}", ids[1])).status, 200, "version 4 has it");
    assert_eq!(bed.delete("/subjects/s/versions/latest").ok(), json!(4));

    assert_eq!(bed.delete("/subjects/s?permanent=true").code(), 40405);
    assert_eq!(bed.delete("/subjects/s").ok(), json!([1, 3]));
    assert_eq!(bed.delete("/subjects/s").code(), 40404);
    assert_eq!(bed.get("/subjects/s/versions").code(), 40401);
    assert_eq!(bed.get("/subjects/s/versions/latest").code(), 40401);
    assert!(!bed.get("/subjects").ok().as_array().unwrap().contains(&json!("s")));
    assert!(bed.get("/subjects?deleted=true").ok().as_array().unwrap().contains(&json!("s")));
    assert_eq!(bed.get("/subjects?deletedOnly=true").ok(), json!(["s"]));
    assert_eq!(bed.delete("/subjects/s?permanent=true").ok(), json!([1, 3, 4]));
    assert_eq!(bed.get("/subjects?deleted=true&subjectPrefix=s").ok(), json!([]));
    assert_eq!(bed.get(&format!("/schemas/ids/{}", ids[0])).code(), 40403);
    // A subject of that name begins anew; ids are never given twice.
    let id = bed.register("s", &texts[0]);
    assert!(!ids.contains(&id));
    assert_eq!(bed.get("/subjects/s/versions").ok(), json!([1]));
}

#[test]
fn what_is_not_there_is_said_with_its_number() {
    let bed = Bed::new();
    bed.register("s", &proto("message M {}"));
    assert_eq!(bed.get("/subjects/none/versions").code(), 40401);
    assert_eq!(bed.get("/subjects/none/versions/1").code(), 40401);
    assert_eq!(bed.get("/subjects/s/versions/7").code(), 40402);
    for version in ["0", "-2", "x", "2147483648", "1.5"] {
        assert_eq!(bed.get(&format!("/subjects/s/versions/{version}")).code(), 42202, "{version}");
    }
    assert_eq!(bed.get("/schemas/ids/77").code(), 40403);
    assert_eq!(bed.get("/schemas/ids/x").code(), 40403);
    assert_eq!(bed.delete("/subjects/none").code(), 40401);
    assert_eq!(bed.delete("/subjects/none/versions/1").code(), 40401);
    assert_eq!(bed.delete("/subjects/s/versions/9").code(), 40402);
    assert_eq!(bed.post("/subjects/none", &schema(&proto("message M {}"))).code(), 40401);
    assert_eq!(bed.post("/subjects/s", &schema(&proto("message N {}"))).code(), 40403);
    assert_eq!(bed.get("/associations/resources/-/t").code(), 404);
    assert_eq!(bed.put("/subjects", &json!({})).code(), 405);
    assert_eq!(bed.get("/subjects/s").code(), 405);
}

#[test]
fn lists_come_in_pages() {
    let bed = Bed::new();
    for n in 0..5 {
        bed.register(&format!("t{n}"), &proto(&format!("message M{n} {{}}")));
    }
    bed.register("t0", &proto("message M0 { string more = 1; }"));
    assert_eq!(bed.get("/subjects?subjectPrefix=t").ok(), json!(["t0", "t1", "t2", "t3", "t4"]));
    assert_eq!(bed.get("/subjects?subjectPrefix=t&offset=1&limit=2").ok(), json!(["t1", "t2"]));
    assert_eq!(bed.get("/subjects?subjectPrefix=t&offset=4&limit=-1").ok(), json!(["t4"]));
    assert_eq!(bed.get("/subjects?offset=x").code(), 400);
    assert_eq!(bed.get("/subjects/t0/versions?offset=1").ok(), json!([2]));
    let of = |path: &str| -> Vec<Value> {
        let list = bed.get(path).ok();
        list.as_array().unwrap().iter().map(|found| json!([found["subject"], found["version"]])).collect()
    };
    assert_eq!(of("/schemas?subjectPrefix=t&limit=3"), [json!(["t0", 1]), json!(["t0", 2]), json!(["t1", 1])]);
    assert_eq!(of("/schemas?subjectPrefix=t0&latestOnly=true"), [json!(["t0", 2])]);
}

#[test]
fn normalized_texts_do_not_depend_on_layout_or_the_order_of_imports() {
    let imports = |first: &str, second: &str| {
        proto(&format!(
            "import \"google/protobuf/{first}.proto\";\nimport \"google/protobuf/{second}.proto\";\nmessage M {{}}"
        ))
    };
    let bed = Bed::new();
    let id = bed.register("s", &imports("wrappers", "any"));
    assert_eq!(bed.register("s", &imports("any", "wrappers")), id);
    let normalized = |text: &str| {
        let bed = Bed::new();
        bed.post("/subjects/s/versions?normalize=True", &schema(text)).ok();
        bed.get("/subjects/s/versions/1/schema").body
    };
    assert_eq!(normalized(&imports("wrappers", "any")), normalized(&imports("any", "wrappers")));
}

#[test]
fn names_with_slashes_and_letters_are_names() {
    let bed = Bed::new();
    let id = bed.register("a%2Fb%20%C3%A9.proto", &proto("message M {}"));
    assert_eq!(bed.get(&format!("/schemas/ids/{id}/subjects")).ok(), json!(["a/b é.proto"]));
    assert_eq!(bed.get("/subjects/a%2Fb%20%C3%A9.proto/versions").ok(), json!([1]));
    assert_eq!(bed.get("/subjects/:.:a%2Fb%20%C3%A9.proto/versions").ok(), json!([1]), "the default context");
    assert_eq!(bed.post("/subjects/:.other:x/versions", &schema(&proto("message M {}"))).code(), 42208);
    assert_eq!(bed.post("/subjects/x%00y/versions", &schema(&proto("message M {}"))).code(), 42208);
}

#[test]
fn the_same_schema_registered_at_the_same_time_has_one_id() {
    let bed = Bed::new();
    let ids: std::collections::BTreeSet<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let bed = &bed;
                scope.spawn(move || {
                    (0..5)
                        .map(|_| bed.register(&format!("s{}", n % 2), &proto("message M { string a = 1; }")))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1);
    assert_eq!(bed.get("/subjects/s0/versions").ok(), json!([1]));
}

#[test]
fn editions_are_read_and_come_to_clients_in_what_they_know() {
    let bed = Bed::new();
    let text = "edition = \"2023\";\nmessage M { string a = 1; int32 b = 2 [features.field_presence = IMPLICIT]; }\n";
    let id = bed.register("s", text);
    assert_eq!(bed.get(&format!("/schemas/ids/{id}/schema")).body, text);
    let encoded = bed.get(&format!("/schemas/ids/{id}?format=serialized")).ok()["schema"].clone();
    assert_eq!(bed.register("s", encoded.as_str().unwrap()), id, "it means the same");
    assert_eq!(bed.post("/subjects/s/versions", &schema(&proto("message M { int32 a = 1; }"))).code(), 409);
}
