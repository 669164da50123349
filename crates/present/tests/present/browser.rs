//! The pages in a browser: on a phone, by night, on paper, by keyboard, and live.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use judi_present::{Definitions, static_site};
use judi_schema::columns::QuarantineRow;
use serde_json::{Value, json};

use crate::site::{Read, Sent, Setting, Site, TODAY, encoded, moment, read};
use crate::webdriver::Browser;

/// The narrowest phone that is common.
const PHONE: u32 = 360;
const DESK: u32 = 1_000;

/// Longer than the script's pause, on a slow machine.
const REFRESH_TIME_MAX: Duration = Duration::from_secs(20);

/// Elements whose right edge is cut off or makes the page scroll sideways. What lies in an element that scrolls by
/// itself, or is moved out of sight on purpose, is none.
const TOO_WIDE: &str = r#"
    const scrolls = (e) => e && (["auto", "scroll", "hidden"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
    const wide = [...document.body.querySelectorAll("*")].filter((e) =>
        e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement));
    const overflow = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
    return overflow.concat(wide.map((e) => e.tagName + "." + e.className.toString()));
"#;

/// Texts whose contrast is below 4.5 (WCAG 2.2, success criterion 1.4.3), and how many texts there are.
const CONTRAST: &str = r#"
    const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const rgb = (text) => text.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const behind = (e) => {
        const color = rgb(getComputedStyle(e).backgroundColor);
        return color[3] === 0 ? (e.parentElement ? behind(e.parentElement) : [255, 255, 255]) : color;
    };
    const low = [];
    let texts = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const e = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !e.checkVisibility() || ["title", "desc"].includes(e.tagName)) continue;
        texts += 1;
        const style = getComputedStyle(e);
        const [a, b] = [light(rgb(e.tagName === "text" ? style.fill : style.color)), light(behind(e))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)}: ${walker.currentNode.data}`);
    }
    return [texts, low];
"#;

/// How light the page is, from 0 to 255.
const PAPER: &str = "return Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])";

/// Records what gets the focus, and where the sight of it is missing.
const WATCH_FOCUS: &str = r#"
    window.reached = [];
    window.unseen = [];
    const name = (e) => e.tagName + " " + (e.getAttribute("href") ?? e.id);
    document.addEventListener("focusin", ({ target }) => {
        reached.push(name(target));
        const [style, box] = [getComputedStyle(target), target.getBoundingClientRect()];
        if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2 || box.left < 0) unseen.push(name(target));
    });
    return [...document.querySelectorAll("a[href], button, input, textarea, summary, [tabindex='0']")].map(name);
"#;

fn served() -> (Site, SocketAddr) {
    let title = "Sjuttonhundrafemtiotvåmiljonerkronorsfrågan ".repeat(8);
    let long = Read { title: &title, ..read("/articles/long", "a", moment(TODAY, 60)) };
    let unbroken = "x".repeat(400);
    let reads = [
        Read { referrer: "https://a-very-long-host-name.of-a-search-engine.example/", campaign: &unbroken, ..long },
        Read { reader: "b", ..long },
        read(&unbroken, "c", moment("2026-11-24", 60)),
        Read {
            title: "مقال طويل عن الأيل في الشمال", ..read("/rtl", "d", moment(TODAY, 12 * 60 - 2))
        },
    ];
    let refused = [QuarantineRow {
        received_at_us: moment(TODAY, 1),
        event: &unbroken,
        reason: "unknown_event",
        detail: &unbroken,
        source: "/var/log/nginx/a-long-name-of-a-log/access.log.2026-11-25.gz:1234567",
        payload: &[0xff; 500],
        ..QuarantineRow::default()
    }];
    let sent = [Sent {
        event: "scroll",
        version: 1,
        payload: json!({"depth_percent": 5}),
        from: [&unbroken, "4.12.0-beta.1+build.20261125", "android"],
        sender: "e",
        at: moment("2026-11-20", 60),
    }];
    let site = Setting { reads: &reads, sent: &sent, refused: &refused, ..Setting::default() }.open();
    let address = serve(&site);
    (site, address)
}

/// Serves a site on a free port of this machine, until the test's runtime ends.
fn serve(site: &Site) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let router = site.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_good_in_a_browser() {
    let browser = match Browser::start() {
        Ok(browser) => browser,
        Err(missing) => {
            println!("not run: pages in a browser: {missing}");
            assert!(std::env::var_os("CI").is_none(), "{missing}, and where CI is set the browser's test has to run");
            return;
        }
    };
    let (site, address) = served();
    let empty = serve(&Site::with(&[]));
    let wide = encoded("SELECT * FROM article_view");
    let mut pages: Vec<_> =
        ["/", "/article?id=/articles/long", "/quarantine", "/sql", "/sql?sql=SELECT+no", "/no/such/page"]
            .into_iter()
            .chain([
                "/events",
                "/events?q=reader",
                "/events/scroll?days=90",
                "/events/share",
                "/events/no",
                "/adoption",
            ])
            .map(|path| format!("http://{address}{path}"))
            .collect();
    pages.push(format!("http://{address}/sql?sql={wide}"));
    pages.push(format!("http://{empty}/"));
    pages.push(format!("http://{empty}/events"));
    let folder = tempfile::tempdir().unwrap();
    let index = written(&site, folder.path()).await;
    pages.push(index.clone());
    pages.push(index.replace("index.html", "events/scroll.html"));
    for (width, is_dark, is_printed) in [(PHONE, false, false), (PHONE, true, false), (DESK, true, true)] {
        browser.look(width, is_dark, is_printed);
        for url in &pages {
            browser.open(url);
            if !is_printed {
                assert_eq!(browser.run(TOO_WIDE), json!([]), "{url} does not fit");
            }
            is_legible(&browser, url, is_dark && !is_printed);
        }
    }
    browser.look(DESK, false, false);
    is_reached_by_keyboard(&browser, &format!("http://{address}/"), "A /article?id=/articles/long");
    is_reached_by_keyboard(&browser, &format!("http://{address}/events"), "INPUT search");
    is_reached_by_keyboard(&browser, &format!("http://{address}/events/scroll"), "A /events");
    finds_while_somebody_types(&browser, &format!("http://{address}/events"), "depth_percent");
    finds_while_somebody_types(&browser, &index, "depth_percent");
    is_live(&browser, &site, &format!("http://{address}/"));
}

fn is_legible(browser: &Browser, url: &str, is_dark: bool) {
    let contrast = browser.run(CONTRAST);
    assert!(contrast[0].as_u64() > Some(5), "{url}: {contrast}");
    assert_eq!(contrast[1], json!([]), "{url}");
    let paper = browser.run(PAPER).as_u64().unwrap();
    assert!(if is_dark { paper < 60 } else { paper > 240 }, "{url}: paper {paper}");
    // An unknown page or a refused question is one to the browser, too: it tells the status.
    let complaints: Vec<_> =
        browser.complaints().into_iter().filter(|text| !text.contains("the server responded")).collect();
    assert!(complaints.is_empty(), "{url}: {complaints:?}");
}

/// The tabulator goes to everything that can be used, in the order of reading, and shows where it is.
fn is_reached_by_keyboard(browser: &Browser, url: &str, expected: &str) {
    browser.open(url);
    let Value::Array(usable) = browser.run(WATCH_FOCUS) else { panic!("no list") };
    browser.tab(usable.len());
    assert_eq!(browser.run("return reached"), Value::Array(usable.clone()));
    assert!(usable.contains(&json!(expected)), "{usable:?}");
    assert_eq!(usable.first(), Some(&json!("A #content")));
    assert_eq!(browser.run("return unseen"), json!([]));
}

/// Words narrow the list down to what they are said about, and none shows all again.
fn finds_while_somebody_types(browser: &Browser, url: &str, word: &str) {
    let names = "return [...document.querySelectorAll('.events td > a')].filter((a) => a.checkVisibility()).map((a) => a.innerText)";
    let becomes = |count: usize| {
        let deadline = Instant::now() + REFRESH_TIME_MAX;
        loop {
            let shown = browser.run(names);
            if shown.as_array().unwrap().len() == count {
                return shown;
            }
            assert!(Instant::now() < deadline, "{url}: {shown}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let types = |text: &str| {
        let script = "const search = document.getElementById('search'); search.value = TEXT; search.dispatchEvent(new Event('input'));";
        browser.run(&script.replace("TEXT", &json!(text).to_string()));
    };
    browser.open(url);
    becomes(5);
    types(&word.to_uppercase());
    assert_eq!(becomes(1), json!(["scroll"]), "{url}");
    let found = browser.run("return document.getElementById('found').innerText");
    assert_eq!(found, json!("1 of 5 events"), "{url}");
    types("");
    becomes(5);
    types("no such word");
    becomes(0);
}

/// The catalogue as files in `folder`; where its first page is.
async fn written(site: &Site, folder: &Path) -> String {
    let files = static_site(site.defined.as_ref() as &dyn Definitions, Some(&site.presenter)).await.unwrap();
    for file in files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file.text).unwrap();
    }
    format!("file://{}/index.html", folder.display())
}

/// The live part changes without a reload.
fn is_live(browser: &Browser, site: &Site, url: &str) {
    let part = "return document.getElementById('live-part').innerText";
    browser.open(url);
    browser.run("window.reloaded = false");
    assert!(browser.run(part).as_str().unwrap().starts_with("1 person has read"), "{}", browser.run(part));
    site.sim.clock.advance(Duration::from_secs(600));
    let deadline = Instant::now() + REFRESH_TIME_MAX;
    while !browser.run(part).as_str().unwrap().starts_with("0 people have read") {
        assert!(Instant::now() < deadline, "{}", browser.run(part));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(browser.run("return window.reloaded"), json!(false), "the page is still the same");
}
