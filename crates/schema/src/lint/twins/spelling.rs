//! Two words that are one: another form, another spelling, a slip of the hand.

/// Words shorter than this are too alike by chance to be slips of each other.
const SLIP_CHARACTERS_MIN: usize = 5;
/// From this length on, two slips are one word's.
const TWO_SLIPS_CHARACTERS_MIN: usize = 9;
/// Shorter words, spelled plainly, are too alike by chance.
const SPELLING_CHARACTERS_MIN: usize = 4;
/// Endings that turn a word into another one: a payer is no payee.
const ENDINGS: [&str; 12] = ["able", "al", "d", "e", "ed", "ee", "er", "ing", "ion", "or", "r", "s"];

/// Whether one is the other's plural.
pub(super) fn is_plural(a: &str, b: &str) -> bool {
    either_way(a, b, |one, many| {
        many.strip_prefix(one).is_some_and(|ending| matches!(ending, "s" | "es"))
            || one.strip_suffix('y').is_some_and(|stem| many.strip_prefix(stem) == Some("ies"))
    })
}

/// Whether one is another form of the other: `view` and `viewed`, `share` and `sharing`, `stop` and `stopped`.
pub(super) fn are_forms(a: &str, b: &str) -> bool {
    const FORMS: [&str; 2] = ["ed", "ing"];
    either_way(a, b, |base, form| {
        let silent = base.strip_suffix('e').unwrap_or(base);
        let doubled = base.chars().next_back().map(|last| format!("{base}{last}"));
        let hardened = base.strip_suffix('y').map(|stem| format!("{stem}i"));
        let stems = [Some(base.to_owned()), Some(silent.to_owned()), doubled, hardened];
        base.len() > 2
            && stems.iter().flatten().any(|stem| form.strip_prefix(stem.as_str()).is_some_and(|it| FORMS.contains(&it)))
    })
}

/// A word as somebody would write it who writes what they hear, or who writes it in Swedish: `click` and `klick` are
/// both `klik`, `article` and `artikel` both `artikel`, `colour` and `color` both `kolor`. Short words stay as they are.
pub(super) fn spelled_plainly(word: &str) -> String {
    if word.chars().count() < SPELLING_CHARACTERS_MIN {
        return word.to_owned();
    }
    let mut plain = word.to_owned();
    for (from, to) in
        [("ph", "f"), ("ck", "k"), ("qu", "kv"), ("ou", "o"), ("c", "k"), ("w", "v"), ("z", "s"), ("y", "i")]
    {
        plain = plain.replace(from, to);
    }
    for (from, to) in [("le", "el"), ("re", "er")] {
        let stem = plain.strip_suffix(from).filter(|stem| stem.ends_with(is_consonant));
        if let Some(stem) = stem {
            plain = format!("{stem}{to}");
        }
    }
    let mut last = None;
    plain.retain(|character| last.replace(character) != Some(character));
    plain
}

/// Whether one could be a slip of the other: one letter more, less, wrong or swapped with its neighbour, in a word that is
/// long enough; never the first letter, and never just another ending.
pub(super) fn are_slips(a: &str, b: &str) -> bool {
    let (from, to): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let shorter = from.len().min(to.len());
    let allowed = match shorter {
        TWO_SLIPS_CHARACTERS_MIN.. => 2,
        SLIP_CHARACTERS_MIN.. => 1,
        _ => return false,
    };
    if from.first() != to.first() || from.len().abs_diff(to.len()) > allowed {
        return false;
    }
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let ending = |word: &[char]| word.iter().skip(common).collect::<String>();
    let is_ending = |text: String| text.is_empty() || ENDINGS.contains(&text.as_str());
    !(is_ending(ending(&from)) && is_ending(ending(&to))) && slips(&from, &to) <= allowed
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour (optimal string alignment).
fn slips(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, have) in from.iter().enumerate() {
        let mut row = Vec::with_capacity(to.len() + 1);
        row.push(i + 1);
        for (j, want) in to.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut cost = (at(&last, j) + usize::from(have != want)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let is_swap = i > 0 && j > 0 && from.get(i - 1) == Some(want) && to.get(j - 1) == Some(have);
            if is_swap {
                cost = cost.min(at(&before_last, j - 1) + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

fn either_way(a: &str, b: &str, related: impl Fn(&str, &str) -> bool) -> bool {
    related(a, b) || related(b, a)
}

fn is_consonant(character: char) -> bool {
    character.is_alphabetic() && !"aeiouyåäö".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_with_swaps() {
        for (a, b, wanted) in
            [("", "", 0), ("abc", "", 3), ("click", "clikc", 1), ("kitten", "sitting", 3), ("ab", "ba", 1)]
        {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            assert_eq!(slips(&a, &b), wanted);
            assert_eq!(slips(&b, &a), wanted);
        }
    }

    #[test]
    fn forms_and_plurals_are_of_one_word() {
        for (a, b) in
            [("view", "viewed"), ("sharing", "share"), ("stop", "stopped"), ("try", "tried"), ("share", "shared")]
        {
            assert!(are_forms(a, b), "{a} {b}");
        }
        for (a, b) in [("th", "thing"), ("start", "end"), ("red", "r"), ("view", "viewer")] {
            assert!(!are_forms(a, b), "{a} {b}");
        }
        assert!(is_plural("tags", "tag") && is_plural("category", "categories") && is_plural("box", "boxes"));
        assert!(!is_plural("news", "new_") && !is_plural("view", "viewed"));
    }

    #[test]
    fn spellings_meet() {
        for (a, b) in [
            ("click", "klick"),
            ("click", "klik"),
            ("color", "colour"),
            ("article", "artikel"),
            ("title", "titel"),
            ("center", "centre"),
            ("photo", "foto"),
            ("organisation", "organization"),
            ("clic", "click"),
        ] {
            assert_eq!(spelled_plainly(a), spelled_plainly(b), "{a} {b}");
        }
    }
}
