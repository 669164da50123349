//! The answers of one connection, and what they promise.

use std::collections::BTreeMap;

use judi_log::Topic;

/// One answer of HTTP/1.1.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    fault: Option<String>,
    body: Vec<u8>,
}

/// All answers that are whole. What is no answer (frames of HTTP/2) ends them.
pub(crate) fn read(mut told: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    while told.starts_with(b"HTTP/1.") {
        let Some(end) = told.windows(4).position(|window| window == b"\r\n\r\n") else { break };
        let head = String::from_utf8_lossy(&told[..end]).to_ascii_lowercase();
        let field = |name: &str| {
            let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            Some(value.trim().to_owned())
        };
        let status = head.get(9..12).and_then(|text| text.parse().ok()).unwrap_or(0);
        let length = field("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let rest = &told[end + 4..];
        let Some((body, after)) = rest.split_at_checked(length) else { break };
        answers.push(Answer { status, fault: field("judi-error"), body: body.to_vec() });
        told = after;
    }
    answers
}

/// Compares what was told with what was kept; how many events were told to be kept. Records that nobody was told of are
/// only those of an answer that could not be sent any more.
pub(crate) fn check(answers: &[Answer], kept: &[(Topic, String)], sent: &[u8]) -> usize {
    let mut records: BTreeMap<(Topic, String), usize> = BTreeMap::new();
    for (topic, id) in kept {
        *records.entry((*topic, id.clone())).or_default() += 1;
    }
    let mut promised = 0;
    let mut images = [0, 0];
    let fail =
        |what: String| panic!("{what}; sent {:?}; answered {answers:?}; kept {kept:?}", String::from_utf8_lossy(sent));
    for answer in answers {
        let known = [100, 200, 204, 400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 429, 431, 501, 505];
        if !known.contains(&answer.status) {
            fail(format!("status {}", answer.status));
        }
        if answer.body.starts_with(b"GIF89a") {
            // An image tells no id: it stands for one record of its kind.
            if answer.status == 200 {
                images[usize::from(answer.fault.is_some())] += 1;
            }
            continue;
        }
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        for result in body["results"].as_array().into_iter().flatten() {
            let topic = match result["status"].as_str() {
                Some("ok") => Topic::Events,
                Some("quarantined") => Topic::Quarantine,
                Some("duplicate" | "rejected") => continue,
                other => return fail_with(&fail, format!("result {other:?}")),
            };
            let id = result["event_id"].as_str().unwrap_or_default().to_owned();
            match records.get_mut(&(topic, id.clone())).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => fail(format!("{topic} {id} has no record")),
            }
            promised += 1;
        }
    }
    let left = |wanted: Topic| {
        records.iter().filter(|((topic, _), _)| *topic == wanted).map(|(_, count)| count).sum::<usize>()
    };
    for (topic, images) in [(Topic::Events, images[0]), (Topic::Quarantine, images[1])] {
        if left(topic) < images {
            fail(format!("{images} images of {topic}, and {} records", left(topic)));
        }
    }
    promised + images[0] + images[1]
}

fn fail_with(fail: &impl Fn(String), what: String) -> usize {
    fail(what);
    0
}
