//! Judi: the data platform of a media house in one program.
//!
//! The binary sees all stages and wires them; it decides nothing that a stage could.

#![expect(unreachable_pub, reason = "in a binary `pub` says what other modules may use; there is no outside")]

mod cli;
mod client;
mod commands;
mod config;
mod failure;
mod import;
mod live;
mod pages;
mod project;
mod readers;
mod server;
mod serving;
mod shadow;
mod since;
mod stack;
mod uses;
mod warehouse;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::failure::Done;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("JUDI_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // Colours are for eyes: in a file or a pipe they are noise that no search finds a word through.
    let is_terminal = io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(is_terminal)
        .with_target(false)
        .init();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // With nobody left to tell, the exit code still tells.
            let _ = writeln!(io::stderr(), "{failure}");
            failure.exit.into()
        }
    }
}

fn run(cli: &Cli) -> Done {
    match &cli.command {
        Command::Demo(args) => commands::demo::run(args),
        Command::Init(args) => commands::init::run(args),
        Command::Up(args) => commands::up::run(args),
        Command::Import(args) => import::run(args),
        Command::Query(args) => commands::query::run(args),
        Command::Tail(args) => commands::tail::run(args),
        Command::Trace(args) => commands::trace::run(args),
        Command::Expect(args) => commands::expect::run(args),
        Command::Replay(args) => commands::replay::run(args),
        Command::Run(args) => commands::run::run(args),
        Command::Schema(command) => commands::schema::run(command),
        Command::Sdk(command) => commands::sdk::run(command),
    }
}
