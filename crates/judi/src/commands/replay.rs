//! `judi replay --quarantine`: quarantined events judged again by the newest schema, in a running server too.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use judi_world::World;
use serde_json::json;

use crate::cli::{AccountFormat, Replay};
use crate::failure::{Done, Exit, Failure};
use crate::project::Project;
use crate::server::RunningServer;
use crate::server::internal::replay::{self, ReplayRequest, ReplayState, ReplayTicket};
use crate::since;
use crate::stack::Stack;

/// How often it is looked how far the replay is.
const POLL: Duration = Duration::from_millis(100);

/// How long to wait before looking again whether another process has let go of the log.
const TAKEN_PAUSE: Duration = Duration::from_millis(200);

const HINT: &str = "what was replayed stays; run the same replay again, it adds only what is missing";

/// Runs the command.
pub fn run(args: &Replay) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let world = World::system();
    let since = match &args.since {
        Some(text) => Some(since::parse(text, world.clock.now()).map_err(|wrong| {
            Failure::usage(format!("--since {wrong}"))
                .hint("as in 2026-11-23T08:00:00Z, 2026-11-23 (from midnight, UTC) or \"2 h ago\"")
        })?),
        None => None,
    };
    let request = ReplayRequest { reason: args.reason.clone(), since_us: since.map(|since| since.0) };
    let bar = Progress::new();
    let state = replay(&project, &world, &request, &bar)?;
    bar.bar.finish_and_clear();
    if let Some(Err(reason)) = &state.end {
        return Err(Failure::outside(format!("the replay could not be done: {reason}")).hint(HINT));
    }
    match args.format {
        AccountFormat::Json => println!("{}", as_json(&state)),
        AccountFormat::Text => println!("{}", as_text(&state)),
    }
    Ok(())
}

fn replay(project: &Project, world: &World, request: &ReplayRequest, bar: &Progress) -> Result<ReplayState, Failure> {
    let mut said_waiting = false;
    loop {
        if let Ok(stack) = Stack::open(project.clone(), world.clone())? {
            let state = in_this_process(&stack, request, bar);
            stack.close();
            return state;
        }
        if let Some(server) = RunningServer::find(project)?
            && let Some(state) = in_server(&server, world, request, bar)?
        {
            return Ok(state);
        }
        // An import, or a server that is about to start or to end.
        if !said_waiting {
            tracing::warn!("another process has the project's log open; waiting for it");
            said_waiting = true;
        }
        std::thread::sleep(TAKEN_PAUSE);
    }
}

fn in_this_process(stack: &Stack, request: &ReplayRequest, bar: &Progress) -> Result<ReplayState, Failure> {
    // The command line takes no other reasons.
    let filter = request.filter().unwrap_or_default();
    let handed_out =
        stack.judge.replay(filter).map_err(|error| Failure::from_error(Exit::Outside, "the replay", &error))?;
    loop {
        let Some(state) = replay::state(&handed_out) else {
            return Err(Failure::outside("the judge has ended before the replay").hint(HINT));
        };
        if state.end.is_some() {
            return Ok(state);
        }
        bar.show(&state);
        std::thread::sleep(POLL);
    }
}

/// `None` when nobody answers there any more.
fn in_server(
    server: &RunningServer,
    world: &World,
    request: &ReplayRequest,
    bar: &Progress,
) -> Result<Option<ReplayState>, Failure> {
    let Some(answer) = server.ask(world, replay::START, body(request)?)? else { return Ok(None) };
    let ticket: ReplayTicket = parse(&answer)?;
    loop {
        let Some(answer) = server.ask(world, replay::FOLLOW, body(&ticket)?)? else {
            return Err(Failure::outside("the server has ended before the replay").hint(HINT));
        };
        let state: ReplayState = parse(&answer)?;
        if state.end.is_some() {
            return Ok(Some(state));
        }
        bar.show(&state);
    }
}

fn body<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value).map_err(|error| Failure::from_error(Exit::Outside, "the replay", &error))
}

fn parse<T: serde::de::DeserializeOwned>(answer: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(answer)
        .map_err(|error| Failure::from_error(Exit::Outside, "the running server's answer", &error))
}

fn as_json(state: &ReplayState) -> serde_json::Value {
    json!({"looked_at": state.looked_at, "became_rows": state.became_rows, "already_rows": state.already_rows,
        "still_unfit": state.still_unfit, "schema_version": state.schema_version})
}

fn as_text(state: &ReplayState) -> String {
    let unfit: u64 = state.still_unfit.values().sum();
    let reasons: Vec<String> = state.still_unfit.iter().map(|(reason, rows)| format!("{reason} {rows}")).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    format!(
        "looked at {} by schema version {}: {} became rows of events, {} were rows already, {unfit} still do not \
         fit{reasons}",
        state.looked_at, state.schema_version, state.became_rows, state.already_rows
    )
}

/// The bar on a terminal, and what was last said about waiting.
struct Progress {
    bar: ProgressBar,
    trouble: std::cell::RefCell<Option<String>>,
}

impl Progress {
    fn new() -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} files {eta}") {
            bar.set_style(style);
        }
        Self { bar, trouble: std::cell::RefCell::default() }
    }

    fn show(&self, state: &ReplayState) {
        self.bar.set_length(state.files.1);
        self.bar.set_position(state.files.0);
        self.bar.set_message(format!("{} replayed", state.became_rows));
        let said = self.trouble.replace(state.trouble.clone());
        if let Some(trouble) = state.trouble.as_ref().filter(|trouble| said.as_ref() != Some(*trouble)) {
            tracing::warn!("{trouble}; the replay waits and goes on by itself");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_tells_every_event_that_was_looked_at() {
        let state = ReplayState {
            looked_at: 120,
            became_rows: 80,
            already_rows: 10,
            still_unfit: [("constraint".to_owned(), 10), ("unknown_event".to_owned(), 20)].into(),
            schema_version: 4,
            ..ReplayState::default()
        };
        assert_eq!(
            as_text(&state),
            "looked at 120 by schema version 4: 80 became rows of events, 10 were rows already, 30 still do not fit \
             (constraint 10, unknown_event 20)"
        );
        assert!(as_text(&ReplayState::default()).ends_with("0 still do not fit"));
        let expected = json!({"looked_at": 120, "became_rows": 80, "already_rows": 10, "schema_version": 4,
            "still_unfit": {"constraint": 10, "unknown_event": 20}});
        assert_eq!(as_json(&state), expected);
    }
}
