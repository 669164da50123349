//! The catalogue as files: whole, alike every time, and with links that lead somewhere.

use std::collections::BTreeMap;

use judi_present::{Definitions, static_site};
use judi_schema::schemas::Schemas;

use crate::catalogue::{sent, site, source, uses, versions};
use crate::site::{Setting, Site};

async fn files(site: &Site, with_tables: bool) -> BTreeMap<String, String> {
    let presenter = with_tables.then_some(site.presenter.as_ref());
    let files = static_site(site.defined.as_ref() as &dyn Definitions, presenter).await.unwrap();
    files.into_iter().map(|file| (file.path, file.text)).collect()
}

/// Where the links of a file lead, relative to the folder of all files.
fn links(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let quoted = text.split(" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let files = quoted.filter(|target| !target.starts_with('#') && !target.starts_with("data:"));
    files
        .map(|target| {
            assert!(!target.starts_with('/') && !target.contains("://"), "{path} leads away: {target}");
            match target.strip_prefix("../") {
                Some(up) => up.to_owned(),
                None if folder.is_empty() => target.to_owned(),
                None => format!("{folder}/{target}"),
            }
        })
        .collect()
}

#[tokio::test]
async fn files_lead_to_each_other_and_tell_what_pages_tell() {
    let files = files(&site(), true).await;
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["adoption.html", "events/login.html", "events/scroll.html", "index.html", "judi.css"]);
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        for target in links(path, text) {
            assert!(files.contains_key(&target), "{path} leads to {target}, which is not there");
        }
    }
    let index = &files["index.html"];
    for part in [
        "A reader came further down.",
        "collected but unused",
        "data-words=\"scroll",
        "how much has been on the screen.",
    ] {
        assert!(index.contains(part), "{part} is not in {index}");
    }
    assert!(index.contains("25 Nov") && !index.contains("today") && !index.contains("Today"), "{index}");
    let scroll = &files["events/scroll.html"];
    for part in [
        "8 events on Wed 25 Nov 2026, 10 in 7 days, 11 in all",
        "80 % came with version 3",
        "depth_per_day",
        "direction",
    ] {
        assert!(scroll.contains(part), "{part} is not in {scroll}");
    }
}

#[tokio::test]
async fn the_same_tables_give_the_same_bytes_whenever_they_are_read() {
    let site = site();
    let first = files(&site, true).await;
    site.sim.clock.advance(std::time::Duration::from_secs(400 * 86_400));
    assert_eq!(files(&site, true).await, first);
}

#[tokio::test]
async fn without_tables_that_is_said() {
    let sent = sent();
    let with_tables = Setting { schemas: Some(versions()), uses: Ok(uses()), sent: &sent, ..Setting::default() }.open();
    let without = Setting { schemas: Some(versions()), uses: Ok(uses()), ..Setting::default() }.open();
    for files in [files(&with_tables, false).await, files(&without, true).await] {
        for path in ["index.html", "events/scroll.html", "adoption.html"] {
            assert!(files[path].contains("There are no tables here"), "{path}: {}", files[path]);
        }
        assert!(!files["index.html"].contains("<svg"));
    }
}

#[tokio::test]
async fn hostile_words_do_not_end_the_script_or_an_attribute() {
    let words = r#"</script><script>alert(1)</script>\" onload=\"alert(1)"#;
    let text = format!("message A {{ option (judi.event) = {{name: \"a\", description: \"{words}\"}}; }}\n");
    let site = Setting { schemas: Some(Schemas::first(&[source(&text)]).unwrap()), ..Setting::default() }.open();
    let files = files(&site, true).await;
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        assert_eq!(text.matches("<script").count(), usize::from(path == "index.html"), "{path}");
        assert!(!text.contains("\" onload="), "{path}");
    }
}
