//! A record as a JSON object that people and programs read: the envelope in the names of the Event API, the verdict, and
//! the payload in protobuf's JSON form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use judi_log::{FetchedRecord, Topic};
use judi_schema::envelope::{Context, Envelope, PayloadKind};
use judi_schema::json;
use judi_schema::record;
use judi_schema::schemas::Schemas;
use judi_schema::wire::time;
use prost::Message;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// One received event.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Shown {
    /// Where it is in the log: `events/0@17`.
    pub offset: String,
    /// `ok` or `quarantined`.
    pub status: String,
    /// Unique for its anonymous_id.
    pub event_id: String,
    /// The event's name.
    pub event: String,
    /// Why it does not fit: the reason's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it does not fit, in words, with the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When it was received; RFC 3339, UTC, as all times here.
    pub received_at: String,
    /// When it happened, as well as the Event API could tell.
    pub event_time: String,
    /// When it happened, by the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
    /// When it was sent, by the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<String>,
    /// Its number among the install's events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The schema version that it was written with; 0: not said.
    pub schema_version: u32,
    /// Whether a program did it.
    pub is_bot: bool,
    /// The write key's name, or file and line of an import.
    pub source: String,
    /// What is known of who, where and with what.
    pub context: Map<String, Value>,
    /// The event's own fields; what is no JSON is base64 text in `payload_base64` instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Box<RawValue>>,
    /// A payload that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_base64: Option<String>,
}

impl Shown {
    /// Shows a record; one that cannot be read is shown as bytes with what is wrong.
    #[must_use]
    pub fn of(topic: Topic, partition: u32, fetched: &FetchedRecord, schemas: &Schemas) -> Self {
        let value: &[u8] = &fetched.record.value;
        let shown = match topic {
            Topic::Events => event(value, schemas),
            Topic::Quarantine => quarantined(value),
        };
        let mut shown = shown.unwrap_or_else(|violation| Self {
            status: "quarantined".to_owned(),
            reason: Some(violation.reason.as_str().to_owned()),
            detail: Some(violation.to_string()),
            received_at: moment(fetched.record.timestamp.0),
            payload_base64: Some(STANDARD.encode(value)),
            ..Self::default()
        });
        shown.offset = format!("{topic}/{partition}@{}", fetched.offset);
        shown
    }

    fn enveloped(envelope: &Envelope, status: &str) -> Self {
        Self {
            status: status.to_owned(),
            event_id: envelope.event_id.clone(),
            event: envelope.event.clone(),
            received_at: moment(envelope.received_at_us),
            event_time: moment(envelope.event_time_us),
            occurred_at: envelope.occurred_at_us.map(moment),
            sent_at: envelope.sent_at_us.map(moment),
            sequence: envelope.sequence,
            schema_version: envelope.schema_version,
            is_bot: envelope.is_bot,
            source: envelope.source.clone(),
            context: envelope.context.as_ref().map(context).unwrap_or_default(),
            ..Self::default()
        }
    }
}

fn event(value: &[u8], schemas: &Schemas) -> Result<Shown, judi_schema::verdict::Violation> {
    let parts = record::split(value)?;
    // The record has been encoded by a collector; what it cannot read is no envelope.
    let envelope = Envelope::decode(parts.envelope).unwrap_or_default();
    let mut shown = Shown::enveloped(&envelope, "ok");
    let model = schemas.version(parts.schema_version);
    let text = model.and_then(|model| {
        let event = model.by_index(parts.index)?;
        json::to_json(&model.plans, event.message, parts.payload).ok()
    });
    match text.and_then(|text| RawValue::from_string(text).ok()) {
        Some(raw) => shown.payload = Some(raw),
        None => shown.payload_base64 = Some(STANDARD.encode(parts.payload)),
    }
    Ok(shown)
}

fn quarantined(value: &[u8]) -> Result<Shown, judi_schema::verdict::Violation> {
    let event = record::decode_quarantined(value)?;
    let mut shown = Shown::enveloped(&event.envelope.clone().unwrap_or_default(), "quarantined");
    shown.reason = Some(event.reason.clone());
    shown.detail = Some(event.detail.clone());
    shown.source.clone_from(&event.source);
    let is_protobuf = matches!(event.payload_kind(), PayloadKind::PayloadProtobuf | PayloadKind::EventProtobuf);
    let text = if is_protobuf { None } else { String::from_utf8(event.payload.clone()).ok() };
    match text.and_then(|text| RawValue::from_string(text).ok()) {
        Some(raw) => shown.payload = Some(raw),
        None if event.payload.is_empty() => {}
        None => shown.payload_base64 = Some(STANDARD.encode(&event.payload)),
    }
    Ok(shown)
}

/// RFC 3339 in UTC.
pub(crate) fn moment(micros: i64) -> String {
    let mut text = String::with_capacity(27);
    // Less than a second in nanoseconds fits.
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or(0);
    time::write_timestamp(micros.div_euclid(1_000_000), nanos, &mut text);
    text
}

/// The fields that are set, under the names that the Event API takes.
fn context(context: &Context) -> Map<String, Value> {
    let fields = [
        ("anonymous_id", &context.anonymous_id),
        ("user_id", &context.user_id),
        ("session_id", &context.session_id),
        ("app", &context.app),
        ("app_version", &context.app_version),
        ("platform", &context.platform),
        ("os", &context.os),
        ("device", &context.device),
        ("locale", &context.locale),
        ("page_url", &context.page_url),
        ("page_path", &context.page_path),
        ("referrer", &context.referrer),
        ("utm_source", &context.utm_source),
        ("utm_medium", &context.utm_medium),
        ("utm_campaign", &context.utm_campaign),
        ("utm_term", &context.utm_term),
        ("utm_content", &context.utm_content),
        ("consent", &context.consent),
        ("sdk", &context.sdk),
        ("sdk_version", &context.sdk_version),
    ];
    let set = fields.into_iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| (name.to_owned(), Value::String(value.clone()))).collect()
}
