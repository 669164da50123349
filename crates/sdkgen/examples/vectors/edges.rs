//! Calls that are known to part languages, by name: `row/detail`, the rows being those of "language agnostic, but not
//! really".

mod numbers;
mod shapes;
mod text;

use judi_schema::plan::ScalarKind;
use judi_sdkgen::library::{Kind, Library};
use serde_json::{Value, json};

use crate::Case;

/// Languages whose text can hold a lone surrogate.
const UTF16: &[&str] = &["js", "java"];
/// The language whose values can be of another type.
const JS: &[&str] = &["js"];
/// The language whose text can be any bytes.
const GO: &[&str] = &["go"];

/// A growing list.
struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, id: impl Into<String>, event: &str, call: Value) {
        self.only(&[], id, event, call);
    }

    fn only(&mut self, languages: &'static [&'static str], id: impl Into<String>, event: &str, call: Value) {
        self.0.push(Case { id: id.into(), event: event.to_owned(), call, languages });
    }
}

pub(crate) fn cases(library: &Library) -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    numbers::whole_numbers(library, &mut cases);
    numbers::floats(&mut cases);
    shapes::presence(library, &mut cases);
    shapes::emptiness(&mut cases);
    shapes::enums(&mut cases);
    text::text(&mut cases);
    text::no_text(&mut cases);
    shapes::order(&mut cases);
    shapes::fields_in_order(&mut cases);
    required(&mut cases);
    depth(&mut cases);
    numbers::times(&mut cases);
    text::json_values(&mut cases);
    names(library, &mut cases);
    legacy(&mut cases);
    wrong(&mut cases);
    cases.0
}

fn required(cases: &mut Cases) {
    let full = json!({"article_id": "a", "count": "1", "rank": 0, "at": {"seconds": "0", "nanos": 0}, "place": {"name": "p"}, "tags": [""], "mode": "MODE_WALK", "score": 0, "scores": [["", 0]], "url": ""});
    cases.add("required/all set", "required", full.clone());
    cases.add("required/nothing set", "required", json!({}));
    let Some(members) = full.as_object() else { return };
    for name in members.keys() {
        let mut call = members.clone();
        call.remove(name);
        cases.add(format!("required/{name} unset"), "required", call.into());
    }
    for (name, zero) in [
        ("article_id", json!("")),
        ("count", json!("0")),
        ("tags", json!([])),
        ("mode", json!("MODE_UNSPECIFIED")),
        ("scores", json!([])),
        ("place", json!({})),
        ("places", json!([{"name": "a"}, {"number": 1}])),
        ("maybe", json!({"name": ""})),
        ("maybe", json!({"number": 5})),
    ] {
        let mut call = members.clone();
        let detail = format!("required/{name} {zero}");
        call.insert(name.to_owned(), zero);
        cases.add(detail, "required", call.into());
    }
    let mut other = members.clone();
    other.remove("url");
    other.insert("to".to_owned(), json!({"name": "there"}));
    cases.add("required/other member of the oneof", "required", other.into());
    let legacy = json!({"name": "", "count": "0", "kind": 1});
    cases.add("required/proto2 zeros are set", "legacy_required", legacy.clone());
    for name in ["name", "count", "kind"] {
        let mut call = legacy.clone();
        call.as_object_mut().map(|call| call.remove(name));
        cases.add(format!("required/proto2 {name} unset"), "legacy_required", call);
    }
    for (detail, part) in
        [("part", json!({"part": {}})), ("one of the parts", json!({"parts": [{"is_whole": false}, {"note": "x"}]}))]
    {
        let mut call = legacy.clone();
        if let (Some(call), Some(part)) = (call.as_object_mut(), part.as_object()) {
            call.extend(part.clone());
        }
        cases.add(format!("required/proto2 in {detail}"), "legacy_required", call);
    }
    cases.add(
        "constraints/sent as they are",
        "constrained",
        json!({"short": "too long", "percent": 500, "mail": "x", "tags": ["a", "b", "c"]}),
    );
    cases.add(
        "constraints/kept",
        "constrained",
        json!({"short": "short", "percent": 100, "mail": "a@example.se", "tags": ["a", "b"]}),
    );
}

/// `around` put around `inside` so many times.
fn nest(times: usize, inside: Value, around: impl Fn(Value) -> Value) -> Value {
    (0..times).fold(inside, |inside, _| around(inside))
}

fn depth(cases: &mut Cases) {
    for levels in [2, 4, 99, 100, 101, 102] {
        let call = nest(levels - 1, json!({}), |inner| json!({ "left": inner }));
        cases.add(format!("malformed/depth {levels}"), "tree", call);
        let call = nest(levels - 1, json!({}), |inner| json!({"children": [inner]}));
        cases.add(format!("malformed/depth {levels} of lists"), "tree", call);
    }
    for entries in [1, 2, 49, 50] {
        let call = nest(entries, json!({}), |inner| json!({"by_name": [["k", inner]]}));
        cases.add(format!("malformed/depth of {entries} map entries"), "tree", call);
        let list = nest(entries, json!([]), |inner| json!([inner]));
        cases.add(format!("malformed/depth of {entries} lists in a list"), "json", json!({ "list": list }));
    }
    for objects in [1, 32, 33, 34] {
        let object = nest(objects, json!({}), |inner| json!({ "k": inner }));
        cases.add(format!("malformed/depth of {objects} objects in an object"), "json", json!({ "object": object }));
    }
    let branches =
        |levels| nest(levels, json!({"name": "leaf"}), |inner| json!({"branch": {"tree": inner, "weight": "1"}}));
    for times in [1, 2, 3, 49, 50] {
        cases.add(format!("malformed/depth of {times} branches"), "tree", branches(times));
    }
}

