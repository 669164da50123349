//! The columns against golden rows, against another implementation of protobuf, and against their laws.

mod catch_up;
mod cell;
mod evolution;
mod golden;
mod laws;
mod oracle;
mod project;
mod random;
mod renamed;
