//! The messages of `judi/v1/event.proto` in Rust: what apps send, and what stands beside a payload on the log.
//!
//! Written by hand, since the binary carries no protoc; a test holds them to the `.proto` file field by field.

use prost::Message;
use prost_types::{Struct, Timestamp};

/// `judi.v1.EventBatch`: the body of `POST /v1/events`.
#[derive(Clone, PartialEq, Message)]
pub struct EventBatch {
    /// When the device sent it, by its own clock.
    #[prost(message, optional, tag = "1")]
    pub sent_at: Option<Timestamp>,
    /// What all events share.
    #[prost(message, optional, tag = "2")]
    pub context: Option<Context>,
    /// The events, in the order of the answer's results.
    #[prost(message, repeated, tag = "3")]
    pub events: Vec<Event>,
    /// The write key, where neither header nor query can carry it.
    #[prost(string, tag = "4")]
    pub write_key: String,
    /// Milliseconds of the device's monotonic clock when it sent the batch.
    #[prost(uint64, optional, tag = "5")]
    pub sent_monotonic_ms: Option<u64>,
    /// Milliseconds of the smallest round trip that the sender has measured in this session.
    #[prost(uint64, optional, tag = "6")]
    pub round_trip_ms: Option<u64>,
}

/// `judi.v1.Event`: one thing that happened.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// Unique for its anonymous_id; empty: the server gives one.
    #[prost(string, tag = "1")]
    pub event_id: String,
    /// The event's name in the schema.
    #[prost(string, tag = "2")]
    pub event: String,
    /// When it happened, by the device's clock.
    #[prost(message, optional, tag = "3")]
    pub occurred_at: Option<Timestamp>,
    /// Counts up by one per event of an install.
    #[prost(uint64, optional, tag = "4")]
    pub sequence: Option<u64>,
    /// Milliseconds of the device's monotonic clock.
    #[prost(uint64, optional, tag = "5")]
    pub monotonic_ms: Option<u64>,
    /// The version of the schema that the app was built with; 0: the newest.
    #[prost(uint32, tag = "6")]
    pub schema_version: u32,
    /// Fields that are set here win over the batch's.
    #[prost(message, optional, tag = "7")]
    pub context: Option<Context>,
    /// The event's message in protobuf.
    #[prost(bytes = "vec", tag = "8")]
    pub payload: Vec<u8>,
    /// The event's message as JSON, for those that cannot make protobuf.
    #[prost(message, optional, tag = "9")]
    pub payload_fields: Option<Struct>,
}

/// `judi.v1.Context`: who, where and with what. Empty text is "not set".
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Context {
    /// The install's id.
    #[prost(string, tag = "1")]
    pub anonymous_id: String,
    /// The signed-in person's id.
    #[prost(string, tag = "2")]
    pub user_id: String,
    /// The visit.
    #[prost(string, tag = "3")]
    pub session_id: String,
    /// Which app: `news`, `play`.
    #[prost(string, tag = "4")]
    pub app: String,
    /// Its release.
    #[prost(string, tag = "5")]
    pub app_version: String,
    /// `web`, `ios`, `android`, `tv`.
    #[prost(string, tag = "6")]
    pub platform: String,
    /// Operating system.
    #[prost(string, tag = "7")]
    pub os: String,
    /// Device model or kind.
    #[prost(string, tag = "8")]
    pub device: String,
    /// BCP 47 language tag.
    #[prost(string, tag = "9")]
    pub locale: String,
    /// The page's whole address.
    #[prost(string, tag = "10")]
    pub page_url: String,
    /// Its path.
    #[prost(string, tag = "11")]
    pub page_path: String,
    /// Where the reader came from.
    #[prost(string, tag = "12")]
    pub referrer: String,
    /// Campaign source.
    #[prost(string, tag = "13")]
    pub utm_source: String,
    /// Campaign medium.
    #[prost(string, tag = "14")]
    pub utm_medium: String,
    /// Campaign name.
    #[prost(string, tag = "15")]
    pub utm_campaign: String,
    /// Campaign term.
    #[prost(string, tag = "16")]
    pub utm_term: String,
    /// Campaign content.
    #[prost(string, tag = "17")]
    pub utm_content: String,
    /// What the reader agreed to: `granted`, `denied`.
    #[prost(string, tag = "18")]
    pub consent: String,
    /// The library that made the event.
    #[prost(string, tag = "19")]
    pub sdk: String,
    /// Its release.
    #[prost(string, tag = "20")]
    pub sdk_version: String,
}

