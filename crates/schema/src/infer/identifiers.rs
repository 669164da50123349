//! Names that protobuf and the table can have, from any that somebody sent.

use std::collections::BTreeSet;

use crate::model::{EVENT_NAME_CHARACTERS_MAX, TABLE_NAMES, is_envelope_column};
use crate::segment::snake_case;

/// The longest name of a field: a column's, and what PostgreSQL's clients take.
const FIELD_NAME_CHARACTERS_MAX: usize = 63;

/// The event's name for what a sender called it.
pub(super) fn event_name(sent: &str) -> String {
    let name = identifier(sent, "event", EVENT_NAME_CHARACTERS_MAX - "_event".len());
    if TABLE_NAMES.contains(&name.as_str()) || is_envelope_column(&name) { format!("{name}_event") } else { name }
}

/// The field's name for what a sender called it, in an event's own message (`of_event`) or in one inside it.
pub(super) fn field_name(sent: &str, of_event: bool) -> String {
    let name = identifier(sent, "field", FIELD_NAME_CHARACTERS_MAX - "_sent".len());
    if of_event && is_envelope_column(&name) { format!("{name}_sent") } else { name }
}

/// Names that are taken. Two that differ only in their underscores are one: as names of messages and in JSON they are
/// told apart by capitals at most.
#[derive(Debug, Default)]
pub(super) struct Taken(BTreeSet<String>);

impl Taken {
    pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        Self(names.into_iter().map(|name| name.replace('_', "")).collect())
    }

    /// `name`, or the first of `name_2`, `name_3` … that is free; taken from now on.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 1_u32;
        while !self.0.insert(free.replace('_', "")) {
            number += 1;
            free = format!("{name}_{number}");
        }
        free
    }
}

/// `article_view` as `ArticleView`.
pub(super) fn pascal_case(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    let capitalized = words.map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    capitalized.collect()
}

/// snake_case of ASCII letters and digits that begins with a letter, at most `max` long. Letters with marks lose them.
fn identifier(sent: &str, otherwise: &str, max: usize) -> String {
    let mut name = String::new();
    for letter in snake_case(sent).chars() {
        match letter {
            'a'..='z' | '0'..='9' => name.push(letter),
            'à'..='æ' | 'ā' | 'ă' | 'ą' => name.push('a'),
            'ç' | 'ć' | 'č' => name.push('c'),
            'ð' | 'ď' | 'đ' => name.push('d'),
            'è'..='ë' | 'ē' | 'ę' | 'ě' => name.push('e'),
            'ì'..='ï' | 'ī' | 'ı' => name.push('i'),
            'ł' => name.push('l'),
            'ñ' | 'ń' | 'ň' => name.push('n'),
            'ò'..='ö' | 'ø' | 'ő' | 'ō' => name.push('o'),
            'ř' => name.push('r'),
            'ß' => name.push_str("ss"),
            'ś' | 'š' | 'ş' => name.push('s'),
            'ť' => name.push('t'),
            'ù'..='ü' | 'ű' | 'ů' | 'ū' => name.push('u'),
            'ý' | 'ÿ' => name.push('y'),
            'ź' | 'ż' | 'ž' => name.push('z'),
            _ if name.ends_with('_') || name.is_empty() => {}
            _ => name.push('_'),
        }
        if name.len() >= max {
            break;
        }
    }
    let name = name.trim_matches('_');
    match name.chars().next() {
        None => otherwise.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{otherwise}_{name}").chars().take(max).collect(),
        Some(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::is_snake_case;

    #[test]
    fn names_of_senders_become_names_of_events_and_fields() {
        for (sent, name) in [
            ("Story Opened", "story_opened"),
            ("Läst Ärende", "last_arende"),
            ("50% off", "event_50_off"),
            ("記事", "event_event"),
            ("events", "events_event"),
            ("platform", "platform_event"),
            ("__x__y__", "x_y"),
        ] {
            assert_eq!(event_name(sent), name, "{sent}");
        }
        assert_eq!(
            (field_name("referrer", true), field_name("referrer", false)),
            ("referrer_sent".into(), "referrer".into())
        );
        assert_eq!(pascal_case("story_opened_2"), "StoryOpened2");
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_that_is_taken(sent in "\\PC{0,90}") {
            for name in [event_name(&sent), field_name(&sent, true)] {
                prop_assert!(is_snake_case(&name) && name.len() <= 63, "{name}");
                prop_assert!(!name.ends_with('_') && !name.contains("__"), "{name}");
            }
        }
    }
}
