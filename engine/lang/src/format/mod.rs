//! The formatter: a query text in the one layout that there is. Owns the layout, where comments go, and how literals and
//! names are spelled; refuses a text with errors, and never changes what a text means.
//!
//! ```text
//! ast::File ─statement, query, operator, expr─▶ Writer ─▶ pieces ─print─▶ text
//! text ─lexer─▶ Origin: comments, brackets, spellings ─┘
//! ```
//! The rules: one operator a line; `kind=` on every join and `asc` or `desc` on every key are written; `take` and `sort`
//! stand for their aliases; lines wrap at [`MAX_COLUMNS`] under an indentation of four; brackets only where they are needed;
//! strings and numbers stay as they were spelled; comments stay where they were, and none is lost.

mod expr;
mod literal;
mod name;
mod operator;
mod origin;
mod pieces;
mod primary;
mod print;
mod query;
mod statement;
mod tree;
mod writer;

use crate::ast::File;
use crate::diagnostic::{Diagnostic, codes};
use crate::limits::MAX_TEXT_BYTES;
use crate::span::Span;
use origin::Origin;
use writer::Writer;

pub use tree::explicit;

#[cfg(any(test, feature = "generate"))]
pub(crate) use literal::spelled as usual_spelling;

/// Columns that a line may have; longer ones are wrapped where they can be. The measure of most editors' second window.
pub const MAX_COLUMNS: usize = 100;

/// Columns of one step of indentation.
pub(crate) const INDENT: usize = 4;

/// What may be asked of the formatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether `syntax 1;` is added to a text that pins no edition. Saved queries want it, so that a later edition does not
    /// change them; a line that was just typed does not.
    pub pin_syntax: bool,
}

/// Formats a text. Comments and the spelling of literals are kept; the result ends with one line break, and formatting it
/// again changes nothing.
///
/// # Errors
/// The diagnostics of the parse, warnings included, when one of them is an error: a text that is not understood is not
/// touched.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    format_with(text, Options::default())
}

/// Formats a text as [`format()`] does, with options.
///
/// # Errors
/// As [`format()`]; also when the formatted text would exceed a limit of the language that `text` just keeps.
pub fn format_with(text: &str, options: Options) -> Result<String, Vec<Diagnostic>> {
    let parsed = crate::parse(text);
    match parsed.file {
        Some(file) if !parsed.diagnostics.iter().any(Diagnostic::is_error) => {
            let writer = || Writer::new(Some(Origin::of(text)));
            faithful(&file, writer, options).map_err(|beyond| vec![beyond])
        }
        _ => Err(parsed.diagnostics),
    }
}

/// Formats a tree without its text: no comments but its documentation, and literals in their shortest usual spelling.
///
/// For every tree that the parser can make, the result parses to the same tree with the defaults written (see
/// [`explicit`]), unless the tree is at the very limits of the language. Other trees have no text: a bare name as the
/// expression of a `let`, a name that holds a backquote, a number that is not finite.
pub fn format_file(file: &File) -> String {
    let options = Options::default();
    faithful(file, || Writer::new(None), options)
        .unwrap_or_else(|_| write(file, Writer::new(None), options))
}

/// The formatted text after it was read again: a formatter must not change what a text means, whatever its faults. Where
/// leaving brackets out joins chains beyond a limit, the brackets that were written stay.
fn faithful<'t>(
    file: &File,
    writer: impl Fn() -> Writer<'t>,
    options: Options,
) -> Result<String, Diagnostic> {
    let minimal = write(file, writer(), options);
    if means(&minimal, file, options) {
        return Ok(minimal);
    }
    let grouped = write(file, writer().keeping_groups(), options);
    if means(&grouped, file, options) {
        return Ok(grouped);
    }
    let bytes = minimal.len();
    Err(Diagnostic::error(
        codes::LIMIT_BYTES,
        format!(
            "the formatted text would have {bytes} bytes and be beyond a limit of the language"
        ),
    )
    .at(Span::new(0, 0))
    .help(format!(
        "at most {MAX_TEXT_BYTES} bytes are read; split the text, or shorten its lists"
    )))
}

/// Whether `text` is another spelling of `file`.
fn means(text: &str, file: &File, options: Options) -> bool {
    let again = crate::parse(text);
    if again.diagnostics.iter().any(Diagnostic::is_error) {
        return false;
    }
    again.file.is_some_and(|again| {
        let mut again = explicit(&again);
        if options.pin_syntax && file.syntax.is_none() {
            again.syntax = None;
        }
        again == explicit(file)
    })
}

fn write(file: &File, mut writer: Writer<'_>, options: Options) -> String {
    writer.file(file, options);
    print::print(&writer.finish())
}
