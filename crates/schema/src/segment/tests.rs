//! Calls as events: names, values, what is kept of what has no field, and what a mapping may say.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::compile::{Source, SourceText};
use crate::envelope::Context;
use crate::error::SchemaError;
use crate::schemas::Schemas;
use crate::verdict::Reason;

const SCHEMA: &str = r#"
syntax = "proto3";
package shop;
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "judi/v1/options.proto";
enum Color { COLOR_UNSPECIFIED = 0; COLOR_DARK_RED = 1; COLOR_BLUE = 2; }
message Line { string sku = 1; double price = 2; optional bool is_gift = 3; }
message Order {
  option (judi.event) = {name: "order_done" owner: "shop" description: "Somebody bought something."};
  string order_id = 1 [(judi.field).required = true];
  optional int64 total = 2;
  optional double weight = 3;
  optional bool is_first = 4;
  optional Color color = 5;
  google.protobuf.Timestamp ordered_at = 6;
  google.protobuf.Duration took = 7;
  repeated string tags = 8;
  repeated Line lines = 9;
  map<string, int64> counts = 10;
  google.protobuf.Struct extra = 11;
  google.protobuf.Int64Value points = 12;
  optional int64 visible_ms = 13;
  repeated Color colors = 14;
  optional string screen = 15;
}
message Person {
  option (judi.event) = {name: "identify" owner: "shop" description: "Somebody said who they are."};
  optional string plan = 1;
}
message Team {
  option (judi.event) = {name: "group" owner: "shop" description: "Somebody belongs to a group."};
  optional string group_id = 1;
  optional int32 employees = 2;
}
message Merge {
  option (judi.event) = {name: "alias" owner: "shop" description: "Two people are one."};
  optional string previous_id = 1;
}
"#;

fn schemas() -> Schemas {
    let source = Source { name: "shop.proto".to_owned(), text: SourceText::Proto(SCHEMA.to_owned()) };
    Schemas::first(&[source]).unwrap()
}

/// What a call becomes: its event, its payload in JSON, and what the context gets.
fn outcome(mapping: &str, call: &Value) -> Result<(String, Value, Context), (Reason, String, String)> {
    outcome_of(mapping, &call.to_string())
}

fn outcome_of(mapping: &str, call: &str) -> Result<(String, Value, Context), (Reason, String, String)> {
    let schemas = schemas();
    let model = schemas.current();
    let mapping = parse(mapping).unwrap();
    let call = Call::read(call, None).unwrap();
    match map(&mapping, model, &call) {
        Ok(mapped) => {
            let json = crate::json::to_json(&model.plans, mapped.event.message, &mapped.payload).unwrap();
            Ok((mapped.event.name.clone(), serde_json::from_str(&json).unwrap(), mapped.context))
        }
        Err(Unmapped { violation, .. }) => Err((violation.reason, violation.field, violation.detail)),
    }
}

fn payload(mapping: &str, call: &Value) -> Value {
    outcome(mapping, call).unwrap().1
}

#[expect(clippy::needless_pass_by_value, reason = "a call reads best with its JSON in place")]
fn order(properties: Value) -> Value {
    let mut whole = json!({"orderId": "o1"});
    whole.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
    json!({"type": "track", "event": "Order Done", "properties": whole})
}

#[test]
fn names_that_are_alike_need_no_mapping() {
    for name in ["Order Done", "orderDone", "order_done", "ORDER-DONE"] {
        let (event, payload, _) =
            outcome("", &json!({"type": "track", "event": name, "properties": {"Order ID": "o1"}})).unwrap();
        assert_eq!((event.as_str(), &payload["order_id"]), ("order_done", &json!("o1")), "{name}");
    }
    assert_eq!(payload("", &json!({"type": "identify", "userId": "u", "traits": {"plan": "pro"}}))["plan"], "pro");
    let in_context = json!({"type": "identify", "userId": "u", "traits": {}, "context": {"traits": {"plan": "pro"}}});
    assert_eq!(payload("", &in_context)["plan"], "pro");
    let group = payload("", &json!({"type": "group", "groupId": "g1", "traits": {"employees": "12"}}));
    assert_eq!((&group["group_id"], &group["employees"]), (&json!("g1"), &json!(12)));
    assert_eq!(payload("", &json!({"type": "alias", "previousId": "old"}))["previous_id"], "old");
}

