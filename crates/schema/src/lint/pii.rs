//! Which fields may hold personal data, by what they are called and what they hold.
//!
//! The list is a net, not a judgement: what falls into it must say how personal it is, and may say that it is not.

use super::words;

/// What a field can hold, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Text or bytes.
    Text,
    /// A number, a moment, a duration.
    Number,
    /// A value of an enum.
    Choice,
    /// Anything: Struct, Value, Any, or text by text.
    Anything,
    /// Yes or no.
    Truth,
}

/// Why a field may hold personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Suspicion {
    /// What it may hold.
    pub(super) what: &'static str,
    /// The class that such a field usually has.
    pub(super) usually: &'static str,
}

/// A kind of personal data and the names that it goes by.
struct Kind {
    suspicion: Suspicion,
    /// Where in a name the words must stand.
    place: Place,
    /// Whether only text can hold it.
    only_text: bool,
    /// Words, parted by spaces.
    names: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Anywhere: `billing_email_verified_text`.
    Anywhere,
    /// At the end: `search_query`, not `query_id`.
    AtEnd,
    /// The whole name.
    Whole,
}

const PERSONAL: &str = "PII_CLASS_PERSONAL";
const PSEUDONYMOUS: &str = "PII_CLASS_PSEUDONYMOUS";
const SENSITIVE: &str = "PII_CLASS_SENSITIVE";

const KINDS: &[Kind] = &[
    kind(
        "a mail address",
        PERSONAL,
        Place::Anywhere,
        &["email", "e mail", "mail address", "mailaddress", "epost", "mejl"],
    ),
    kind(
        "a phone number",
        PERSONAL,
        Place::Anywhere,
        &["phone", "telephone", "msisdn", "telefon", "mobile number", "mobilnummer", "mobil", "phonenumber", "fax"],
    ),
    kind(
        "a person's name",
        PERSONAL,
        Place::Anywhere,
        &[
            "first name",
            "firstname",
            "last name",
            "lastname",
            "full name",
            "fullname",
            "given name",
            "family name",
            "surname",
            "middle name",
            "maiden name",
            "display name",
            "user name",
            "username",
            "nick name",
            "nickname",
            "customer name",
            "contact name",
            "author",
            "byline",
            "reader name",
            "subscriber name",
            "member name",
            "sender name",
            "recipient name",
            "person name",
            "account name",
            "fornamn",
            "förnamn",
            "efternamn",
        ],
    ),
    kind("a person's name", PERSONAL, Place::Whole, &["name", "names", "namn"]),
    kind(
        "an address",
        PERSONAL,
        Place::Anywhere,
        &[
            "address",
            "street",
            "postcode",
            "postal code",
            "zip",
            "zipcode",
            "zip code",
            "adress",
            "gatuadress",
            "gata",
            "postnummer",
        ],
    ),
    kind(
        "a network address",
        PERSONAL,
        Place::Anywhere,
        &["ip", "ipv 4", "ipv 6", "ip addr", "remote addr", "mac addr", "host name", "hostname"],
    ),
    kind(
        "a device",
        PSEUDONYMOUS,
        Place::Anywhere,
        &[
            "user agent",
            "useragent",
            "ua",
            "device id",
            "deviceid",
            "advertising id",
            "idfa",
            "idfv",
            "gaid",
            "aaid",
            "imei",
            "fingerprint",
            "push token",
            "mac address",
        ],
    ),
    kind(
        "an id that stands for a person",
        PSEUDONYMOUS,
        Place::Anywhere,
        &[
            "user id",
            "userid",
            "customer id",
            "account id",
            "subscriber id",
            "member id",
            "person id",
            "reader id",
            "visitor id",
            "profile id",
            "install id",
            "installation id",
            "client id",
            "session id",
            "anonymous id",
            "anon id",
            "household id",
            "cookie",
            "login",
        ],
    ),
    kind(
        "a date of birth or an age",
        PERSONAL,
        Place::Anywhere,
        &[
            "birth",
            "birthday",
            "birthdate",
            "born",
            "dob",
            "year of birth",
            "fodelsedatum",
            "födelsedatum",
            "personalder",
        ],
    ),
    kind("a date of birth or an age", PERSONAL, Place::Whole, &["age", "user age", "reader age", "alder", "ålder"]),
    kind(
        "a number that the state or a bank gives to a person",
        PERSONAL,
        Place::Anywhere,
        &[
            "ssn",
            "social security",
            "personal number",
            "personnummer",
            "pnr",
            "national id",
            "passport",
            "tax id",
            "driving licence",
            "driver license",
            "license plate",
            "iban",
            "account number",
            "card number",
            "credit card",
            "cvv",
            "bankgiro",
        ],
    ),
    kind(
        "a secret",
        SENSITIVE,
        Place::Anywhere,
        &["password", "passwd", "passphrase", "secret", "api key", "access token", "auth token", "losenord"],
    ),
    kind(
        "where a person is",
        PERSONAL,
        Place::Anywhere,
        &["latitude", "longitude", "lat", "lng", "lon", "geo", "gps", "coordinates", "location"],
    ),
    kind("where a person is", PERSONAL, Place::Whole, &["city", "town", "municipality", "kommun", "ort"]),
    kind(
        "something of a special kind",
        SENSITIVE,
        Place::Anywhere,
        &[
            "gender",
            "sex",
            "religion",
            "faith",
            "ethnicity",
            "ethnic",
            "race",
            "political",
            "party affiliation",
            "trade union",
            "sexual",
            "orientation preference",
            "health",
            "diagnosis",
            "disability",
            "biometric",
            "income",
            "salary",
        ],
    ),
    kind(
        "a picture of a person",
        PERSONAL,
        Place::Anywhere,
        &["avatar", "portrait", "selfie", "profile picture", "profile photo"],
    ),
    text(
        "what a person typed",
        PERSONAL,
        Place::AtEnd,
        &[
            "comment",
            "comments",
            "message",
            "query",
            "search",
            "search term",
            "search terms",
            "search phrase",
            "feedback",
            "note",
            "notes",
            "free text",
            "freetext",
            "fritext",
            "text",
            "answer",
            "reply",
            "bio",
            "review",
            "input",
            "kommentar",
            "meddelande",
            "q",
        ],
    ),
    text(
        "an address with what somebody typed or who they are in it",
        PSEUDONYMOUS,
        Place::AtEnd,
        &["url", "uri", "href", "referrer", "referer", "deep link", "deeplink"],
    ),
];

