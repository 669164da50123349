//! Well-known forms of text, as protovalidate defines them.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::uri;

/// What kind of thing text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Email,
    Hostname,
    Ip,
    Ipv4,
    Ipv6,
    Uri,
    UriRef,
    Address,
    Uuid,
    TrimmedUuid,
    IpWithPrefixLength,
    Ipv4WithPrefixLength,
    Ipv6WithPrefixLength,
    IpPrefix,
    Ipv4Prefix,
    Ipv6Prefix,
    HostAndPort,
    Ulid,
    ProtobufName,
    ProtobufDotName,
    HeaderName { strict: bool },
    HeaderValue { strict: bool },
}

/// Each with its rule's name and how it is called in "must be …".
const NAMED: [(&str, Format, &str); 20] = [
    ("email", Format::Email, "an email address"),
    ("hostname", Format::Hostname, "a hostname"),
    ("ip", Format::Ip, "an IP address"),
    ("ipv4", Format::Ipv4, "an IPv4 address"),
    ("ipv6", Format::Ipv6, "an IPv6 address"),
    ("uri", Format::Uri, "an absolute URI"),
    ("uri_ref", Format::UriRef, "a URI, absolute or relative"),
    ("address", Format::Address, "a hostname or an IP address"),
    ("uuid", Format::Uuid, "a UUID"),
    ("tuuid", Format::TrimmedUuid, "a UUID without dashes"),
    ("ip_with_prefixlen", Format::IpWithPrefixLength, "an IP address with a prefix length"),
    ("ipv4_with_prefixlen", Format::Ipv4WithPrefixLength, "an IPv4 address with a prefix length"),
    ("ipv6_with_prefixlen", Format::Ipv6WithPrefixLength, "an IPv6 address with a prefix length"),
    ("ip_prefix", Format::IpPrefix, "an IP network"),
    ("ipv4_prefix", Format::Ipv4Prefix, "an IPv4 network"),
    ("ipv6_prefix", Format::Ipv6Prefix, "an IPv6 network"),
    ("host_and_port", Format::HostAndPort, "a host and a port"),
    ("ulid", Format::Ulid, "a ULID"),
    ("protobuf_fqn", Format::ProtobufName, "a full name of protobuf"),
    ("protobuf_dot_fqn", Format::ProtobufDotName, "a full name of protobuf with a leading dot"),
];

impl Format {
    /// The format of the rule with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMED.iter().find(|(known, ..)| *known == name).map(|(_, format, _)| *format)
    }

    /// The format of a `KnownRegex`; `strict` is RFC 7230 to the letter.
    pub(super) const fn header(known_regex: i32, strict: bool) -> Option<Self> {
        match known_regex {
            1 => Some(Self::HeaderName { strict }),
            2 => Some(Self::HeaderValue { strict }),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::HeaderName { .. } => "well_known_regex.header_name",
            Self::HeaderValue { .. } => "well_known_regex.header_value",
            named => NAMED.iter().find(|(_, format, _)| *format == named).map_or("", |(name, ..)| name),
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::HeaderName { .. } => "the name of an HTTP header",
            Self::HeaderValue { .. } => "the value of an HTTP header",
            named => NAMED.iter().find(|(_, format, _)| *format == named).map_or("", |(.., text)| text),
        }
    }

    /// Text of this form, for an example.
    pub(super) const fn sample(self) -> &'static str {
        match self {
            Self::Email => "anna@example.com",
            Self::Hostname | Self::Address => "example.com",
            Self::Ip | Self::Ipv4 => "192.0.2.1",
            Self::Ipv6 => "2001:db8::1",
            Self::Uri => "https://example.com/page",
            Self::UriRef => "/page",
            Self::Uuid => "019329f0-0000-7000-8000-000000000001",
            Self::TrimmedUuid => "019329f0000070008000000000000001",
            Self::IpWithPrefixLength | Self::Ipv4WithPrefixLength => "192.0.2.1/24",
            Self::Ipv6WithPrefixLength => "2001:db8::1/64",
            Self::IpPrefix | Self::Ipv4Prefix => "192.0.2.0/24",
            Self::Ipv6Prefix => "2001:db8::/32",
            Self::HostAndPort => "example.com:443",
            Self::Ulid => "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            Self::ProtobufName => "news.v1.Article",
            Self::ProtobufDotName => ".news.v1.Article",
            Self::HeaderName { .. } => "X-Example",
            Self::HeaderValue { .. } => "text",
        }
    }

    /// Whether `text` is of this form.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::Email => is_email(text),
            Self::Hostname => is_hostname(text),
            Self::Ip => is_ipv4(text) || is_ipv6(text),
            Self::Ipv4 => is_ipv4(text),
            Self::Ipv6 => is_ipv6(text),
            Self::Uri => uri::is_uri(text),
            Self::UriRef => uri::is_uri_ref(text),
            Self::Address => is_hostname(text) || is_ipv4(text) || is_ipv6(text),
            Self::Uuid => is_uuid(text),
            Self::TrimmedUuid => text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Self::IpWithPrefixLength => ipv4_prefix(text).is_some() || ipv6_prefix(text).is_some(),
            Self::Ipv4WithPrefixLength => ipv4_prefix(text).is_some(),
            Self::Ipv6WithPrefixLength => ipv6_prefix(text).is_some(),
            Self::IpPrefix => ipv4_prefix(text).or_else(|| ipv6_prefix(text)) == Some(true),
            Self::Ipv4Prefix => ipv4_prefix(text) == Some(true),
            Self::Ipv6Prefix => ipv6_prefix(text) == Some(true),
            Self::HostAndPort => is_host_and_port(text),
            Self::Ulid => is_ulid(text),
            Self::ProtobufName => text.split('.').all(is_identifier),
            Self::ProtobufDotName => text.strip_prefix('.').is_some_and(|name| name.split('.').all(is_identifier)),
            Self::HeaderName { strict: true } => {
                let name = text.strip_prefix(':').unwrap_or(text);
                !name.is_empty() && name.bytes().all(is_token)
            }
            Self::HeaderName { strict: false } => !text.is_empty() && !text.contains(['\0', '\r', '\n']),
            Self::HeaderValue { strict: true } => text.bytes().all(|byte| byte == b'\t' || !byte.is_ascii_control()),
            Self::HeaderValue { strict: false } => !text.contains(['\0', '\r', '\n']),
        }
    }
}

