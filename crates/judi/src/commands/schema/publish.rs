//! `judi schema publish`: what the schema folder says becomes the newest version, in a running server too.

use judi_schema::schemas::OpenMode;
use judi_world::World;
use serde_json::json;

use crate::cli::AccountFormat;
use crate::cli::schema::Publish;
use crate::failure::{Done, Exit, Failure};
use crate::live::{edition, open_schemas};
use crate::project::Project;
use crate::server::RunningServer;
use crate::server::internal::{self, PublishAnswer};

/// Runs the command.
pub fn run(args: &Publish) -> Done {
    let project = Project::open(args.dir.as_deref().or(args.project.project.as_deref()))?;
    let world = World::system();
    let told = match RunningServer::find(&project)? {
        Some(server) => server.ask(&world, internal::PUBLISH, Vec::new())?,
        None => None,
    };
    let told: Option<PublishAnswer> = match told {
        Some(answer) => Some(
            serde_json::from_slice(&answer)
                .map_err(|error| Failure::from_error(Exit::Outside, "the running server's answer", &error))?,
        ),
        None => None,
    };
    let running = told.is_some();
    let before = open_schemas(&project, &world, OpenMode::Published).ok().map(|schemas| edition(&schemas));
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
    let is_new = is_new.unwrap_or(before != Some(edition(&schemas)));
    match args.format {
        AccountFormat::Json => println!(
            "{}",
            json!({"version": current.version, "semver": current.semver, "fingerprint": current.fingerprint,
                "new": is_new, "running": running})
        ),
        AccountFormat::Text => {
            let state = if is_new { "published" } else { "unchanged" };
            println!("{state}: version {} ({})", current.version, current.semver);
            if running {
                eprintln!("the running server takes events by it from now on");
            }
        }
    }
    Ok(())
}