/// A number whose name ends with one of these measures something: `comment_length`, `phone_count`, `session_id_age_ms`.
const MEASURES: &[&str] = &[
    "bytes", "count", "counts", "depth", "duration", "height", "index", "length", "ms", "percent", "pct", "position",
    "rank", "rate", "ratio", "score", "seconds", "size", "total", "width",
];

/// Whether text under this name may be personal, so that none of it belongs into a file that people share.
pub(crate) fn may_be_personal(name: &str) -> bool {
    suspicion(name, "", Holds::Text).is_some()
}

/// Why a field of this name, which holds this, may hold personal data; `None` where nothing says so.
pub(super) fn suspicion(name: &str, semantic_type: &str, holds: Holds) -> Option<Suspicion> {
    if holds == Holds::Truth {
        return None;
    }
    let words = words::split(name);
    let is_measure = words.last().is_some_and(|last| MEASURES.contains(&last.as_str()));
    if holds == Holds::Number && is_measure {
        return None;
    }
    let semantic = words::split(semantic_type);
    let known = KINDS.iter().find(|kind| {
        let fits = !kind.only_text || matches!(holds, Holds::Text | Holds::Anything);
        fits && [&words, &semantic].into_iter().any(|words| kind.is_in(words))
    });
    match (known, holds) {
        (Some(kind), _) => Some(kind.suspicion),
        (None, Holds::Anything) => Some(Suspicion { what: "anything", usually: PERSONAL }),
        (None, _) => None,
    }
}

impl Kind {
    fn is_in(&self, words: &[String]) -> bool {
        self.names.iter().any(|name| {
            let wanted: Vec<&str> = name.split(' ').collect();
            let is_wanted = |window: &[String]| window.iter().map(String::as_str).eq(wanted.iter().copied());
            match self.place {
                Place::Whole => is_wanted(words),
                Place::Anywhere => words.windows(wanted.len()).any(is_wanted),
                Place::AtEnd => {
                    words.len().checked_sub(wanted.len()).and_then(|at| words.get(at..)).is_some_and(is_wanted)
                }
            }
        }) || (self.place == Place::Anywhere && self.is_plural_in(words))
    }

    /// `authors`, `emails`: the plural of a one-word name.
    fn is_plural_in(&self, words: &[String]) -> bool {
        words.iter().filter_map(|word| word.strip_suffix('s')).any(|word| word.len() > 2 && self.names.contains(&word))
    }
}

const fn kind(what: &'static str, usually: &'static str, place: Place, names: &'static [&'static str]) -> Kind {
    Kind { suspicion: Suspicion { what, usually }, place, only_text: false, names }
}

const fn text(what: &'static str, usually: &'static str, place: Place, names: &'static [&'static str]) -> Kind {
    Kind { suspicion: Suspicion { what, usually }, place, only_text: true, names }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(name: &str, holds: Holds) -> Option<&'static str> {
        suspicion(name, "", holds).map(|it| it.what)
    }

    #[test]
    fn names_that_may_be_personal() {
        for (name, wanted) in [
            ("email", "a mail address"),
            ("billingEmail", "a mail address"),
            ("e_mail", "a mail address"),
            ("emails", "a mail address"),
            ("phone_number", "a phone number"),
            ("first_name", "a person's name"),
            ("name", "a person's name"),
            ("authors", "a person's name"),
            ("home_address", "an address"),
            ("client_ip", "a network address"),
            ("user_agent", "a device"),
            ("customerId", "an id that stands for a person"),
            ("date_of_birth", "a date of birth or an age"),
            ("personnummer", "a number that the state or a bank gives to a person"),
            ("password", "a secret"),
            ("search_query", "what a person typed"),
            ("comment", "what a person typed"),
            ("target_url", "an address with what somebody typed or who they are in it"),
            ("gender", "something of a special kind"),
        ] {
            assert_eq!(what(name, Holds::Text), Some(wanted), "{name}");
        }
        assert_eq!(what("age", Holds::Number), Some("a date of birth or an age"));
        assert_eq!(what("gender", Holds::Choice), Some("something of a special kind"));
        assert_eq!(what("extra", Holds::Anything), Some("anything"));
        assert_eq!(suspicion("contact", "email", Holds::Text).unwrap().usually, PERSONAL);
    }

    #[test]
    fn names_that_are_not() {
        for name in [
            "article_id",
            "section",
            "title",
            "campaign_name",
            "event_name",
            "page_kind",
            "programme_id",
            "variant",
            "comment_id",
            "query_kind",
            "tags",
            "element",
            "element_text_id",
            "shipping_method",
            "recipe",
        ] {
            assert_eq!(what(name, Holds::Text), None, "{name}");
        }
        for (name, holds) in [
            ("has_email", Holds::Truth),
            ("comment_length", Holds::Number),
            ("email_count", Holds::Number),
            ("text", Holds::Number),
            ("position_ms", Holds::Number),
            ("image_age", Holds::Number),
        ] {
            assert_eq!(what(name, holds), None, "{name}");
        }
    }
}
