//! The order in which tables are made: whoever is read comes first, else by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::JobError;
use crate::job::Job;

/// `jobs` so that each comes after those whose tables it reads.
///
/// # Errors
/// [`JobError::Cycle`] when there is no such order.
pub(crate) fn ordered(jobs: Vec<Job>) -> Result<Vec<Job>, JobError> {
    let mut waiting: BTreeMap<String, Job> = jobs.into_iter().map(|job| (job.table.clone(), job)).collect();
    let mut done = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_ready = |job: &&Job| !job.reads.iter().any(|name| waiting.contains_key(name));
        let Some(next) = waiting.values().find(is_ready).map(|job| job.table.clone()) else {
            return Err(JobError::Cycle { tables: cycle(&waiting) });
        };
        done.extend(waiting.remove(&next));
    }
    Ok(done)
}

/// A cycle among jobs all of which wait for another of them.
fn cycle(waiting: &BTreeMap<String, Job>) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut current = waiting.keys().next().cloned();
    while let Some(name) = current {
        if !seen.insert(name.clone()) {
            let start = path.iter().position(|known| *known == name).unwrap_or(0);
            // Walked from readers to what they read.
            return path.split_off(start).into_iter().rev().collect();
        }
        current = waiting.get(&name).and_then(|job| job.reads.iter().find(|read| waiting.contains_key(*read)).cloned());
        path.push(name);
    }
    path
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn job(table: &str, reads: &[&str]) -> Job {
        let inputs = if reads.is_empty() { "(SELECT 1)".to_owned() } else { reads.join(", ") };
        let text = format!("-- judi: grain=day key=[date]\nSELECT * FROM {inputs}");
        Job::parse(Path::new(&format!("jobs/x/{table}.sql")), "x", table, &text).unwrap()
    }

    fn names(jobs: Result<Vec<Job>, JobError>) -> Vec<String> {
        jobs.unwrap().into_iter().map(|job| job.table).collect()
    }

    #[test]
    fn what_is_read_comes_first_and_the_rest_by_name() {
        let jobs = vec![job("a", &["c"]), job("b", &[]), job("c", &["d", "events"]), job("d", &[])];
        assert_eq!(names(ordered(jobs)), ["b", "d", "c", "a"]);
    }

    #[test]
    fn a_circle_is_told_whole() {
        let jobs = vec![job("a", &["b"]), job("b", &["c"]), job("c", &["b"]), job("z", &[])];
        match ordered(jobs) {
            Err(JobError::Cycle { tables }) => assert_eq!(tables, ["c", "b"]),
            other => panic!("{other:?}"),
        }
    }
}
