//! The verdict on a payload's bytes, in one walk that allocates nothing while there is nothing to say.
//!
//! Errors of form (`undecodable`) end the walk. The first other one is kept while the walk goes on, since bytes that
//! are not a message at all are judged as that, and since a later occurrence of the same field may put it right: of
//! a singular field that occurs twice the last counts, and messages merge. Where that happens the message is
//! rewritten and judged again.

use std::borrow::Cow;

use super::cursor::{Cursor, DEPTH_MAX, Scalar, Tag, WireError, WireType};
use super::elements::{Elements, FieldSet, Identity, is_packed};
use super::place::{Place, Step, key_of, path};
use super::{single, time};
use crate::plan::{Cardinality, FieldKind, FieldPlan, MessageId, MessageKind, MessagePlan, Plans, ScalarKind};
use crate::rules::{RuleBreak, Rules};
use crate::verdict::{Reason, Violation};

/// The verdict on a payload: well-formed, UTF-8, at most [`DEPTH_MAX`] deep, complete, and within its rules.
///
/// # Errors
/// `undecodable`, `invalid_payload` or `constraint`, with the field.
pub fn validate(plans: &Plans, message: MessageId, bytes: &[u8]) -> Result<(), Violation> {
    checked(plans, message, bytes).map(drop)
}

/// The payload, known to be all that [`validate`] asks for, in which each singular field and each oneof occurs at
/// most once (and so in each of its messages). Borrowed unless that took a rewrite. Keys of a map may still repeat;
/// the last counts.
///
/// # Errors
/// As [`validate`].
pub fn checked<'b>(plans: &Plans, message: MessageId, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, Violation> {
    judge(plans, message, bytes, Asked::All)
}

/// As [`checked`], but missing required fields and broken rules are let through: what something that puts a part of a
/// payload into columns needs.
///
/// # Errors
/// `undecodable`, or `invalid_payload` for a value out of its type's range, with the field.
pub(crate) fn in_range<'b>(plans: &Plans, message: MessageId, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, Violation> {
    judge(plans, message, bytes, Asked::Range)
}

/// As [`checked`], but missing required fields, values out of range and broken rules are let through: what
/// something that shows a quarantined payload needs.
///
/// # Errors
/// `undecodable`, with the field.
pub fn well_formed<'b>(plans: &Plans, message: MessageId, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, Violation> {
    judge(plans, message, bytes, Asked::Form)
}

/// How much is asked of a payload.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Form,
    Range,
    All,
}

fn judge<'b>(plans: &Plans, message: MessageId, bytes: &'b [u8], asked: Asked) -> Result<Cow<'b, [u8]>, Violation> {
    let top = At { place: None, depth: 0, in_full: asked == Asked::All };
    let in_range = asked != Asked::Form;
    let mut judge = Judge { plans, in_range, repeats: false, first: None };
    judge.message(message, bytes, top)?;
    let bytes = if judge.repeats {
        let rewritten = single::rewrite(plans, message, bytes)?;
        judge = Judge { plans, in_range, repeats: false, first: None };
        judge.message(message, &rewritten, top)?;
        Cow::Owned(rewritten)
    } else {
        Cow::Borrowed(bytes)
    };
    judge.first.map_or(Ok(bytes), Err)
}

/// Varints from this length on may be beyond 32 bits.
const WIDE_VARINT_BYTES: usize = 5;

struct Judge<'p> {
    plans: &'p Plans,
    /// Whether values must be in their types' ranges.
    in_range: bool,
    /// A singular field or a oneof occurs more than once.
    repeats: bool,
    first: Option<Violation>,
}

/// Where a message stands, and whether more than its form is judged.
#[derive(Clone, Copy)]
struct At<'a> {
    place: Option<&'a Place<'a>>,
    depth: u32,
    in_full: bool,
}

/// Which fields of a message have come.
#[derive(Default)]
struct Came {
    any: FieldSet,
    /// With a value that counts as set.
    set: FieldSet,
    oneofs: FieldSet,
}

