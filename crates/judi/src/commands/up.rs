//! `judi up`: every role in one process.

use crate::cli::Up;
use crate::failure::Done;
use crate::project::Project;
use crate::serving::{ServeMode, Serving, serve};

/// Runs the command.
pub fn run(args: &Up) -> Done {
    let project = Project::open(args.dir.as_deref().or(args.project.project.as_deref()))?;
    let mode = if args.dev { ServeMode::Development } else { ServeMode::Ordinary };
    serve(project, mode, |serving| {
        say_where(serving);
        if mode == ServeMode::Development {
            eprintln!("inspector  http://{}/inspect", serving.address);
        }
        None
    })
}

/// Tells people where to look and where to send.
pub fn say_where(serving: &Serving) {
    let address = serving.address;
    eprintln!("pages      http://{address}/");
    eprintln!("events     POST http://{address}/v1/events");
    eprintln!("SQL        http://{address}/sql");
    eprintln!("Ctrl-C stops.");
}
