//! The registry from the outside: over HTTP on the loopback, by stock clients, and through crashes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions that tests share fail a test as its own lines do"
)]

#[path = "registry/bed.rs"]
mod bed;
#[path = "registry/clients.rs"]
mod clients;
#[path = "registry/compatibility.rs"]
mod compatibility;
#[path = "registry/crashes.rs"]
mod crashes;
#[path = "registry/hostile.rs"]
mod hostile;
#[path = "registry/project.rs"]
mod project;
#[path = "registry/requests.rs"]
mod requests;
#[path = "registry/settings.rs"]
mod settings;
