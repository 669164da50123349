//! Reads `schema/segment.toml`; every error has a place, a cause and a hint.
//!
//! ```toml
//! [track."Article Read"]                     # also [page], [screen], [identify], [group], [alias]
//! event = "article_view"
//! properties = { id = "article_id", path = "context.page_path" }      # of identify and group: traits
//! call = { "context.screen.width" = "screen_width" }                  # from anywhere in the call
//! drop = ["experiment"]                                               # not kept
//!
//! [context]                                  # for every call
//! "context.app.build" = "app_version"
//! ```
//!
//! A target is a field of the event, `context.` and a field of the context, or a table that says more:
//! `{ field = "visible_ms", convert = "seconds_to_ms" }`, `{ field = "channel", values = { fb = "SOCIAL" } }`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::call::CallKind;
use super::mapping::{Convert, MAPPING_FILE, Mapping, Places, Rule, Target};
use super::targets::ContextField;
use crate::error::{Place, SchemaError};
use crate::front::line_and_column;
use crate::nearest::nearest;

/// What stands before the name of a field of the context.
const CONTEXT_PREFIX: &str = "context.";

/// Paths whose values are never stored, so that no mapping can ask for them.
const NEVER_STORED: [&str; 3] = ["context.ip", "context.userAgent", "context.userAgentData"];

/// Reads the text of a mapping.
///
/// # Errors
/// [`SchemaError::Refused`] with file, line and column.
pub fn parse(text: &str) -> Result<Mapping, SchemaError> {
    let reader = Reader { text };
    let table = DeTable::parse(text).map_err(|error| {
        let cause = error.message().to_owned();
        reader.refuse(&error.span().unwrap_or(0..0), cause, "see docs/reference/segment.md for what it may say")
    })?;
    let mut mapping = Mapping::default();
    for (name, value) in table.get_ref() {
        match name.get_ref().as_ref() {
            "track" => {
                for (track, rule) in reader.table(value, "a table of track names")? {
                    let rule = reader.rule(CallKind::Track, track.span(), rule)?;
                    mapping.tracks.insert(track.get_ref().to_string(), rule);
                }
            }
            "context" => mapping.context = reader.context(value)?,
            other => match CallKind::of_name(other) {
                Some(kind) => _ = mapping.kinds.insert(kind, reader.rule(kind, name.span(), value)?),
                None => return Err(reader.unknown_key(name, &SECTIONS)),
            },
        }
    }
    Ok(mapping)
}

const SECTIONS: [&str; 7] = ["track", "page", "screen", "identify", "group", "alias", "context"];
const TARGET_KEYS: [&str; 3] = ["field", "convert", "values"];

type Name<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

/// Refuses what is wrong in `text`.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
}

