//! One field, then and now: type, presence, names, and what it says about itself.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Value};

use super::Subject;
use super::compare::{Compare, Touched};
use super::constraint;
use super::features::is_packed;
use super::fix::{Fix, FixStep};
use super::kind::{ChangeKind, Fit};
use super::matrix::{field_text, scalar, scalar_fit};
use super::pairs::Pairs;
use super::span::Span;
use crate::json_name::lower_camel;
use crate::layout::ColumnType;
use crate::ledger::Presence;
use crate::options::{FieldOptions, OptionReader, PiiClass};

/// Finds the changes from `before` to `after`, which have the same number in the same message.
pub(super) fn compare(compare: &mut Compare<'_>, before: &FieldDescriptor, after: &FieldDescriptor) {
    let then = compare.old.options.field(before);
    let now = compare.new.options.field(after);
    let mut field = Field { compare, before, after };
    field.types();
    field.presence();
    field.names(&then, &now);
    field.constraints();
    field.words(&then, &now);
}

/// Whether every old value on the wire reads as the same value of the new field.
pub(super) fn reads_the_same(pairs: &Pairs, before: &FieldDescriptor, after: &FieldDescriptor) -> bool {
    match type_change(pairs, before, after) {
        None => true,
        Some(ChangeKind::TypeChanged { fit, .. }) => fit != Fit::Neither,
        Some(_) => false,
    }
}

/// Says a change of a field that both states have.
pub(super) fn say(
    compare: &mut Compare<'_>,
    kind: ChangeKind,
    before: &FieldDescriptor,
    after: &FieldDescriptor,
    fix: Option<Fix>,
) {
    let full_name = before.parent_message().full_name().to_owned();
    let touched = Touched { side: compare.old, full_name: &full_name, member: Some((before.number(), before.name())) };
    let subject = Subject::member(after.parent_message().full_name(), after.name(), after.number());
    compare.say(kind, subject, Span::of(&after.parent_file(), after.path()), &touched, fix);
}

struct Field<'a, 'b> {
    compare: &'a mut Compare<'b>,
    before: &'a FieldDescriptor,
    after: &'a FieldDescriptor,
}

impl Field<'_, '_> {
    fn types(&mut self) {
        if let Some(kind) = type_change(self.compare.pairs, self.before, self.after) {
            let fix = matches!(kind.verdict(), super::Verdict::Blocked)
                .then(|| new_number(self.compare, self.before, self.after));
            self.say(kind, fix);
        } else if is_packed(self.before, self.compare.old.editions) != is_packed(self.after, self.compare.new.editions)
        {
            self.say(ChangeKind::PackingChanged, None);
        }
    }

    fn presence(&mut self) {
        if let Some((from, to)) = super::presence::change(self.before, self.after) {
            // Into a oneof is told as that; what was set stays set, and the ledger keeps the epoch all the same.
            let is_entering = in_oneof(self.after) && !in_oneof(self.before);
            if !is_entering {
                self.say(ChangeKind::PresenceChanged { from, to }, None);
            }
        }
        let is_one = |field: &FieldDescriptor| !field.is_list() && !field.is_map();
        if is_one(self.before) && is_one(self.after) && reads_the_same(self.compare.pairs, self.before, self.after) {
            let (from, to) = (default_text(self.before), default_text(self.after));
            if from != to {
                let fix = new_number(self.compare, self.before, self.after);
                self.say(ChangeKind::DefaultChanged { from, to }, Some(fix));
            }
        }
    }

    fn names(&mut self, then: &FieldOptions, now: &FieldOptions) {
        let (before, after) = (self.before, self.after);
        let taken: BTreeSet<String> = [after.name().to_owned(), after.json_name().to_owned()]
            .into_iter()
            .chain(now.aliases.iter().flat_map(|alias| [alias.clone(), lower_camel(alias)]))
            .collect();
        let is_custom = before.json_name() != lower_camel(before.name());
        let is_renamed = before.name() != after.name();
        // A rename brings its own name in JSON with it; what was chosen by hand has to be kept by hand.
        if before.json_name() != after.json_name() && (!is_renamed || is_custom) {
            let (from, to) = (before.json_name().to_owned(), after.json_name().to_owned());
            let aliased = taken.contains(&from);
            let text = "keep the old name in JSON as an alias";
            let fix = (!aliased).then(|| alias(&self.compare.new.options, after, &from, text));
            self.say(ChangeKind::JsonNameChanged { from, to, aliased }, fix);
        }
        for alias in then.aliases.iter().filter(|alias| !taken.contains(*alias)) {
            let until = if now.alias_until.is_empty() { &then.alias_until } else { &now.alias_until };
            let text = "keep the alias, or announce its end first: (judi.field).alias_until = \"YYYY-MM-DD\"";
            let fix = until.is_empty().then(|| self::alias(&self.compare.new.options, after, alias, text));
            self.say(ChangeKind::AliasRemoved { alias: alias.clone(), until: until.clone() }, fix);
        }
        let known: BTreeSet<&str> = then.aliases.iter().map(String::as_str).chain([before.name()]).collect();
        let message = before.parent_message();
        for alias in now.aliases.iter().filter(|alias| !known.contains(alias.as_str())) {
            let other = meant(&self.compare.old.options, message, before.number(), now.replaces, alias);
            let alias = alias.clone();
            match other {
                Some(other) => {
                    let fix = Fix::by_hand(format!("remove the alias {alias}: it meant {other}"));
                    self.say(ChangeKind::AliasTaken { alias }, Some(fix));
                }
                None => self.say(ChangeKind::AliasAdded { alias }, None),
            }
        }
        if then.replaces != now.replaces && then.replaces != 0 {
            let (message, field) = (after.parent_message().full_name().to_owned(), after.name().to_owned());
            let step = FixStep::Replaces { message, field, number: then.replaces };
            let fix = Fix::of("say again what it replaces", vec![step]);
            self.say(ChangeKind::ReplacesRemoved { replaces: then.replaces }, Some(fix));
        }
    }

