//! `judi expect`: whether an app under test has sent what it should, asked of a server that runs with `--dev`.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use judi_subscribe::{Expectations, Shown, Unmet};
use judi_world::World;
use serde_json::json;

use crate::cli::{AccountFormat, Expect};
use crate::client::{Client, ClientError};
use crate::failure::{Done, Exit, Failure};
use crate::project::Project;
use crate::server::RunningServer;

/// How often the inspector is asked while something is missing.
const PAUSE: Duration = Duration::from_millis(100);

/// How long to wait for what must not come, once everything that must has.
const SETTLE: Duration = Duration::from_millis(500);

/// Runs the command.
pub fn run(args: &Expect) -> Done {
    let place = args.file.display().to_string();
    let text = fs::read_to_string(&args.file).map_err(|error| Failure::from_error(Exit::Usage, &place, &error))?;
    let expectations = Expectations::parse(&text).map_err(|error| {
        Failure::usage(format!("{place}:{error}")).hint("docs/guides/inspector.md shows what a file can say")
    })?;
    let address = match args.server {
        Some(address) => address,
        None => {
            let project = Project::open(args.project.project.as_deref())?;
            let server = RunningServer::find(&project)?.ok_or_else(|| {
                Failure::outside("no server runs for this project").hint("`judi up --dev` starts one")
            })?;
            server.reachable()
        }
    };
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Outside, "threads", error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let unmet = runtime.block_on(wait(&expectations, address, Duration::from_secs(args.within)))?;
    for unmet in &unmet {
        print(unmet, args.format);
    }
    match unmet.len() {
        0 => {
            eprintln!("everything that was expected has come");
            Ok(())
        }
        count => Err(Failure::findings(format!("{count} expectations are not met after {} s", args.within))
            .hint(format!("http://{address}/inspect shows what has come"))),
    }
}

/// Asks until everything is met, or the time is over; what is not met then.
async fn wait(expectations: &Expectations, address: SocketAddr, within: Duration) -> Result<Vec<Unmet>, Failure> {
    let world = World::system();
    let mut client = Client::new(Arc::clone(&world.network), address);
    let started = Instant::now();
    let mut met_at: Option<Instant> = None;
    loop {
        let (good, bad) = (fetch(&mut client, address, "good").await?, fetch(&mut client, address, "bad").await?);
        let unmet = expectations.unmet(&good, &bad);
        if unmet.is_empty() {
            let since = *met_at.get_or_insert_with(Instant::now);
            // What may not come needs a moment in which it does not.
            if !expectations.forbids() || since.elapsed() >= SETTLE {
                return Ok(unmet);
            }
        } else {
            met_at = None;
            if started.elapsed() >= within {
                return Ok(unmet);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn fetch(client: &mut Client, address: SocketAddr, kind: &str) -> Result<Vec<Shown>, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Outside, "the inspector", error);
    let request = Request::get(format!("/inspect/{kind}?limit=10000"))
        .header(http::header::HOST, address.to_string())
        .body(Full::new(Bytes::new()))
        .map_err(|error| failed(&error))?;
    match client.send(request).await {
        Ok((StatusCode::OK, answer)) => serde_json::from_slice(&answer).map_err(|error| failed(&error)),
        Ok((StatusCode::NOT_FOUND, _)) => {
            Err(Failure::outside(format!("the server at {address} has no inspector"))
                .hint("start it with `judi up --dev`"))
        }
        Ok((status, answer)) => {
            Err(Failure::outside(format!("the inspector answered {status}: {}", String::from_utf8_lossy(&answer))))
        }
        Err(error @ ClientError::Connect { .. }) => Err(failed(&error).hint("`judi up --dev` starts a server")),
        Err(error) => Err(failed(&error)),
    }
}

fn print(unmet: &Unmet, format: AccountFormat) {
    if format == AccountFormat::Json {
        println!("{}", json!(unmet));
        return;
    }
    println!("expected  {}", unmet.expected);
    println!("  saw     {}", unmet.seen);
    if let Some(nearest) = &unmet.nearest {
        println!("  nearest {nearest}");
    }
}