impl Judge<'_> {
    fn message(&mut self, id: MessageId, body: &[u8], at: At<'_>) -> Result<(), Violation> {
        let plan = self.plans.message(id);
        let mut came = Came::default();
        let mut cursor = Cursor::new(body);
        loop {
            let before = cursor;
            let tag = cursor.tag().map_err(|error| error.violation(path(at.place)))?;
            let Some(tag) = tag else { break };
            match plan.by_number(tag.number) {
                // The end of a group that did not begin is no value of the field, whatever its number.
                Some((index, field)) if tag.wire_type != WireType::EndGroup => {
                    let before = before.since(&Cursor::new(body));
                    self.field(index, field, tag, &mut cursor, before, &mut came, at)?;
                }
                _ => cursor.skip(tag, at.depth).map_err(|error| error.violation(path(at.place)))?,
            }
        }
        if at.in_full && self.first.is_none() {
            self.first = end(plan, body, &came, at);
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one walk, kept in registers")]
    fn field(
        &mut self,
        index: usize,
        field: &FieldPlan,
        tag: Tag,
        cursor: &mut Cursor<'_>,
        before: &[u8],
        came: &mut Came,
        at: At<'_>,
    ) -> Result<(), Violation> {
        let is_first = came.any.insert(index);
        let rules = field.rules.as_deref();
        match field.cardinality {
            Cardinality::Map(key) => {
                came.set.insert(index);
                let body = read(cursor, field, tag, WireType::Len, at, Cursor::bytes)?;
                let place = Place::new(at.place, Step::Entry { field, key, entry: body });
                self.entry(field, key, body, At { place: Some(&place), ..at })
            }
            Cardinality::Repeated if is_packed(field, tag) => {
                let body = read(cursor, field, tag, WireType::Len, at, Cursor::bytes)?;
                let mut values = Cursor::new(body);
                let tag = Tag { wire_type: field.kind.wire_type(), ..tag };
                let mut packed = 0;
                while !values.is_empty() {
                    came.set.insert(index);
                    let place = Place::new(at.place, Step::Nth { field, before, packed });
                    let items = rules.and_then(Rules::items);
                    self.value(&field.kind, field, items, tag, &mut values, At { place: Some(&place), ..at })?;
                    packed += 1;
                }
                Ok(())
            }
            Cardinality::Repeated => {
                came.set.insert(index);
                let place = Place::new(at.place, Step::Nth { field, before, packed: 0 });
                let items = rules.and_then(Rules::items);
                self.value(&field.kind, field, items, tag, cursor, At { place: Some(&place), ..at }).map(drop)
            }
            Cardinality::Implicit | Cardinality::Explicit => {
                let oneof_is_first = field.oneof.is_none_or(|oneof| came.oneofs.insert(usize::from(oneof)));
                self.repeats |= !is_first || !oneof_is_first;
                let place = Place::new(at.place, Step::Field(&field.name));
                let is_zero = self.value(&field.kind, field, rules, tag, cursor, At { place: Some(&place), ..at })?;
                if !is_zero || field.cardinality == Cardinality::Explicit {
                    came.set.insert(index);
                }
                Ok(())
            }
        }
    }

    /// One value at its own place; whether it is its type's zero.
    fn value(
        &mut self,
        kind: &FieldKind,
        field: &FieldPlan,
        rules: Option<&Rules>,
        tag: Tag,
        cursor: &mut Cursor<'_>,
        at: At<'_>,
    ) -> Result<bool, Violation> {
        let undecodable = |error: WireError| error.violation(path(at.place));
        let expected = kind.wire_type();
        if tag.wire_type != expected {
            return Err(wrong_wire_type(field, tag, expected, at));
        }
        let rules = rules.filter(|_| at.in_full);
        let (is_zero, broken) = match kind {
            FieldKind::Scalar(scalar) => {
                let before = *cursor;
                let value = cursor.scalar(*scalar).map_err(undecodable)?;
                if self.in_range && cursor.since(&before).len() >= WIDE_VARINT_BYTES {
                    self.narrow(*scalar, before, at);
                }
                (value.is_zero(), rules.map(|rules| rules.check(value)))
            }
            FieldKind::Enum(plan) => {
                let number = cursor.enum_number().map_err(undecodable)?;
                (number == 0, rules.map(|rules| rules.check_enum(number, plan.names.contains_key(&number))))
            }
            FieldKind::Message(id) | FieldKind::Group(id) => {
                if at.depth >= DEPTH_MAX {
                    return Err(undecodable(WireError::TooDeep));
                }
                let body = match kind {
                    FieldKind::Group(_) => cursor.group(tag.number, at.depth),
                    _ => cursor.bytes(),
                };
                let body = body.map_err(undecodable)?;
                self.nested(*id, rules, body, at)?;
                (false, None)
            }
        };
        if let Some(Err(broken)) = broken {
            self.keep(|| constraint(broken, at.place));
        }
        Ok(is_zero)
    }

    /// Keeps that a number is no 32-bit one, of a field that holds those: its sender's type is wider, and cutting it
    /// would make another number of it.
    #[cold]
    fn narrow(&mut self, kind: ScalarKind, mut value: Cursor<'_>, at: At<'_>) {
        let Ok(word) = value.varint() else { return };
        let fits = match kind {
            // Negative ones are written with 64 bits, by some with 32.
            ScalarKind::Int32 => i32::try_from(word.cast_signed()).is_ok() || u32::try_from(word).is_ok(),
            ScalarKind::Uint32 | ScalarKind::Sint32 => u32::try_from(word).is_ok(),
            _ => true,
        };
        if !fits {
            let detail = "the number does not fit into the 32 bits of its type".to_owned();
            self.keep(|| Violation { reason: Reason::InvalidPayload, field: path(at.place), detail });
        }
    }

    /// A message in a field, and what its field asks of it.
    fn nested(&mut self, id: MessageId, rules: Option<&Rules>, body: &[u8], at: At<'_>) -> Result<(), Violation> {
        let in_full = at.in_full && !rules.is_some_and(Rules::is_off);
        self.message(id, body, At { depth: at.depth + 1, in_full, ..at })?;
        if !in_full && !self.in_range {
            return Ok(());
        }
        let rules = rules.filter(|_| in_full);
        let plan = self.plans.message(id);
        let undecodable = |error: WireError| error.violation(path(at.place));
        let broken = match (plan.kind, rules) {
            (MessageKind::Timestamp | MessageKind::Duration, rules) => {
                let (seconds, nanos) = time::seconds_and_nanos(body).map_err(undecodable)?;
                let (fits, range) = match plan.kind {
                    MessageKind::Timestamp => (time::is_timestamp(seconds, nanos), "a time of the years 1 to 9999"),
                    _ => (time::is_duration(seconds, nanos), "a span of 10,000 years at most, of one sign"),
                };
                if !fits {
                    let detail = format!("{seconds} seconds and {nanos} nanoseconds are not {range}");
                    self.keep(|| Violation { reason: Reason::InvalidPayload, field: path(at.place), detail });
                    return Ok(());
                }
                rules.map(|rules| rules.check_time(seconds, nanos))
            }
            (MessageKind::Wrapper, Some(rules)) => plan.fields.first().and_then(|field| match field.kind {
                FieldKind::Scalar(kind) => key_of(kind, body).map(|value| rules.check(value)),
                _ => None,
            }),
            (MessageKind::Json, Some(rules)) => match key_of(ScalarKind::String, body) {
                Some(Scalar::Text(type_url)) => Some(rules.check_any(type_url)),
                _ => None,
            },
            _ => None,
        };
        if let Some(Err(broken)) = broken {
            self.keep(|| constraint(broken, at.place));
        }
        Ok(())
    }

    /// An entry of a map, which is a message of a key and a value, at its own place.
    fn entry(&mut self, field: &FieldPlan, key: ScalarKind, body: &[u8], at: At<'_>) -> Result<(), Violation> {
        let undecodable = |error: WireError| error.violation(path(at.place));
        if at.depth >= DEPTH_MAX {
            return Err(undecodable(WireError::TooDeep));
        }
        let inside = At { depth: at.depth + 1, ..at };
        let rules = field.rules.as_deref();
        let mut came = [false; 2];
        let mut cursor = Cursor::new(body);
        while let Some(tag) = cursor.tag().map_err(undecodable)? {
            match tag.number {
                1 => {
                    self.repeats |= came[0];
                    came[0] = true;
                    let key = FieldKind::Scalar(key);
                    self.value(&key, field, rules.and_then(Rules::keys), tag, &mut cursor, inside)?;
                }
                2 => {
                    self.repeats |= came[1];
                    came[1] = true;
                    self.value(&field.kind, field, rules.and_then(Rules::values), tag, &mut cursor, inside)?;
                }
                _ => cursor.skip(tag, inside.depth).map_err(undecodable)?,
            }
        }
        // What an entry leaves out has its zero.
        if let (false, Some(rules), true) = (came[0], rules.and_then(Rules::keys), at.in_full)
            && let Err(broken) = rules.check(key.zero())
        {
            self.keep(|| constraint(broken, at.place));
        }
        if came[1] {
            return Ok(());
        }
        let rules = rules.and_then(Rules::values).filter(|_| at.in_full);
        let broken = match &field.kind {
            FieldKind::Message(id) => return self.nested(*id, rules, &[], inside),
            kind => rules.map(|rules| check_zero(rules, kind)),
        };
        if let Some(Err(broken)) = broken {
            self.keep(|| constraint(broken, at.place));
        }
        Ok(())
    }

    fn keep(&mut self, violation: impl FnOnce() -> Violation) {
        if self.first.is_none() {
            self.first = Some(violation());
        }
    }
}

/// What is wrong with a message as a whole, once all its fields have come.
fn end(plan: &MessagePlan, body: &[u8], came: &Came, at: At<'_>) -> Option<Violation> {
    for (index, field) in plan.fields.iter().enumerate() {
        let place = Place::new(at.place, Step::Field(&field.name));
        if field.required && !came.set.contains(index) {
            return Some(place.violation(Reason::InvalidPayload, "required, and not set"));
        }
        let Some(rules) = field.rules.as_deref() else { continue };
        let broken = match field.cardinality {
            Cardinality::Implicit if !came.any.contains(index) => check_zero(rules, &field.kind),
            Cardinality::Repeated if rules.counts() => check_list(rules, field, body),
            Cardinality::Map(key) if rules.counts() => {
                let mut keys: Vec<_> = Elements::of(field, body)
                    .filter_map(|mut entry| key_of(key, entry.bytes().ok()?).and_then(Identity::of_scalar))
                    .collect();
                keys.sort_unstable();
                keys.dedup();
                rules.check_count(keys.len() as u64)
            }
            _ => Ok(()),
        };
        if let Err(broken) = broken {
            return Some(constraint(broken, Some(&place)));
        }
    }
    groups(plan, came, at)
}

/// Rules over several fields of a message.
fn groups(plan: &MessagePlan, came: &Came, at: At<'_>) -> Option<Violation> {
    for group in plan.rules.as_deref().into_iter().flat_map(|rules| &rules.groups) {
        let is_set = |number: &&u32| plan.by_number(**number).is_some_and(|(index, _)| came.set.contains(index));
        let detail = match group.numbers.iter().filter(is_set).count() {
            0 if group.required => "one of them must be set, and none is",
            0 | 1 => continue,
            _ => "at most one of them may be set",
        };
        return Some(Place::new(at.place, Step::Field(&group.name)).violation(Reason::Constraint, detail));
    }
    None
}

fn check_list(rules: &Rules, field: &FieldPlan, body: &[u8]) -> Result<(), RuleBreak> {
    rules.check_count(Elements::of(field, body).count() as u64)?;
    if rules.unique() {
        let mut items: Vec<_> = Elements::of(field, body).filter_map(|item| Identity::of(&field.kind, item)).collect();
        items.sort_unstable();
        if items.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Rules::not_unique());
        }
    }
    Ok(())
}