/// `judi.v1.Envelope`: the first field of every record of the topic `events`. Times are microseconds since 1970, UTC.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Envelope {
    /// Unique for its anonymous_id.
    #[prost(string, tag = "1")]
    pub event_id: String,
    /// The event's name.
    #[prost(string, tag = "2")]
    pub event: String,
    /// `occurred_at` corrected for the device's clock; `received_at` where nothing else is known.
    #[prost(int64, tag = "3")]
    pub event_time_us: i64,
    /// When the Event API had it; of an import, the time in the data.
    #[prost(int64, tag = "4")]
    pub received_at_us: i64,
    /// As the device said.
    #[prost(int64, optional, tag = "5")]
    pub occurred_at_us: Option<i64>,
    /// As the device said.
    #[prost(int64, optional, tag = "6")]
    pub sent_at_us: Option<i64>,
    /// Per install.
    #[prost(uint64, optional, tag = "7")]
    pub sequence: Option<u64>,
    /// The device's monotonic clock in milliseconds.
    #[prost(uint64, optional, tag = "8")]
    pub monotonic_ms: Option<u64>,
    /// The version of the schema that the payload was written with.
    #[prost(uint32, tag = "9")]
    pub schema_version: u32,
    /// Whether a program, not a person, did it.
    #[prost(bool, tag = "10")]
    pub is_bot: bool,
    /// The write key's name, or the import's source.
    #[prost(string, tag = "11")]
    pub source: String,
    /// The import that brought it; empty for what apps sent.
    #[prost(string, tag = "12")]
    pub import_run: String,
    /// Who, where and with what.
    #[prost(message, optional, tag = "13")]
    pub context: Option<Context>,
    /// What the payload beside it is, in the table `quarantine`: a number of [`PayloadKind`].
    #[prost(enumeration = "PayloadKind", tag = "14")]
    pub payload_kind: i32,
    /// The device's monotonic clock in milliseconds when it sent the batch.
    #[prost(uint64, optional, tag = "15")]
    pub sent_monotonic_ms: Option<u64>,
    /// Milliseconds of the smallest round trip that the sender had measured in this session.
    #[prost(uint64, optional, tag = "16")]
    pub round_trip_ms: Option<u64>,
}

/// `judi.v1.QuarantinedEvent`: a record of the topic `quarantine`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QuarantinedEvent {
    /// What is known of it.
    #[prost(message, optional, tag = "1")]
    pub envelope: Option<Envelope>,
    /// One of the reasons that the answer names.
    #[prost(string, tag = "2")]
    pub reason: String,
    /// What was wrong, with the field.
    #[prost(string, tag = "3")]
    pub detail: String,
    /// The write key's name, or file and line of an import.
    #[prost(string, tag = "4")]
    pub source: String,
    /// The bytes as they came.
    #[prost(bytes = "vec", tag = "5")]
    pub payload: Vec<u8>,
    /// What `payload` is: a number of [`PayloadKind`].
    #[prost(enumeration = "PayloadKind", tag = "6")]
    pub payload_kind: i32,
    /// The newest version of the schema when it was refused; 0: not said.
    #[prost(uint32, tag = "7")]
    pub judged_by: u32,
}

/// `judi.v1.PayloadKind`: what the bytes of a quarantined event are, so that they can be judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum PayloadKind {
    /// Not said, and never judged again.
    Unspecified = 0,
    /// The event's payload in protobuf.
    PayloadProtobuf = 1,
    /// The event's payload in JSON.
    PayloadJson = 2,
    /// The whole `judi.v1.Event` in protobuf: its envelope could not be read.
    EventProtobuf = 3,
    /// The whole event in JSON: its envelope could not be read.
    EventJson = 4,
    /// A line of an imported file.
    Line = 5,
    /// A call of one of Segment's libraries, whole, in JSON.
    SegmentJson = 6,
}

impl Context {
    /// This context with every field that `own` sets taken from `own`.
    #[must_use]
    pub fn overridden_by(&self, own: &Self) -> Self {
        let pick = |base: &String, own: &String| if own.is_empty() { base.clone() } else { own.clone() };
        Self {
            anonymous_id: pick(&self.anonymous_id, &own.anonymous_id),
            user_id: pick(&self.user_id, &own.user_id),
            session_id: pick(&self.session_id, &own.session_id),
            app: pick(&self.app, &own.app),
            app_version: pick(&self.app_version, &own.app_version),
            platform: pick(&self.platform, &own.platform),
            os: pick(&self.os, &own.os),
            device: pick(&self.device, &own.device),
            locale: pick(&self.locale, &own.locale),
            page_url: pick(&self.page_url, &own.page_url),
            page_path: pick(&self.page_path, &own.page_path),
            referrer: pick(&self.referrer, &own.referrer),
            utm_source: pick(&self.utm_source, &own.utm_source),
            utm_medium: pick(&self.utm_medium, &own.utm_medium),
            utm_campaign: pick(&self.utm_campaign, &own.utm_campaign),
            utm_term: pick(&self.utm_term, &own.utm_term),
            utm_content: pick(&self.utm_content, &own.utm_content),
            consent: pick(&self.consent, &own.consent),
            sdk: pick(&self.sdk, &own.sdk),
            sdk_version: pick(&self.sdk_version, &own.sdk_version),
        }
    }
}

impl Envelope {
    /// What decides the partition and so the order: anonymous_id, else user_id, else event_id.
    #[must_use]
    pub fn partition_key(&self) -> &str {
        let context = self.context.as_ref();
        let ids = [context.map(|c| c.anonymous_id.as_str()), context.map(|c| c.user_id.as_str())];
        ids.into_iter().flatten().find(|id| !id.is_empty()).unwrap_or(&self.event_id)
    }
}

#[cfg(test)]
mod tests;
