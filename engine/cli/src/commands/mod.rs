//! One command, one file.

mod check;
mod clusters;
mod completions;
mod demo;
mod describe;
mod explain;
mod fmt;
mod plugin;
pub mod plugin_compile;
mod query;
mod rotate_key;
mod run;
mod serve;
mod tables;
mod token;

use trawl_lang::Style;

use crate::args::{Args, Clusters, Command};
use crate::exit::{Failure, Outcome};

/// Runs the command.
///
/// # Errors
/// Why there is nothing to give.
pub async fn run(args: Args, style: Style) -> Result<Outcome, Failure> {
    let Args { global, command } = args;
    match command {
        Command::Query(query) => query::run(&global, query, style).await,
        Command::Run(saved) => run::run(&global, saved, style).await,
        Command::Explain(explain) => explain::run(&global, explain, style).await,
        Command::Check(check) => check::run(&global, check, style).await,
        Command::Fmt(fmt) => fmt::run(fmt, style),
        Command::Tables(tables) => tables::run(&global, &tables).await,
        Command::Describe(describe) => describe::run(&global, describe).await,
        Command::Clusters {
            command: Clusters::List { output },
        } => clusters::list(&global, output).await,
        Command::Demo { serve: true } => demo::serve(&global).await,
        Command::Demo { serve: false } => demo::tour(&global, style).await,
        Command::Plugin { command } => plugin::run(&global, command, style).await,
        Command::PluginCompile { memory, seconds } => Ok(plugin_compile::run(memory, seconds)),
        Command::Serve(args) => serve::run(&global, *args).await,
        Command::Clusters {
            command: Clusters::RotateKey { state },
        } => rotate_key::run(&state).await,
        Command::Completions { shell } => completions::completions(shell),
        Command::Man => completions::man(),
        Command::Token(wanted) => token::run(&wanted),
    }
}
