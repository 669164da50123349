//! x
pub mod compat;
