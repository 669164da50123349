//! Bodies as they come and go: JSON in Confluent Schema Registry's form.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refusal::Refusal;
use crate::registry::{Registered, Registration};
use crate::schema::{Reference, Schema};

/// The one kind of schemas.
pub(crate) const PROTOBUF: &str = "PROTOBUF";

/// How many files a schema may import by name.
const REFERENCES_MAX: usize = 1_000;

/// A schema that is to be registered, looked up or compared.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaBody {
    #[serde(default)]
    schema: Option<String>,
    schema_type: Option<String>,
    references: Option<Vec<Reference>>,
    id: Option<i64>,
    version: Option<i64>,
    metadata: Option<Value>,
    rule_set: Option<Value>,
}

impl SchemaBody {
    pub(crate) fn into_registration(self, normalize: bool) -> Result<Registration, Refusal> {
        let invalid = |detail: &str| Refusal::InvalidSchema { detail: detail.to_owned() };
        match self.schema_type.as_deref() {
            Some(PROTOBUF) => {}
            other => {
                let other = other.unwrap_or("AVRO").chars().take(50).collect::<String>();
                return Err(invalid(&format!(
                    "this registry keeps schemas of the type PROTOBUF; {other}, which is also what no schemaType \
                     means, is none of them"
                )));
            }
        }
        if is_said(self.metadata.as_ref()) || is_said(self.rule_set.as_ref()) {
            return Err(invalid("metadata and rules are not kept; leave them out"));
        }
        let references = self.references.unwrap_or_default();
        if references.len() > REFERENCES_MAX {
            return Err(invalid(&format!("it has more than {REFERENCES_MAX} references")));
        }
        Ok(Registration {
            text: self.schema.unwrap_or_default(),
            references,
            // Clients that give none may say -1, or for a version 0.
            id: self.id.and_then(|id| u32::try_from(id).ok()),
            version: self.version.and_then(|version| u32::try_from(version).ok()).filter(|version| *version > 0),
            normalize,
        })
    }
}

fn is_said(value: Option<&Value>) -> bool {
    value.is_some_and(|value| match value {
        Value::Null => false,
        Value::Object(members) => members.values().any(|value| is_said(Some(value))),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    })
}

/// `PUT /config`.
#[derive(Debug, Deserialize)]
pub(crate) struct ConfigBody {
    #[serde(alias = "compatibilityLevel")]
    pub(crate) compatibility: Option<String>,
    #[serde(flatten)]
    pub(crate) more: serde_json::Map<String, Value>,
}

impl ConfigBody {
    /// Something that is asked for and not kept.
    pub(crate) fn unkept(&self) -> Option<&str> {
        self.more.iter().find(|(_, value)| is_said(Some(value))).map(|(name, _)| name.as_str())
    }
}

/// `PUT /mode`.
#[derive(Debug, Deserialize)]
pub(crate) struct ModeBody {
    pub(crate) mode: Option<String>,
}

/// A schema in an answer. What is not known, or not for this client, is left out.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) references: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_id: Option<u32>,
}

impl SchemaAnswer {
    /// A schema by itself.
    pub(crate) fn of(schema: &Schema) -> Self {
        Self {
            schema_type: Some(PROTOBUF),
            references: schema.references.clone(),
            schema: Some(schema.text.clone()),
            ..Self::default()
        }
    }

    /// A version of a subject.
    pub(crate) fn of_version(subject: &str, registered: &Registered) -> Self {
        Self {
            subject: Some(subject.to_owned()),
            version: Some(registered.version),
            id: Some(registered.schema.id),
            ..Self::of(&registered.schema)
        }
    }
}
