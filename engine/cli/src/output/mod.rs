//! What people and programs see: rows on stdout, words on stderr.

pub mod progress;
mod rows;
mod table;

use std::io::{IsTerminal, Write};

use trawl_lang::{Diagnostic, Style};

pub use rows::print;
pub use table::Table;

use crate::args::Color;
use crate::exit::QueryText;

/// Whether messages are coloured.
pub fn style(color: Color) -> Style {
    let colored = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    if colored { Style::Ansi } else { Style::Plain }
}

/// Says something on stderr. When nobody listens there, there is nobody to tell.
pub fn words(text: &str) {
    progress::clear();
    let _ = std::io::stderr().write_all(shown(text).as_bytes());
}

/// Lines of a text that may quote remotes, each with what would drive the terminal made visible.
pub fn shown(text: &str) -> String {
    text.lines()
        .map(|line| format!("{}\n", visible(line)))
        .collect()
}

/// A text of a remote or a plugin on one line, with what would drive the terminal made visible: escape sequences, and marks that
/// reorder what is read. Within a text of ours it cannot begin a line that would look like ours.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '⏎',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Draws diagnostics on stderr.
pub fn diagnostics(diagnostics: &[Diagnostic], query: &QueryText, style: Style) {
    let drawn = trawl_lang::render_all(diagnostics, &query.name, &query.text, style);
    progress::clear();
    let _ = std::io::stderr().write_all(drawn.as_bytes());
}

/// Writes data to stdout.
///
/// # Errors
/// When stdout cannot be written; a broken pipe among them.
pub fn data(bytes: &[u8]) -> std::io::Result<()> {
    progress::clear();
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}
