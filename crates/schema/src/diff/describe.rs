//! A change in one sentence.

use super::Subject;
use super::kind::{ChangeKind, Fit};

pub(super) fn sentence(kind: &ChangeKind, subject: &Subject) -> String {
    use ChangeKind as K;
    let Subject { full_name, member, number } = subject;
    let field = format!("{member} ({number}) of {full_name}");
    let stated = |stated: &bool| if *stated { "" } else { ", which nothing says" };
    match kind {
        K::EventAdded => format!("the event {full_name} is new"),
        K::EventReturned => format!("the event {full_name} is back"),
        K::EventDeleted => format!("the event {full_name} is gone"),
        K::EventRenamed { from, to } => format!("the event {from} is called {to}; an event keeps its name"),
        K::EventMessageChanged { from, to } => format!("the event {full_name} is {to}, and was {from}"),
        K::EventIdChanged { from, to } => format!("the event {full_name} has the id {from} for ever, not {to}"),
        K::EventWordsChanged { what } => format!("the event {full_name} has another {what}"),
        K::MessageAdded => format!("the message {full_name} is new"),
        K::MessageDeleted => format!("the message {full_name} is gone"),
        K::MessageMoved { from, stated: it } => format!("the message {full_name} was {from}{}", stated(it)),
        K::EnumMoved { from, stated: it } => format!("the enum {full_name} was {from}{}", stated(it)),
        K::PackageChanged { from, to } => format!("the package {} is {}", shown(from), shown(to)),
        K::MessageRulesChanged { tightened: true } => format!("the rules of {full_name} refuse more"),
        K::MessageRulesChanged { .. } => format!("the rules of {full_name} let through more"),
        K::FieldAdded { oneof: None } => format!("{field} is new"),
        K::FieldAdded { oneof: Some(oneof) } => format!("{field} is new, in the oneof {oneof}"),
        K::FieldDeleted { number_reserved, name_reserved } => {
            format!("{field} is gone; {}", reserved(*number_reserved, *name_reserved))
        }
        K::NumberReused { was } => format!("{field} has the number of {was}"),
        K::NameReused { name } => format!("{field} is called {name}, which meant something else"),
        K::FieldReplaced { replaces, was } => format!("{field} replaces {replaces} ({was})"),
        K::ReplacesRemoved { replaces } => format!("{field} no longer says that it replaces {replaces}"),
        K::FieldRenumbered { from, .. } => format!("{field} had the number {from}"),
        K::FieldRenamed { from, aliased, .. } => format!("{field} was called {from}; {}", kept(*aliased)),
        K::JsonNameChanged { from, to, aliased } => {
            format!("{field} is {to} in JSON, and was {from}; {}", kept(*aliased))
        }
        K::AliasAdded { alias } => format!("{field} has the alias {alias}"),
        K::AliasTaken { alias } => format!("{field} has the alias {alias}, which meant something else"),
        K::AliasRemoved { alias, until } if until.is_empty() => format!("{field} has lost the alias {alias}"),
        K::AliasRemoved { alias, until } => format!("{field} has lost the alias {alias}, announced until {until}"),
        K::TypeChanged { from, to, fit: Fit::Neither } => format!("{field} is {to}, and was {from}"),
        K::TypeChanged { from, to, .. } => format!("{field} is widened from {from} to {to}"),
        K::CardinalityChanged { from, to } | K::EncodingChanged { from, to } => {
            format!("{field} is {to}, and was {from}")
        }
        K::PackingChanged => format!("{field} is packed another way"),
        K::PresenceChanged { from, to } => format!("{field} has {to} presence, and had {from}"),
        K::DefaultChanged { from, to } => format!("{field} defaults to {to}, and did to {from}"),
        K::RequiredAdded => format!("{field} must be set"),
        K::RequiredRemoved { .. } => format!("{field} need not be set any more"),
        K::RulesTightened { rules } => format!("{field} must satisfy more: {}", rules.join(", ")),
        K::RulesLoosened { rules } => format!("{field} must satisfy less: {}", rules.join(", ")),
        K::PiiChanged { from, to } => format!("{field} is of the PII class {to}, and was {from}"),
        K::FieldWordsChanged { what } => format!("{field} says another {what}"),
        K::OneofAdded { oneof } => format!("{field} is in the new oneof {oneof}"),
        K::OneofMerged { oneof } => format!("{field} is in the oneof {oneof} with fields that could be set beside it"),
        K::OneofEntered { oneof } => format!("{field} is in the oneof {oneof}, which was there without it"),
        K::OneofLeft { oneof } => format!("{field} is no longer in the oneof {oneof}"),
        K::OneofRenamed { from, to } => format!("the oneof {from} of {full_name} is called {to}"),
        K::ReservedAdded { what } => format!("{full_name} reserves {what}"),
        K::ReservedRemoved { what } => format!("{full_name} no longer reserves {what}"),
        K::EnumAdded => format!("the enum {full_name} is new"),
        K::EnumDeleted => format!("the enum {full_name} is gone"),
        K::EnumOpennessChanged { closed } => {
            format!("the enum {full_name} is {}", if *closed { "closed" } else { "open" })
        }
        K::EnumValueAdded => format!("{field} is new"),
        K::EnumValueDeleted { number_reserved, name_reserved } => {
            format!("{field} is gone; {}", reserved(*number_reserved, *name_reserved))
        }
        K::EnumValueRenamed { from, aliased, .. } => format!("{field} was called {from}; {}", kept(*aliased)),
        K::EnumValueRenumbered { from, .. } => format!("{field} had the number {from}"),
        K::EnumSynonymAdded => format!("{field} is one more name of its number"),
        K::EnumSynonymRemoved => format!("{field} is no longer a name of its number"),
        K::ValueAliasAdded { alias } => format!("{field} has the alias {alias}"),
        K::ValueAliasRemoved { alias } => format!("{field} has lost the alias {alias}"),
    }
}

fn reserved(number: bool, name: bool) -> &'static str {
    match (number, name) {
        (true, true) => "its number and name are reserved",
        (true, false) => "its name is not reserved",
        (false, true) => "its number is not reserved",
        (false, false) => "neither its number nor its name is reserved",
    }
}

const fn kept(aliased: bool) -> &'static str {
    if aliased { "the old name is an alias" } else { "the old name is no alias" }
}

fn shown(package: &str) -> &str {
    if package.is_empty() { "without a name" } else { package }
}
