//! Every kind of change that Judi tells apart, with its verdict and what it does to the version's number.
//!
//! The two tables here, [`ChangeKind::verdict`] and [`ChangeKind::bump`], are Judi's whole opinion; the rest of
//! [`crate::diff`] finds out which kind a change is.

use std::fmt;

use serde::Serialize;

use crate::ledger::{Bump, Presence};

/// What Judi answers to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// No value that was ever sent is lost, changed or read as another, by old readers and new.
    Safe,
    /// The table loses nothing, and somebody has to know or to act: [`crate::diff::Change::surfaces`] says who.
    Guarded,
    /// Something would be lost, or read as something else. It is not published.
    Blocked,
}

/// How the values of one type stand to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Old bytes read as the same values, and the column holds both.
    Column,
    /// Old bytes read as the same values; the column gets a second generation.
    Generation,
    /// Old bytes read as something else, or not at all, or the column cannot hold both.
    Neither,
}

/// A change, with what its verdict depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "`from` and `to` are the texts before and after; the rest is said at the variant")]
pub enum ChangeKind {
    /// A new event.
    EventAdded,
    /// An event that an earlier version had and the previous one lacked; it is compared with that version.
    EventReturned,
    /// An event is gone: its columns and its view stay, what senders still send goes to quarantine.
    EventDeleted,
    /// The same message is an event of another name.
    EventRenamed {
        from: String,
        to: String,
    },
    /// The same event is another message, and the old one is still there.
    EventMessageChanged {
        from: String,
        to: String,
    },
    /// `(judi.event).id` says another number.
    EventIdChanged {
        from: u32,
        to: u32,
    },
    /// Owner or description.
    EventWordsChanged {
        what: &'static str,
    },
    MessageAdded,
    MessageDeleted,
    /// A message has another full name; `stated`: by `moved_from`.
    MessageMoved {
        from: String,
        stated: bool,
    },
    /// All messages of a package have moved to another.
    PackageChanged {
        from: String,
        to: String,
    },
    /// `buf.validate` rules of a whole message.
    MessageRulesChanged {
        tightened: bool,
    },
    /// A field with a number and a name that were never used; `oneof`: what it is a member of.
    FieldAdded {
        oneof: Option<String>,
    },
    /// A field is gone; are its number and its name reserved (or, the name, taken over by what replaces it)?
    FieldDeleted {
        number_reserved: bool,
        name_reserved: bool,
    },
    /// A field has a number that another one had; `was`: what is known of that one.
    NumberReused {
        was: String,
    },
    /// A name that meant another field or value, in JSON or in SQL.
    NameReused {
        name: String,
    },
    /// A new field says that it `replaces` another one.
    FieldReplaced {
        replaces: u32,
        was: String,
    },
    /// A field no longer says what it replaces, so views lose the old one's values.
    ReplacesRemoved {
        replaces: u32,
    },
    /// The same name with another number.
    FieldRenumbered {
        from: u32,
        to: u32,
    },
    /// The same number with another name; `aliased`: the old one is an alias.
    FieldRenamed {
        from: String,
        to: String,
        aliased: bool,
    },
    /// The name in JSON; `aliased`: the old one is taken still.
    JsonNameChanged {
        from: String,
        to: String,
        aliased: bool,
    },
    AliasAdded {
        alias: String,
    },
    /// An alias that was another field's name, though this field does not replace that one.
    AliasTaken {
        alias: String,
    },
    /// An alias is gone; `until`: the last day that was announced for it, or is now; empty: none.
    AliasRemoved {
        alias: String,
        until: String,
    },
    /// Another type of values.
    TypeChanged {
        from: String,
        to: String,
        fit: Fit,
    },
    /// One value, many, or a map.
    CardinalityChanged {
        from: String,
        to: String,
    },
    /// Group or delimited message.
    EncodingChanged {
        from: String,
        to: String,
    },
    /// Packed or not; everybody reads both.
    PackingChanged,
    PresenceChanged {
        from: Presence,
        to: Presence,
    },
    /// What absence means to readers.
    DefaultChanged {
        from: String,
        to: String,
    },
    /// The field must be set now.
    RequiredAdded,
    /// It need not any more; `by_wire`: proto2's `required`, whose old readers refuse what lacks it.
    RequiredRemoved {
        by_wire: bool,
    },
    /// `buf.validate` refuses more than before, or nobody can tell that it does not.
    RulesTightened {
        rules: Vec<String>,
    },
    RulesLoosened {
        rules: Vec<String>,
    },
    PiiChanged {
        from: &'static str,
        to: &'static str,
    },
    /// What else a field says about itself: `semantic_type`, `replaced_by`, `deprecated`, `alias_until`.
    FieldWordsChanged {
        what: &'static str,
    },
    /// One field is in a oneof that is new.
    OneofAdded {
        oneof: String,
    },
    /// Fields that could be set together are in one oneof.
    OneofMerged {
        oneof: String,
    },
    /// A field is in a oneof that other fields were in.
    OneofEntered {
        oneof: String,
    },
    OneofLeft {
        oneof: String,
    },
    OneofRenamed {
        from: String,
        to: String,
    },
    ReservedAdded {
        what: String,
    },
    /// Numbers or names are no longer reserved.
    ReservedRemoved {
        what: String,
    },
    EnumAdded,
    EnumDeleted,
    /// An enum has another full name; `stated`: by `moved_from`.
    EnumMoved {
        from: String,
        stated: bool,
    },
    /// Closed enums (proto2) put numbers that they do not know aside; open ones keep them.
    EnumOpennessChanged {
        closed: bool,
    },
    EnumValueAdded,
    /// A value is gone; are its number and its name reserved?
    EnumValueDeleted {
        number_reserved: bool,
        name_reserved: bool,
    },
    EnumValueRenamed {
        from: String,
        to: String,
        aliased: bool,
    },
    EnumValueRenumbered {
        from: i32,
        to: i32,
    },
    /// A name beside another one of the same number (`allow_alias`) is gone or new.
    EnumSynonymAdded,
    EnumSynonymRemoved,
    ValueAliasAdded {
        alias: String,
    },
    ValueAliasRemoved {
        alias: String,
    },
}

