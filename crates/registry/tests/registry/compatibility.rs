//! What a subject's level lets in, and how it is said.

use serde_json::{Value, json};

use crate::bed::{Bed, proto, schema, with_references};

fn fits(bed: &Bed, path: &str, text: &str) -> bool {
    bed.post(&format!("/compatibility/subjects{path}"), &schema(text)).ok()["is_compatible"].as_bool().unwrap()
}

/// Whether `new` may follow `old` under the registry's level, in a subject of its own.
fn may_follow(bed: &Bed, subject: &str, old: &str, new: &str) -> bool {
    bed.register(subject, &proto(old));
    let asked = fits(bed, &format!("/{subject}/versions/latest"), &proto(new));
    assert_eq!(fits(bed, &format!("/{subject}/versions"), &proto(new)), asked);
    let answer = bed.post(&format!("/subjects/{subject}/versions"), &schema(&proto(new)));
    assert_eq!(answer.status == 200, asked, "{}", answer.body);
    if !asked {
        assert_eq!(answer.code(), 409);
    }
    asked
}

#[test]
fn each_level_lets_in_what_its_direction_can_read() {
    let bed = Bed::new();
    let (without, with) = ("message M { string a = 1; }", "message M { string a = 1; optional int32 b = 2; }");
    let (one, two) = ("message M { oneof o { int32 a = 1; } }", "message M { oneof o { int32 a = 1; int32 b = 2; } }");
    let (text, number) = ("message M { string a = 1; }", "message M { int32 a = 1; }");
    for (level, removes_member, adds_member, changes_type) in [
        ("NONE", true, true, true),
        ("BACKWARD", false, true, false),
        ("FORWARD", true, false, false),
        ("FULL", false, false, false),
    ] {
        for level in [level.to_owned(), format!("{level}_TRANSITIVE")] {
            if level == "NONE_TRANSITIVE" {
                continue;
            }
            bed.put("/config", &json!({"compatibility": level})).ok();
            let may_follow = |what: &str, old: &str, new: &str| may_follow(&bed, &format!("{what}-{level}"), old, new);
            assert!(may_follow("optional-comes", without, with), "{level}");
            assert!(may_follow("optional-goes", with, without), "{level}");
            assert_eq!(may_follow("member-goes", two, one), removes_member, "{level}");
            assert_eq!(may_follow("member-comes", one, two), adds_member, "{level}");
            assert_eq!(may_follow("type-changes", text, number), changes_type, "{level}");
        }
    }
}

#[test]
fn transitive_levels_look_at_every_version() {
    let field = |kind: &str| format!("message M {{ {kind} }}");
    for (level, fits_at_last) in [("BACKWARD", true), ("BACKWARD_TRANSITIVE", false)] {
        let bed = Bed::new();
        bed.put("/config", &json!({"compatibility": level})).ok();
        bed.register("s", &proto(&field("string a = 1;")));
        bed.register("s", &proto(&field("")));
        let answer = bed.post("/subjects/s/versions", &schema(&proto(&field("int32 a = 1;"))));
        assert_eq!(answer.status == 200, fits_at_last, "{level}: {}", answer.body);
        assert!(!fits(&bed, "/s/versions/1", &proto(&field("double a = 1;"))), "a version by its number");
    }
    // Hidden versions do not count.
    let bed = Bed::new();
    bed.register("s", &proto(&field("string a = 1;")));
    bed.delete("/subjects/s/versions/1").ok();
    bed.register("s", &proto(&field("int32 a = 1;")));
}

#[test]
fn the_answer_says_where_and_what() {
    let bed = Bed::new();
    bed.register("s", &proto("package p; message M { message N { string a = 1; } }"));
    let new = schema(&proto("package p; message M { message N { int32 a = 1; } }"));
    let expected = "BACKWARD with version 1: FIELD_SCALAR_KIND_CHANGED at #/M/N/1: `a` was string and is int32";
    let answer = bed.post("/compatibility/subjects/s/versions/latest?verbose=True", &new).ok();
    assert_eq!(answer, json!({"is_compatible": false, "messages": [expected]}));
    assert_eq!(bed.post("/compatibility/subjects/s/versions/1", &new).ok(), json!({"is_compatible": false}));
    let (status, code, message) = bed.post("/subjects/s/versions", &new).error();
    assert_eq!((status, code), (409, 409));
    assert!(
        message.contains(expected) && message.contains("'s'") && message.contains("level is BACKWARD"),
        "{message}"
    );
    assert_eq!(
        bed.post(
            "/compatibility/subjects/s/versions?verbose=true",
            &schema(&proto("package p; message M { message N {} }"))
        )
        .ok(),
        json!({"is_compatible": true, "messages": []})
    );
    assert_eq!(bed.post("/compatibility/subjects/s/versions/7", &new).code(), 40402);
    assert_eq!(bed.post("/compatibility/subjects/none/versions/latest", &new).ok(), json!({"is_compatible": true}));
    assert_eq!(bed.post("/compatibility/subjects/s/versions/latest", &schema("x")).code(), 42201);
}

#[test]
fn files_that_are_referred_to_are_compared_in_their_versions() {
    let bed = Bed::new();
    bed.put("/config/c.proto", &json!({"compatibility": "NONE"})).ok();
    bed.register("c.proto", &proto("package c; message C { string x = 1; }"));
    bed.register("c.proto", &proto("package c; message C { int32 x = 1; }"));
    let main = |version| {
        with_references(&proto("import \"c.proto\"; message M { c.C c = 1; }"), &[("c.proto", "c.proto", version)])
    };
    bed.post("/subjects/m/versions", &main(1)).ok();
    let answer = bed.post("/subjects/m/versions", &main(2));
    assert_eq!(answer.code(), 409);
    assert!(answer.body.contains("#/c.C/1"), "{}", answer.body);
}

#[test]
fn a_schema_that_shares_nothing_is_answered_within_bounds() {
    let bed = Bed::new();
    let messages = |kind: &str| (0..300).map(|n| format!("message M{n} {{ {kind} x = 1; }}")).collect::<String>();
    bed.register("s", &proto(&messages("string")));
    let answer = bed.post("/compatibility/subjects/s/versions?verbose=true", &schema(&proto(&messages("int32")))).ok();
    let listed = answer["messages"].as_array().unwrap();
    assert_eq!(listed.len(), 51);
    assert_eq!(listed.last(), Some(&Value::from("and more")));
}
