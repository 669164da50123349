//! Readers: who comes in a minute, with what app, and what each of them does during the visit.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::articles::{Article, pick_article, pick_programme};
use crate::rhythm::{poisson, share_of_day};
use crate::scenario::{Platform, Scenario, weighted};

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
const DAY_MINUTES: i64 = 1_440;

/// People who read the newsroom's pages; many come back.
const READERS: u32 = 15_000;

/// Events of a visit on average, measured by a test: turns events a day into visits a minute.
const EVENTS_PER_VISIT: f64 = 6.9;

/// A newsroom and its readers, all of whose history and future follow from a seed.
#[derive(Debug, Clone)]
pub struct Newsroom {
    scenario: Arc<Scenario>,
    seed: u64,
    events_per_day: u32,
}

/// Something a simulated reader did, as the app would report it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReaderEvent {
    /// When it happened, in microseconds since 1970.
    pub occurred_at_us: i64,
    /// When it reaches the Event API: a moment later, or hours when the phone had no network.
    pub received_at_us: i64,
    /// The client's User-Agent.
    pub agent: String,
    /// Whether a crawler did it.
    pub is_bot: bool,
    /// The JSON form of `judi.v1.Event`, with its context and without times.
    pub(crate) members: Map<String, Value>,
}

/// One visit in the making.
struct Visit<'a> {
    rng: fastrand::Rng,
    platform: &'a Platform,
    context: Map<String, Value>,
    is_bot: bool,
    now_us: i64,
    sequence: u64,
    page: Option<String>,
    events: Vec<ReaderEvent>,
}

impl Newsroom {
    /// A newsroom with about `events_per_day` events.
    ///
    /// # Errors
    /// When the compiled-in scenario is not well formed.
    pub fn new(seed: u64, events_per_day: u32) -> Result<Self, toml::de::Error> {
        Ok(Self { scenario: Arc::new(Scenario::load()?), seed, events_per_day })
    }

