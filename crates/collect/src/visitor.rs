//! The first-party cookie: an `anonymous_id` for pages that keep none themselves. Off unless it is configured; never
//! set, and not read, where consent was refused.

use std::fmt::Write;
use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use judi_schema::envelope::Context;

/// The cookie that the Event API sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieOptions {
    /// Its name.
    pub name: String,
    /// The domain that it is for, with all its subdomains: `example.se`. Empty: the host that was asked, and no other.
    pub domain: String,
    /// How long it lives after the last event.
    pub max_age: Duration,
    /// Whether it is only set where `consent` is `granted`, and not where the sender says nothing of it.
    pub needs_consent: bool,
}

/// The longest value that is taken for one of ours.
const VALUE_BYTES_MAX: usize = 100;

/// What `consent` says where it was refused.
const REFUSED: [&str; 4] = ["denied", "refused", "revoked", "withdrawn"];

/// Who a request comes from, by its cookie.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    id: String,
    has_cookie: bool,
    needs_consent: bool,
    is_used: bool,
    is_refused: bool,
}

impl Visitor {
    /// The visitor of the cookie, else a new one whose id would be `new_id`.
    pub(crate) fn of(headers: &HeaderMap, options: &CookieOptions, new_id: impl FnOnce() -> String) -> Self {
        let found = from_cookies(headers, &options.name);
        Self {
            has_cookie: found.is_some(),
            id: found.unwrap_or_else(new_id),
            needs_consent: options.needs_consent,
            is_used: false,
            is_refused: false,
        }
    }

    /// Gives an event that says no `anonymous_id` the visitor's, where the consent that goes with it allows that.
    pub(crate) fn fill(&mut self, context: &mut Context) {
        if REFUSED.iter().any(|refused| context.consent.eq_ignore_ascii_case(refused)) {
            self.is_refused = true;
        } else if context.anonymous_id.is_empty()
            && (!self.needs_consent || context.consent.eq_ignore_ascii_case("granted"))
        {
            self.is_used = true;
            context.anonymous_id.clone_from(&self.id);
        }
    }

    /// What the browser is told: to keep the id from now on, or to forget it; `None`: nothing.
    pub(crate) fn set_cookie(&self, options: &CookieOptions) -> Option<HeaderValue> {
        let max_age = match (self.is_refused, self.is_used) {
            (true, _) if self.has_cookie => 0,
            (true, _) | (_, false) => return None,
            (false, true) => options.max_age.as_secs(),
        };
        let value = if max_age == 0 { "" } else { self.id.as_str() };
        let mut cookie = format!("{}={value}; Path=/; Max-Age={max_age}; Secure; HttpOnly; SameSite=Lax", options.name);
        if !options.domain.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(cookie, "; Domain={}", options.domain);
        }
        HeaderValue::from_str(&cookie).ok()
    }
}

fn from_cookies(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    let is_ours = (1..=VALUE_BYTES_MAX).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    is_ours.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> CookieOptions {
        CookieOptions {
            name: "judi_id".to_owned(),
            domain: "example.se".to_owned(),
            max_age: Duration::from_secs(60),
            needs_consent: true,
        }
    }

    fn visitor(cookie: &'static str, options: &CookieOptions) -> Visitor {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static(cookie));
        Visitor::of(&headers, options, || "new".to_owned())
    }

    fn context(anonymous_id: &str, consent: &str) -> Context {
        Context { anonymous_id: anonymous_id.to_owned(), consent: consent.to_owned(), ..Context::default() }
    }

    #[test]
    fn an_id_is_given_where_there_is_none_and_consent_allows_it() {
        let open = CookieOptions { needs_consent: false, ..options() };
        let cases = [
            ("", "granted", "judi_id=old", true, "old"),
            ("", "granted", "other=1; judi_id=old", true, "old"),
            ("", "granted", "judi_id=<script>", true, "new"),
            ("", "granted", "", true, "new"),
            ("mine", "granted", "judi_id=old", true, "mine"),
            ("", "", "judi_id=old", true, ""),
            ("", "", "judi_id=old", false, "old"),
            ("", "denied", "judi_id=old", false, ""),
            ("", "Denied", "", true, ""),
        ];
        for (own, consent, cookie, needs_consent, expected) in cases {
            let options = if needs_consent { options() } else { open.clone() };
            let mut context = context(own, consent);
            visitor(cookie, &options).fill(&mut context);
            assert_eq!(context.anonymous_id, expected, "{own} {consent} {cookie} {needs_consent}");
        }
    }

    #[test]
    fn the_cookie_is_kept_alive_and_forgotten_when_consent_is_refused() {
        let options = options();
        let told = |cookie, contexts: &[(&str, &str)]| {
            let mut visitor = visitor(cookie, &options);
            contexts.iter().for_each(|(own, consent)| visitor.fill(&mut context(own, consent)));
            visitor.set_cookie(&options).map(|value| value.to_str().unwrap().to_owned())
        };
        let granted = "judi_id=new; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax; Domain=example.se";
        assert_eq!(told("", &[("", "granted")]).as_deref(), Some(granted));
        assert_eq!(told("", &[("mine", "granted")]), None, "nothing was given");
        assert_eq!(told("", &[("", "granted"), ("", "denied")]), None, "one refusal is one");
        let forgotten = told("judi_id=old", &[("", "denied")]).unwrap();
        assert!(forgotten.starts_with("judi_id=; Path=/; Max-Age=0;"), "{forgotten}");
        assert_eq!(told("", &[("", "denied")]), None, "there is nothing to forget");
    }
}
