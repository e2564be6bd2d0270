//! `trawl fmt`: files of queries in their canonical form, rewritten in place.

use std::path::Path;

use trawl_lang::Style;

use crate::args::Fmt;
use crate::exit::{Failure, Outcome};
use crate::input;
use crate::output;

/// Formats each file; with `--check` it only says which would change.
///
/// # Errors
/// When a file cannot be read or written.
pub fn run(args: Fmt, style: Style) -> Result<Outcome, Failure> {
    let (mut wrong, mut others) = (false, 0_usize);
    for path in input::files(&args.files)? {
        let text = input::file(&path)?;
        let formatted = match trawl_lang::format(&text.text) {
            Ok(formatted) => formatted,
            Err(diagnostics) => {
                output::diagnostics(&diagnostics, &text, style);
                wrong = true;
                continue;
            }
        };
        let is_stdin = path == Path::new("-");
        let changed = formatted != text.text;
        if changed && args.check {
            others += 1;
            output::words(&format!("{} is not in its canonical form", text.name));
        } else if is_stdin && !args.check {
            output::data(formatted.as_bytes())?;
        } else if changed {
            std::fs::write(&path, formatted).map_err(|error| {
                Failure::Usage(format!("{} cannot be written: {error}", text.name))
            })?;
            output::words(&format!("{} rewritten", text.name));
        }
    }
    Ok(if wrong || others > 0 {
        Outcome::WrongQuery
    } else {
        Outcome::Complete
    })
}
