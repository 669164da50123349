//! `judi tail`: what a running server receives, as it comes.

use std::io::{self, IsTerminal, Write};

use judi_subscribe::Shown;
use judi_world::World;

use super::plain;
use crate::cli::{AccountFormat, Tail};
use crate::client::Stream;
use crate::failure::{Done, Exit, Failure};
use crate::project::Project;
use crate::server::RunningServer;

/// Characters of a payload on a line.
const PAYLOAD_CHARACTERS: usize = 200;

/// Runs the command.
pub fn run(args: &Tail) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let server = RunningServer::find(&project)?.ok_or_else(no_server)?;
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Outside, "the running server", error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let bad = if args.bad { "only" } else { "1" };
    let (event, from) = (escaped(&args.event.join(",")), escaped(&args.from));
    let path = format!("/v1/subscribe?bad={bad}&event={event}&from={from}");
    runtime.block_on(async {
        let world = World::system();
        let mut stream =
            Stream::open(&world, &server, &path).await.map_err(|error| failed(&error))?.ok_or_else(no_server)?;
        if let Some(refusal) = stream.refusal().await.map_err(|error| failed(&error))? {
            return Err(refused(&refusal));
        }
        let mut left = args.limit.unwrap_or(u64::MAX);
        while left > 0 {
            let Some(message) = stream.next().await.map_err(|error| failed(&error))? else {
                return Err(Failure::outside("the server has ended the stream"));
            };
            match print(&message, args.format) {
                Ok(printed) => left -= u64::from(printed),
                // Whoever read the output has seen enough (`judi tail | head`).
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                Err(error) => return Err(Failure::from_error(Exit::Outside, "standard output", &error)),
            }
        }
        Ok(())
    })
}

fn no_server() -> Failure {
    Failure::outside("no server runs for this project").hint("`judi up` starts one")
}

/// The refusal's own words; `{"message": …, "hint": …}`.
fn refused(answer: &str) -> Failure {
    let parsed: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    let text = |name: &str| parsed.get(name).and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
    let failure = Failure::usage(text("message").unwrap_or_else(|| answer.to_owned()));
    match text("hint") {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Prints one message of the stream; whether it was an event.
fn print(message: &str, format: AccountFormat) -> io::Result<bool> {
    let Some(data) = message.lines().find_map(|line| line.strip_prefix("data: ")) else { return Ok(false) };
    let mut out = io::stdout().lock();
    match message.lines().find_map(|line| line.strip_prefix("event: ")) {
        Some("gap") => {
            eprintln!("some events had been removed by retention before they were read: {data}");
            return Ok(false);
        }
        Some("error") => {
            eprintln!("the server ends the stream: {data}");
            return Ok(false);
        }
        _ => {}
    }
    if format == AccountFormat::Json {
        writeln!(out, "{data}")?;
    } else {
        let shown: Shown = serde_json::from_str(data).map_err(io::Error::other)?;
        writeln!(out, "{}", line(&shown, out.is_terminal()))?;
    }
    out.flush()?;
    Ok(true)
}

/// `08:00:01.500 ok           article_view  web  a1  {"article_id": …}`, and what is wrong on a line of its own.
fn line(shown: &Shown, colours: bool) -> String {
    let time = shown.received_at.get(11..).unwrap_or_default().trim_end_matches('Z');
    let context = |name: &str| shown.context.get(name).and_then(serde_json::Value::as_str).unwrap_or("-");
    let payload = shown.payload.as_ref().map_or("", |raw| raw.get());
    let payload: String = payload.chars().take(PAYLOAD_CHARACTERS).collect();
    let payload = plain(&payload);
    let (begin, end) = match (colours, shown.status.as_str()) {
        (true, "ok") => ("\u{1b}[32m", "\u{1b}[0m"),
        (true, _) => ("\u{1b}[31m", "\u{1b}[0m"),
        (false, _) => ("", ""),
    };
    let (platform, who, status, event) =
        (plain(context("platform")), plain(context("anonymous_id")), shown.status.as_str(), plain(&shown.event));
    let mut line = format!("{time:<15} {begin}{status:<11}{end} {event:<24} {platform:<8} {who:<12} {payload}");
    if let Some(detail) = &shown.detail {
        line.push_str(&format!("\n{:<15} {}: {}", "", shown.reason.as_deref().unwrap_or_default(), plain(detail)));
    }
    line
}

/// Text in a query (RFC 3986): all but unreserved characters as bytes in hexadecimal.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_event_says_on_a_second_line_what_is_wrong() {
        let shown = Shown {
            status: "quarantined".into(),
            event: "article_view".into(),
            received_at: "2026-11-23T08:00:01.500Z".into(),
            reason: Some("constraint".into()),
            detail: Some("percent: 101 is over 100".into()),
            ..Shown::default()
        };
        let text = line(&shown, false);
        assert!(text.starts_with("08:00:01.500    quarantined article_view"), "{text}");
        assert!(text.ends_with("constraint: percent: 101 is over 100"), "{text}");
        assert!(line(&shown, true).contains('\u{1b}'));
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escaped("a,b c/é~"), "a%2Cb%20c%2F%C3%A9~");
    }
}
