//! A request taken apart: names from the path, parameters, and a bounded body.

use std::collections::HashMap;
use std::str::FromStr;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;
use crate::text::SCHEMA_BYTES_MAX;

/// A schema's text, in which JSON may write a character in six, with its references.
const BODY_BYTES_MAX: usize = 6 * SCHEMA_BYTES_MAX + (1 << 20);

/// Longer than any topic's or any import's name.
const SUBJECT_BYTES_MAX: usize = 1_000;

/// Sent by clients that don't mind members of an answer that they do not know.
const ACCEPT_UNKNOWN: &str = "confluent-accept-unknown-properties";

/// What is asked.
#[derive(Debug)]
pub(crate) struct Ask {
    names: HashMap<String, String>,
    parameters: HashMap<String, String>,
    body: Vec<u8>,
    /// Whether the client takes answers with more than the first clients knew.
    pub(crate) takes_more: bool,
}

/// A version as a path names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionName {
    Number(u32),
    Latest,
}

impl<S: Send + Sync> FromRequest<S> for Ask {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let unreadable = |detail: String| Refusal::Unreadable { detail };
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, state).await;
        let params = params.map_err(|error| unreadable(error.to_string()))?;
        let names = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let parameters = Query::<HashMap<String, String>>::from_request_parts(&mut parts, state).await;
        let Query(parameters) = parameters.map_err(|error| unreadable(error.to_string()))?;
        let has_body = matches!(parts.method, Method::POST | Method::PUT);
        if has_body {
            check_content_type(&parts.headers)?;
        }
        let body = match to_bytes(body, if has_body { BODY_BYTES_MAX } else { 0 }).await {
            Ok(body) => body.to_vec(),
            Err(_) if !has_body => Vec::new(),
            Err(error) if is_length_limit(&error) => return Err(Refusal::BodyTooLarge { max: BODY_BYTES_MAX }),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let takes_more =
            parts.headers.get(ACCEPT_UNKNOWN).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        Ok(Self { names, parameters, body, takes_more })
    }
}

/// Only JSON: what a page of another origin can send without being asked for permission is something else, so that
/// no such page can change a registry on somebody's own machine.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let content_type = content_type.unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/vnd.schemaregistry.v1+json"
        | "application/vnd.schemaregistry+json"
        | "application/json"
        | "application/octet-stream" => Ok(()),
        _ => Err(Refusal::ContentType { content_type: content_type.chars().take(100).collect() }),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit") {
            return true;
        }
        cause = error.source();
    }
    false
}

impl Ask {
    /// The subject that the path names.
    pub(crate) fn subject(&self) -> Result<String, Refusal> {
        subject_name(self.name("subject"))
    }

    /// The version that the path names.
    pub(crate) fn version(&self) -> Result<VersionName, Refusal> {
        let name = self.name("version");
        if name == "latest" || name == "-1" {
            return Ok(VersionName::Latest);
        }
        let number = name.parse().ok().filter(|number| (1..=i32::MAX.unsigned_abs()).contains(number));
        number
            .map(VersionName::Number)
            .ok_or_else(|| Refusal::InvalidVersion { version: name.chars().take(100).collect() })
    }

    /// The schema id that the path names.
    pub(crate) fn id(&self) -> Result<u32, Refusal> {
        let name = self.name("id");
        name.parse().map_err(|_| Refusal::NoSchema {
            what: format!("'{}' is no id", name.chars().take(100).collect::<String>()),
        })
    }

    pub(crate) fn name(&self, name: &str) -> &str {
        self.names.get(name).map_or("", String::as_str)
    }

    /// Whether a parameter is `true`, in whatever case; clients in Python write `True`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The part of a list that `offset` and `limit` ask for; a negative limit is none.
    pub(crate) fn page<T>(&self, items: impl Iterator<Item = T>, most: usize) -> Result<Vec<T>, Refusal> {
        let offset = self.number("offset")?.unwrap_or(0);
        let limit = self.number("limit")?.unwrap_or(-1);
        let offset = usize::try_from(offset).unwrap_or(0);
        let limit = usize::try_from(limit).unwrap_or(most).min(most);
        Ok(items.skip(offset).take(limit).collect())
    }

    /// The body.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| Refusal::Unreadable { detail: error.to_string() })
    }

    fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let number = self.text(name).map(i64::from_str).transpose();
        number.map_err(|_| Refusal::Unreadable { detail: format!("the parameter {name} is a number") })
    }
}

/// A subject's name as the registry has it.
fn subject_name(name: &str) -> Result<String, Refusal> {
    // The default context may be named; there is no other.
    let plain = name.strip_prefix(":.:").unwrap_or(name);
    let why = match plain {
        "" => "it is empty",
        _ if plain.len() > SUBJECT_BYTES_MAX => "it is too long",
        _ if plain.starts_with(":.") => "there are no contexts but the default one",
        _ if plain.chars().any(char::is_control) => "it has a control character",
        _ => return Ok(plain.to_owned()),
    };
    Err(Refusal::InvalidSubject { subject: plain.chars().take(100).collect(), why })
}
