//! Rules of bytes.

use regex::bytes::Regex;

use super::{RuleBreak, broken, counted};

/// What bytes must satisfy.
#[derive(Debug, Default)]
pub(super) struct BytesRules {
    pub(super) equal: Option<Vec<u8>>,
    pub(super) length: Option<u64>,
    pub(super) length_min: Option<u64>,
    pub(super) length_max: Option<u64>,
    pub(super) pattern: Option<Regex>,
    pub(super) prefix: Option<Vec<u8>>,
    pub(super) suffix: Option<Vec<u8>>,
    pub(super) contains: Option<Vec<u8>>,
    pub(super) among: Vec<Vec<u8>>,
    pub(super) none_of: Vec<Vec<u8>>,
    pub(super) format: Option<BytesFormat>,
}

/// What kind of thing bytes are. The lengths say it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BytesFormat {
    Ip,
    Ipv4,
    Ipv6,
    Uuid,
}

impl BytesFormat {
    /// Whether bytes of this length are such.
    pub(super) const fn fits(self, length: usize) -> bool {
        match self {
            Self::Ip => length == 4 || length == 16,
            Self::Ipv4 => length == 4,
            Self::Ipv6 | Self::Uuid => length == 16,
        }
    }

    /// What such bytes are.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Ip => "an IP address of 4 or 16 bytes",
            Self::Ipv4 => "an IPv4 address of 4 bytes",
            Self::Ipv6 => "an IPv6 address of 16 bytes",
            Self::Uuid => "a UUID of 16 bytes",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Uuid => "uuid",
        }
    }
}

impl BytesRules {
    pub(super) fn check(&self, value: &[u8]) -> Result<(), RuleBreak> {
        let broken = |name: &str, text: String| Err(broken("bytes", name, text));
        if self.equal.as_ref().is_some_and(|wanted| wanted != value) {
            return broken("const", "must be the one value that is allowed".to_owned());
        }
        let length = value.len() as u64;
        match self {
            Self { length: Some(wanted), .. } if length != *wanted => {
                return broken("len", format!("must be exactly {} long", counted(*wanted, "byte")));
            }
            Self { length_min: Some(least), .. } if length < *least => {
                return broken("min_len", format!("must be at least {} long", counted(*least, "byte")));
            }
            Self { length_max: Some(most), .. } if length > *most => {
                return broken("max_len", format!("must be at most {} long", counted(*most, "byte")));
            }
            Self { pattern: Some(pattern), .. } if !pattern.is_match(value) => {
                return broken("pattern", format!("must match the pattern {}", pattern.as_str()));
            }
            Self { prefix: Some(prefix), .. } if !value.starts_with(prefix) => {
                return broken("prefix", format!("must begin with the bytes {prefix:02x?}"));
            }
            Self { suffix: Some(suffix), .. } if !value.ends_with(suffix) => {
                return broken("suffix", format!("must end with the bytes {suffix:02x?}"));
            }
            Self { contains: Some(part), .. } if !part.is_empty() && !value.windows(part.len()).any(|w| w == part) => {
                return broken("contains", format!("must contain the bytes {part:02x?}"));
            }
            _ => {}
        }
        if !self.among.is_empty() && !self.among.iter().any(|known| known == value) {
            return broken("in", "must be one of the values that are allowed".to_owned());
        }
        if self.none_of.iter().any(|refused| refused == value) {
            return broken("not_in", "must not be this value".to_owned());
        }
        match self.format {
            Some(format) if !format.fits(value.len()) => broken(format.name(), format!("must be {}", format.text())),
            _ => Ok(()),
        }
    }
}
