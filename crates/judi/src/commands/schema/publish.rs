//! `judi schema publish`: what the schema folder says becomes the newest version, in a running server too.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use judi_schema::schemas::OpenMode;
use judi_world::World;
use serde_json::json;

use crate::cli::AccountFormat;
use crate::cli::schema::Publish;
use crate::client::{Client, ClientError};
use crate::failure::{Done, Exit, Failure};
use crate::live::open_schemas;
use crate::project::Project;
use crate::server::RunningServer;
use crate::server::internal::{self, PublishAnswer};

/// Runs the command.
pub fn run(args: &Publish) -> Done {
    let project = Project::open(args.dir.as_deref().or(args.project.project.as_deref()))?;
    let world = World::system();
    let told = match RunningServer::find(&project)? {
        Some(server) => ask(&server, &world)?,
        None => None,
    };
    let before = open_schemas(&project, &world, OpenMode::Published).ok().map(|schemas| schemas.current().version);
    let is_new = match told {
        Some(PublishAnswer::Refused { exit, message, hint }) => {
            return Err(Failure { exit: Exit::of_code(exit), message, hint });
        }
        Some(PublishAnswer::Published { is_new, .. }) => Some(is_new),
        None => None,
    };
    // By now the server has done it; without one it is done here.
    let schemas = open_schemas(&project, &world, OpenMode::Extend)?;
    let current = schemas.current();
    let is_new = is_new.unwrap_or(before != Some(current.version));
    match args.format {
        AccountFormat::Json => println!(
            "{}",
            json!({"version": current.version, "semver": current.semver, "fingerprint": current.fingerprint,
                "new": is_new, "running": told.is_some()})
        ),
        AccountFormat::Text => {
            let state = if is_new { "published" } else { "unchanged" };
            println!("{state}: version {} ({})", current.version, current.semver);
            if told.is_some() {
                eprintln!("the running server takes events by it from now on");
            }
        }
    }
    Ok(())
}

/// Has the server publish; `None` when nobody answers: it has died and left its file.
fn ask(server: &RunningServer, world: &World) -> Result<Option<PublishAnswer>, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Outside, "the running server", error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let request = Request::post(internal::PUBLISH)
        .header(http::header::HOST, server.address.to_string())
        .header(http::header::AUTHORIZATION, format!("Bearer {}", server.token))
        .body(Full::new(Bytes::new()))
        .map_err(|error| failed(&error))?;
    let mut client = Client::new(world.network.clone(), server.address);
    match runtime.block_on(client.send(request)) {
        Ok((StatusCode::OK, answer)) => serde_json::from_slice(&answer).map(Some).map_err(|error| failed(&error)),
        // Somebody else listens there now.
        Ok((StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND, _)) | Err(ClientError::Connect { .. }) => Ok(None),
        Ok((status, answer)) => {
            Err(Failure::outside(format!("the running server answered {status}: {}", String::from_utf8_lossy(&answer))))
        }
        Err(error) => Err(failed(&error)),
    }
}
