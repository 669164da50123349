//! Finding an event by any word that is said about it or about its fields.

use judi_schema::catalogue::{Catalogue, EventEntry, FieldEntry};

/// Words of a question that are looked for.
const WORDS_MAX: usize = 10;

/// Fields that a found event is shown with.
const FIELDS_MAX: usize = 5;

/// An event that fits a question, and the fields in which a word of it was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    pub(crate) event: &'a EventEntry,
    pub(crate) fields: Vec<&'a FieldEntry>,
}

/// The events of which every word of `question` is said, whatever its case, the likeliest first: by its own name, by a
/// field's, then by what is said in sentences. All of them in order where nothing is asked.
pub(crate) fn search<'a>(catalogue: &'a Catalogue, question: &str) -> Vec<Found<'a>> {
    let question = question.to_lowercase();
    let words: Vec<&str> = question.split_whitespace().take(WORDS_MAX).collect();
    let mut found: Vec<(u8, Found<'a>)> = Vec::new();
    for event in &catalogue.events {
        let own = text_of_event(event);
        let fields: Vec<(String, &FieldEntry)> =
            event.fields.iter().map(|field| (text_of_field(field), field)).collect();
        let is_said = |word: &&str| own.contains(*word) || fields.iter().any(|(text, _)| text.contains(*word));
        if !words.iter().all(is_said) {
            continue;
        }
        let in_field = |text: &str| words.iter().any(|word| text.contains(*word));
        let fields =
            fields.iter().filter(|(text, _)| in_field(text)).map(|(_, field)| *field).take(FIELDS_MAX).collect();
        found.push((rank(event, &words), Found { event, fields }));
    }
    // Stable: within a rank the order of names.
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, found)| found).collect()
}

/// Everything that is said about an event and its fields, in lower case, for a search without a server.
pub(crate) fn all_words(event: &EventEntry) -> String {
    let mut text = text_of_event(event);
    for field in &event.fields {
        text.push(' ');
        text.push_str(&text_of_field(field));
    }
    text
}

fn rank(event: &EventEntry, words: &[&str]) -> u8 {
    let names = |test: &dyn Fn(&str, &str) -> bool| words.iter().any(|word| test(&event.name, word));
    let in_field = |field: &FieldEntry| words.iter().any(|word| field.name.to_lowercase().contains(word));
    match () {
        () if words.is_empty() => 0,
        () if words.join("_") == event.name || names(&|name, word| name == word) => 0,
        () if names(&|name, word| name.starts_with(word)) => 1,
        () if names(&|name, word| name.contains(word)) => 2,
        () if event.fields.iter().any(in_field) => 3,
        () => 4,
    }
}

fn text_of_event(event: &EventEntry) -> String {
    let spoken = event.name.replace('_', " ");
    let parts = [event.name.as_str(), &spoken, &event.owner, &event.description, &event.comment, &event.message];
    parts.join(" ").to_lowercase()
}

fn text_of_field(field: &FieldEntry) -> String {
    let spoken = field.name.replace('_', " ");
    let mut parts = vec![field.name.as_str(), &spoken, &field.meaning, &field.semantic_type];
    parts.extend(field.aliases.iter().map(String::as_str));
    for value in &field.values {
        parts.extend([value.name.as_str(), &value.meaning]);
    }
    parts.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        let field = |name: &str, meaning: &str, alias: &str| FieldEntry {
            name: name.into(),
            meaning: meaning.into(),
            aliases: vec![alias.into()],
            ..FieldEntry::default()
        };
        let event = |name: &str, description: &str, fields| EventEntry {
            name: name.into(),
            description: description.into(),
            fields,
            ..EventEntry::default()
        };
        let depth = field("depth_percent", "How far the page was scrolled.", "depth");
        let position = field("scroll_position", "Where.", "");
        let events = vec![
            event("click", "Pressed after a scroll.", vec![]),
            event("menu_scroll", "A menu moved.", vec![]),
            event("page_view", "A page, opened.", vec![position]),
            event("scroll", "A reader came further down.", vec![depth]),
            event("scroll_end", "It stopped.", vec![]),
        ];
        Catalogue { events, ..Catalogue::default() }
    }

    fn names(question: &str) -> Vec<String> {
        search(&catalogue(), question).iter().map(|found| found.event.name.clone()).collect()
    }

    #[test]
    fn names_come_before_fields_and_fields_before_sentences() {
        assert_eq!(names(" SCROLL "), ["scroll", "scroll_end", "menu_scroll", "page_view", "click"]);
        assert_eq!(names("scroll end"), ["scroll_end"]);
        assert_eq!(names("depth"), ["scroll"], "by an alias");
        assert_eq!(names("opened page"), ["page_view"], "every word, in any order");
        assert_eq!(names("nowhere"), Vec::<String>::new());
        assert_eq!(names("").len(), 5);
    }

    #[test]
    fn the_fields_that_fit_are_told() {
        let catalogue = catalogue();
        let found = search(&catalogue, "scrolled");
        assert_eq!(found[0].fields[0].name, "depth_percent");
        assert!(search(&catalogue, "further")[0].fields.is_empty());
        assert!(all_words(found[0].event).contains("how far the page was scrolled."));
    }
}
