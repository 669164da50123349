//! Who is admitted with which key, from which origin, and where a request may carry the key.

use http::HeaderValue;

use super::*;

fn keys() -> Keys {
    let limited = Key { origins: vec!["https://www.example.se".to_owned()], ..Key::open("web", "web app") };
    let off = Key { enabled: false, ..Key::open("old", "old app") };
    Keys::new(vec![Key::open("dev", "development"), limited, off])
}

#[test]
fn who_is_admitted() {
    let keys = keys();
    let admit = |key, origin| keys.admit(key, origin).map(|tenant| tenant.name().to_owned());
    let here = Some("https://www.example.se");
    let elsewhere = Some("https://evil.example");
    assert_eq!(admit(Some("dev"), None), Ok("development".to_owned()));
    assert_eq!(admit(Some("dev"), elsewhere), Ok("development".to_owned()));
    assert_eq!(admit(Some("web"), None), Ok("web app".to_owned()));
    assert_eq!(admit(Some("web"), here), Ok("web app".to_owned()));
    let foreign = Refusal::ForeignOrigin { name: "web app".to_owned(), origin: "https://evil.example".to_owned() };
    assert_eq!(admit(Some("web"), elsewhere), Err(foreign));
    assert_eq!(admit(Some("old"), here), Err(Refusal::DisabledKey { name: "old app".to_owned() }));
    assert_eq!(admit(Some("nope"), None), Err(Refusal::UnknownKey));
    assert_eq!(admit(Some(""), None), Err(Refusal::NoKey));
    assert_eq!(admit(None, None), Err(Refusal::NoKey));
}

#[test]
fn a_preflight_is_allowed_where_any_enabled_key_is() {
    let web = Key { origins: vec!["https://a.se".to_owned()], ..Key::open("web", "web") };
    let off = Key { enabled: false, origins: vec!["https://b.se".to_owned()], ..Key::open("off", "off") };
    let keys = Keys::new(vec![web, off]);
    assert!(keys.any_allows("https://a.se"));
    assert!(!keys.any_allows("https://b.se"));
}

#[test]
fn origins_match_whole_and_by_subdomain() {
    let cases = [
        ("*", "null", true),
        ("https://a.se", "https://a.se", true),
        ("https://A.se/", "https://a.SE", true),
        ("https://a.se", "http://a.se", false),
        ("https://a.se", "https://a.se.evil.example", false),
        ("https://*.a.se", "https://www.a.se", true),
        ("https://*.a.se", "https://x.y.a.se", true),
        ("https://*.a.se", "https://a.se", false),
        ("https://*.a.se", "https://.a.se", false),
        ("https://*.a.se", "https://evil.example/.a.se", false),
        ("https://*.a.se", "https://evil.example:1@x.a.se", false),
    ];
    for (pattern, origin, expected) in cases {
        assert_eq!(matches_origin(pattern, origin), expected, "{pattern} {origin}");
    }
}

#[test]
fn where_a_key_is_found() {
    type Headers<'a> = &'a [(&'static str, &'static str)];
    let cases: &[(Headers<'_>, &str, Option<&str>)] = &[
        (&[("authorization", "Bearer dev")], "/v1/events", Some("dev")),
        (&[("authorization", "bearer  dev ")], "/v1/events", Some("dev")),
        (&[("authorization", "Basic ZGV2Og==")], "/v1/events", Some("dev")),
        (&[("authorization", "Basic ZGV2OnB3")], "/v1/events", Some("dev")),
        (&[("authorization", "Basic ZGV2")], "/v1/events", Some("dev")),
        (&[("authorization", "Basic !!")], "/v1/events?writeKey=q", Some("q")),
        (&[("authorization", "Digest x")], "/v1/events", None),
        (&[("x-write-key", "dev")], "/v1/events?writeKey=q", Some("dev")),
        (&[("authorization", "Bearer a"), ("x-write-key", "b")], "/v1/events", Some("a")),
        (&[], "/v1/events?a=1&write_key=de%76", Some("dev")),
        (&[], "/v1/events?writeKey=", None),
        (&[], "/v1/events", None),
    ];
    for (headers, uri, expected) in cases {
        let mut map = HeaderMap::new();
        for (name, value) in *headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        assert_eq!(presented(&map, &uri.parse().unwrap()).as_deref(), *expected, "{headers:?} {uri}");
    }
}