#[test]
fn values_are_what_loose_senders_mean() {
    let cases = [
        (json!({"total": "42"}), json!({"total": "42"})),
        (json!({"total": " 42 "}), json!({"total": "42"})),
        (json!({"total": 42.0}), json!({"total": "42"})),
        (json!({"total": ""}), json!({})),
        (json!({"total": null}), json!({})),
        (json!({"weight": "1.5"}), json!({"weight": 1.5})),
        (json!({"orderId": 17}), json!({"order_id": "17"})),
        (json!({"orderId": true}), json!({"order_id": "true"})),
        (json!({"isFirst": "TRUE"}), json!({"is_first": true})),
        (json!({"isFirst": 0}), json!({"is_first": false})),
        (json!({"isFirst": "no"}), json!({"is_first": false})),
        (json!({"color": "Dark Red"}), json!({"color": "COLOR_DARK_RED"})),
        (json!({"color": "COLOR_BLUE"}), json!({"color": "COLOR_BLUE"})),
        (json!({"color": 2}), json!({"color": "COLOR_BLUE"})),
        (json!({"color": ""}), json!({})),
        (json!({"colors": ["blue", "darkRed"]}), json!({"colors": ["COLOR_BLUE", "COLOR_DARK_RED"]})),
        (json!({"orderedAt": "2026-11-23"}), json!({"ordered_at": "2026-11-23T00:00:00Z"})),
        (json!({"orderedAt": "2026-11-23 08:00:01"}), json!({"ordered_at": "2026-11-23T08:00:01Z"})),
        (json!({"orderedAt": "2026-11-23T08:00:01.25+0100"}), json!({"ordered_at": "2026-11-23T07:00:01.250Z"})),
        (json!({"orderedAt": 1_795_420_801}), json!({"ordered_at": "2026-11-23T08:00:01Z"})),
        (json!({"orderedAt": 1_795_420_801_500_i64}), json!({"ordered_at": "2026-11-23T08:00:01.500Z"})),
        (json!({"orderedAt": 1_795_420_801.5}), json!({"ordered_at": "2026-11-23T08:00:01.500Z"})),
        (json!({"orderedAt": "1795420801"}), json!({"ordered_at": "2026-11-23T08:00:01Z"})),
        (json!({"took": 1.5}), json!({"took": "1.500s"})),
        (json!({"took": "2"}), json!({"took": "2s"})),
        (json!({"tags": "one"}), json!({"tags": ["one"]})),
        (json!({"tags": ["a", 2]}), json!({"tags": ["a", "2"]})),
        (json!({"counts": {"a": "1"}}), json!({"counts": {"a": "1"}})),
        (json!({"extra": {"a": ["", 1]}}), json!({"extra": {"a": ["", 1]}})),
        (json!({"points": "7"}), json!({"points": "7"})),
        (
            json!({"lines": {"SKU": 7, "price": "1.5", "isGift": "yes"}}),
            json!({"lines": [{"sku": "7", "price": 1.5, "is_gift": true}]}),
        ),
    ];
    for (properties, expected) in cases {
        let mut found = payload("", &order(properties.clone()));
        let found = found.as_object_mut().unwrap();
        if expected.get("order_id").is_none() {
            found.remove("order_id");
        }
        assert_eq!(&Value::Object(found.clone()), &expected, "{properties}");
    }
}

#[test]
fn what_cannot_be_meant_is_told_and_never_cut() {
    let cases = [
        (json!({"total": 1.5}), "total"),
        (json!({"total": "twelve"}), "total"),
        (json!({"isFirst": "perhaps"}), "is_first"),
        (json!({"color": "greenish"}), "color"),
        (json!({"orderedAt": "yesterday"}), "ordered_at"),
        (json!({"orderId": {"a": 1}}), "order_id"),
        (json!({"tags": [null]}), "tags[0]"),
    ];
    for (properties, field) in cases {
        let (reason, found, _) = outcome("", &order(properties.clone())).unwrap_err();
        assert_eq!((reason, found.as_str()), (Reason::InvalidPayload, field), "{properties}");
    }
    let missing = outcome("", &json!({"type": "track", "event": "Order Done"})).unwrap_err();
    assert_eq!((missing.0, missing.1.as_str()), (Reason::InvalidPayload, "order_id"));
}

