//! The simulator of the whole chain.
pub mod process;
