//! The oneofs of one message, then and now: who moved in, who moved out, and what is called another name.

use std::collections::BTreeMap;

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::compare::Compare;
use super::kind::ChangeKind;
use super::{field, members};

/// Finds what moved between oneofs, of the fields that both states have under the same number.
pub(super) fn compare(compare: &mut Compare<'_>, before: &MessageDescriptor, after: &MessageDescriptor) {
    let moves: Vec<Move> = before.fields().filter_map(|then| Move::of(compare, then, after)).collect();
    let successors = successors(&moves);
    let mut renamed: BTreeMap<&String, &String> = BTreeMap::new();
    for it in &moves {
        let kind = match (&it.from, &it.to) {
            (None, Some(to)) => Some(entered(&moves, &successors, to)),
            (Some(from), None) => Some(ChangeKind::OneofLeft { oneof: from.clone() }),
            (Some(from), Some(to)) if successors.get(from) == Some(&to) => {
                if from != to && renamed.insert(from, to).is_none() {
                    let kind = ChangeKind::OneofRenamed { from: from.clone(), to: to.clone() };
                    field::say(compare, kind, &it.before, &it.after, None);
                }
                None
            }
            (Some(from), Some(to)) => Some(changed(&moves, &successors, from, to)),
            (None, None) => None,
        };
        let Some(kind) = kind else { continue };
        let is_blocked = kind.verdict() == super::Verdict::Blocked;
        let fix = is_blocked.then(|| field::new_number(compare, &it.before, &it.after));
        field::say(compare, kind, &it.before, &it.after, fix);
    }
}

/// A field that both states have, with the oneof that it was in, and is in.
struct Move {
    before: FieldDescriptor,
    after: FieldDescriptor,
    from: Option<String>,
    to: Option<String>,
}

impl Move {
    fn of(compare: &Compare<'_>, before: FieldDescriptor, message: &MessageDescriptor) -> Option<Self> {
        let after = members::successor(compare, &before, message)?;
        let oneof = |field: &FieldDescriptor| {
            field.containing_oneof().filter(|oneof| !oneof.is_synthetic()).map(|oneof| oneof.name().to_owned())
        };
        let (from, to) = (oneof(&before), oneof(&after));
        Some(Self { before, after, from, to })
    }
}

/// Which oneof each old one is today: that of the same name, if it has a member still, else the one with the most of
/// its members. No two old ones are the same new one.
fn successors(moves: &[Move]) -> BTreeMap<&String, &String> {
    let mut shared: BTreeMap<(&String, &String), usize> = BTreeMap::new();
    for (from, to) in moves.iter().filter_map(|it| Some((it.from.as_ref()?, it.to.as_ref()?))) {
        *shared.entry((from, to)).or_default() += 1;
    }
    let mut ranked: Vec<(bool, usize, &String, &String)> =
        shared.into_iter().map(|((from, to), count)| (from != to, usize::MAX - count, from, to)).collect();
    ranked.sort();
    let mut successors = BTreeMap::new();
    let mut taken = std::collections::BTreeSet::new();
    for (_, _, from, to) in ranked {
        if !successors.contains_key(from) && taken.insert(to) {
            successors.insert(from, to);
        }
    }
    successors
}

/// A field that was in none is in `to`.
fn entered(moves: &[Move], successors: &BTreeMap<&String, &String>, to: &String) -> ChangeKind {
    let oneof = to.clone();
    if successors.values().any(|successor| *successor == to) {
        return ChangeKind::OneofEntered { oneof };
    }
    let others = moves.iter().filter(|it| it.to.as_ref() == Some(to)).count();
    if others > 1 { ChangeKind::OneofMerged { oneof } } else { ChangeKind::OneofAdded { oneof } }
}

/// A field that was in `from` is in `to`, which is not what `from` is today.
fn changed(moves: &[Move], successors: &BTreeMap<&String, &String>, from: &String, to: &String) -> ChangeKind {
    if successors.values().any(|successor| *successor == to) {
        return ChangeKind::OneofEntered { oneof: to.clone() };
    }
    // All of them came from the same one, so they could never be set together.
    let is_part = moves.iter().filter(|it| it.to.as_ref() == Some(to)).all(|it| it.from.as_ref() == Some(from));
    if is_part { ChangeKind::OneofLeft { oneof: from.clone() } } else { ChangeKind::OneofMerged { oneof: to.clone() } }
}
