//! The Event API from the outside: requests in, answers out, and the records that the log then holds.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions that tests share fail a test as its own lines do"
)]

#[path = "collect/bed.rs"]
mod bed;
#[path = "collect/forms.rs"]
mod forms;
#[path = "collect/hostile.rs"]
mod hostile;
#[path = "collect/http2.rs"]
mod http2;
#[path = "collect/limits.rs"]
mod limits;
#[path = "collect/load.rs"]
mod load;
#[path = "collect/pages.rs"]
mod pages;
#[path = "collect/requests.rs"]
mod requests;
#[path = "collect/segment.rs"]
mod segment;
#[path = "collect/server.rs"]
mod server;
#[path = "collect/serving.rs"]
mod serving;
