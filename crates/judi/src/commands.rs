//! The commands, one file each.

pub mod demo;
pub mod expect;
pub mod init;
pub mod query;
pub mod replay;
pub mod run;
pub mod schema;
pub mod sdk;
pub mod tail;
pub mod trace;
pub mod up;
