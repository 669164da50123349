//! Findings on their way to people and programs: one a line on standard output, and exit code 1 when there are any.

use std::io::{self, BufWriter, Write};

use judi_schema::finding::Finding;

use crate::cli::AccountFormat;
use crate::failure::{Done, Exit, Failure};

/// Prints the findings, sorted by place; fails with [`Exit::Findings`] when there are any. `what` names one of them.
pub fn report(mut findings: Vec<Finding>, format: AccountFormat, what: &str) -> Done {
    findings.sort();
    let written = write(&findings, format);
    written.map_err(|error| Failure::from_error(Exit::Outside, "standard output", &error))?;
    match findings.len() {
        0 => Ok(()),
        1 => Err(Failure::findings(format!("1 {what}"))),
        count => Err(Failure::findings(format!("{count} {what}s"))),
    }
}

fn write(findings: &[Finding], format: AccountFormat) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for finding in findings {
        match format {
            AccountFormat::Json => {
                serde_json::to_writer(&mut out, finding)?;
                out.write_all(b"\n")?;
            }
            AccountFormat::Text => writeln!(out, "{finding}")?,
        }
    }
    out.flush()
}
