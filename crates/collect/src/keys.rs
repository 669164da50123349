//! Who may write: finding the key that a request presents, and deciding on it. Pure.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};

use crate::options::Key;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// The header of senders that cannot set `Authorization`.
const KEY_HEADER: &str = "x-write-key";

/// The keys that are configured, by what senders present.
#[derive(Debug)]
pub(crate) struct Keys {
    by_key: HashMap<String, Arc<Tenant>>,
    /// Who a request counts for until its body has told its key.
    nobody: Arc<Tenant>,
}

impl Keys {
    pub(crate) fn new(keys: Vec<Key>) -> Self {
        let tenants = keys.into_iter().enumerate().map(|(line, key)| (key.key.clone(), Tenant::new(key, line + 1)));
        Self {
            by_key: tenants.map(|(key, tenant)| (key, Arc::new(tenant))).collect(),
            nobody: Arc::new(Tenant::new(Key::open("", ""), 0)),
        }
    }

    /// The key that may write from this origin (`None`: not a browser's request).
    pub(crate) fn admit(&self, presented: Option<&str>, origin: Option<&str>) -> Result<&Arc<Tenant>, Refusal> {
        let presented = presented.filter(|key| !key.is_empty()).ok_or(Refusal::NoKey)?;
        let tenant = self.by_key.get(presented).ok_or(Refusal::UnknownKey)?;
        let key = tenant.key();
        if !key.enabled {
            return Err(Refusal::DisabledKey { name: key.name.clone() });
        }
        match origin {
            Some(origin) if !allows(key, origin) => {
                Err(Refusal::ForeignOrigin { name: key.name.clone(), origin: origin.chars().take(200).collect() })
            }
            _ => Ok(tenant),
        }
    }

    /// A key, whether it may write or not.
    pub(crate) fn find(&self, presented: &str) -> Option<&Arc<Tenant>> {
        self.by_key.get(presented)
    }

    /// Who a request counts for until its body has told its key.
    pub(crate) const fn nobody(&self) -> &Arc<Tenant> {
        &self.nobody
    }

    /// All keys.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.by_key.values()
    }

    /// Whether a browser on this origin may use any key at all: what a preflight asks before a key is seen.
    pub(crate) fn any_allows(&self, origin: &str) -> bool {
        self.tenants().map(|tenant| tenant.key()).any(|key| key.enabled && allows(key, origin))
    }
}

/// The key in the headers or the query; the first of: Bearer, Basic's user, `X-Write-Key`, `?writeKey=`.
pub(crate) fn presented(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(from_authorization);
    let header = || headers.get(KEY_HEADER).and_then(|value| value.to_str().ok()).map(|key| key.trim().to_owned());
    let query = || uri.query().and_then(from_query);
    authorization.or_else(header).or_else(query).filter(|key| !key.is_empty())
}

fn from_authorization(value: &str) -> Option<String> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    // The password is of no use here: Segment's libraries leave it empty.
    Some(decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user).to_owned())
}

fn from_query(query: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut keys = pairs.filter(|(name, _)| matches!(*name, "writeKey" | "write_key"));
    keys.next().map(|(_, value)| judi_schema::page::decode(value)).map(Cow::into_owned)
}

fn allows(key: &Key, origin: &str) -> bool {
    key.origins.is_empty() || key.origins.iter().any(|pattern| matches_origin(pattern, origin))
}

/// `*`, the origin itself, or `https://*.example.se` for any subdomain, however deep.
fn matches_origin(pattern: &str, origin: &str) -> bool {
    let (pattern, origin) = (pattern.trim_end_matches('/').to_ascii_lowercase(), origin.to_ascii_lowercase());
    match pattern.split_once('*') {
        _ if pattern == "*" => true,
        None => pattern == origin,
        Some((before, after)) => {
            let middle = origin.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            // A star stands for labels of a host: nothing that could end the host and begin something else.
            middle.is_some_and(|labels| !labels.is_empty() && !labels.contains(['/', ':', '@', '?', '#']))
        }
    }
}

#[cfg(test)]
mod tests;
