//! What a page's address tells beyond itself: its path and its campaign, where the sender left them out.

use std::borrow::Cow;

use crate::envelope::Context;

/// Fills `page_path` and the `utm_*` that are empty from `page_url`. The path is taken as it stands; campaign
/// values are percent-decoded, with `+` for a space, as forms write them.
pub fn derive(context: &mut Context) {
    if context.page_url.is_empty() {
        return;
    }
    let (path, query) = split(&context.page_url);
    let path = if context.page_path.is_empty() { Some(path.to_owned()) } else { None };
    let mut found: [Option<String>; 5] = Default::default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let slot = match name {
            "utm_source" => 0,
            "utm_medium" => 1,
            "utm_campaign" => 2,
            "utm_term" => 3,
            "utm_content" => 4,
            _ => continue,
        };
        if let Some(slot) = found.get_mut(slot) {
            // Of a parameter that is given twice the first counts, as analytics tools have it.
            slot.get_or_insert_with(|| decode(value).into_owned());
        }
    }
    if let Some(path) = path {
        context.page_path = path;
    }
    let [source, medium, campaign, term, content] = found;
    let fields = [
        (&mut context.utm_source, source),
        (&mut context.utm_medium, medium),
        (&mut context.utm_campaign, campaign),
        (&mut context.utm_term, term),
        (&mut context.utm_content, content),
    ];
    for (field, value) in fields {
        if let (true, Some(value)) = (field.is_empty(), value) {
            *field = value;
        }
    }
}

/// A context with every field that `more` sets taken from `more`, and with what its page tells then.
#[must_use]
pub fn with_more(context: &Context, more: &Context) -> Context {
    let mut context = context.overridden_by(more);
    derive(&mut context);
    context
}

/// The path and the query of an address; one without a scheme is taken for a path. The path of a bare host is `/`.
fn split(url: &str) -> (&str, &str) {
    let url = url.split('#').next().unwrap_or(url);
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/"),
        None => address,
    };
    (path, query)
}

/// Form decoding; a `%` that no two hexadecimal digits follow stands for itself, and what is not UTF-8 is replaced.
#[must_use]
pub fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains(['%', '+']) {
        return Cow::Borrowed(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, beyond @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = beyond;
                }
                _ => bytes.push(b'%'),
            },
            _ => bytes.push(byte),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Cow::Owned(text),
        Err(error) => Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Context {
        let mut context = Context { page_url: url.to_owned(), ..Context::default() };
        derive(&mut context);
        context
    }

    #[test]
    fn paths_of_addresses() {
        let cases = [
            ("https://www.example.se/articles/elk?utm_source=x#top", "/articles/elk"),
            ("https://www.example.se", "/"),
            ("https://www.example.se?a=/b", "/"),
            ("/articles/%C3%A4lg/#/route?x", "/articles/%C3%A4lg/"),
            ("https://www.example.se/?next=https://other.se/x", "/"),
        ];
        for (url, path) in cases {
            assert_eq!(of(url).page_path, path, "{url}");
        }
    }

    #[test]
    fn campaigns_are_decoded_and_never_replace_what_was_sent() {
        let context = of("https://e.se/?utm_source=news+letter&utm_campaign=h%C3%B6st%2&utm_source=second&utm_term");
        assert_eq!(context.utm_source, "news letter");
        assert_eq!(context.utm_campaign, "höst%2");
        assert_eq!((context.utm_term.as_str(), context.utm_medium.as_str()), ("", ""));

        let mut own = Context {
            page_url: "https://e.se/a?utm_source=url&utm_medium=mail".to_owned(),
            page_path: "/own".to_owned(),
            utm_source: "own".to_owned(),
            ..Context::default()
        };
        derive(&mut own);
        assert_eq!((own.page_path.as_str(), own.utm_source.as_str(), own.utm_medium.as_str()), ("/own", "own", "mail"));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(of("/?utm_source=%FF").utm_source, "\u{FFFD}");
        assert_eq!(of("").page_path, "");
    }
}
