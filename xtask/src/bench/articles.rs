//! Article views with full context, the same from the same seed: what benches send, judge and query.
//!
//! Readers prefer few articles (Zipf), come back, and have one device each; some are bots. A view is first drawn
//! as numbers ([`View`]), so that drawing costs little beside what is measured, and then written into an envelope
//! whose memory is used again.

use std::fmt::Write;

use judi_schema::envelope::{Context, Envelope};
use judi_schema::json;
use judi_schema::model::{EventModel, Model};
use serde_json::json;

use crate::failure::Failure;

/// The event that all benches are about, and the field that names the article.
pub(crate) const EVENT: &str = "article_view";

const ARTICLES: u32 = 5_000;
const READERS: u64 = 300_000;
const BOTS_PER_1000: u32 = 30;
/// Views that arrive hours after they happened, from phones that were offline.
const LATE_PER_1000: u32 = 10;
const LATE_US_MAX: i64 = 6 * 3_600_000_000;
const TRANSIT_US_MAX: i64 = 2_000_000;

const SECTIONS: [&str; 8] = ["inrikes", "utrikes", "sport", "kultur", "ekonomi", "vetenskap", "lokalt", "opinion"];
const WORDS: [&str; 12] =
    ["Elk", "council", "school", "storm", "vote", "harbour", "winter", "library", "train", "forest", "budget", "final"];
const DEVICES: [(&str, &str, &str); 6] = [
    ("ios", "iOS 19.1", "iPhone17,1"),
    ("android", "Android 16", "SM-S931B"),
    ("web", "Windows 11", "desktop"),
    ("web", "macOS 16.2", "desktop"),
    ("web", "Linux", "desktop"),
    ("web", "iPadOS 19.1", "tablet"),
];
const REFERRERS: [&str; 4] = ["", "https://news.example/", "https://www.google.com/", "https://t.example/x4Fz"];
const CAMPAIGNS: [&str; 3] = ["morning-brief", "evening-brief", "push-breaking"];

/// The articles that can be read.
#[derive(Debug)]
pub(crate) struct Articles {
    articles: Vec<Article>,
    /// How likely an article or one before it is read.
    cumulated: Vec<f64>,
}

/// One article.
#[derive(Debug)]
pub(crate) struct Article {
    /// Its id, which is its path.
    pub(crate) path: String,
    /// The event's payload in JSON.
    pub(crate) payload_json: String,
    /// The event's payload in protobuf.
    pub(crate) payload: Vec<u8>,
}

/// One opening of one article.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    id: u64,
    article: usize,
    reader: u64,
    sequence: u64,
    referrer: usize,
    campaign: Option<usize>,
    is_bot: bool,
    occurred_at_us: i64,
    received_at_us: i64,
}

/// Draws views.
#[derive(Debug)]
pub(crate) struct Draw<'a> {
    articles: &'a Articles,
    random: fastrand::Rng,
    drawn: u64,
}

impl Articles {
    /// The articles of the example's newsroom, with payloads of this schema.
    pub(crate) fn new(model: &Model) -> Result<Self, Failure> {
        let event = event(model)?;
        let articles = (0..ARTICLES).map(|number| article(model, event, number)).collect::<Result<Vec<_>, _>>()?;
        let mut sum = 0.0;
        let weights = (1..=ARTICLES).map(|rank| 1.0 / f64::from(rank));
        let add = |weight| {
            sum += weight;
            sum
        };
        let mut cumulated: Vec<f64> = weights.map(add).collect();
        cumulated.iter_mut().for_each(|share| *share /= sum);
        Ok(Self { articles, cumulated })
    }

    /// Views that follow from `seed`.
    pub(crate) fn draw(&self, seed: u64) -> Draw<'_> {
        Draw { articles: self, random: fastrand::Rng::with_seed(seed), drawn: seed << 32 }
    }

    /// What was read in `view`.
    pub(crate) fn of(&self, view: &View) -> &Article {
        &self.articles[view.article]
    }
}

/// The event in a schema.
pub(crate) fn event(model: &Model) -> Result<&EventModel, Failure> {
    model.event(EVENT).ok_or_else(|| Failure::Wrong {
        what: "the example's schema".to_owned(),
        found: "one without it".to_owned(),
        wanted: format!("one with {EVENT}"),
    })
}

fn article(model: &Model, event: &EventModel, number: u32) -> Result<Article, Failure> {
    let pick = |list: &'static [&'static str], salt: u32| list[number.wrapping_mul(salt) as usize % list.len()];
    let path = format!("/articles/{}-{number}", pick(&WORDS, 7).to_lowercase());
    let payload_json = json!({
        "article_id": path,
        "section": pick(&SECTIONS, 5),
        "title": format!("{} {} {} {number}", pick(&WORDS, 7), pick(&WORDS, 11), pick(&WORDS, 13)),
        "word_count": 120 + number % 1900,
        "is_premium": number.is_multiple_of(5),
    })
    .to_string();
    let mut payload = Vec::new();
    json::to_wire(&model.plans, event.message, &payload_json, &mut payload)?;
    Ok(Article { path, payload_json, payload })
}