/// Every field whose name a language or another field has, alone: it is its own number that is written.
fn names(library: &Library, cases: &mut Cases) {
    for event in ["names", "legacy_styles", "deprecated"] {
        let message = library.events.iter().find(|it| it.name == event).and_then(|it| library.messages.get(it.message));
        for field in message
            .iter()
            .flat_map(|message| &message.fields)
            .filter(|it| matches!(it.kind, Kind::Scalar(ScalarKind::String)))
        {
            let value = if matches!(field.shape, judi_sdkgen::library::Shape::Repeated { .. }) {
                json!([field.name])
            } else {
                json!(field.name)
            };
            cases.add(format!("names/{event}.{}", field.name), event, json!({ field.name.clone(): value }));
        }
        let all = message.iter().flat_map(|message| &message.fields).filter(|it| {
            it.kind == Kind::Scalar(ScalarKind::String) && it.shape == judi_sdkgen::library::Shape::Optional
        });
        let all: serde_json::Map<_, _> =
            all.map(|field| (field.name.clone(), Value::from(field.number.to_string()))).collect();
        cases.add(format!("names/{event}, all at once"), event, all.into());
    }
    cases.add("names/types as classes", "class", json!({"string": {"value": "s"}, "map": {"map": [["a", "b"]]}, "error": {"error": "e"}, "list": {"list": ["l"]}, "builder": {"build": "b"}, "self": {"self": {"self": {}}}, "date_of": {"time": "5"}, "promise": {"then": true}, "timestamp": {"seconds": "1"}, "twin": {"first": "1"}, "other_twin": {"second": 2}, "time": {"seconds": "1", "nanos": 1}, "optional": {"none": "", "some": "s"}, "array": {"array": ["", "a"]}, "judi": {"judi": "j"}, "event_batch": {"event": "e"}, "class": [{"class": "c"}, {}], "int": [["a", {"int": 1}]], "sendable": {"sendable": true}}));
    cases.add("names/oneof named default, any", "class", json!({"any": {"any": "a"}}));
    cases.add("names/oneof named default, data", "class", json!({"data": {"data": "AAEC"}}));
    for event in [
        "init",
        "track",
        "flush",
        "close",
        "constructor",
        "to_string",
        "delete",
        "new",
        "default",
        "func",
        "self",
        "set_user",
        "opt_out",
        "reset",
        "page_2_view",
        "page2_view",
    ] {
        cases.add(format!("names/event {event}"), event, json!({ "name": event }));
    }
    cases.add("names/event twin", "twin", json!({"second": -1}));
}

fn legacy(cases: &mut Cases) {
    for (detail, call) in [
        (
            "groups of groups",
            json!({"result": {"rank": -1, "detail": {"shown": true}}, "item": [{"name": "a", "numbers": [1, 2]}, {"numbers": []}, {"name": ""}]}),
        ),
        ("a group in a oneof", json!({"chosen": {"value": "-1"}})),
        (
            "lists packed and not",
            json!({"numbers": [1, -1, 0], "packed_numbers": ["1", "-1", "0"], "kinds": [1, 2], "packed_kinds": [1, 2]}),
        ),
        ("closed map", json!({"mode_by_name": [["b", "LEGACY_MODE_ON"], ["a", "LEGACY_MODE_OFF"]]})),
    ] {
        cases.add(format!("proto2/{detail}"), "legacy", call);
    }
}

/// Values of other types, which only a language without types can give, and names that no enum has.
fn wrong(cases: &mut Cases) {
    for (detail, event, call) in [
        ("a number as text", "scalars_optional", json!({"f_string": 5})),
        ("text as bool", "scalars_optional", json!({"f_bool": "true"})),
        ("a number as bool", "scalars_implicit", json!({"f_bool": 1})),
        ("an object as text", "scalars_optional", json!({"f_string": {}})),
        ("text as a message", "nested", json!({"leaf": "x"})),
        ("a list as a message", "nested", json!({"leaf": []})),
        ("text as a list", "scalars_repeated", json!({"f_string": "x"})),
        ("bool as a number", "scalars_optional", json!({"f_double": true})),
        ("text as a number", "scalars_optional", json!({"f_int32": "abc"})),
        ("a list as a struct", "json", json!({"object": []})),
        ("an object as a list value", "json", json!({"list": {}})),
        ("two members of a oneof", "nested", json!({"text": "a", "in_oneof": {}})),
        ("two members of a oneof, zeros", "scalars_oneof", json!({"f_int32": 0, "f_bool": false})),
    ] {
        cases.only(JS, format!("wrong type/{detail}"), event, call);
    }
    for (detail, event, call) in [
        ("singular", "enums", json!({"state": "PLAYER_STATE_NOPE"})),
        ("list", "enums", json!({"states": ["PLAYER_STATE_PAUSED", "paused"]})),
        ("map value", "enums", json!({"by_name": [["a", ""]]})),
        ("of another enum", "enums", json!({"state": "QUALITY_LOW"})),
    ] {
        cases.only(JS, format!("wrong type/enum name that is none, {detail}"), event, call);
    }
    cases.add("wrong type/enum number beyond 32 bits", "enums", json!({"state": "2147483648"}));
}
