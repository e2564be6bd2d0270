//! The binary `trawl`: reads the command line, runs one command, maps what happened to an exit code. Data goes to stdout, words
//! to stderr; a broken pipe is quiet.

mod access;
mod args;
mod commands;
mod exit;
mod grant_text;
mod input;
mod memory;
mod output;
mod plugins;
mod project;
mod setup;
mod state;
mod watch;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // The thread that the system gives has less stack than a long query needs.
    let main = std::thread::Builder::new()
        .name("main".to_owned())
        .stack_size(trawl_exec::STACK_BYTES)
        .spawn(run);
    match main.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) => exit::Outcome::Internal.into(),
        Err(error) => {
            output::words(&format!("error: no thread to run on: {error}"));
            exit::Outcome::Internal.into()
        }
    }
}

fn run() -> ExitCode {
    let args = args::Args::parse();
    if let args::Command::PluginCompile { memory, seconds } = args.command {
        return commands::plugin_compile::run(memory, seconds).into();
    }
    let style = output::style(args.global.color);
    let telemetry = match setup::telemetry(&args, style == trawl_lang::Style::Ansi) {
        Ok(telemetry) => telemetry,
        Err(failure) => return failure.tell(style).into(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(trawl_exec::STACK_BYTES)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output::words(&format!("error: no async runtime: {error}"));
            return exit::Outcome::Internal.into();
        }
    };
    // Servers end their own way: what runs is finished first.
    let serves = args.command.serves();
    // So do queries: what came of them is printed.
    let ends_itself = serves || args.command.answers();
    let outcome = runtime
        .block_on(async {
            tokio::select! {
                outcome = commands::run(args, style) => outcome,
                // Dropping the command cancels its requests and removes a demo fleet's files.
                () = setup::interrupted(), if !ends_itself => Ok(exit::Outcome::Interrupted),
            }
        })
        .unwrap_or_else(|failure| failure.tell(style));
    // Background work (a demo fleet, half-read connections) must not delay the end.
    runtime.shutdown_background();
    telemetry.end();
    outcome.into()
}