impl ChangeKind {
    /// Judi's answer.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        use Verdict::{Blocked, Guarded, Safe};
        match self {
            Self::EventAdded | Self::EventReturned | Self::EventWordsChanged { .. } => Safe,
            Self::EventDeleted | Self::EventMessageChanged { .. } => Guarded,
            Self::EventRenamed { .. } | Self::EventIdChanged { .. } => Blocked,
            Self::MessageAdded | Self::EnumAdded => Safe,
            Self::MessageDeleted | Self::EnumDeleted | Self::PackageChanged { .. } => Guarded,
            Self::MessageMoved { stated, .. } | Self::EnumMoved { stated, .. } => {
                if *stated {
                    Safe
                } else {
                    Blocked
                }
            }
            Self::MessageRulesChanged { tightened } => {
                if *tightened {
                    Guarded
                } else {
                    Safe
                }
            }
            Self::FieldAdded { .. } | Self::AliasAdded { .. } | Self::PackingChanged => Safe,
            Self::FieldDeleted { number_reserved, name_reserved }
            | Self::EnumValueDeleted { number_reserved, name_reserved } => {
                if *number_reserved && *name_reserved {
                    Guarded
                } else {
                    Blocked
                }
            }
            Self::FieldReplaced { .. } => Guarded,
            Self::ReplacesRemoved { .. }
            | Self::NameReused { .. }
            | Self::NumberReused { .. }
            | Self::FieldRenumbered { .. }
            | Self::AliasTaken { .. } => Blocked,
            Self::FieldRenamed { aliased, .. } | Self::JsonNameChanged { aliased, .. } => {
                if *aliased {
                    Safe
                } else {
                    Blocked
                }
            }
            Self::AliasRemoved { until, .. } => {
                if until.is_empty() {
                    Blocked
                } else {
                    Guarded
                }
            }
            Self::TypeChanged { fit, .. } => match fit {
                Fit::Column | Fit::Generation => Guarded,
                Fit::Neither => Blocked,
            },
            Self::CardinalityChanged { .. } | Self::EncodingChanged { .. } | Self::DefaultChanged { .. } => Blocked,
            Self::PresenceChanged { .. } | Self::RequiredAdded | Self::RulesTightened { .. } => Guarded,
            Self::RequiredRemoved { by_wire } => {
                if *by_wire {
                    Guarded
                } else {
                    Safe
                }
            }
            Self::RulesLoosened { .. } | Self::PiiChanged { .. } | Self::FieldWordsChanged { .. } => Safe,
            Self::OneofAdded { .. } | Self::ReservedAdded { .. } => Safe,
            Self::OneofMerged { .. } | Self::OneofEntered { .. } | Self::ReservedRemoved { .. } => Blocked,
            Self::OneofLeft { .. } | Self::OneofRenamed { .. } | Self::EnumOpennessChanged { .. } => Guarded,
            Self::EnumValueAdded | Self::EnumSynonymAdded | Self::ValueAliasAdded { .. } => Safe,
            Self::EnumValueRenamed { aliased, .. } => {
                if *aliased {
                    Guarded
                } else {
                    Blocked
                }
            }
            Self::EnumValueRenumbered { .. } | Self::EnumSynonymRemoved | Self::ValueAliasRemoved { .. } => Blocked,
        }
    }

    /// What it does to the semver, where it may be published at all.
    #[must_use]
    pub const fn bump(&self) -> Bump {
        match self {
            Self::EventWordsChanged { .. }
            | Self::FieldWordsChanged { .. }
            | Self::PiiChanged { .. }
            | Self::PackingChanged
            | Self::ReservedAdded { .. } => Bump::Patch,
            _ => match self.verdict() {
                // Whatever is safe adds: a field, a name, a member, or leave to send what was refused.
                Verdict::Safe => Bump::Minor,
                Verdict::Guarded => match self {
                    // Old bytes and old code are good as they are; runtimes put unknown numbers elsewhere.
                    Self::EnumOpennessChanged { .. } => Bump::Minor,
                    _ => Bump::Major,
                },
                Verdict::Blocked => Bump::Major,
            },
        }
    }

    /// Whether only recent events can say how many producers it hits: a shadow replay over them counts the events
    /// that the new version would refuse.
    #[must_use]
    pub const fn needs_shadow_replay(&self) -> bool {
        matches!(
            self,
            Self::RequiredAdded | Self::RulesTightened { .. } | Self::MessageRulesChanged { tightened: true }
        )
    }

    /// The kind's name, for programs: `FIELD_DELETED`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::EventAdded => "EVENT_ADDED",
            Self::EventReturned => "EVENT_RETURNED",
            Self::EventDeleted => "EVENT_DELETED",
            Self::EventRenamed { .. } => "EVENT_RENAMED",
            Self::EventMessageChanged { .. } => "EVENT_MESSAGE_CHANGED",
            Self::EventIdChanged { .. } => "EVENT_ID_CHANGED",
            Self::EventWordsChanged { .. } => "EVENT_WORDS_CHANGED",
            Self::MessageAdded => "MESSAGE_ADDED",
            Self::MessageDeleted => "MESSAGE_DELETED",
            Self::MessageMoved { .. } => "MESSAGE_MOVED",
            Self::PackageChanged { .. } => "PACKAGE_CHANGED",
            Self::MessageRulesChanged { .. } => "MESSAGE_RULES_CHANGED",
            Self::FieldAdded { .. } => "FIELD_ADDED",
            Self::FieldDeleted { .. } => "FIELD_DELETED",
            Self::NumberReused { .. } => "NUMBER_REUSED",
            Self::NameReused { .. } => "NAME_REUSED",
            Self::FieldReplaced { .. } => "FIELD_REPLACED",
            Self::ReplacesRemoved { .. } => "REPLACES_REMOVED",
            Self::FieldRenumbered { .. } => "FIELD_RENUMBERED",
            Self::FieldRenamed { .. } => "FIELD_RENAMED",
            Self::JsonNameChanged { .. } => "JSON_NAME_CHANGED",
            Self::AliasAdded { .. } => "ALIAS_ADDED",
            Self::AliasTaken { .. } => "ALIAS_TAKEN",
            Self::AliasRemoved { .. } => "ALIAS_REMOVED",
            Self::TypeChanged { .. } => "TYPE_CHANGED",
            Self::CardinalityChanged { .. } => "CARDINALITY_CHANGED",
            Self::EncodingChanged { .. } => "ENCODING_CHANGED",
            Self::PackingChanged => "PACKING_CHANGED",
            Self::PresenceChanged { .. } => "PRESENCE_CHANGED",
            Self::DefaultChanged { .. } => "DEFAULT_CHANGED",
            Self::RequiredAdded => "REQUIRED_ADDED",
            Self::RequiredRemoved { .. } => "REQUIRED_REMOVED",
            Self::RulesTightened { .. } => "RULES_TIGHTENED",
            Self::RulesLoosened { .. } => "RULES_LOOSENED",
            Self::PiiChanged { .. } => "PII_CHANGED",
            Self::FieldWordsChanged { .. } => "FIELD_WORDS_CHANGED",
            Self::OneofAdded { .. } => "ONEOF_ADDED",
            Self::OneofMerged { .. } => "ONEOF_MERGED",
            Self::OneofEntered { .. } => "ONEOF_ENTERED",
            Self::OneofLeft { .. } => "ONEOF_LEFT",
            Self::OneofRenamed { .. } => "ONEOF_RENAMED",
            Self::ReservedAdded { .. } => "RESERVED_ADDED",
            Self::ReservedRemoved { .. } => "RESERVED_REMOVED",
            Self::EnumAdded => "ENUM_ADDED",
            Self::EnumDeleted => "ENUM_DELETED",
            Self::EnumMoved { .. } => "ENUM_MOVED",
            Self::EnumOpennessChanged { .. } => "ENUM_OPENNESS_CHANGED",
            Self::EnumValueAdded => "ENUM_VALUE_ADDED",
            Self::EnumValueDeleted { .. } => "ENUM_VALUE_DELETED",
            Self::EnumValueRenamed { .. } => "ENUM_VALUE_RENAMED",
            Self::EnumValueRenumbered { .. } => "ENUM_VALUE_RENUMBERED",
            Self::EnumSynonymAdded => "ENUM_SYNONYM_ADDED",
            Self::EnumSynonymRemoved => "ENUM_SYNONYM_REMOVED",
            Self::ValueAliasAdded { .. } => "VALUE_ALIAS_ADDED",
            Self::ValueAliasRemoved { .. } => "VALUE_ALIAS_REMOVED",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Safe => "SAFE",
            Self::Guarded => "GUARDED",
            Self::Blocked => "BLOCKED",
        })
    }
}
