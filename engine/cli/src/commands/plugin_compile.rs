//! `trawl plugin-compile`: compiles a stranger's component for the trawl that started it, and refuses to be anything but that: it
//! runs before there are threads, since their stacks would count as memory of the compiler's.

use std::ffi::OsString;
use std::path::PathBuf;

use trawl_exec::Compiler;

use crate::exit::Outcome;
use crate::output;

/// The hidden command, as it is written.
const COMMAND: &str = "plugin-compile";

/// This program as the compiler of a host; none where the system does not say where it is.
pub fn compiler() -> Option<Compiler> {
    /// The running program, even when its file was replaced since.
    const RUNNING: &str = "/proc/self/exe";
    let running = PathBuf::from(RUNNING);
    let program = if running.exists() {
        running
    } else {
        std::env::current_exe().ok()?
    };
    Some(Compiler {
        program,
        arguments: vec![OsString::from(COMMAND)],
    })
}

/// Compiles from stdin to stdout.
pub fn run(memory: u64, seconds: u64) -> Outcome {
    match trawl_exec::compile_apart(memory, seconds) {
        Ok(()) => Outcome::Complete,
        Err(message) => {
            output::words(&message);
            Outcome::Internal
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};

    #[test]
    fn the_compiler_is_this_program_and_its_hidden_command() {
        let compiler = compiler().unwrap();
        assert!(compiler.program.exists());
        let words = ["trawl"].map(OsString::from).into_iter();
        let words = words
            .chain(compiler.arguments)
            .chain(["9", "7"].map(OsString::from));
        let args = Args::try_parse_from(words).unwrap();
        assert!(matches!(
            args.command,
            Command::PluginCompile {
                memory: 9,
                seconds: 7
            }
        ));
    }
}
