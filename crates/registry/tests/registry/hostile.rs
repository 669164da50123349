//! Bodies and paths that nobody sane sends: an error in JSON, and the registry goes on.

use serde_json::json;

use crate::bed::{Bed, proto, schema};

#[test]
fn what_is_no_schema_is_refused_with_the_place() {
    let bed = Bed::new();
    let refused = |text: &str| {
        let answer = bed.post("/subjects/s/versions", &schema(text));
        assert_eq!(answer.code(), 42201, "{}", answer.body);
        answer.error().2
    };
    assert!(refused("syntax = \"proto3\";\nmessage M {\n  strin a = 1;\n}").contains(":3:3: "));
    assert!(refused("message").contains("schema.proto:1"), "{}", refused("message"));
    refused("");
    refused("  \n");
    refused("{\"type\": \"record\"}");
    refused("AAAA");
    refused("CgVhLnByb3Rv//8=");
    refused("edition = \"1999\"; message M {}");
    refused(&proto("import \"schema.proto\"; message M {}"));
    refused(&proto("import \"../../etc/passwd\"; message M {}"));
    for kind in [json!("AVRO"), json!("JSON"), json!(null)] {
        let answer = bed.post("/subjects/s/versions", &json!({"schemaType": kind, "schema": "{}"}));
        assert_eq!(answer.code(), 42201);
        assert!(answer.body.contains("PROTOBUF"), "{}", answer.body);
    }
    let mut body = schema(&proto("message M {}"));
    body["metadata"] = json!({"properties": {"owner": "x"}});
    assert_eq!(bed.post("/subjects/s/versions", &body).code(), 42201);
    body["metadata"] = json!({"properties": {}});
    assert_eq!(bed.post("/subjects/s/versions", &body).status, 200);
}

#[test]
fn depth_is_bounded_before_anything_descends() {
    let bed = Bed::new();
    let refused = |text: String| {
        let answer = bed.post("/subjects/s/versions", &schema(&text));
        assert_eq!(answer.code(), 42201, "{}", answer.body);
        assert!(answer.body.contains("deep"), "{}", answer.body);
    };
    refused("message M {".repeat(50_000));
    refused("message M { /* } */ // }\n".repeat(30_000));
    refused("message M { option (a) = '}'; option (b) = \"\\\"}\";".repeat(15_000));
    refused(format!("syntax = \"proto3\"; option (x) = {};", "{a".repeat(100_000)));
    refused(format!("syntax = \"proto3\"; option (x) = {{a: {}", "[".repeat(100_000)));
    bed.register("s", &proto(&format!("{}{}", "message M {".repeat(20), "}".repeat(20))));
}

#[test]
fn bodies_are_bounded_and_are_json() {
    let bed = Bed::new();
    let json_type = "Content-Type: application/json\r\n";
    let post = |headers: &str, body: &[u8]| bed.ask("POST", "/subjects/s/versions", headers, Some(body));
    assert_eq!(post(json_type, b"{").code(), 400);
    assert_eq!(post(json_type, b"").code(), 400);
    assert_eq!(post(json_type, b"[]").code(), 400);
    assert_eq!(post(json_type, &[0xff; 10]).code(), 400);
    assert_eq!(post(json_type, &[b'['; 100_000]).code(), 400);
    assert_eq!(post(json_type, b"{\"schemaType\": \"PROTOBUF\", \"references\": [{\"name\": \"x\"}]}").code(), 400);
    assert_eq!(post(json_type, &vec![b' '; 8 << 20]).code(), 413);
    let long = proto(&format!("// {}\nmessage M {{}}", "x".repeat(1 << 20)));
    assert_eq!(post(json_type, schema(&long).to_string().as_bytes()).code(), 42209_u64);
    // What a page of another origin can send without asking.
    let body = schema(&proto("message M {}")).to_string();
    for headers in ["", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"] {
        assert_eq!(post(headers, body.as_bytes()).code(), 415, "{headers}");
    }
    assert_eq!(post("Content-Type: Application/JSON; charset=utf-8\r\n", body.as_bytes()).status, 200);
}

#[test]
fn references_are_bounded() {
    let bed = Bed::new();
    let many: Vec<_> = (0..1001).map(|n| json!({"name": format!("f{n}"), "subject": "s", "version": 1})).collect();
    let mut body = schema(&proto("message M {}"));
    body["references"] = json!(many);
    assert_eq!(bed.post("/subjects/s/versions", &body).code(), 42201);
    // A chain: each file imports the one before.
    for n in 0..70 {
        let (text, references) = match n {
            0 => (proto("message M0 {}"), json!([])),
            _ => (
                proto(&format!("import \"f{}.proto\"; message M{n} {{}}", n - 1)),
                json!([{"name": format!("f{}.proto", n - 1), "subject": format!("f{}.proto", n - 1), "version": 1}]),
            ),
        };
        let mut body = schema(&text);
        body["references"] = references;
        let answer = bed.post(&format!("/subjects/f{n}.proto/versions"), &body);
        if n <= 64 {
            assert_eq!(answer.status, 200, "{n}: {}", answer.body);
        } else {
            assert_eq!(answer.code(), 42201);
            assert!(answer.body.contains("deep") || answer.body.contains("there is no version"), "{}", answer.body);
        }
    }
}

#[test]
fn strange_paths_are_answered_in_json() {
    let bed = Bed::new();
    for path in
        ["/nothing", "/subjects/", "/subjects/a/b", "/schemas/ids", "/subjects/a/versions/1/x", "/v1/metadata/id"]
    {
        assert_eq!(bed.get(path).code(), 404, "{path}");
    }
    assert_eq!(bed.get("/subjects/%ff/versions").code(), 400);
    assert_eq!(bed.get("/subjects?offset=%ff").status, 400);
    assert_eq!(bed.get(&format!("/subjects/{}/versions", "x".repeat(2000))).code(), 42208);
    assert_eq!(bed.get("/schemas/ids/99999999999999999999").code(), 40403);
    assert_eq!(bed.ask("PATCH", "/config", "", None).code(), 405);
}
