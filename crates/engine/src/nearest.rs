//! "Did you mean": the known name that is most like the one that was written.

use datafusion::common::utils::datafusion_strsim::normalized_levenshtein;

/// Less alike than this, a suggestion confuses more than it helps.
const LIKENESS_MIN: f64 = 0.5;

/// The candidate most like `wanted`, case aside; [`None`] when none is much like it.
#[must_use]
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (normalized_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_name_is_found_and_nothing_when_none_is_alike() {
        let names = ["article_view", "page_view", "video_start"];
        assert_eq!(nearest("artikel_view", names), Some("article_view"));
        assert_eq!(nearest("PAGE_VIEWS", names), Some("page_view"));
        assert_eq!(nearest("zzz", names), None);
    }
}
