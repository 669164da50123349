//! One line of Apache's and nginx's "combined" format, read strictly and without copying.
//!
//! ```text
//! host ident user [day/Mon/year:h:m:s ±zone] "METHOD target HTTP/n" status bytes "referrer" "agent"
//! ```
//! A field that is missing or malformed makes the line unreadable; what follows the last field is ignored,
//! since many servers add fields of their own.

use judi_world::Timestamp;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, in seconds since 1970.
const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_300_799;

/// A line that holds all of its fields. Texts are as logged: neither unescaped nor percent-decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The client's address or name.
    pub host: &'a str,
    /// When the request came, in UTC.
    pub time: Timestamp,
    /// `GET`.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// The answer's status.
    pub status: u16,
    /// Where the reader came from; `-` is none.
    pub referrer: Option<&'a str>,
    /// The client's own name of itself; `-` is none.
    pub agent: Option<&'a str>,
}

/// Why a line cannot be read: the field and what is wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct Unreadable {
    /// The field's name in the format.
    pub field: &'static str,
    /// What is wrong.
    pub detail: &'static str,
}

/// Reads one line, without its line end.
///
/// # Errors
/// The first field that is missing or malformed.
pub fn parse(line: &str) -> Result<Line<'_>, Unreadable> {
    let mut rest = Rest { text: line };
    let host = rest.word("host")?;
    rest.word("ident")?;
    rest.word("user")?;
    let time = time(rest.enclosed("time", '[', ']')?).ok_or(wrong("time", "not a date and time"))?;
    rest.space("time")?;
    let (method, target) = request(rest.quoted("request")?)?;
    rest.space("request")?;
    let status = status(rest.word("status")?)?;
    let bytes = rest.word("bytes")?;
    if bytes != "-" && !bytes.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong("bytes", "neither a number nor -"));
    }
    let referrer = rest.quoted("referrer")?;
    rest.space("referrer")?;
    let agent = rest.quoted("agent")?;
    if !rest.text.is_empty() {
        rest.space("agent")?;
    }
    let said = |text: &'static str| move |value: &&str| *value != text && !value.is_empty();
    Ok(Line {
        host,
        time,
        method,
        target,
        status,
        referrer: Some(referrer).filter(said("-")),
        agent: Some(agent).filter(said("-")),
    })
}

/// The time of a line that may be unreadable otherwise: the first field in brackets that is a time.
pub fn time_of(line: &[u8]) -> Option<Timestamp> {
    let start = line.iter().position(|b| *b == b'[')? + 1;
    let end = start + line[start..].iter().position(|b| *b == b']')?;
    time(std::str::from_utf8(&line[start..end]).ok()?)
}

const fn wrong(field: &'static str, detail: &'static str) -> Unreadable {
    Unreadable { field, detail }
}

/// What is left of a line.
struct Rest<'a> {
    text: &'a str,
}

impl<'a> Rest<'a> {
    /// A field that ends at a space, which is taken too.
    fn word(&mut self, field: &'static str) -> Result<&'a str, Unreadable> {
        let (word, rest) = self.text.split_once(' ').ok_or(wrong(field, "missing, or nothing follows it"))?;
        if word.is_empty() || word.contains(['"', '[', ']']) {
            return Err(wrong(field, "missing or malformed"));
        }
        self.text = rest;
        Ok(word)
    }

    fn space(&mut self, field: &'static str) -> Result<(), Unreadable> {
        self.text = self.text.strip_prefix(' ').ok_or(wrong(field, "not followed by a space"))?;
        Ok(())
    }

    fn enclosed(&mut self, field: &'static str, open: char, close: char) -> Result<&'a str, Unreadable> {
        let inner = self.text.strip_prefix(open).ok_or(wrong(field, "missing"))?;
        let (value, rest) = inner.split_once(close).ok_or(wrong(field, "left open"))?;
        self.text = rest;
        Ok(value)
    }

    /// A field in quotes; a backslash keeps the next character from ending it.
    fn quoted(&mut self, field: &'static str) -> Result<&'a str, Unreadable> {
        let inner = self.text.strip_prefix('"').ok_or(wrong(field, "missing, or not in quotes"))?;
        let mut escaped = false;
        for (at, byte) in inner.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.text = &inner[at + 1..];
                    return Ok(&inner[..at]);
                }
                _ => {}
            }
        }
        Err(wrong(field, "a quote is left open"))
    }
}

/// Method and target of a request line of exactly three parts.
fn request(request: &str) -> Result<(&str, &str), Unreadable> {
    let mut parts = request.split(' ');
    let (Some(method), Some(target), Some(protocol), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong("request", "not a method, a target and a protocol"));
    };
    if method.is_empty() || !method.bytes().all(is_token) {
        return Err(wrong("request", "malformed method"));
    }
    if target.is_empty() {
        return Err(wrong("request", "no target"));
    }
    let version = protocol.strip_prefix("HTTP/").unwrap_or("");
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let well_formed = match version.split_once('.') {
        Some((major, minor)) => digits(major) && digits(minor),
        None => digits(version),
    };
    if well_formed { Ok((method, target)) } else { Err(wrong("request", "malformed protocol")) }
}

/// A character of an HTTP token (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn status(word: &str) -> Result<u16, Unreadable> {
    match word.parse() {
        Ok(status @ 100..=999) if word.len() == 3 => Ok(status),
        _ => Err(wrong("status", "not a status of three digits")),
    }
}

/// `17/May/2015:10:05:03 +0000`.
fn time(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let bytes = text.as_bytes();
    let separators = [(2, b'/'), (6, b'/'), (11, b':'), (14, b':'), (17, b':'), (20, b' ')];
    if bytes.len() != 26 || separators.iter().any(|(at, byte)| bytes[*at] != *byte) || !text.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = &text[from..to];
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let month = u32::try_from(MONTHS.iter().position(|month| *month == &text[3..6])?).ok()? + 1;
    let year = i32::try_from(number(7, 11)?).ok()?;
    let date = chrono::NaiveDate::from_ymd_opt(year, month, number(0, 2)?)?;
    let local = date.and_hms_opt(number(12, 14)?, number(15, 17)?, number(18, 20)?)?;
    let (zone_hours, zone_minutes) = (number(22, 24)?, number(24, 26)?);
    if zone_hours > 23 || zone_minutes > 59 {
        return None;
    }
    let sign = match bytes[21] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let offset_s = sign * (i64::from(zone_hours) * 3600 + i64::from(zone_minutes) * 60);
    let seconds = local.and_utc().timestamp() - offset_s;
    // A zone can move the last day of year 9999, or the first of year 1, out of what a table's dates can be.
    (FIRST_SECOND..=LAST_SECOND).contains(&seconds).then(|| Timestamp(seconds * 1_000_000))
}

#[cfg(test)]
mod tests;
