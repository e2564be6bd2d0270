//! `trawl completions` and `trawl man`: what shells and `man` know of the command line, made of the same description as `--help`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::exit::{Failure, Outcome};
use crate::output;

/// Prints the completions of a shell.
///
/// # Errors
/// When stdout cannot be written.
pub fn completions(shell: Shell) -> Result<Outcome, Failure> {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    output::data(&script)?;
    Ok(Outcome::Complete)
}

/// Prints the manual page, and those of all commands behind it, as roff.
///
/// # Errors
/// When stdout cannot be written.
pub fn man() -> Result<Outcome, Failure> {
    let mut command = Args::command();
    // Names of commands become `trawl clusters list`.
    command.build();
    let mut pages = Vec::new();
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        let visible = command.get_subcommands().filter(|it| !it.is_hide_set());
        let mut below: Vec<clap::Command> = visible.cloned().collect();
        below.reverse();
        left.extend(below);
        let name = command.get_bin_name().unwrap_or(command.get_name());
        let name = name.to_owned();
        clap_mangen::Man::new(command.display_name(name)).render(&mut pages)?;
    }
    output::data(&pages)?;
    Ok(Outcome::Complete)
}
