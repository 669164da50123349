//! The fields of the context that a mapping may fill, by name.

use crate::envelope::Context;

/// A field of [`Context`] that a mapping may fill. Who somebody is is not among them: events are told apart by it, and
/// it must not change when a mapping does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the context's")]
pub enum ContextField {
    SessionId,
    App,
    AppVersion,
    Platform,
    Os,
    Device,
    Locale,
    PageUrl,
    PagePath,
    Referrer,
    UtmSource,
    UtmMedium,
    UtmCampaign,
    UtmTerm,
    UtmContent,
    Consent,
    Sdk,
    SdkVersion,
}

impl ContextField {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 18] = [
        ("session_id", Self::SessionId),
        ("app", Self::App),
        ("app_version", Self::AppVersion),
        ("platform", Self::Platform),
        ("os", Self::Os),
        ("device", Self::Device),
        ("locale", Self::Locale),
        ("page_url", Self::PageUrl),
        ("page_path", Self::PagePath),
        ("referrer", Self::Referrer),
        ("utm_source", Self::UtmSource),
        ("utm_medium", Self::UtmMedium),
        ("utm_campaign", Self::UtmCampaign),
        ("utm_term", Self::UtmTerm),
        ("utm_content", Self::UtmContent),
        ("consent", Self::Consent),
        ("sdk", Self::Sdk),
        ("sdk_version", Self::SdkVersion),
    ];

    /// The field of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, field)| field)
    }

    /// The field in a context.
    pub const fn of(self, context: &mut Context) -> &mut String {
        match self {
            Self::SessionId => &mut context.session_id,
            Self::App => &mut context.app,
            Self::AppVersion => &mut context.app_version,
            Self::Platform => &mut context.platform,
            Self::Os => &mut context.os,
            Self::Device => &mut context.device,
            Self::Locale => &mut context.locale,
            Self::PageUrl => &mut context.page_url,
            Self::PagePath => &mut context.page_path,
            Self::Referrer => &mut context.referrer,
            Self::UtmSource => &mut context.utm_source,
            Self::UtmMedium => &mut context.utm_medium,
            Self::UtmCampaign => &mut context.utm_campaign,
            Self::UtmTerm => &mut context.utm_term,
            Self::UtmContent => &mut context.utm_content,
            Self::Consent => &mut context.consent,
            Self::Sdk => &mut context.sdk,
            Self::SdkVersion => &mut context.sdk_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_its_own_field() {
        for (name, field) in ContextField::ALL {
            assert_eq!(ContextField::of_name(name), Some(field));
            let mut context = Context::default();
            name.clone_into(field.of(&mut context));
            let shown = format!("{context:?}");
            assert!(shown.contains(&format!("{name}: {name:?}")), "{shown}");
            assert_eq!(shown.matches(&format!("{name:?}")).count(), 1, "{name}: one field");
        }
        for identity in ["anonymous_id", "user_id", "event_id"] {
            assert_eq!(ContextField::of_name(identity), None);
        }
    }
}
