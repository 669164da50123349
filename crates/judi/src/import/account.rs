//! The account of an import: what became of each line that was read. The parts add up to `read`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::page::Skip;

/// What an import did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Account {
    /// Lines read.
    pub read: u64,
    /// New rows by event. Holds every event that the input can become, those without rows too.
    pub events: BTreeMap<String, u64>,
    /// Lines that are no events, by the first reason that holds; `None` where the input knows no such lines.
    pub skipped: Option<Skipped>,
    /// Lines already known, whatever their verdict was.
    pub duplicates: u64,
    /// Lines that do not fit, new in quarantine.
    pub quarantined: u64,
    /// Lines over the limit of an event, which are not kept.
    pub rejected: u64,
    /// Files that could not be read to their end, and why; what came before is in the other counts.
    pub broken: Vec<String>,
}

/// Lines of an access log that are no pages.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Not a GET.
    pub method: u64,
    /// Answered neither 200 nor 304.
    pub status: u64,
    /// A file that is no page.
    pub asset: u64,
    /// A feed.
    pub feed: u64,
}

impl Skipped {
    /// Counts one.
    pub fn count(&mut self, skip: Skip) {
        match skip {
            Skip::Method => self.method += 1,
            Skip::Status => self.status += 1,
            Skip::Asset => self.asset += 1,
            Skip::Feed => self.feed += 1,
        }
    }

    fn total(self) -> u64 {
        self.method + self.status + self.asset + self.feed
    }
}

impl Account {
    /// The sum of the parts, which is `read` when nothing went astray.
    pub fn accounted(&self) -> u64 {
        let skipped = self.skipped.map_or(0, Skipped::total);
        self.events.values().sum::<u64>() + skipped + self.duplicates + self.quarantined + self.rejected
    }

    /// One line of JSON.
    pub fn json(&self) -> String {
        let mut members = Map::new();
        members.insert("read".to_owned(), json!(self.read));
        members.extend(self.events.iter().map(|(event, count)| (event.clone(), json!(count))));
        if let Some(s) = self.skipped {
            let skipped = json!({"method": s.method, "status": s.status, "asset": s.asset, "feed": s.feed});
            members.insert("skipped".to_owned(), skipped);
        }
        members.insert("duplicates".to_owned(), json!(self.duplicates));
        members.insert("quarantined".to_owned(), json!(self.quarantined));
        if self.rejected > 0 {
            members.insert("rejected".to_owned(), json!(self.rejected));
        }
        Value::Object(members).to_string()
    }

    /// One line for people.
    pub fn text(&self) -> String {
        let mut parts: Vec<_> = self.events.iter().map(|(event, count)| format!("{event} {count}")).collect();
        if let Some(s) = self.skipped {
            let (method, status, asset, feed) = (s.method, s.status, s.asset, s.feed);
            parts.push(format!("skipped {} (method {method}, status {status}, asset {asset}, feed {feed})", s.total()));
        }
        parts.push(format!("duplicates {}", self.duplicates));
        parts.push(format!("quarantined {}", self.quarantined));
        if self.rejected > 0 {
            parts.push(format!("rejected {}", self.rejected));
        }
        format!("read {}: {}", self.read, parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_an_access_log_has_its_documented_members() {
        let account = Account {
            read: 16,
            events: BTreeMap::from([("article_view".to_owned(), 1), ("page_view".to_owned(), 2)]),
            skipped: Some(Skipped { method: 1, status: 2, asset: 3, feed: 4 }),
            duplicates: 2,
            quarantined: 1,
            rejected: 0,
            broken: Vec::new(),
        };
        assert_eq!(account.accounted(), account.read);
        let read: Value = serde_json::from_str(&account.json()).unwrap();
        let expected = json!({"read": 16, "article_view": 1, "page_view": 2, "duplicates": 2, "quarantined": 1,
            "skipped": {"method": 1, "status": 2, "asset": 3, "feed": 4}});
        assert_eq!(read, expected);
        assert!(account.text().starts_with("read 16: article_view 1, page_view 2, skipped 10 ("));
    }
}
