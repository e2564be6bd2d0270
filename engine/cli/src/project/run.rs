//! Running a tool of a project's language. It ends when the command does, and its words are shown when it fails.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::exit::Failure;
use crate::output;

/// Bytes of a tool's words that are shown when it fails: the last ones say why.
const SHOWN_BYTES: usize = 16 << 10;

/// Where and how tools run.
pub struct Run<'a> {
    /// The project's folder.
    pub folder: &'a Path,
    /// Whether their words are shown as they come.
    pub as_it_comes: bool,
}

impl Run<'_> {
    /// A program that runs in the project's folder.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end and gives what it wrote to stdout. `missing` says how to get it.
    ///
    /// # Errors
    /// It is not there, or fails.
    pub async fn through(&self, mut command: Command, missing: &str) -> Result<Vec<u8>, Failure> {
        let said = said(&command);
        if self.as_it_comes {
            output::words(&format!("$ {said}"));
        }
        command.stdout(Stdio::piped()).stderr(if self.as_it_comes {
            Stdio::inherit()
        } else {
            Stdio::piped()
        });
        let output = command.output().await.map_err(|error| {
            Failure::Usage(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    let program = command.as_std().get_program().to_string_lossy();
                    format!("`{program}` is missing, which builds this project: {missing}")
                }
                _ => format!("cannot run `{said}`: {error}"),
            })
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let mut words = String::from_utf8_lossy(&output.stdout).into_owned();
        words.push_str(&String::from_utf8_lossy(&output.stderr));
        output::words(end(words.trim_end()));
        Err(Failure::Refused(format!(
            "`{said}` failed ({})",
            output.status
        )))
    }
}

/// A command as one would type it.
fn said(command: &Command) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

/// The last lines of what a tool said.
fn end(words: &str) -> &str {
    let mut start = words.len().saturating_sub(SHOWN_BYTES);
    while !words.is_char_boundary(start) {
        start = start.saturating_add(1);
    }
    let shown = words.get(start..).unwrap_or_default();
    match (start, shown.split_once('\n')) {
        (0, _) | (_, None) => shown,
        (_, Some((_, whole))) => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_a_tool_said_begins_with_a_whole_line() {
        assert_eq!(end("one\ntwo"), "one\ntwo");
        let long = format!("{}ü\nlast", "x".repeat(SHOWN_BYTES));
        assert_eq!(end(&long), "last");
    }

    #[tokio::test]
    async fn a_tool_that_is_missing_is_said_with_how_to_get_it() {
        let run = Run {
            folder: Path::new("."),
            as_it_comes: false,
        };
        let command = run.program("trawl-no-such-tool");
        let Err(Failure::Usage(message)) = run.through(command, "look elsewhere").await else {
            panic!("expected it to be missing");
        };
        assert_eq!(
            message,
            "`trawl-no-such-tool` is missing, which builds this project: look elsewhere"
        );
        let mut command = run.program("false");
        command.arg("--really");
        let Err(Failure::Refused(message)) = run.through(command, "").await else {
            panic!("expected it to fail");
        };
        assert_eq!(message, "`false --really` failed (exit status: 1)");
    }
}
