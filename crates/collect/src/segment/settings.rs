//! What `@segment/analytics-next` asks its CDN before it sends: which integrations a source has. Here it has one: this
//! server, at the address that the browser has just used.

use http::HeaderMap;
use http::header::HOST;
use serde_json::{Value, json};

/// The longest `Host` that is repeated, in bytes: a name has 253 and a port 6.
const HOST_BYTES_MAX: usize = 260;

/// What of this server's address the headers may not say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Address<'a> {
    /// What HTTP/2 has in place of `Host`.
    pub(super) authority: Option<&'a str>,
    /// What stands before `/v1`, so that calls go where the page's own paths are.
    pub(super) prefix: &'a str,
    /// Whether it was asked by https.
    pub(super) is_tls: bool,
}

/// The settings of the source with this write key, for a page that asked with these headers.
pub(super) fn settings(write_key: &str, headers: &HeaderMap, address: &Address<'_>) -> Value {
    let forwarded = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let protocol = match forwarded {
        Some("https") => "https",
        Some("http") => "http",
        _ if address.is_tls => "https",
        _ => "http",
    };
    let mut segment = json!({
        "apiKey": write_key,
        "protocol": protocol,
        "addBundledMetadata": false,
        "unbundledIntegrations": [],
        "retryQueue": true,
    });
    let named = headers.get(HOST).and_then(|value| value.to_str().ok());
    if let Some(host) = named.or(address.authority).filter(|host| is_host(host)) {
        segment["apiHost"] = Value::String(format!("{host}{}/v1", address.prefix));
    }
    json!({
        "integrations": {"Segment.io": segment},
        "plan": {"track": {"__default": {"enabled": true, "integrations": {}}}},
        "edgeFunction": {},
        "analyticsNextEnabled": true,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        // The library's own figures go nowhere.
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": false,
        "remotePlugins": [],
    })
}

/// Whether it is a name or an address with or without a port, as browsers write them.
fn is_host(host: &str) -> bool {
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
    is_plain && !host.is_empty() && host.len() <= HOST_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(headers: &[(&'static str, &'static str)], is_tls: bool) -> Value {
        let headers =
            headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
        settings("dev", &headers.collect(), &Address { is_tls, ..Address::default() })["integrations"]["Segment.io"]
            .clone()
    }

    #[test]
    fn calls_come_back_to_where_the_page_asked() {
        let plain = of(&[("host", "127.0.0.1:8080")], false);
        assert_eq!(plain["apiHost"], "127.0.0.1:8080/v1");
        assert_eq!((&plain["protocol"], &plain["apiKey"]), (&json!("http"), &json!("dev")));
        assert_eq!(of(&[("host", "e.se")], true)["protocol"], "https");
        let behind = of(&[("host", "events.example.se"), ("x-forwarded-proto", "https")], false);
        assert_eq!((&behind["protocol"], &behind["apiHost"]), (&json!("https"), &json!("events.example.se/v1")));
    }

    #[test]
    fn http_2_has_no_host_but_an_authority() {
        let address = Address { authority: Some("e.se:8443"), prefix: "/t", is_tls: true };
        let own = settings("dev", &HeaderMap::new(), &address);
        assert_eq!(own["integrations"]["Segment.io"]["apiHost"], "e.se:8443/t/v1");
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        for host in ["evil\"host", "a b", ""] {
            assert_eq!(of(&[("host", host)], false).get("apiHost"), None, "{host:?}");
        }
    }
}
