//! `buf.yaml` as it is written. What has nothing to do with lint is read over, not past: an unknown key is refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::rules::BufVersion;
use crate::error::{Place, SchemaError};

/// The whole file, in any version.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireFile {
    pub(super) lint: Option<WireLint>,
    pub(super) build: Option<WireBuild>,
    pub(super) modules: Option<Vec<WireModule>>,
    #[serde(rename = "version")]
    _version: IgnoredAny,
    #[serde(rename = "name", default)]
    _name: IgnoredAny,
    #[serde(rename = "deps", default)]
    _deps: IgnoredAny,
    #[serde(rename = "breaking", default)]
    _breaking: IgnoredAny,
    #[serde(rename = "plugins", default)]
    _plugins: IgnoredAny,
    #[serde(rename = "policies", default)]
    _policies: IgnoredAny,
}

/// `build`, of v1beta1 and v1.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireBuild {
    pub(super) roots: Option<Vec<String>>,
    pub(super) excludes: Option<Vec<String>>,
}

/// One of v2's `modules`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireModule {
    pub(super) path: Option<String>,
    pub(super) excludes: Option<Vec<String>>,
    pub(super) includes: Option<Vec<String>>,
    pub(super) lint: Option<WireLint>,
    #[serde(rename = "name", default)]
    _name: IgnoredAny,
    #[serde(rename = "breaking", default)]
    _breaking: IgnoredAny,
}

/// `lint`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireLint {
    #[serde(rename = "use")]
    pub(super) uses: Option<Vec<String>>,
    pub(super) except: Option<Vec<String>>,
    pub(super) ignore: Option<Vec<String>>,
    pub(super) ignore_only: Option<BTreeMap<String, Option<Vec<String>>>>,
    pub(super) enum_zero_value_suffix: Option<String>,
    pub(super) service_suffix: Option<String>,
    pub(super) rpc_allow_same_request_response: Option<bool>,
    pub(super) rpc_allow_google_protobuf_empty_requests: Option<bool>,
    pub(super) rpc_allow_google_protobuf_empty_responses: Option<bool>,
    pub(super) allow_comment_ignores: Option<bool>,
    pub(super) disallow_comment_ignores: Option<bool>,
    pub(super) disable_builtin: Option<bool>,
}

#[derive(Deserialize)]
struct WireVersion {
    version: Option<String>,
}

/// The file's version and what it says.
pub(super) fn read(file: &str, text: &str) -> Result<(BufVersion, WireFile), SchemaError> {
    let peeked: WireVersion = parse(file, text)?;
    let version = match peeked.version.as_deref() {
        Some("v1beta1") => BufVersion::V1Beta1,
        Some("v1") => BufVersion::V1,
        Some("v2") => BufVersion::V2,
        other => {
            return Err(SchemaError::Refused {
                place: Place::line(file, 1),
                cause: match other {
                    Some(version) => format!("the version {version:?} is not known"),
                    None => "the file says no version".to_owned(),
                },
                hint: "begin with `version: v2`; v1 and v1beta1 are read, too".to_owned(),
            });
        }
    };
    Ok((version, parse(file, text)?))
}

fn parse<'de, T: Deserialize<'de>>(file: &str, text: &'de str) -> Result<T, SchemaError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let location = error.location();
        let narrow = |number: u64| u32::try_from(number).ok();
        SchemaError::Refused {
            place: Place {
                file: file.to_owned(),
                line: location.and_then(|at| narrow(at.line())),
                column: location.and_then(|at| narrow(at.column())),
            },
            cause: error.to_string(),
            hint: "buf's documentation lists the keys of each version".to_owned(),
        }
    })
}