fn check_zero(rules: &Rules, kind: &FieldKind) -> Result<(), RuleBreak> {
    match kind {
        FieldKind::Scalar(kind) => rules.check(kind.zero()),
        FieldKind::Enum(plan) => rules.check_enum(0, plan.names.contains_key(&0)),
        FieldKind::Message(_) | FieldKind::Group(_) => Ok(()),
    }
}

fn constraint(broken: RuleBreak, place: Option<&Place<'_>>) -> Violation {
    Violation { reason: Reason::Constraint, field: path(place), detail: broken.text }
}

/// A length-delimited value, of a field that must be one.
fn read<'a>(
    cursor: &mut Cursor<'a>,
    field: &FieldPlan,
    tag: Tag,
    expected: WireType,
    at: At<'_>,
    read: fn(&mut Cursor<'a>) -> Result<&'a [u8], WireError>,
) -> Result<&'a [u8], Violation> {
    let place = Place::new(at.place, Step::Field(&field.name));
    let at = At { place: Some(&place), ..at };
    if tag.wire_type != expected {
        return Err(wrong_wire_type(field, tag, expected, at));
    }
    read(cursor).map_err(|error| error.violation(path(at.place)))
}

fn wrong_wire_type(field: &FieldPlan, tag: Tag, expected: WireType, at: At<'_>) -> Violation {
    Violation {
        reason: Reason::Undecodable,
        field: path(at.place),
        detail: format!(
            "field {} is written with wire type {}, and its type is written with {}",
            field.number, tag.wire_type as u8, expected as u8
        ),
    }
}