    /// Everything that readers who came in `minute` (minutes since 1970) do, in order of time; some of it goes on
    /// into later minutes. At least `visits_min` visits, so that a demonstration at night has something to show.
    #[must_use]
    pub fn minute(&self, minute: i64, visits_min: u32) -> Vec<ReaderEvent> {
        let mut rng = fastrand::Rng::with_seed(self.seed ^ minute.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mean = f64::from(self.events_per_day) * share_of_day(minute) / EVENTS_PER_VISIT;
        let visits = poisson(&mut rng, mean).max(visits_min);
        let mut events = Vec::new();
        for _ in 0..visits {
            events.extend(self.visit(rng.fork(), minute));
        }
        events.sort_by_key(|event| event.occurred_at_us);
        events
    }

    fn visit(&self, mut rng: fastrand::Rng, minute: i64) -> Vec<ReaderEvent> {
        let scenario = &self.scenario;
        let (Some(app), Some(platform)) = (
            weighted(&mut rng, &scenario.apps, |app| app.weight),
            weighted(&mut rng, &scenario.platforms, |p| p.weight),
        ) else {
            return Vec::new();
        };
        // Below a number that is drawn first: that makes regulars, a few who come daily among many who come now and then.
        let bound = rng.u32(..READERS);
        let reader = rng.u32(..=bound);
        let is_bot = rng.u32(..1000) < scenario.bot.per_mille;
        let session = format!("s-{minute}-{:08x}", rng.u32(..));
        let context = json!({
            "anonymous_id": if is_bot { "crawler-1".to_owned() } else { format!("reader-{reader}-{}", platform.name) },
            "session_id": session, "app": app.name, "app_version": app.version, "platform": platform.name,
            "os": platform.os, "device": platform.device, "locale": "sv-SE", "consent": "granted",
            "sdk": "judi-newsroom", "sdk_version": env!("CARGO_PKG_VERSION"),
        });
        let Value::Object(mut context) = context else { return Vec::new() };
        arrive(&mut rng, &mut context);
        if reader.is_multiple_of(4) && !is_bot {
            context.insert("user_id".to_owned(), json!(format!("user-{reader}")));
        }
        let now_us = minute * MINUTE_US + rng.i64(0..MINUTE_US);
        let mut visit = Visit { rng, platform, context, is_bot, now_us, sequence: 0, page: None, events: Vec::new() };
        let watches = if app.name == "news" { 15 } else { 80 };
        if visit.rng.u32(..100) < watches && !is_bot {
            self.watch(&mut visit);
        } else {
            self.read(&mut visit, minute / DAY_MINUTES, reader);
        }
        visit.events
    }

    /// The front page, then articles: scrolled, clicked on, shared.
    fn read(&self, visit: &mut Visit<'_>, day: i64, reader: u32) {
        let names = &self.scenario.events;
        visit.page = Some("/".to_owned());
        self.report(visit, &names.page, json!({"title": "Nyheter", "page_kind": "front"}));
        if let Some(variant) =
            self.scenario.experiment.variants.get(reader as usize % self.scenario.experiment.variants.len().max(1))
        {
            self.report(
                visit,
                &names.exposure,
                json!({"experiment_id": self.scenario.experiment.id, "variant": variant}),
            );
        }
        for place in 0..1 + visit.rng.u32(..3) {
            let article = pick_article(&mut visit.rng, day);
            visit.wait_s(2, 25);
            self.report(
                visit,
                &names.click,
                json!({"article_id": article.id, "element": "teaser", "position": place + 1}),
            );
            self.read_article(visit, &article);
        }
    }

    fn read_article(&self, visit: &mut Visit<'_>, article: &Article) {
        let names = &self.scenario.events;
        visit.page = Some(article.id.clone());
        self.report(
            visit,
            &names.article,
            json!({"article_id": article.id, "section": article.section, "title": article.title}),
        );
        if visit.is_bot {
            return;
        }
        let depth = visit.rng.u32(1..=4) * 25;
        let visible_ms = visit.rng.u32(4_000..90_000);
        visit.wait_s(10, 90);
        let scrolled = json!({"article_id": article.id, "depth_percent": depth, "visible_ms": visible_ms});
        self.report(visit, &names.scroll, scrolled);
        if visit.rng.u32(..100) < 6 {
            let channel =
                ["SHARE_CHANNEL_COPY_LINK", "SHARE_CHANNEL_MAIL", "SHARE_CHANNEL_SOCIAL"][visit.rng.usize(..3)];
            self.report(visit, &names.share, json!({"article_id": article.id, "channel": channel}));
        }
    }

    /// One programme, watched to its end by half.
    fn watch(&self, visit: &mut Visit<'_>) {
        let names = &self.scenario.events;
        let programme = pick_programme(&mut visit.rng);
        visit.page = Some(format!("/video/{}", programme.id));
        let duration_ms = programme.duration_ms;
        let video = |position_ms: u64| json!({"programme_id": programme.id, "duration_ms": duration_ms, "position_ms": position_ms});
        let start = with(video(0), &[("title", json!(programme.title))]);
        self.report(visit, &names.video_start, start);
        let quarters = if visit.rng.bool() { 4 } else { visit.rng.u64(0..4) };
        for quarter in 1..=quarters.min(3) {
            visit.now_us += i64::try_from(duration_ms / 4).unwrap_or(0) * 1_000;
            self.report(visit, &names.video_progress, video(duration_ms * quarter / 4));
        }
        visit.wait_s(5, 120);
        let reason = if quarters == 4 { "VIDEO_END_REASON_FINISHED" } else { "VIDEO_END_REASON_STOPPED" };
        let completion = json!(quarters as f64 / 4.0);
        let end = with(video(duration_ms * quarters / 4), &[("completion", completion), ("reason", json!(reason))]);
        self.report(visit, &names.video_end, end);
    }

    /// Adds one event to the visit, with the mishaps that real apps have.
    fn report(&self, visit: &mut Visit<'_>, event: &str, payload: Value) {
        let faults = &self.scenario.faults;
        visit.wait_s(0, 3);
        visit.sequence += 1;
        let mut members = Map::new();
        members.insert("event_id".to_owned(), json!(uuid_v7(&mut visit.rng, visit.now_us)));
        members.insert("event".to_owned(), json!(event));
        members.insert("sequence".to_owned(), json!(visit.sequence));
        members.insert("payload".to_owned(), payload);
        if visit.rng.u32(..10_000) < faults.broken {
            self.break_event(&mut visit.rng, &mut members);
        }
        let mut context = visit.context.clone();
        if let Some(page) = &visit.page {
            context.insert("page_path".to_owned(), json!(page));
            context.insert("page_url".to_owned(), json!(format!("https://newsroom.example{page}")));
        }
        members.insert("context".to_owned(), Value::Object(context));
        let is_late = visit.platform.device == "phone" && visit.rng.u32(..10_000) < faults.late * 2;
        let transit_us =
            if is_late { visit.rng.i64(600..36_000) * SECOND_US } else { visit.rng.i64(80_000..3_000_000) };
        let agent = if visit.is_bot { &self.scenario.bot.agent } else { &visit.platform.agent };
        let reported = ReaderEvent {
            occurred_at_us: visit.now_us,
            received_at_us: visit.now_us + transit_us,
            agent: agent.clone(),
            is_bot: visit.is_bot,
            members,
        };
        if visit.rng.u32(..10_000) < faults.twice {
            // A retry after an answer that got lost: the same event once more, a little later.
            visit
                .events
                .push(ReaderEvent { received_at_us: reported.received_at_us + 5 * SECOND_US, ..reported.clone() });
        }
        visit.events.push(reported);
    }

    /// An app that was never tested: a misspelt name, a wrong type, a required field left out.
    fn break_event(&self, rng: &mut fastrand::Rng, members: &mut Map<String, Value>) {
        match rng.u32(..3) {
            0 => {
                members.insert("event".to_owned(), json!(self.scenario.events.misspelt));
            }
            1 => {
                members.insert("payload".to_owned(), json!({"article_id": {"id": 7}}));
            }
            _ => {
                members.insert("payload".to_owned(), json!(["not", "an", "object"]));
            }
        }
    }
}

impl Visit<'_> {
    fn wait_s(&mut self, least: i64, most: i64) {
        self.now_us += self.rng.i64(least * SECOND_US..=most * SECOND_US);
    }
}

