//! SQL over real tables in a folder, with the rows that are expected.

mod fixture;
mod queries;
mod refusals;
mod windows;
