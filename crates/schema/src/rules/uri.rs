//! RFC 3986: whether text is a URI, or a reference to one. IPv6 zones as in RFC 6874.

use std::net::Ipv6Addr;

/// `URI = scheme ":" hier-part [ "?" query ] [ "#" fragment ]`.
pub(super) fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && is_rest(rest, false))
}

/// A URI, or a reference relative to one.
pub(super) fn is_uri_ref(text: &str) -> bool {
    is_uri(text) || is_rest(text, true)
}

fn is_scheme(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// What follows the scheme; of a relative reference everything, and its first segment has no colon.
fn is_rest(text: &str, relative: bool) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (hierarchy, query) = text.split_once('?').unwrap_or((text, ""));
    if !is_made_of(fragment, b":@/?") || !is_made_of(query, b":@/?") {
        return false;
    }
    if let Some(rest) = hierarchy.strip_prefix("//") {
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        return is_authority(authority) && is_made_of(path, b":@/");
    }
    let first_segment = hierarchy.split('/').next().unwrap_or_default();
    is_made_of(hierarchy, b":@/") && !(relative && first_segment.contains(':'))
}

fn is_authority(text: &str) -> bool {
    let (user, host_and_port) = text.split_once('@').unwrap_or(("", text));
    if !is_made_of(user, b":") {
        return false;
    }
    let (host_fits, port) = match host_and_port.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => (is_address(address), port),
            None => return false,
        },
        None => match host_and_port.split_once(':') {
            Some((host, _)) => (is_host(host), host_and_port.get(host.len()..).unwrap_or_default()),
            None => (is_host(host_and_port), ""),
        },
    };
    let port_fits = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    host_fits && port_fits
}

/// A registered name, whose percent-encoded bytes must be UTF-8.
fn is_host(text: &str) -> bool {
    is_made_of(text, b"") && std::str::from_utf8(&decoded(text)).is_ok()
}

/// What stands between brackets: IPv6 with or without a zone, or a later version's form.
fn is_address(text: &str) -> bool {
    if let Some(future) = text.strip_prefix(['v', 'V']) {
        return future.split_once('.').is_some_and(|(version, address)| {
            let plain = |byte: u8| is_unreserved(byte) || is_sub_delimiter(byte) || byte == b':';
            !version.is_empty()
                && version.bytes().all(|byte| byte.is_ascii_hexdigit())
                && !address.is_empty()
                && address.bytes().all(plain)
        });
    }
    match text.split_once("%25") {
        Some((address, zone)) => {
            let plain = zone.bytes().all(|byte| is_unreserved(byte) || byte == b'%');
            address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && plain && is_host(zone)
        }
        None => text.parse::<Ipv6Addr>().is_ok(),
    }
}

/// Unreserved characters, sub-delimiters, percent-encoded bytes and `also`.
fn is_made_of(text: &str, also: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = if byte == b'%' {
            let mut is_hex = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
            is_hex() && is_hex()
        } else {
            is_unreserved(byte) || is_sub_delimiter(byte) || also.contains(&byte)
        };
        if !fits {
            return false;
        }
    }
    true
}

/// The bytes that percent-encoded text stands for.
fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                out.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_sub_delimiter(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}
