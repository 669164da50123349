//! What a change does on every surface that the schema has: wire, JSON, generated code, column, saved SQL.

mod declarations;
mod field;

use serde::Serialize;

use super::Subject;
use super::kind::ChangeKind;
use declarations::{declaration, event, value};
use field::{field, name, oneof, retyped, rules};

/// Where a change can be felt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it; the four languages are those of the SDKs")]
pub enum Surface {
    Wire,
    Json,
    Js,
    Go,
    Java,
    Swift,
    Column,
    Sql,
}

/// How it is felt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Not at all.
    Same,
    /// Something is new beside what was there.
    Grows,
    /// What was there is there in another way: who relies on it has to look.
    Changes,
    /// What was there is gone, refused, or means something else.
    Breaks,
}

/// What a change does on one surface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SurfaceEffect {
    /// The surface.
    pub surface: Surface,
    /// How it is felt.
    pub effect: Effect,
    /// In words.
    pub text: String,
}

const LANGUAGES: [Surface; 4] = [Surface::Js, Surface::Go, Surface::Java, Surface::Swift];

type Felt = (Effect, String);

/// The effects of a change, a surface each.
struct Row {
    wire: Felt,
    json: Felt,
    /// By language, in the order of [`LANGUAGES`].
    code: [Felt; 4],
    column: Felt,
    sql: Felt,
}

/// What a change does, on every surface in the order of [`Surface`].
pub(super) fn effects(kind: &ChangeKind, subject: &Subject) -> Vec<SurfaceEffect> {
    let row = row(kind, subject);
    let felt = |surface, (effect, text): Felt| SurfaceEffect { surface, effect, text };
    let mut all = vec![felt(Surface::Wire, row.wire), felt(Surface::Json, row.json)];
    all.extend(LANGUAGES.into_iter().zip(row.code).map(|(surface, it)| felt(surface, it)));
    all.extend([felt(Surface::Column, row.column), felt(Surface::Sql, row.sql)]);
    all
}

fn row(kind: &ChangeKind, subject: &Subject) -> Row {
    use ChangeKind as K;
    match kind {
        K::EventAdded
        | K::EventReturned
        | K::EventDeleted
        | K::EventRenamed { .. }
        | K::EventMessageChanged { .. }
        | K::EventIdChanged { .. }
        | K::EventWordsChanged { .. } => event(kind, &subject.full_name),
        K::MessageAdded
        | K::MessageDeleted
        | K::MessageMoved { .. }
        | K::PackageChanged { .. }
        | K::EnumAdded
        | K::EnumDeleted
        | K::EnumMoved { .. }
        | K::MessageRulesChanged { .. }
        | K::ReservedAdded { .. }
        | K::ReservedRemoved { .. } => declaration(kind, subject),
        K::EnumOpennessChanged { .. }
        | K::EnumValueAdded
        | K::EnumValueDeleted { .. }
        | K::EnumValueRenamed { .. }
        | K::EnumValueRenumbered { .. }
        | K::EnumSynonymAdded
        | K::EnumSynonymRemoved
        | K::ValueAliasAdded { .. }
        | K::ValueAliasRemoved { .. } => value(kind, &subject.member),
        K::OneofAdded { .. }
        | K::OneofMerged { .. }
        | K::OneofEntered { .. }
        | K::OneofLeft { .. }
        | K::OneofRenamed { .. } => oneof(kind, &subject.member),
        K::RequiredAdded | K::RequiredRemoved { .. } | K::RulesTightened { .. } | K::RulesLoosened { .. } => {
            rules(kind)
        }
        K::FieldRenamed { .. }
        | K::JsonNameChanged { .. }
        | K::AliasAdded { .. }
        | K::AliasTaken { .. }
        | K::NameReused { .. }
        | K::AliasRemoved { .. } => name(kind),
        K::TypeChanged { from, to, fit } => retyped(from, to, *fit),
        _ => field(kind, subject),
    }
}

const fn same() -> Felt {
    (Effect::Same, String::new())
}

fn grows(text: impl Into<String>) -> Felt {
    (Effect::Grows, text.into())
}

fn changes(text: impl Into<String>) -> Felt {
    (Effect::Changes, text.into())
}

fn breaks(text: impl Into<String>) -> Felt {
    (Effect::Breaks, text.into())
}

fn all(felt: Felt) -> [Felt; 4] {
    [felt.clone(), felt.clone(), felt.clone(), felt]
}

const fn nothing() -> Row {
    Row { wire: same(), json: same(), code: [same(), same(), same(), same()], column: same(), sql: same() }
}
