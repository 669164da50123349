//! Every row of the verdict table, by name.

mod table;