impl Draw<'_> {
    /// A view that is received at `received_at_us`.
    pub(crate) fn view(&mut self, received_at_us: i64) -> View {
        let random = &mut self.random;
        let place = random.f64();
        let cumulated = &self.articles.cumulated;
        let article = cumulated.partition_point(|share| *share < place).min(cumulated.len() - 1);
        // The square prefers small numbers: some readers read much.
        let share = random.f64();
        let is_late = random.u32(..1000) < LATE_PER_1000;
        let delay_us = random.i64(1000..if is_late { LATE_US_MAX } else { TRANSIT_US_MAX });
        self.drawn += 1;
        View {
            id: self.drawn,
            article,
            #[expect(clippy::cast_sign_loss, reason = "a square between 0 and 1")]
            reader: (share * share * READERS as f64) as u64,
            // Ascending, as an install counts: with numbers by chance the judge would put times in their order.
            sequence: self.drawn % (1 << 32),
            referrer: random.usize(..REFERRERS.len()),
            campaign: (random.u32(..10) == 0).then(|| random.usize(..CAMPAIGNS.len())),
            is_bot: random.u32(..1000) < BOTS_PER_1000,
            occurred_at_us: received_at_us - delay_us,
            received_at_us,
        }
    }
}

impl View {
    /// Writes this into `envelope`, every field.
    pub(crate) fn write(&self, articles: &Articles, schema_version: u32, envelope: &mut Envelope) {
        write_uuid(&mut envelope.event_id, mixed(self.id), self.id);
        set(&mut envelope.event, EVENT);
        envelope.event_time_us = self.occurred_at_us;
        envelope.received_at_us = self.received_at_us;
        envelope.occurred_at_us = Some(self.occurred_at_us);
        envelope.sent_at_us = Some(self.received_at_us);
        envelope.sequence = Some(self.sequence);
        envelope.schema_version = schema_version;
        envelope.is_bot = self.is_bot;
        set(&mut envelope.source, "dev");
        let context = envelope.context.get_or_insert_default();
        write_reader(self.reader, context);
        set(&mut context.page_path, &articles.of(self).path);
        set(&mut context.referrer, REFERRERS[self.referrer]);
        let campaign = self.campaign.map_or("", |campaign| CAMPAIGNS[campaign]);
        set(&mut context.utm_campaign, campaign);
        set(&mut context.utm_medium, if campaign.is_empty() { "" } else { "email" });
        set(&mut context.utm_source, if campaign.is_empty() { "" } else { "newsletter" });
    }

    /// What a batch says once: who reads, and with what.
    pub(crate) fn context(&self) -> Context {
        let mut context = Context::default();
        write_reader(self.reader, &mut context);
        context
    }

    /// What an event says itself: which page, and from where.
    pub(crate) fn page(&self, articles: &Articles) -> Context {
        Context {
            page_url: format!("https://news.example{}", articles.of(self).path),
            page_path: articles.of(self).path.clone(),
            referrer: REFERRERS[self.referrer].to_owned(),
            ..Context::default()
        }
    }

    /// When it happened, in microseconds since 1970.
    pub(crate) const fn occurred_at_us(&self) -> i64 {
        self.occurred_at_us
    }

    /// Its number on its device.
    pub(crate) const fn sequence(&self) -> u64 {
        self.sequence
    }
}

fn write_reader(reader: u64, context: &mut Context) {
    let (platform, os, device) = DEVICES[(mixed(reader) % DEVICES.len() as u64) as usize];
    write_uuid(&mut context.anonymous_id, mixed(reader + 1), mixed(reader));
    context.session_id.clear();
    // Writing to a string cannot fail.
    let _ = write!(context.session_id, "s-{:08x}", mixed(reader) >> 32);
    set(&mut context.app, "news");
    set(&mut context.app_version, "7.12.0");
    set(&mut context.platform, platform);
    set(&mut context.os, os);
    set(&mut context.device, device);
    set(&mut context.locale, "sv-SE");
    set(&mut context.consent, "granted");
    set(&mut context.sdk, "judi-js");
    set(&mut context.sdk_version, "1.4.0");
}

fn set(field: &mut String, value: &str) {
    field.clear();
    field.push_str(value);
}

/// SplitMix64: a number that looks like chance and follows from another.
const fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// 128 bits as UUID text.
fn write_uuid(text: &mut String, high: u64, low: u64) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    text.clear();
    for nibble in 0..32 {
        if matches!(nibble, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        let half = if nibble < 16 { high } else { low };
        text.push(char::from(DIGITS[(half >> (60 - 4 * (nibble % 16)) & 15) as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuid_text() {
        let mut text = String::from("before");
        write_uuid(&mut text, 0x0193_29f0_0000_7000, 0x8000_0000_0000_0001);
        assert_eq!(text, "019329f0-0000-7000-8000-000000000001");
    }
}