#[test]
fn a_mapping_renames_converts_replaces_and_drops() {
    let mapping = r#"
        [track."Checkout Completed"]
        event = "order_done"
        properties = { id = "order_id", "cart.total" = "total", seconds = { field = "visible_ms", convert = "seconds_to_ms" }, "paint" = { field = "color", values = { crimson = "COLOR_DARK_RED" } }, url = "context.page_url" }
        call = { "context.screen.width" = "screen" }
        drop = ["secret"]
        [context]
        "context.app.build" = "app_version"
        "#;
    let call = json!({
        "type": "track", "event": "Checkout Completed",
        "properties": {"id": 5, "cart": {"total": "12"}, "seconds": 12.3456, "paint": "crimson", "url": "https://e.se/a",
            "secret": "x", "orderId": "other", "more Things": [1, {"a": null}]},
        "context": {"screen": {"width": 1024}, "app": {"build": 77}},
    });
    let (event, payload, context) = outcome(mapping, &call).unwrap();
    assert_eq!(event, "order_done");
    let expected = json!({
        "order_id": "5", "total": "12", "visible_ms": "12346", "color": "COLOR_DARK_RED", "screen": "1024",
        "properties.orderId": "other", "more_things": [1, {"a": null}], "cart": {"total": "12"},
    });
    assert_eq!(payload, expected);
    assert_eq!((context.page_url.as_str(), context.app_version.as_str()), ("https://e.se/a", "77"));
}

#[test]
fn conversions_are_exact_where_they_can_be() {
    let of = |convert: &str, field: &str, value: Value| {
        let mapping = format!(
            "[track.X]\nevent = \"order_done\"\nproperties = {{ v = {{ field = \"{field}\", convert = \"{convert}\" }} }}"
        );
        payload(&mapping, &json!({"type": "track", "event": "X", "properties": {"order_id": "o", "v": value}}))[field]
            .clone()
    };
    assert_eq!(of("seconds_to_ms", "visible_ms", json!(1.0005)), "1001");
    assert_eq!(of("seconds_to_ms", "visible_ms", json!("2")), "2000");
    assert_eq!(of("minutes_to_ms", "visible_ms", json!(0.5)), "30000");
    assert_eq!(of("ms_to_seconds", "weight", json!(1500)), 1.5);
    assert_eq!(of("fraction_to_percent", "total", json!(0.29)), "29");
    assert_eq!(of("percent_to_fraction", "weight", json!(50)), 0.5);
    assert_eq!(of("unix_ms", "ordered_at", json!(1_000)), "1970-01-01T00:00:01Z");
    assert_eq!(of("unix_seconds", "ordered_at", json!(200_000_000_000_i64)), "8307-10-01T19:33:20Z");
}

#[test]
fn a_call_without_an_event_says_what_to_do() {
    let (reason, _, detail) = outcome("", &json!({"type": "track", "event": "Order Don"})).unwrap_err();
    assert_eq!(reason, Reason::UnknownEvent);
    assert!(detail.starts_with("no event for track name 'Order Don';"), "{detail}");
    assert!(detail.contains("`judi schema infer 'Order Don'`"), "{detail}");
    // A sender's text is pasted by others: it must stand for nothing but itself.
    let (_, _, detail) = outcome("", &json!({"type": "track", "event": "$(rm x)'; rm y"})).unwrap_err();
    assert!(detail.contains(r"`judi schema infer '$(rm x)'\''; rm y'`"), "{detail}");
    let (reason, _, detail) = outcome("", &json!({"type": "page"})).unwrap_err();
    assert_eq!(reason, Reason::UnknownEvent);
    assert!(detail.starts_with("no event for page calls;") && detail.contains("[page]"), "{detail}");
    assert_eq!(outcome("", &json!({"type": "track"})).unwrap_err().1, "event");
}

#[test]
fn what_both_say_is_said_once() {
    let mapping =
        "[page]\nevent = \"order_done\"\nproperties = { name = \"order_id\" }\ncall = { name = \"order_id\" }";
    let beside = payload(mapping, &json!({"type": "page", "name": "n"}));
    let among = payload(mapping, &json!({"type": "page", "properties": {"name": "n"}}));
    let both = payload(mapping, &json!({"type": "page", "name": "n", "properties": {"name": "n"}}));
    assert_eq!((&beside, &among), (&both, &both));
    assert_eq!(both, json!({"order_id": "n"}));
}

