//! The command line as a page: what the binary says to `--help`, command by command.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::title;
use crate::failure::Failure;

/// Deeper commands than any there is: a program that is not Judi must not keep this busy.
const DEPTH_MAX: usize = 3;

/// The page.
pub(crate) fn page(binary: &Path) -> Result<String, Failure> {
    let mut page = title("Command line", "the binary's own help");
    section(binary, &[], &mut page)?;
    Ok(page)
}

/// A command's help, and that of the commands below it.
fn section(binary: &Path, command: &[String], page: &mut String) -> Result<(), Failure> {
    let help = help(binary, command)?;
    let name = std::iter::once("judi").chain(command.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    // Writing to a string cannot fail.
    let _ = writeln!(page, "## `{name}`\n\n```text\n{}\n```\n", help.trim());
    if command.len() == DEPTH_MAX {
        return Ok(());
    }
    for below in commands(&help) {
        section(binary, &[command, &[below.to_owned()]].concat(), page)?;
    }
    if command.is_empty() {
        page.truncate(page.trim_end().len());
        page.push('\n');
    }
    Ok(())
}

fn help(binary: &Path, command: &[String]) -> Result<String, Failure> {
    let output = Command::new(binary)
        .args(command)
        .arg("--help")
        // As wide on a terminal as without one.
        .env("COLUMNS", "100")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .map_err(Failure::file("start", binary))?;
    if output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        return Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
    }
    let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
    let program = format!("{} {} --help", binary.display(), command.join(" "));
    Err(Failure::Program { program, ended: format!("ended with {}", output.status), output: output_text })
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description that goes on is indented further than a name.
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_from_the_help() {
        let help = "About.\n\nUsage: judi <COMMAND>\n\nCommands:\n  demo    Show\n          the rest\n  up      Run\n  help    Print\n\nOptions:\n  -h, --help\n";
        assert_eq!(commands(help), ["demo", "up"]);
        assert!(commands("Usage: judi up\n").is_empty());
    }
}