impl Reader<'_> {
    pub(super) fn refuse(&self, span: &Range<usize>, cause: impl Into<String>, hint: impl Into<String>) -> SchemaError {
        let (line, column) = line_and_column(self.text, span.start);
        let place = Place { file: MAPPING_FILE.to_owned(), line: Some(line), column: Some(column) };
        SchemaError::Refused { place, cause: cause.into(), hint: hint.into() }
    }

    fn rule(&self, kind: CallKind, at: Range<usize>, value: &Value<'_>) -> Result<Rule, SchemaError> {
        let mut rule = Rule::default();
        let bag = kind.bag();
        let keys: Vec<&str> = ["event", bag, "call", "drop"].into_iter().filter(|key| !key.is_empty()).collect();
        for (name, value) in self.table(value, "a table with `event`")? {
            match name.get_ref().as_ref() {
                "event" => {
                    rule.event = self.text(value, "the name of an event")?.to_owned();
                    rule.places.event = value.span().start;
                }
                "call" => rule.call = self.targets(value, &mut rule.places, true)?,
                "drop" => rule.dropped = self.names(value)?,
                key if key == bag => rule.bag = self.targets(value, &mut rule.places, false)?,
                _ => return Err(self.unknown_key(name, &keys)),
            }
        }
        if rule.event.is_empty() {
            return Err(self.refuse(&at, "the rule names no event", "say which event the call becomes: event = \"…\""));
        }
        self.refuse_twice(&rule, &at)?;
        Ok(rule)
    }

    /// One field has one source: of two, which one counts would be a matter of luck. A member that is said both among
    /// the properties and beside them is one.
    fn refuse_twice(&self, rule: &Rule, at: &Range<usize>) -> Result<(), SchemaError> {
        let mut sources: BTreeMap<String, &str> = BTreeMap::new();
        for (source, target) in rule.bag.iter().chain(&rule.call) {
            let target = match target {
                Target::Field { field, .. } => field.clone(),
                Target::Context(field) => format!("{field:?}"),
            };
            if let Some(other) = sources.insert(target.clone(), source).filter(|other| other != source) {
                let cause = format!("both {other:?} and {source:?} go to {target}");
                let start = rule.places.targets.get(&target).copied().unwrap_or(at.start);
                return Err(self.refuse(
                    &(start..start),
                    cause,
                    "keep one of them, or give the other a field of its own",
                ));
            }
        }
        Ok(())
    }

    fn targets(
        &self,
        value: &Value<'_>,
        places: &mut Places,
        whole_call: bool,
    ) -> Result<BTreeMap<String, Target>, SchemaError> {
        let mut targets = BTreeMap::new();
        for (source, value) in self.table(value, "a table: from = \"to\"")? {
            if whole_call {
                self.refuse_never_stored(source)?;
            }
            let target = self.target(value)?;
            if let Target::Field { field, .. } = &target {
                places.targets.entry(field.clone()).or_insert(value.span().start);
            }
            targets.insert(source.get_ref().to_string(), target);
        }
        Ok(targets)
    }

    fn target(&self, value: &Value<'_>) -> Result<Target, SchemaError> {
        if let DeValue::String(name) = value.get_ref() {
            return self.target_of_name(name, value.span());
        }
        let (mut field, mut convert, mut values) = (None, None, BTreeMap::new());
        for (name, value) in self.table(value, "the name of a field, or a table with `field`")? {
            match name.get_ref().as_ref() {
                "field" => field = Some(self.target_of_name(self.text(value, "the name of a field")?, value.span())?),
                "convert" => convert = Some(self.convert(value)?),
                "values" => {
                    for (from, to) in self.table(value, "a table: text = \"other text\"")? {
                        values.insert(from.get_ref().to_string(), self.text(to, "text")?.to_owned());
                    }
                }
                _ => return Err(self.unknown_key(name, &TARGET_KEYS)),
            }
        }
        match field {
            Some(Target::Field { field, .. }) => Ok(Target::Field { field, convert, values }),
            Some(context) if convert.is_none() && values.is_empty() => Ok(context),
            Some(_) => Err(self.refuse(
                &value.span(),
                "the context takes text as it is",
                "leave out `convert` and `values`, or map it to a field of the event",
            )),
            None => Err(self.refuse(&value.span(), "the target names no field", "say which: field = \"…\"")),
        }
    }

    fn target_of_name(&self, name: &str, span: Range<usize>) -> Result<Target, SchemaError> {
        let Some(context) = name.strip_prefix(CONTEXT_PREFIX) else {
            if name.is_empty() {
                return Err(self.refuse(&span, "the target is empty", "to keep nothing of it, list it in `drop`"));
            }
            return Ok(Target::Field { field: name.to_owned(), convert: None, values: BTreeMap::new() });
        };
        self.context_field(context, span).map(Target::Context)
    }

    fn context_field(&self, name: &str, span: Range<usize>) -> Result<ContextField, SchemaError> {
        ContextField::of_name(name).ok_or_else(|| {
            let names = ContextField::ALL.map(|(name, _)| name);
            let cause = format!("the context has no field {name:?} that a mapping may fill");
            self.refuse(&span, cause, hint(name, &names))
        })
    }

    fn context(&self, value: &Value<'_>) -> Result<Vec<(String, ContextField)>, SchemaError> {
        let mut fields = Vec::new();
        let mut taken = BTreeSet::new();
        for (source, value) in self.table(value, "a table: path = \"field of the context\"")? {
            self.refuse_never_stored(source)?;
            let field = self.context_field(self.text(value, "a field of the context")?, value.span())?;
            if !taken.insert(field) {
                let cause = format!("{:?} is filled twice", value.get_ref().as_str().unwrap_or_default());
                return Err(self.refuse(&value.span(), cause, "keep one of them"));
            }
            fields.push((source.get_ref().to_string(), field));
        }
        Ok(fields)
    }

    fn refuse_never_stored(&self, source: &Name<'_>) -> Result<(), SchemaError> {
        let name = source.get_ref().as_ref();
        if NEVER_STORED
            .iter()
            .any(|never| name == *never || name.strip_prefix(never).is_some_and(|it| it.starts_with('.')))
        {
            let cause = format!("{name:?} is never stored");
            return Err(self.refuse(
                &source.span(),
                cause,
                "addresses and user agents stay out of the tables; remove the line",
            ));
        }
        Ok(())
    }

    fn convert(&self, value: &Value<'_>) -> Result<Convert, SchemaError> {
        let name = self.text(value, "the name of a conversion")?;
        Convert::of_name(name).ok_or_else(|| {
            let names = Convert::ALL.map(|(name, _)| name);
            self.refuse(&value.span(), format!("there is no conversion {name:?}"), hint(name, &names))
        })
    }

    fn names(&self, value: &Value<'_>) -> Result<BTreeSet<String>, SchemaError> {
        let Some(list) = value.get_ref().as_array() else {
            return Err(self.wrong_type(value, "a list of names"));
        };
        list.iter().map(|name| self.text(name, "a name").map(str::to_owned)).collect()
    }

    fn table<'v, 'a>(&self, value: &'v Value<'a>, expected: &str) -> Result<&'v DeTable<'a>, SchemaError> {
        value.get_ref().as_table().ok_or_else(|| self.wrong_type(value, expected))
    }

    fn text<'v>(&self, value: &'v Value<'_>, expected: &str) -> Result<&'v str, SchemaError> {
        value.get_ref().as_str().ok_or_else(|| self.wrong_type(value, expected))
    }

    fn wrong_type(&self, value: &Value<'_>, expected: &str) -> SchemaError {
        let cause = format!("expected {expected}, found {}", value.get_ref().type_str());
        self.refuse(&value.span(), cause, "see docs/reference/segment.md for what it may say")
    }

    fn unknown_key(&self, name: &Name<'_>, known: &[&str]) -> SchemaError {
        let key = name.get_ref().as_ref();
        self.refuse(&name.span(), format!("there is no key `{key}` here"), hint(key, known))
    }
}

/// "Did you mean", else all there is.
pub(super) fn hint(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}", known.join(", ")),
    }
}
