//! Whether a program, not a person, is behind a user agent. Bots are flagged, never dropped: a wrong guess
//! costs a filter in a query, not an event.
//!
//! An agent is what its sender says it is. These patterns find the honest and the careless; what dresses as
//! a browser is found by its behaviour, elsewhere.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// How much is taken for a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// For the Event API: crawlers, link previews and headless browsers. HTTP libraries are none, since
    /// servers and apps send through them what people did; no agent at all is none either.
    Live,
    /// For access logs, where a person's request comes from a browser: also libraries, feed readers,
    /// monitors, checkers, whoever leaves an address for webmasters, and no agent at all.
    Strict,
}

/// Whether `agent`, a `User-Agent` header's value, is a bot's.
#[must_use]
pub fn is_bot(agent: &str, strictness: Strictness) -> bool {
    let agent = head(agent.trim());
    match strictness {
        Strictness::Live => LIVE.is_match(agent),
        Strictness::Strict => agent.is_empty() || agent == "-" || LIVE.is_match(agent) || STRICT.is_match(agent),
    }
}

/// The longest part of an agent that is looked at, in bytes: real ones end long before.
const AGENT_BYTES_MAX: usize = 2_048;

/// Crawlers and what looks at pages for them, by the words they share and by name where they share none.
const CRAWLERS: &[&str] = &[
    // Googlebot, bingbot, robot, MJ12bot …, but not the telephones of CUBOT.
    r"(?:^|[^u])bot",
    r"(?:^|[^c])ubot",
    r"crawl",
    r"spider",
    r"scraper|scrapy",
    r"slurp",
    r"archiver|heritrix|httrack|nutch|wayback",
    r"mediapartners-google|google favicon|google web preview|google-inspectiontool|google-safety|appengine-google",
    r"facebookexternalhit|facebookcatalog|meta-externalagent|meta-externalfetcher",
    r"bingpreview|duckduckgo-favicons|yandex(?:images|direct|metrika|media|favicons)|daumoa|sogou",
    r"embedly|skypeuripreview|whatsapp/|flipboardproxy|vkshare|quora link preview|outbrain|slack-imgproxy",
    r"chatgpt-user|oai-searchbot|claude-web|anthropic-ai|perplexity|cohere-ai|diffbot|omgili",
    r"screaming frog|sitebulb|semrush|siteexplorer|ezooms|seokicks|spinn3r|80legs|w3c[_-]validator",
    r"zgrab|masscan|nmap|nikto|sqlmap|nuclei|censys|netcraft|nessus",
    // Crawlers sign with an address after a plus.
    r"\+\s?https?://",
];

/// Browsers without a person before the screen.
const HEADLESS: &[&str] = &[
    r"headless",
    r"phantomjs|slimerjs|casperjs",
    r"puppeteer|playwright|selenium|webdriver|cypress/",
    r"lighthouse|page ?speed|gtmetrix|webpagetest|ptst/",
    r"prerender|rendertron",
    r"pingdom|datadogsynthetics|catchpoint|site24x7|new ?relic|dareboost|statuscake|checkly",
];

/// What fetches a page without showing it.
const LIBRARIES_AND_TOOLS: &[&str] = &[
    r"curl|wget|libwww-perl|lwp::|libfetch|winhttp|winhttprequest|http[_-]request|httpclient|http-client|http_client",
    r"python|ruby|perl|java/|php/|golang|dart[: /]|rust|erlang|node-fetch|nodejs|deno/|bun/",
    r"okhttp|axios|undici|guzzle|reqwest|aiohttp|httpx|mechanize|faraday|typhoeus|restsharp|postman|insomnia",
    r"cfnetwork|dalvik/|volley|alamofire",
    r"wordpress|drupal|joomla|simplepie|magpie|ez publish|chef client|portscout|office protocol discovery",
    r"feed|rss|atom/|aggregator|subscribers|\breaders?\b|liferea|akregator|reeder|newsblur|netvibes|bloglines|newsify",
    r"inoreader|theoldreader|miniflux|newsboat|newsbeuter|planet/|podcast|itunes/|overcast",
    r"monitor|uptime|nagios|icinga|zabbix|check_http|kube-probe|healthcheck|health-check|googlehc|haproxy",
    r"validator|checker|link ?check|xenu|sleuth|fetch|preview|proxy|scan|download|harvest|extract|grab|indexer|urllog",
];