    fn constraints(&mut self) {
        let was = self.compare.old.options.is_required(self.before);
        let is = self.compare.new.options.is_required(self.after);
        match (was, is) {
            (false, true) => self.say(ChangeKind::RequiredAdded, None),
            (true, false) => self.say(ChangeKind::RequiredRemoved { by_wire: self.before.is_required() }, None),
            _ => {}
        }
        let rules = (self.compare.old.options.rules(self.before), self.compare.new.options.rules(self.after));
        let (tightened, loosened) = constraint::field_rules(rules.0.as_ref(), rules.1.as_ref());
        if !tightened.is_empty() {
            self.say(ChangeKind::RulesTightened { rules: tightened }, None);
        } else if !loosened.is_empty() {
            self.say(ChangeKind::RulesLoosened { rules: loosened }, None);
        }
    }

    fn words(&mut self, then: &FieldOptions, now: &FieldOptions) {
        if then.pii != now.pii {
            self.say(ChangeKind::PiiChanged { from: pii_text(then.pii), to: pii_text(now.pii) }, None);
        }
        let deprecated = |field: &FieldDescriptor| {
            field.field_descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated())
        };
        let is_new_replacement = now.replaces != 0 && then.replaces == 0;
        let words = [
            (then.semantic_type != now.semantic_type, "semantic_type"),
            (then.replaced_by != now.replaced_by, "replaced_by"),
            (then.alias_until != now.alias_until, "alias_until"),
            (is_new_replacement, "replaces"),
            (deprecated(self.before) != deprecated(self.after), "deprecated"),
        ];
        for (_, what) in words.into_iter().filter(|(changed, _)| *changed) {
            self.say(ChangeKind::FieldWordsChanged { what }, None);
        }
    }

    fn say(&mut self, kind: ChangeKind, fix: Option<Fix>) {
        say(self.compare, kind, self.before, self.after, fix);
    }
}

/// The way to keep a name: an alias, unless another field is called so today.
pub(super) fn alias(options: &OptionReader, field: &FieldDescriptor, alias: &str, text: &str) -> Fix {
    let message = field.parent_message();
    let is_called = |other: &FieldDescriptor| {
        let aliases = options.field(other).aliases;
        other.name() == alias
            || other.json_name() == alias
            || aliases.iter().any(|name| name == alias || lower_camel(name) == alias)
    };
    if let Some(other) = message.fields().find(|other| other.number() != field.number() && is_called(other)) {
        let other = other.name();
        return Fix::by_hand(format!(
            "{alias} is a name of {other} now: take it away there, and keep it here as an alias"
        ));
    }
    let (message, field) = (message.full_name().to_owned(), field.name().to_owned());
    Fix::of(text, vec![FixStep::FieldAlias { message, field, alias: alias.to_owned() }])
}

/// The way out of a change that the number cannot carry: a number of its own, and the old one reserved.
pub(super) fn new_number(compare: &mut Compare<'_>, before: &FieldDescriptor, after: &FieldDescriptor) -> Fix {
    let message = after.parent_message();
    let fresh = compare.fresh_number(before.parent_message(), message);
    let (message, field, number) = (message.full_name().to_owned(), after.name().to_owned(), after.number());
    let steps = vec![
        FixStep::Number { message: message.clone(), field: field.clone(), number: fresh },
        FixStep::Replaces { message: message.clone(), field, number },
        FixStep::Reserve { message, numbers: vec![number..=number], names: Vec::new() },
    ];
    Fix::of(format!("give the field the number {fresh}, which replaces {number}"), steps)
}

