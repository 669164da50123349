//! One JSON value of an envelope: read as what it is, then asked for what it should be.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use judi_schema::envelope::Context;
use judi_world::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::moment;

/// The largest integer that every double up to it can tell from its neighbours: 2^53.
const EXACT_DOUBLE_MAX: f64 = 9_007_199_254_740_992.0;

/// protobuf's JSON takes both alphabets, with padding or without.
const PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, PADDING);

/// A member's name.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

/// A value without its insides.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Boolean(bool),
    Unsigned(u64),
    Negative(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List,
    Object,
}

/// The member `context` of a batch or an event.
pub(super) struct ContextMember {
    context: Option<Box<Context>>,
    /// The first member that is no text: its place, and what it is instead.
    wrong: Option<(String, String)>,
}

impl<'a> Scalar<'a> {
    /// Text; `null` is empty text.
    pub(super) fn text(self) -> Result<Cow<'a, str>, String> {
        match self {
            Self::Null => Ok(Cow::Borrowed("")),
            Self::Text(text) => Ok(text),
            other => Err(format!("expected text, found {}", other.noun())),
        }
    }

    /// A whole number from 0 up, as a number or as text of digits.
    pub(super) fn unsigned(self) -> Result<Option<u64>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Unsigned(number) => Ok(Some(number)),
            Self::Float(number) if number.fract() == 0.0 && (0.0..=EXACT_DOUBLE_MAX).contains(&number) =>
            {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
                Ok(Some(number as u64))
            }
            Self::Text(text) => match text.parse() {
                Ok(number) if !text.starts_with('+') => Ok(Some(number)),
                _ => Err("expected a whole number from 0 to 2^64-1, found other text".to_owned()),
            },
            other => Err(format!("expected a whole number from 0, found {}", other.noun())),
        }
    }

    /// True or false.
    pub(super) fn boolean(self) -> Result<Option<bool>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Boolean(value) => Ok(Some(value)),
            other => Err(format!("expected true or false, found {}", other.noun())),
        }
    }

    /// RFC 3339 text.
    pub(super) fn moment(self) -> Result<Option<Timestamp>, String> {
        const EXPECTED: &str = "expected a time such as \"2026-11-23T08:00:01Z\", in the years 1 to 9999, found";
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => match moment::from_rfc3339(&text) {
                Some(moment) => Ok(Some(moment)),
                None => Err(format!("{EXPECTED} {:?}", text.chars().take(50).collect::<String>())),
            },
            other => Err(format!("{EXPECTED} {}", other.noun())),
        }
    }

    /// Base64 text.
    pub(super) fn bytes(self) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => {
                let engine = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
                engine.decode(text.as_ref()).map(Some).map_err(|error| format!("expected base64: {error}"))
            }
            other => Err(format!("expected base64 text, found {}", other.noun())),
        }
    }

    const fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "true or false",
            Self::Unsigned(_) | Self::Negative(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

impl ContextMember {
    /// The context, `None` where it is null; else the place and the fault of its first wrong member.
    pub(super) fn checked(self) -> Result<Option<Box<Context>>, (String, String)> {
        match self.wrong {
            Some(wrong) => Err(wrong),
            None => Ok(self.context),
        }
    }
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a member's name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Negative(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Object)
    }
}

impl<'de> Deserialize<'de> for ContextMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContextVisitor)
    }
}

struct ContextVisitor;

impl ContextVisitor {
    fn wrong<E: Error>(found: &Scalar<'_>) -> Result<ContextMember, E> {
        let wrong = ("context".to_owned(), format!("expected an object, found {}", found.noun()));
        Ok(ContextMember { context: None, wrong: Some(wrong) })
    }
}

impl<'de> Visitor<'de> for ContextVisitor {
    type Value = ContextMember;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a context: an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut context = Box::<Context>::default();
        let mut wrong = None;
        while let Some(Name(name)) = map.next_key()? {
            let Some(field) = context_field(&mut context, &name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            match map.next_value::<Scalar<'de>>()?.text() {
                Ok(text) => *field = text.into_owned(),
                Err(fault) => _ = wrong.get_or_insert_with(|| (format!("context.{name}"), fault)),
            }
        }
        Ok(ContextMember { context: Some(context), wrong })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(ContextMember { context: None, wrong: None })
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Self::wrong(&Scalar::Boolean(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Self::wrong(&Scalar::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Self::wrong(&Scalar::Negative(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Self::wrong(&Scalar::Float(value))
    }

    fn visit_str<E: Error>(self, _text: &str) -> Result<Self::Value, E> {
        Self::wrong(&Scalar::Text(Cow::Borrowed("")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Self::wrong(&Scalar::List)
    }
}

/// The field of a context that a JSON name means.
pub(super) fn context_field<'c>(context: &'c mut Context, name: &str) -> Option<&'c mut String> {
    Some(match name {
        "anonymous_id" | "anonymousId" => &mut context.anonymous_id,
        "user_id" | "userId" => &mut context.user_id,
        "session_id" | "sessionId" => &mut context.session_id,
        "app" => &mut context.app,
        "app_version" | "appVersion" => &mut context.app_version,
        "platform" => &mut context.platform,
        "os" => &mut context.os,
        "device" => &mut context.device,
        "locale" => &mut context.locale,
        "page_url" | "pageUrl" => &mut context.page_url,
        "page_path" | "pagePath" => &mut context.page_path,
        "referrer" => &mut context.referrer,
        "utm_source" | "utmSource" => &mut context.utm_source,
        "utm_medium" | "utmMedium" => &mut context.utm_medium,
        "utm_campaign" | "utmCampaign" => &mut context.utm_campaign,
        "utm_term" | "utmTerm" => &mut context.utm_term,
        "utm_content" | "utmContent" => &mut context.utm_content,
        "consent" => &mut context.consent,
        "sdk" => &mut context.sdk,
        "sdk_version" | "sdkVersion" => &mut context.sdk_version,
        _ => return None,
    })
}