/// The WHATWG HTML definition of a valid email address, not RFC 5322's.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let in_local = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    !local.is_empty() && local.bytes().all(in_local) && domain.split('.').all(is_label)
}

/// RFC 1123 labels, 253 characters in all without a trailing dot, the last label not a number.
pub(super) fn is_hostname(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let last_is_number = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    name.len() <= 253 && name.split('.').all(is_label) && !last_is_number
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

pub(super) fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// With or without a zone: `fe80::1%eth0`.
fn is_ipv6(text: &str) -> bool {
    match text.split_once('%') {
        Some((address, zone)) => !zone.is_empty() && !zone.contains('\0') && address.parse::<Ipv6Addr>().is_ok(),
        None => text.parse::<Ipv6Addr>().is_ok(),
    }
}

/// Whether `address/length` names a network, which has no bits below its length; `None`: it is not of that form.
fn ipv4_prefix(text: &str) -> Option<bool> {
    let (address, length) = text.split_once('/')?;
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let length = decimal(length, 32)?;
    Some(address.checked_shl(length).unwrap_or(0) == 0)
}

fn ipv6_prefix(text: &str) -> Option<bool> {
    let (address, length) = text.split_once('/')?;
    let address = u128::from(address.parse::<Ipv6Addr>().ok()?);
    let length = decimal(length, 128)?;
    Some(address.checked_shl(length).unwrap_or(0) == 0)
}

/// A number without sign or leading zeros, at most `most`.
fn decimal(text: &str, most: u32) -> Option<u32> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse().ok().filter(|&number| plain && number <= most)
}

fn is_host_and_port(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((host, port)) = rest.rsplit_once(']') else { return false };
        return is_ipv6(host) && port.strip_prefix(':').is_some_and(|port| decimal(port, 65_535).is_some());
    }
    text.rsplit_once(':')
        .is_some_and(|(host, port)| (is_hostname(host) || is_ipv4(host)) && decimal(port, 65_535).is_some())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Crockford's base 32 without I, L, O and U; the first character holds three bits.
fn is_ulid(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() && !b"ILOU".contains(&byte.to_ascii_uppercase());
    text.len() == 26 && text.bytes().all(digit) && matches!(text.as_bytes().first(), Some(b'0'..=b'7'))
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// RFC 7230's tchar.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_of_its_form() {
        let headers = [true, false].map(|strict| [Format::HeaderName { strict }, Format::HeaderValue { strict }]);
        for format in NAMED.iter().map(|(_, format, _)| *format).chain(headers.into_iter().flatten()) {
            assert!(format.fits(format.sample()), "{format:?}");
        }
    }
}
