//! The apps: SDKs that lag behind, follow, roll back, or run ahead of the server; that name their version or do not;
//! that send protobuf or JSON.

use crate::chance::Chance;
use crate::encode::{self, Manner};
use crate::history::{History, VERSIONS};
use crate::model::{Field, Kind, MessageKey};
use crate::server::{Body, Letter};
use crate::values::{Draw, Values};

/// How many apps there are.
const APPS: usize = 4;
/// How many versions an app may be ahead of the server.
const AHEAD_MAX: usize = 3;

/// What was sent, as its sender meant it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) event: MessageKey,
    pub(crate) name: String,
    /// The version that its SDK was made of.
    pub(crate) writer: u32,
    pub(crate) is_named: bool,
    pub(crate) is_json: bool,
    pub(crate) manner: Manner,
    pub(crate) values: Values,
    /// The server's newest version when it came.
    pub(crate) arrived: u32,
}

pub(crate) struct Senders {
    apps: [usize; APPS],
    pub(crate) sent: Vec<Sent>,
}

impl Senders {
    pub(crate) fn new() -> Self {
        Self { apps: [1; APPS], sent: Vec::new() }
    }

    /// What comes while `newest` is the server's newest version.
    pub(crate) fn send(&mut self, history: &History, newest: usize, chance: &mut Chance) -> Vec<Letter> {
        let mut letters = Vec::new();
        // Whoever has not yet heard of the newest version, and whoever has the next one already: each change is
        // written old and read new, and the reverse.
        for writer in [newest.saturating_sub(1).max(1), (newest + 1).min(VERSIONS)] {
            letters.extend(self.one(history, newest, writer, false, chance));
        }
        for app in 0..APPS {
            self.deploy(app, newest, chance);
            if chance.percent(75) {
                let is_named = chance.percent(50);
                letters.extend(self.one(history, newest, self.apps[app], is_named, chance));
            }
        }
        letters
    }

    fn deploy(&mut self, app: usize, newest: usize, chance: &mut Chance) {
        let most = (newest + AHEAD_MAX).min(VERSIONS);
        let own = self.apps[app];
        self.apps[app] = match chance.below(20) {
            0..=11 => own,
            12..=15 => chance.between(own, most.max(own)),
            16 | 17 => chance.between(1, own),
            _ => newest,
        };
    }

    fn one(
        &mut self,
        history: &History,
        newest: usize,
        writer: usize,
        is_named: bool,
        chance: &mut Chance,
    ) -> Option<Letter> {
        let (writer, arrived) = (u32::try_from(writer).unwrap(), u32::try_from(newest).unwrap());
        let schema = history.schema(writer);
        let events: Vec<MessageKey> = schema.events().collect();
        let event = chance.pick(&events);
        let name = schema.message(event)?.event.clone()?;
        // What names no version is read by the newest. A value that its type does not hold keeps the event in
        // quarantine until the type is wider. Where the field is not known yet, nobody refuses it: a type that comes
        // and is widened while the value waits in `_unknown` is left to the tests of the columns.
        let read_by = |key: MessageKey, field: &Field| -> Kind {
            let is_known = key == event && history.schema(arrived).field(key, field.number).is_some();
            if is_named || is_known {
                return field.kind;
            }
            let kinds = (arrived.min(writer)..=writer).filter_map(|it| history.schema(it).field(key, field.number));
            kinds.map(|field| field.kind).next().unwrap_or(field.kind)
        };
        let is_json = chance.percent(50);
        let draw = Draw { schema, kind: &read_by, zeros: is_json && chance.percent(50) };
        let values = draw.message(event, 0, chance);
        let manner =
            Manner { unpacked: chance.percent(30), camel: chance.percent(50), enum_numbers: chance.percent(30) };
        let body = if is_json {
            Body::Json(encode::json(schema, event, &values, manner).to_string())
        } else {
            Body::Wire(encode::wire(schema, event, &values, manner))
        };
        let id = self.sent.len();
        let named = if is_named { writer } else { 0 };
        self.sent.push(Sent { event, name: name.clone(), writer, is_named, is_json, manner, values, arrived });
        Some(Letter { id, event: name, named, body })
    }
}
