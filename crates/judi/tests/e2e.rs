//! The real binary from the outside, as its users meet it: commands, requests, signals, kills and full disks.
//!
//! Every case has a project of its own in a folder of its own, servers take a free port, and a warning or an error
//! on standard error that the case does not list fails it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the functions that tests share fail a test as its own lines do"
)]

#[path = "e2e/bed.rs"]
mod bed;
#[path = "e2e/http.rs"]
mod http;
#[path = "e2e/outside.rs"]
mod outside;
#[path = "e2e/protobuf.rs"]
mod protobuf;
#[path = "e2e/running.rs"]
mod running;
#[path = "e2e/server.rs"]
mod server;
#[path = "e2e/synthetic.rs"]
mod synthetic;

#[path = "e2e/access_log.rs"]
mod access_log;
#[path = "e2e/bad_input.rs"]
mod bad_input;
#[path = "e2e/breaking.rs"]
mod breaking;
#[path = "e2e/demo.rs"]
mod demo;
#[path = "e2e/errors.rs"]
mod errors;
#[path = "e2e/evolution.rs"]
mod evolution;
#[path = "e2e/first_event.rs"]
mod first_event;
#[path = "e2e/full_disk.rs"]
mod full_disk;
#[path = "e2e/guides.rs"]
mod guides;
#[path = "e2e/imports.rs"]
mod imports;
#[path = "e2e/inspecting.rs"]
mod inspecting;
#[path = "e2e/kills.rs"]
mod kills;
#[path = "e2e/lint.rs"]
mod lint;
#[path = "e2e/proxy.rs"]
mod proxy;
#[path = "e2e/readers.rs"]
mod readers;
#[path = "e2e/replay.rs"]
mod replay;
#[path = "e2e/segment.rs"]
mod segment;
