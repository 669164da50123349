//! Who, where and with what, as a call says it.

use std::borrow::Cow;

use super::call::{Call, Members};
use crate::envelope::Context;

/// What a call says of its arrival beside what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrived<'a> {
    /// `messageId`.
    pub message_id: Cow<'a, str>,
    /// When it happened by the device's clock, as text: `originalTimestamp`, which some libraries send beside a
    /// `timestamp` that was corrected, else `timestamp`.
    pub occurred_at: Cow<'a, str>,
    /// `sentAt`, as text.
    pub sent_at: Cow<'a, str>,
    /// `context.userAgent`: what a person used where a server calls for them. Looked at, and not kept.
    pub user_agent: Option<Cow<'a, str>>,
    /// The rest.
    pub context: Context,
}

/// What a call says of its arrival.
#[must_use]
pub fn arrived<'a>(call: &Call<'a>) -> Arrived<'a> {
    let members = &call.members;
    let text = |name: &str| members.text(name).unwrap_or_default();
    let occurred_at = Some(text("originalTimestamp")).filter(|time| !time.is_empty());
    let said = members.object("context").unwrap_or_default();
    let channel = members.text("channel").or_else(|| said.text("channel")).unwrap_or_default();
    let mut context = context_of(&said, &channel);
    context.anonymous_id = text("anonymousId").into_owned();
    context.user_id = text("userId").into_owned();
    Arrived {
        message_id: text("messageId"),
        occurred_at: occurred_at.unwrap_or_else(|| text("timestamp")),
        sent_at: text("sentAt"),
        user_agent: said.text("userAgent"),
        context,
    }
}

/// The member `context` of a call or of a batch, without who it is.
fn context_of(said: &Members<'_>, channel: &str) -> Context {
    let part = |name: &str| said.object(name).unwrap_or_default();
    let (app, device, os, library) = (part("app"), part("device"), part("os"), part("library"));
    let (page, campaign) = (part("page"), part("campaign"));
    let text = |part: &Members<'_>, name: &str| part.text(name).unwrap_or_default().into_owned();
    Context {
        anonymous_id: String::new(),
        user_id: String::new(),
        session_id: session_of(said),
        app: text(&app, "name"),
        app_version: text(&app, "version"),
        platform: platform_of(said, &device, &os, channel).to_owned(),
        os: text(&os, "name"),
        device: Some(text(&device, "model")).filter(|it| !it.is_empty()).unwrap_or_else(|| text(&device, "type")),
        locale: text(said, "locale"),
        page_url: text(&page, "url"),
        page_path: text(&page, "path"),
        referrer: text(&page, "referrer"),
        utm_source: text(&campaign, "source"),
        utm_medium: text(&campaign, "medium"),
        utm_campaign: text(&campaign, "name"),
        utm_term: text(&campaign, "term"),
        utm_content: text(&campaign, "content"),
        consent: consent_of(said).to_owned(),
        sdk: text(&library, "name"),
        sdk_version: text(&library, "version"),
    }
}

/// The context of a batch, which its calls share.
#[must_use]
pub fn shared_context(json: &str) -> Context {
    Members::of(json).map(|said| context_of(&said, "")).unwrap_or_default()
}

fn session_of(said: &Members<'_>) -> String {
    let session = said.text("sessionId").or_else(|| said.text("session_id"));
    session.or_else(|| said.object("session")?.text("id")).unwrap_or_default().into_owned()
}

/// `web`, `ios`, `android`, `tv` or `server`, by the device, its system, the channel, and at last by what only
/// browsers send.
fn platform_of(said: &Members<'_>, device: &Members<'_>, os: &Members<'_>, channel: &str) -> &'static str {
    let of_system = |name: Option<Cow<'_, str>>| {
        let name = name.unwrap_or_default().to_ascii_lowercase();
        Some(match name.split([' ', '-']).next().unwrap_or_default() {
            "ios" | "ipados" | "iphone" | "ipad" => "ios",
            "android" => "android",
            "tvos" | "tizen" | "webos" | "androidtv" | "roku" | "firetv" | "appletv" => "tv",
            _ => return None,
        })
    };
    if let Some(platform) = of_system(device.text("type")).or_else(|| of_system(os.text("name"))) {
        // A browser on a telephone names the telephone's system too, but it also has a page.
        return if channel == "web" || channel == "browser" { "web" } else { platform };
    }
    match channel {
        "web" | "browser" => "web",
        "server" => "server",
        _ if said.get("page").is_some() && said.get("userAgent").is_some() => "web",
        _ => "",
    }
}

/// `granted`, `denied` or `partial`, by Segment's `consent.categoryPreferences` or RudderStack's `consentManagement`.
fn consent_of(said: &Members<'_>) -> &'static str {
    let of_counts = |granted: usize, denied: usize| match (granted, denied) {
        (0, 0) => "",
        (_, 0) => "granted",
        (0, _) => "denied",
        _ => "partial",
    };
    if let Some(categories) = said.object("consent").and_then(|consent| consent.object("categoryPreferences")) {
        let count = |wanted: &str| categories.iter().filter(|(_, raw)| *raw == wanted).count();
        return of_counts(count("true"), count("false"));
    }
    let Some(managed) = said.object("consentManagement") else { return "" };
    let count = |name: &str| {
        let list = managed.get(name).and_then(|raw| serde_json::from_str::<Vec<serde::de::IgnoredAny>>(raw).ok());
        list.map_or(0, |list| list.len())
    };
    of_counts(count("allowedConsentIds"), count("deniedConsentIds"))
}