/// A payload with more members.
fn with(mut payload: Value, more: &[(&str, Value)]) -> Value {
    if let Some(members) = payload.as_object_mut() {
        members.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    payload
}

/// Where the reader came from.
fn arrive(rng: &mut fastrand::Rng, context: &mut Map<String, Value>) {
    let mut set = |name: &str, value: &str| context.insert(name.to_owned(), json!(value));
    match rng.u32(..10) {
        0..=2 => {
            set("referrer", "https://www.google.com/");
        }
        3 => {
            set("referrer", "https://social.example/");
            set("utm_source", "social");
            set("utm_medium", "post");
            set("utm_campaign", "kvallens-nyheter");
        }
        4 => {
            set("utm_source", "newsletter");
            set("utm_medium", "email");
            set("utm_campaign", "morgonbrevet");
        }
        _ => {}
    }
}

/// A UUIDv7 (RFC 9562, 5.7) whose random bits come from the seed.
fn uuid_v7(rng: &mut fastrand::Rng, at_us: i64) -> String {
    let millis = (at_us / 1_000).cast_unsigned() & 0xffff_ffff_ffff;
    let (a, b) = (rng.u16(..) & 0x0fff, rng.u64(..));
    let variant = 0x8000 | (b >> 48 & 0x3fff);
    format!("{:08x}-{:04x}-7{a:03x}-{variant:04x}-{:012x}", millis >> 16, millis & 0xffff, b & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests;