#[test]
fn a_wrong_mapping_is_refused_with_place_and_hint() {
    let cases = [
        ("[trak.X]\nevent = \"a\"", "segment.toml:1:2: there is no key `trak` here", "did you mean `track`?"),
        ("[page]\nevnt = \"a\"", "segment.toml:2:1: there is no key `evnt` here", "did you mean `event`?"),
        ("[page]\nproperties = {}", "segment.toml:1:2: the rule names no event", "say which event"),
        ("[page]\nevent = 7", "segment.toml:2:9: expected the name of an event, found integer", "docs/"),
        ("[page]\nevent = \"a\"\n[page.traits]\n", "segment.toml:3:7: there is no key `traits` here", "one of"),
        ("x = [", "segment.toml:1:6: ", "docs/"),
        (
            "[page]\nevent = \"a\"\nproperties = { x = \"context.page_ulr\" }",
            "segment.toml:3:20: the context has no field \"page_ulr\" that a mapping may fill",
            "did you mean `page_url`?",
        ),
        (
            "[page]\nevent = \"a\"\nproperties = { x = \"context.user_id\" }",
            "segment.toml:3:20: the context has no field \"user_id\" that a mapping may fill",
            "",
        ),
        (
            "[page]\nevent = \"a\"\nproperties = { x = { field = \"y\", convert = \"second_to_ms\" } }",
            "segment.toml:3:45: there is no conversion \"second_to_ms\"",
            "did you mean `seconds_to_ms`?",
        ),
        (
            "[page]\nevent = \"a\"\ncall = { \"context.ip\" = \"x\" }",
            "segment.toml:3:10: \"context.ip\" is never stored",
            "remove",
        ),
        (
            "[page]\nevent = \"a\"\nproperties = { x = \"y\", z = \"y\" }",
            "segment.toml:3:20: both \"x\" and \"z\" go to y",
            "keep one of them",
        ),
        ("[context]\n\"a\" = \"os\"\n\"b\" = \"os\"", "segment.toml:3:7: \"os\" is filled twice", "keep one"),
    ];
    for (text, cause, hint) in cases {
        let error = parse(text).unwrap_err();
        assert!(error.to_string().starts_with(cause), "{text}\n{error}\nexpected {cause}");
        assert!(error.hint().unwrap().contains(hint), "{text}\n{:?}", error.hint());
    }
}

#[test]
fn a_mapping_is_held_to_the_schema() {
    let schemas = schemas();
    let checked = |text: &str| check(&parse(text).unwrap(), text, schemas.current());
    checked("[track.X]\nevent = \"order_done\"\nproperties = { a = \"orderId\", b = \"total\" }").unwrap();
    let told = |error: SchemaError| format!("{error} | {}", error.hint().unwrap());
    assert_eq!(
        told(checked("[track.X]\n\nevent = \"order_don\"").unwrap_err()),
        "segment.toml:3:9: the schema has no event \"order_don\" | did you mean `order_done`?"
    );
    assert_eq!(
        told(checked("[track.X]\nevent = \"order_done\"\nproperties = { a = \"totl\" }").unwrap_err()),
        "segment.toml:3:20: the event \"order_done\" has no field \"totl\" | did you mean `total`?"
    );
}

