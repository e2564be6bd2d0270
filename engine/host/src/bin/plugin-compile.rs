//! What trawl's hidden command `plugin-compile` does, alone: `plugin-compile MEMORY SECONDS`. The tests of this crate name it as
//! their compiler.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map_while(|it| it.parse().ok());
    let compiled = match (numbers.next(), numbers.next()) {
        (Some(memory), Some(seconds)) => trawl_host::compile_apart(memory, seconds),
        _ => Err("expected `plugin-compile MEMORY SECONDS`".to_owned()),
    };
    match compiled {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}