/// What a name of a field's meant in the old message other than that field: JSON and SQL that still use it would be
/// read as the field. `replaces` says which one may be.
pub(super) fn meant(
    options: &OptionReader,
    message: &MessageDescriptor,
    number: u32,
    replaces: u32,
    name: &str,
) -> Option<String> {
    let is = |known: &str| known == name || lower_camel(known) == name || known == lower_camel(name);
    let is_called = |field: &FieldDescriptor| {
        is(field.name()) || field.json_name() == name || options.field(field).aliases.iter().any(|alias| is(alias))
    };
    let mut others = message.fields().filter(|field| field.number() != number && field.number() != replaces);
    if let Some(other) = others.find(is_called) {
        return Some(format!("the field {}", other.name()));
    }
    // What a reserved name meant, the number in `replaces` says that it takes over.
    let is_reserved = replaces == 0 && message.reserved_names().any(is);
    is_reserved.then(|| "a field that is gone".to_owned())
}

/// Whether the field is in a oneof that people wrote.
pub(super) fn in_oneof(field: &FieldDescriptor) -> bool {
    field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic())
}

fn type_change(pairs: &Pairs, before: &FieldDescriptor, after: &FieldDescriptor) -> Option<ChangeKind> {
    let texts = || (field_text(before), field_text(after));
    if (before.is_list(), before.is_map()) != (after.is_list(), after.is_map()) {
        let (from, to) = texts();
        return Some(ChangeKind::CardinalityChanged { from, to });
    }
    let (kind, fit) = match (before.kind(), after.kind()) {
        (Kind::Message(then), Kind::Message(now)) if before.is_map() => {
            let (key_then, key_now) = (then.map_entry_key_field().kind(), now.map_entry_key_field().kind());
            let (value_then, value_now) = (then.map_entry_value_field().kind(), now.map_entry_value_field().kind());
            let key = kind_fit(pairs, &key_then, &key_now, |element| ColumnType::Map(element, element));
            let value = kind_fit(pairs, &value_then, &value_now, ColumnType::List);
            (key.is_some() || value.is_some(), worse(key, value))
        }
        (then, now) => {
            let column = if before.is_list() { ColumnType::List } else { ColumnType::One };
            let fit = kind_fit(pairs, &then, &now, column);
            (fit.is_some(), fit.unwrap_or(Fit::Column))
        }
    };
    if kind {
        let (from, to) = texts();
        return Some(ChangeKind::TypeChanged { from, to, fit });
    }
    let encoding = |field: &FieldDescriptor| if field.is_group() { "group" } else { "message" }.to_owned();
    (before.is_group() != after.is_group())
        .then(|| ChangeKind::EncodingChanged { from: encoding(before), to: encoding(after) })
}

/// How two types of values stand to each other; `None`: they are the same.
fn kind_fit(
    pairs: &Pairs,
    before: &Kind,
    after: &Kind,
    column: impl Fn(crate::layout::Element) -> ColumnType,
) -> Option<Fit> {
    match (before, after) {
        (Kind::Message(then), Kind::Message(now)) => {
            (!pairs.is_same_message(then.full_name(), now.full_name())).then_some(Fit::Neither)
        }
        (Kind::Enum(then), Kind::Enum(now)) => {
            (!pairs.is_same_enum(then.full_name(), now.full_name())).then_some(Fit::Neither)
        }
        (then, now) => match (scalar(then), scalar(now)) {
            (Some(then), Some(now)) if then == now => None,
            (Some(then), Some(now)) => Some(scalar_fit(then, now, column)),
            _ => Some(Fit::Neither),
        },
    }
}

fn worse(a: Option<Fit>, b: Option<Fit>) -> Fit {
    let rank = |fit: &Fit| match fit {
        Fit::Column => 0,
        Fit::Generation => 1,
        Fit::Neither => 2,
    };
    [a, b].into_iter().flatten().max_by_key(rank).unwrap_or(Fit::Column)
}

/// What absence reads as.
fn default_text(field: &FieldDescriptor) -> String {
    match field.default_value() {
        Value::Bool(value) => value.to_string(),
        Value::I32(value) | Value::EnumNumber(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => format!("{value:?}"),
        Value::F64(value) => format!("{value:?}"),
        Value::String(value) => format!("{value:?}"),
        Value::Bytes(value) => format!("{value:?}"),
        Value::Message(_) | Value::List(_) | Value::Map(_) => String::new(),
    }
}

const fn pii_text(class: PiiClass) -> &'static str {
    match class {
        PiiClass::Unspecified => "not said",
        PiiClass::None => "none",
        PiiClass::Pseudonymous => "pseudonymous",
        PiiClass::Personal => "personal",
        PiiClass::Sensitive => "sensitive",
    }
}

/// What the presence of a field that is one value is.
pub(super) fn presence_of(field: &FieldDescriptor) -> Option<Presence> {
    let is_one = !field.is_list() && !field.is_map() && !matches!(field.kind(), Kind::Message(_));
    let presence = if field.supports_presence() { Presence::Explicit } else { Presence::Implicit };
    is_one.then_some(presence)
}
