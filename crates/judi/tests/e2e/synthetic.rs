//! An access log as long as a case needs it, with every kind of line, equal lines and lines that cannot be read.

use std::fmt::Write;

/// What pages a log of [`lines`] is to be read with.
pub(crate) const ARTICLES: &str = "[import.combined]\narticle = [\"/articles/**\"]\n";

/// `count` lines that differ from those of every other `name`, some of them equal to the one before.
pub(crate) fn lines(rng: &mut fastrand::Rng, name: usize, count: usize) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for n in 0..count {
        if n == 0 || rng.u32(0..10) > 0 {
            line = one(rng, name, n);
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn one(rng: &mut fastrand::Rng, name: usize, n: usize) -> String {
    let (day, hour, second) = (rng.u32(17..21), rng.u32(0..24), rng.u32(0..60));
    let mut line =
        format!("10.{}.0.{} - - [{day}/May/2015:{hour:02}:05:{second:02} +0000] ", name % 200, rng.u32(0..250));
    let (target, status) = match rng.u32(0..20) {
        0 => (format!("/images/{name}-{n}.png"), 200),
        1 => (format!("/articles/{name}-{n}"), 404),
        2 => (format!("/blog/{name}-{n}/?flav=atom"), 200),
        3..6 => (format!("/section/{name}?page={n}&utm_source=mail"), 200),
        _ => (format!("/articles/{}/{name}-{n}", rng.u32(0..50)), 200),
    };
    // Now and then a quote is left open.
    let end = if rng.u32(0..20) == 0 { "" } else { "\"" };
    let agent = ["Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Googlebot/2.1"][rng.usize(0..2)];
    let _ = write!(
        line,
        "\"GET {target} HTTP/1.1\" {status} {} \"http://example.org/{n}\" \"{agent}{end}",
        rng.u32(0..9_999)
    );
    line
}
