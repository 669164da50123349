//! The newsroom's articles and programmes: thousands, each with a section and a title, some read far more than others.

/// Sections with what their stories are about and what happens in them.
const SECTIONS: &[(&str, &[&str], &[&str])] = &[
    (
        "inrikes",
        &["Älg", "Skolbuss", "Fjällstuga", "Kommunen", "Bokbussen", "Färjan", "Vindkraften", "Biblioteket"],
        &[
            "stoppade trafiken",
            "får nytt liv",
            "lockar rekordmånga",
            "byggs om",
            "öppnar igen",
            "delar byn",
            "röstades fram",
        ],
    ),
    (
        "utrikes",
        &["Nordsjön", "Bergsbyn", "Tåglinjen", "Valet", "Vulkanen", "Hamnen", "Gränsstaden", "Fredssamtalen"],
        &["återupptas", "väcker hopp", "följs av hela världen", "skjuts upp", "får sin lösning", "fyller hundra år"],
    ),
    (
        "sport",
        &["Damlaget", "Längdloppet", "Målvakten", "Klubben", "Skidskyttarna", "Derbyt", "Rekordet", "Talangen"],
        &[
            "vann i sista minuten",
            "slog alla odds",
            "tar ny sats",
            "samlade tusentals",
            "avgjordes på straffar",
            "står sig",
        ],
    ),
    (
        "kultur",
        &["Romanen", "Konserthuset", "Filmfesten", "Teatern", "Poeten", "Museet", "Kören", "Serien"],
        &["hyllas av kritiken", "turnerar i norr", "fick stående ovationer", "återvänder", "visas för första gången"],
    ),
    (
        "ekonomi",
        &["Räntan", "Sågverket", "Elpriset", "Bageriet", "Gruvan", "Startupbolaget", "Fiskebyn", "Marknaden"],
        &["vänder uppåt", "nyanställer", "förvånar alla", "ställer om", "räddades av grannarna", "går mot vår"],
    ),
    (
        "vetenskap",
        &["Rymdsonden", "Glaciären", "Bina", "Forskarna", "Polarfyren", "Urtidsfisken", "Norrskenet", "Fladdermössen"],
        &["överraskar", "kartläggs", "hittades i en sjö", "ger svar", "syntes i söder", "mår bättre än väntat"],
    ),
];

const PLACES: &[&str] = &[
    "Kiruna",
    "Umeå",
    "Östersund",
    "Falun",
    "Gävle",
    "Visby",
    "Malmö",
    "Ystad",
    "Karlstad",
    "Luleå",
    "Växjö",
    "Borås",
    "Mora",
    "Sundsvall",
    "Kalmar",
    "Lund",
    "Örebro",
    "Skellefteå",
    "Västerås",
    "Uppsala",
    "Halmstad",
    "Arvika",
    "Åre",
    "Jokkmokk",
];

const PROGRAMMES: &[&str] = &[
    "Nyhetsmorgon",
    "Fjällen",
    "Vetenskapsland",
    "Kvällsrapporten",
    "Skärgårdsliv",
    "Matlaget",
    "Dokument inifrån",
    "Barnens värld",
    "Sportkvällen",
    "På spåret norrut",
    "Trädgårdstid",
    "Historien om oss",
    "Kulturnatten",
    "Djurens år",
    "Musikrummet",
    "Filmkväll",
];

/// Articles in the newsroom's archive.
pub(crate) const ARTICLES: u32 = 6_000;

/// One article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Article {
    pub(crate) id: String,
    pub(crate) section: &'static str,
    pub(crate) title: String,
}

/// One programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Programme {
    pub(crate) id: String,
    pub(crate) title: &'static str,
    pub(crate) duration_ms: u64,
}

/// Article `number`; its text follows from the number alone.
pub(crate) fn article(number: u32) -> Article {
    let mut rng = fastrand::Rng::with_seed(0x0a27_1c1e ^ u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let (section, subjects, happenings) = SECTIONS[rng.usize(..SECTIONS.len())];
    let subject = subjects[rng.usize(..subjects.len())];
    let happening = happenings[rng.usize(..happenings.len())];
    let place = PLACES[rng.usize(..PLACES.len())];
    let title = format!("{subject} i {place} {happening}");
    Article { id: format!("/{section}/{}-{number}", slug(&title)), section, title }
}

/// The article that a reader opens in `day` (days since 1970): Zipf's law over an order that moves on with the
/// days, so that each day has its own few that everybody reads and a long tail of the archive.
pub(crate) fn pick_article(rng: &mut fastrand::Rng, day: i64) -> Article {
    let rank = zipf_rank(rng, ARTICLES);
    // About 150 new articles a day move to the top; those of the days before sink with them.
    let newest = u32::try_from((day * 150).rem_euclid(i64::from(ARTICLES))).unwrap_or(0);
    article((newest + ARTICLES - rank % ARTICLES) % ARTICLES)
}

/// A programme, the first ones more often.
pub(crate) fn pick_programme(rng: &mut fastrand::Rng) -> Programme {
    let rank = zipf_rank(rng, u32::try_from(PROGRAMMES.len()).unwrap_or(1));
    let title = PROGRAMMES[rank as usize % PROGRAMMES.len()];
    Programme { id: slug(title), title, duration_ms: 600_000 + 300_000 * u64::from(rank % 7) }
}

/// A rank from 0, below `count`, by the inverse of the continuous Zipf distribution with exponent 1: count^u.
#[expect(clippy::cast_sign_loss, reason = "a power of a positive number is positive")]
fn zipf_rank(rng: &mut fastrand::Rng, count: u32) -> u32 {
    (f64::from(count).powf(rng.f64()) as u32).clamp(1, count) - 1
}

/// Lower case, without diacritics, words joined by hyphens: what an address takes.
fn slug(text: &str) -> String {
    let plain = text.chars().flat_map(char::to_lowercase).map(|c| match c {
        'å' | 'ä' => 'a',
        'ö' => 'o',
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    });
    plain.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_article_is_the_same_each_time_and_its_address_is_plain() {
        assert_eq!(article(17), article(17));
        assert!(article(17).id.is_ascii() && article(17).id.starts_with('/'));
    }

    #[test]
    fn a_day_has_a_few_that_everybody_reads_and_two_weeks_touch_thousands() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut reads = BTreeMap::new();
        for day in 0..14 {
            for _ in 0..6_000 {
                *reads.entry(pick_article(&mut rng, day).id).or_insert(0_u32) += 1;
            }
        }
        assert!(reads.len() > 2_000, "{} articles", reads.len());
        let most = reads.values().max().copied().unwrap_or(0);
        assert!(most > 400, "the most read has {most}");
    }
}
