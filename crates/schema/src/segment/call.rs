//! One call as it was sent: its members, without a tree of their values.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::json::output::quote;
use crate::verdict::{Reason, Violation};

/// Members of `context` that say where and by what a person was online: they are not kept.
const NEVER_KEPT: [&str; 3] = ["ip", "userAgent", "userAgentData"];

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Segment's")]
pub enum CallKind {
    Track,
    Page,
    Screen,
    Identify,
    Group,
    Alias,
}

/// A JSON object by its members, each as the text that it came as; of a member that is given twice the last counts.
#[derive(Debug, Clone, Default)]
pub struct Members<'a>(BTreeMap<String, &'a RawValue>);

/// A call.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// What it is.
    pub kind: CallKind,
    /// Everything that it says.
    pub members: Members<'a>,
}

impl CallKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Track, Self::Page, Self::Screen, Self::Identify, Self::Group, Self::Alias];

    /// The word of paths and of the member `type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Identify => "identify",
            Self::Group => "group",
            Self::Alias => "alias",
        }
    }

    /// The kind of this word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The member that holds what the caller says: `properties`, or `traits`; an alias has neither.
    #[must_use]
    pub const fn bag(self) -> &'static str {
        match self {
            Self::Track | Self::Page | Self::Screen => "properties",
            Self::Identify | Self::Group => "traits",
            Self::Alias => "",
        }
    }

    /// Members beside the bag that fill a field of their own name.
    pub(super) const fn own_members(self) -> &'static [&'static str] {
        match self {
            Self::Track | Self::Identify => &[],
            Self::Page | Self::Screen => &["name", "category"],
            Self::Group => &["groupId"],
            Self::Alias => &["previousId"],
        }
    }
}

impl<'a> Members<'a> {
    /// The members of an object; `None` for any other value.
    #[must_use]
    pub fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self)
    }

    /// A member that is not null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null")
    }

    /// An object among the members.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Self> {
        self.get(name).and_then(Self::of)
    }

    /// A member as text: text, or a number or truth as they are written. `None` for nothing, lists and objects.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(text_of)
    }

    /// What stands at a path of names, from here; `None` for nothing and null. A name that holds dots itself is found
    /// before the path that it looks like.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&'a str> {
        if let Some(value) = self.get(path) {
            return Some(value);
        }
        let (first, rest) = path.split_once('.')?;
        self.object(first)?.at(rest)
    }

    /// The members that are not null, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, raw)| (name.as_str(), raw.get())).filter(|(_, raw)| *raw != "null")
    }
}

impl<'a> Call<'a> {
    /// Reads a call. Its kind is what its `type` says, else `kind`, which its path said.
    ///
    /// # Errors
    /// `undecodable` for what is no JSON object, `invalid_payload` for a kind that is missing or unknown.
    pub fn read(json: &'a str, kind: Option<CallKind>) -> Result<Self, Violation> {
        let members: Members<'a> = match serde_json::from_str(json) {
            Ok(members) => Members(members),
            Err(error) => return Err(violation(Reason::Undecodable, "", format!("not a call: {error}"))),
        };
        let kind = match (members.text("type"), kind) {
            (None, Some(kind)) => kind,
            (None, None) => {
                let detail = "the call does not say whether it is track, page, screen, identify, group or alias";
                return Err(violation(Reason::InvalidPayload, "type", detail.to_owned()));
            }
            (Some(name), _) => CallKind::of_name(&name).ok_or_else(|| {
                let name: String = name.chars().take(40).collect();
                let detail = format!("expected track, page, screen, identify, group or alias, got {name:?}");
                violation(Reason::InvalidPayload, "type", detail)
            })?,
        };
        Ok(Self { kind, members })
    }

    /// The name that the caller gave: of a track call its event's, else the kind's.
    #[must_use]
    pub fn name(&self) -> Cow<'a, str> {
        match self.kind {
            CallKind::Track => self.members.text("event").unwrap_or_default(),
            kind => Cow::Borrowed(kind.as_str()),
        }
    }

    /// Members beside the bag that fill a field of their own name.
    #[must_use]
    pub const fn own_members(&self) -> &'static [&'static str] {
        self.kind.own_members()
    }

    /// What the caller says of it: its properties or traits. RudderStack's libraries put a person's traits into the
    /// context.
    #[must_use]
    pub fn bag(&self) -> Members<'a> {
        let bag = self.members.object(self.kind.bag()).unwrap_or_default();
        if self.kind == CallKind::Identify && bag.0.is_empty() {
            return self.members.object("context").and_then(|context| context.object("traits")).unwrap_or_default();
        }
        bag
    }

    /// The call as it is kept: with its kind, without its write key and without what Judi never stores (the address and
    /// the browser in `context`).
    #[must_use]
    pub fn kept(&self) -> String {
        written(&self.members, Some(&format!("\"{}\"", self.kind.as_str())))
    }
}

/// What is kept of what may be no call: the object as [`Call::kept`] has it, and anything else as it came.
#[must_use]
pub fn kept(json: &str, kind: Option<CallKind>) -> String {
    let Some(members) = Members::of(json) else { return json.to_owned() };
    match (members.get("type"), kind) {
        (None, Some(kind)) => Call { kind, members }.kept(),
        (own, _) => written(&members, own),
    }
}

fn written(members: &Members<'_>, kind: Option<&str>) -> String {
    let mut json = "{".to_owned();
    if let Some(kind) = kind {
        member(&mut json, "type", kind);
    }
    for (name, raw) in members.iter() {
        match name {
            "type" | "writeKey" => {}
            "context" => match Members::of(raw) {
                Some(context) => member(&mut json, name, &without_traces(&context)),
                None => member(&mut json, name, raw),
            },
            _ => member(&mut json, name, raw),
        }
    }
    json.push('}');
    json
}

/// Text of a JSON text, number or truth.
pub(super) fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(raw).ok().map(Cow::Owned),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(raw)),
    }
}

/// Appends a member to an object that is not closed yet.
pub(super) fn member(json: &mut String, name: &str, raw: &str) {
    if !json.ends_with('{') {
        json.push(',');
    }
    quote(name, json);
    json.push(':');
    json.push_str(raw);
}

fn without_traces(context: &Members<'_>) -> String {
    let mut json = "{".to_owned();
    for (name, raw) in context.iter().filter(|(name, _)| !NEVER_KEPT.contains(name)) {
        member(&mut json, name, raw);
    }
    json.push('}');
    json
}

fn violation(reason: Reason, field: &str, detail: String) -> Violation {
    Violation { reason, field: field.to_owned(), detail }
}