#[test]
fn the_context_is_read_from_where_the_libraries_put_it() {
    let call = json!({
        "type": "track", "event": "x", "messageId": "m1", "anonymousId": "a1", "userId": 17,
        "timestamp": "2026-11-23T08:00:01Z", "originalTimestamp": "2026-11-23T08:00:00Z", "sentAt": "2026-11-23T08:00:02Z",
        "context": {
            "app": {"name": "news", "version": "7.1", "build": "9"},
            "device": {"type": "ios", "model": "iPhone15,2", "id": "never"}, "os": {"name": "iOS", "version": "17.2"},
            "locale": "sv-SE", "library": {"name": "analytics-ios", "version": "4.1"}, "sessionId": 1_795_420_800,
            "page": {"url": "https://e.se/a?b", "path": "/a", "referrer": "https://r.se/"}, "userAgent": "Mozilla/5.0",
            "campaign": {"name": "n", "source": "s", "medium": "m", "term": "t", "content": "c"},
            "consent": {"categoryPreferences": {"ads": false, "analytics": true}}, "ip": "10.0.0.1",
        },
    });
    let text = call.to_string();
    let call = Call::read(&text, None).unwrap();
    let arrived = arrived(&call);
    assert_eq!((arrived.message_id.as_ref(), arrived.occurred_at.as_ref()), ("m1", "2026-11-23T08:00:00Z"));
    assert_eq!(
        (arrived.sent_at.as_ref(), arrived.user_agent.as_deref()),
        ("2026-11-23T08:00:02Z", Some("Mozilla/5.0"))
    );
    let text = |text: &str| text.to_owned();
    let expected = Context {
        anonymous_id: text("a1"),
        user_id: text("17"),
        session_id: text("1795420800"),
        app: text("news"),
        app_version: text("7.1"),
        platform: text("ios"),
        os: text("iOS"),
        device: text("iPhone15,2"),
        locale: text("sv-SE"),
        page_url: text("https://e.se/a?b"),
        page_path: text("/a"),
        referrer: text("https://r.se/"),
        utm_source: text("s"),
        utm_medium: text("m"),
        utm_campaign: text("n"),
        utm_term: text("t"),
        utm_content: text("c"),
        consent: text("partial"),
        sdk: text("analytics-ios"),
        sdk_version: text("4.1"),
    };
    assert_eq!(arrived.context, expected);
}

#[test]
fn platforms_by_what_is_said_of_them() {
    let platform = |call: Value| {
        let mut whole = json!({"type": "page"});
        whole.as_object_mut().unwrap().extend(call.as_object().unwrap().clone());
        arrived(&Call::read(&whole.to_string(), None).unwrap()).context.platform
    };
    let cases = [
        (json!({"context": {"device": {"type": "android"}}}), "android"),
        (json!({"context": {"os": {"name": "iPadOS"}}}), "ios"),
        (json!({"context": {"os": {"name": "tvOS"}}}), "tv"),
        (json!({"channel": "server"}), "server"),
        (json!({"channel": "web", "context": {"os": {"name": "Android"}}}), "web"),
        (json!({"context": {"page": {"path": "/"}, "userAgent": "x"}}), "web"),
        (json!({"context": {"library": {"name": "analytics-python"}}}), ""),
    ];
    for (call, expected) in cases {
        assert_eq!(platform(call.clone()), expected, "{call}");
    }
}

#[test]
fn what_is_kept_of_a_call_says_its_kind_and_not_where_from() {
    let text = r#"{"event":"X","writeKey":"k","context":{"ip":"10.0.0.1","userAgent":"M","locale":"sv"},"properties":{"n":1.10}}"#;
    let expected = r#"{"type":"track","context":{"locale":"sv"},"event":"X","properties":{"n":1.10}}"#;
    assert_eq!(kept(text, Some(CallKind::Track)), expected);
    assert_eq!(kept(expected, None), expected, "again");
    assert_eq!(kept(r#"{"type":"odd","context":{"ip":"1"}}"#, None), r#"{"type":"odd","context":{}}"#);
    assert_eq!(kept("[1]", None), "[1]");
    for (json, reason) in
        [("[1]", Reason::Undecodable), ("{}", Reason::InvalidPayload), (r#"{"type":"x"}"#, Reason::InvalidPayload)]
    {
        assert_eq!(Call::read(json, None).unwrap_err().reason, reason, "{json}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "(2026-1[01]-2[0-9]|[0-9]{1,12}|true|no|blue)".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-zA-Z ]{1,6}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn any_call_is_an_event_or_says_why(
        properties in proptest::collection::btree_map(
            prop_oneof![
                "(orderId|total|Is First|color|ordered_at|took|tags|lines|counts|extra|points|weight|colors)",
                "\\PC{0,6}",
            ],
            value(),
            0..6,
        ),
        mapped in any::<bool>(),
    ) {
        let mapping = "[track.X]\nevent = \"order_done\"\nproperties = { total = { field = \"visible_ms\", convert = \"seconds_to_ms\" } }";
        let name = if mapped { "X" } else { "Order Done" };
        let call = json!({"type": "track", "event": name, "properties": properties});
        let first = outcome(mapping, &call);
        // What is kept of a call maps as the call did.
        prop_assert_eq!(outcome_of(mapping, &kept(&call.to_string(), None)), first);
    }
}
