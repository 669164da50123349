use crate::cli::sdk::Publish;
use crate::failure::{Done, Failure};

pub fn run(_: &Publish) -> Done {
    Err(Failure::usage("to come"))
}
