//! Pages and service API asked from the outside: over real tables, under a clock that stands still, and in a browser.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's way to fail")]

mod browser;
mod catalogue;
mod pages;
mod quarantine;
mod site;
mod sql;
mod static_site;
mod webdriver;