/// How programs introduce themselves, whatever they are called.
const MANNERS: &[&str] = &[
    // An address of a page or a mailbox, for the webmaster.
    r"https?://|www\.|[\w.-]+@[\w-]+\.[\w]",
    // A bare product, with nothing about the machine that a browser would tell: `Ruby`, `Sourcer/1.0`.
    r"^[\w.:-]+(?:/[\w.+-]*)?$",
    // A browser that tells nothing either.
    r"^mozilla/\d\.\d \(compatible;?\)$",
    // Only a program writes the header's name into its value.
    r"^user-agent:",
];

static LIVE: LazyLock<Regex> = LazyLock::new(|| any_of(&[CRAWLERS, HEADLESS]));
static STRICT: LazyLock<Regex> = LazyLock::new(|| any_of(&[LIBRARIES_AND_TOOLS, MANNERS]));

#[expect(clippy::expect_used, reason = "the patterns are constants, and every test of this file compiles them")]
fn any_of(lists: &[&[&str]]) -> Regex {
    let pattern = lists.concat().join("|");
    RegexBuilder::new(&pattern).case_insensitive(true).build().expect("constant patterns compile")
}

fn head(agent: &str) -> &str {
    let mut end = agent.len().min(AGENT_BYTES_MAX);
    while !agent.is_char_boundary(end) {
        end -= 1;
    }
    agent.get(..end).unwrap_or(agent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: &[&str] = &[
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.107 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 \
         Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
        "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
        "Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16",
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/6.0 TV Safari/537.36",
        "SAMSUNG-GT-E2232/1.0 Openwave/6.2.3 Profile/MIDP-2.0 Configuration/CLDC-1.1 UP.Browser/6.2.3.3.c.1.101 (GUI)",
        "Links (2.7; CYGWIN_NT-5.1 1.7.15(0.260/5/3) i686; GNU C 4.5.3; text)",
        "Midori/0.2 (X11; Linux; U; fr-fr) WebKit/531.2+",
        "Lynx/2.8.7rel.2 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.0.1f",
    ];

    const CRAWLERS_AND_HEADLESS: &[&str] = &[
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 6_0 like Mac OS X) AppleWebKit/536.26 (KHTML, like Gecko) Version/6.0 \
         Mobile/10A5376e Safari/8536.25 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
        "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
        "Mozilla/5.0 (compatible; Ezooms/1.0; help@moz.com)",
        "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "WhatsApp/2.23.20.0",
        "Twitterbot/1.0",
    ];

    const LIBRARIES_FEEDS_AND_MONITORS: &[&str] = &[
        "",
        "-",
        "curl/8.5.0",
        "python-requests/2.31.0",
        "okhttp/4.12.0",
        "Go-http-client/1.1",
        "Ruby",
        "portscout/0.8.1",
        "Dalvik/1.6.0 (Linux; U; Android 4.2.2; A114 Build/JDQ39)",
        "Reeder/2.1.1 CFNetwork/672.0.8 Darwin/14.0.0",
        "Tiny Tiny RSS/1.11 (http://tt-rss.org/)",
        "Feedbin - 1 subscribers",
        "Digg Feed Fetcher 1.0 (Mozilla/5.0 (Macintosh; Intel Mac OS X 10_7_1) AppleWebKit/534.48.3 (KHTML, like Gecko))",
        "LiveJournal.com (webmaster@livejournal.com; for http://www.livejournal.com/users/x/; 8 readers)",
        "Mozilla/4.0 (compatible;)",
        "User-Agent: Mozilla/5.0 (Windows NT 6.1; WOW64; rv:14.0) Gecko/20100101 Firefox/14.0.1",
        "Xenu Link Sleuth/1.3.8",
    ];

    #[test]
    fn people_are_no_bots_at_either_strictness() {
        for agent in PEOPLE {
            assert!(!is_bot(agent, Strictness::Live), "live: {agent}");
            assert!(!is_bot(agent, Strictness::Strict), "strict: {agent}");
        }
    }

    #[test]
    fn crawlers_and_headless_browsers_are_bots_at_both() {
        for agent in CRAWLERS_AND_HEADLESS {
            assert!(is_bot(agent, Strictness::Live), "live: {agent}");
            assert!(is_bot(agent, Strictness::Strict), "strict: {agent}");
        }
    }

    #[test]
    fn what_sends_on_behalf_of_people_is_a_bot_only_in_an_access_log() {
        for agent in LIBRARIES_FEEDS_AND_MONITORS {
            assert!(!is_bot(agent, Strictness::Live), "live: {agent}");
            assert!(is_bot(agent, Strictness::Strict), "strict: {agent}");
        }
    }

    #[test]
    fn a_long_agent_is_cut_between_characters() {
        let long = format!("Mozilla/5.0 ({}", "å".repeat(AGENT_BYTES_MAX));
        assert!(!is_bot(&long, Strictness::Strict));
    }
}
