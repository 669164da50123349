//! What a request of an access log is: an article, another page, or nothing that anybody reads.

use regex::bytes::RegexSet;

use super::combined::Line;

/// Why a readable line is no page; the first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// Not a GET.
    Method,
    /// Answered neither 200 nor 304.
    Status,
    /// The path's last segment names a file that is no page.
    Asset,
    /// A feed's flavour of a page.
    Feed,
}

/// What a readable line is.
#[derive(Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// A page whose path matches one of the article globs.
    Article {
        /// The path without a trailing `/index.html` and trailing slashes.
        article_id: &'a str,
    },
    /// Any other page.
    Page,
    /// Not a page.
    Skipped(Skip),
}

/// The article globs of a project, compiled.
#[derive(Debug)]
pub struct ArticleGlobs {
    set: RegexSet,
}

/// A glob that cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[error("import.combined.article: {0}")]
pub struct GlobError(#[source] regex::Error);

impl ArticleGlobs {
    /// Compiles globs: `*` crosses no slash, `**` does, each stands for at least one character; the rest is literal.
    ///
    /// # Errors
    /// When a glob is too large to compile.
    pub fn compile(globs: &[String]) -> Result<Self, GlobError> {
        let patterns = globs.iter().map(|glob| {
            let parts: Vec<_> = glob
                .split("**")
                .map(|part| part.split('*').map(regex::escape).collect::<Vec<_>>().join("[^/]+"))
                .collect();
            format!("(?s-u)\\A{}\\z", parts.join(".+"))
        });
        Ok(Self { set: RegexSet::new(patterns).map_err(GlobError)? })
    }

    fn matches(&self, path: &str) -> bool {
        self.set.is_match(path.as_bytes())
    }
}

/// Splits a request target into its path and its query, which may be empty.
pub fn split_target(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

/// Decides what a line is.
pub fn classify<'a>(line: &Line<'a>, articles: &ArticleGlobs) -> Request<'a> {
    if line.method != "GET" {
        return Request::Skipped(Skip::Method);
    }
    if line.status != 200 && line.status != 304 {
        return Request::Skipped(Skip::Status);
    }
    let (path, query) = split_target(line.target);
    let last = path.rsplit('/').next().unwrap_or(path);
    let is_page_file = [".html", ".htm", ".xhtml", ".php"].iter().any(|ending| last.ends_with(ending));
    if last.contains('.') && !is_page_file {
        return Request::Skipped(Skip::Asset);
    }
    if query.contains("flav=") {
        return Request::Skipped(Skip::Feed);
    }
    if articles.matches(path) {
        let article_id = path.strip_suffix("/index.html").unwrap_or(path).trim_end_matches('/');
        return Request::Article { article_id };
    }
    Request::Page
}

#[cfg(test)]
mod tests {
    use judi_world::Timestamp;

    use super::*;

    fn line<'a>(method: &'a str, status: u16, target: &'a str) -> Line<'a> {
        Line { host: "h", time: Timestamp(0), method, target, status, referrer: None, agent: None }
    }

    fn globs(globs: &[&str]) -> ArticleGlobs {
        ArticleGlobs::compile(&globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_first_reason_in_order_wins() {
        let globs = globs(&["/articles/**"]);
        let skipped = |method, status, target| match classify(&line(method, status, target), &globs) {
            Request::Skipped(skip) => Some(skip),
            _ => None,
        };
        assert_eq!(skipped("POST", 404, "/a.png?flav=atom"), Some(Skip::Method));
        assert_eq!(skipped("GET", 404, "/a.png?flav=atom"), Some(Skip::Status));
        assert_eq!(skipped("GET", 304, "/a.png?flav=atom"), Some(Skip::Asset));
        assert_eq!(skipped("GET", 200, "/blog/?flav=atom"), Some(Skip::Feed));
        assert_eq!(skipped("GET", 200, "/v1.2/"), None, "the last segment is empty");
        assert_eq!(skipped("GET", 200, "/a.b/page.php"), None);
        assert_eq!(skipped("GET", 200, "/page?file=a.png"), None, "the query is not the path");
    }

    #[test]
    fn a_star_stops_at_a_slash_two_cross_it_and_none_is_empty() {
        let classified =
            |glob, path| matches!(classify(&line("GET", 200, path), &globs(&[glob])), Request::Article { .. });
        assert!(classified("/articles/**", "/articles/a/b"));
        assert!(!classified("/articles/**", "/articles/"));
        assert!(classified("/a/*", "/a/b") && !classified("/a/*", "/a/b/c") && !classified("/a/*", "/a/"));
        assert!(classified("/*/x/**", "/nyheter/x/elg%20i%20hagen"));
        assert!(!classified("/a.c", "/abc"), "a dot is a dot");
    }

    #[test]
    fn an_article_is_known_by_its_path_without_index_and_slashes() {
        let globs = globs(&["/articles/**"]);
        for path in ["/articles/elk", "/articles/elk/", "/articles/elk/index.html", "/articles/elk///"] {
            let request = line("GET", 200, path);
            assert_eq!(classify(&request, &globs), Request::Article { article_id: "/articles/elk" }, "{path}");
        }
    }
}
