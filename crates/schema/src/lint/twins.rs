//! Twins: two names for one thing. `click`, `Click` and `klick` are three columns of which nobody knows that they are one.
//!
//! Names are compared word by word. Two names are twins when their words are the same but for case, separators, order or
//! the word `event`; or when all words but one are the same, and that one is another form (`view`, `views`, `viewed`),
//! another spelling (`click`, `klick`; `color`, `colour`; `article`, `artikel`) or a slip (`section`, `secton`).
//! What is deliberately not a twin: `video_start` and `video_end`, `a1` and `a2`, `start_ms` and `end_ms`, `payer` and
//! `payee`, `height` and `weight`, any two words of the [vocabulary].

mod spelling;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use self::spelling::{are_forms, are_slips, is_plural, spelled_plainly};
use super::words;

/// Words without which an event's name says the same.
const EMPTY_WORDS: [&str; 1] = ["event"];

/// Words between which order is meaning: `views_per_click`.
const JOINTS: [&str; 8] = ["by", "from", "in", "of", "on", "per", "to", "with"];

/// A name, with what of its surroundings decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    /// What it holds: `tag` and `tags` are twins only when both hold one text.
    pub(super) holds: Holds,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    /// An event.
    Event,
    /// One text.
    Text,
    /// One number.
    Number,
    /// One value of any other kind.
    Other,
    /// Many values.
    Many,
}

/// For each name the first one before it that is its twin, by index. Names stand in the order of their right: of twins
/// the first one is the name that exists.
pub(super) fn twins(names: &[Name<'_>]) -> BTreeMap<usize, usize> {
    let split: Vec<Vec<String>> = names.iter().map(|name| telling_words(name)).collect();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, words) in split.iter().enumerate() {
        for key in keys(words) {
            groups.entry(key).or_default().push(index);
        }
    }
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    for group in groups.values() {
        for (at, &later) in group.iter().enumerate() {
            let best = found.get(&later).copied().unwrap_or(later);
            let earlier = group.iter().take(at).copied().filter(|earlier| *earlier < best);
            let pair = |index: usize| Some((names.get(index)?, split.get(index)?.as_slice()));
            let twin = earlier.into_iter().find(|earlier| match (pair(*earlier), pair(later)) {
                (Some(one), Some(other)) => are_twins(one, other),
                _ => false,
            });
            if let Some(twin) = twin {
                found.insert(later, twin);
            }
        }
    }
    found
}

/// The groups in which a name's twins are: its letters, its words in any order, and its words but one.
fn keys(words: &[String]) -> BTreeSet<String> {
    let mut sorted = words.to_vec();
    sorted.sort();
    let mut keys = BTreeSet::from([format!("letters {}", words.concat()), format!("words {}", sorted.join(" "))]);
    for (index, word) in words.iter().enumerate() {
        let others: Vec<&str> =
            words.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, it)| it.as_str()).collect();
        let first = spelled_plainly(word).chars().next().unwrap_or_default();
        keys.insert(format!("but {index} {} {first}", others.join(" ")));
    }
    keys
}

fn are_twins((one, ones): (&Name<'_>, &[String]), (other, others): (&Name<'_>, &[String])) -> bool {
    if one.text == other.text || ones.is_empty() {
        return false;
    }
    if ones.concat() == others.concat() {
        return true;
    }
    if ones.len() != others.len() {
        return false;
    }
    let mut different = ones.iter().zip(others).filter(|(a, b)| a != b);
    match (different.next(), different.next()) {
        (Some((a, b)), None) => is_one_word((a, one.holds), (b, other.holds)),
        (Some(_), Some(_)) => are_in_another_order(ones, others),
        (None, _) => false,
    }
}

fn are_in_another_order(ones: &[String], others: &[String]) -> bool {
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        words
    };
    sorted(ones) == sorted(others) && !ones.iter().any(|word| JOINTS.contains(&word.as_str()))
}

/// Whether two different words are one.
fn is_one_word((a, a_holds): (&str, Holds), (b, b_holds): (&str, Holds)) -> bool {
    let has_digits = |word: &str| word.contains(|character: char| character.is_numeric());
    if has_digits(a) || has_digits(b) {
        return false;
    }
    if is_plural(a, b) {
        // `reader`, a name, and `readers`, a count or a list, are two things.
        return a_holds == b_holds && a_holds != Holds::Many;
    }
    if are_forms(a, b) {
        return a_holds == Holds::Event;
    }
    let (plain_a, plain_b) = (spelled_plainly(a), spelled_plainly(b));
    !(vocabulary::knows(a) && vocabulary::knows(b)) && (plain_a == plain_b || are_slips(&plain_a, &plain_b))
}

fn telling_words(name: &Name<'_>) -> Vec<String> {
    let mut words = words::split(name.text);
    if name.holds == Holds::Event && words.len() > 1 {
        words.retain(|word| !EMPTY_WORDS.contains(&word.as_str()));
    }
    words
}

#[cfg(test)]
mod tests;
