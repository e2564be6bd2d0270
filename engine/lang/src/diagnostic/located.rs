//! The JSON form of diagnostics for editors and other tools: as [`Diagnostic`] itself, with lines and columns beside the
//! byte offsets. Owns that addition; it needs the text, which a diagnostic does not carry.

use serde::Serialize;

use super::{Diagnostic, Severity, line_column};
use crate::span::Span;

/// A place of the text in both measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of the first character, from 1.
    pub start_line: usize,
    /// Column of the first character, from 1, in characters (Unicode scalar values).
    pub start_column: usize,
    /// Line of the character after the last one, from 1.
    pub end_line: usize,
    /// Column of the character after the last one, from 1, in characters.
    pub end_column: usize,
}

impl Place {
    fn of(span: Span, text: &str) -> Self {
        let (start_line, start_column) = line_column(text, span.start);
        let (end_line, end_column) = line_column(text, span.end);
        Self {
            start: span.start,
            end: span.end,
            start_line,
            start_column,
            end_line,
            end_column,
        }
    }
}

/// A marked place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocatedLabel<'a> {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is to be said about it; may be empty.
    pub text: &'a str,
    /// Whether it is the place of the problem or one that explains it.
    pub primary: bool,
}

/// A replacement that a tool may apply by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocatedFix<'a> {
    /// What is replaced; empty for an insertion.
    pub span: Place,
    /// What stands there afterwards.
    pub text: &'a str,
}

/// A diagnostic with lines and columns:
/// `{code, severity, message, spans: [{start, end, start_line, start_column, end_line, end_column, text, primary}], help:
/// […], fixes: [{span: {start, end, start_line, …}, text}]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Located<'a> {
    /// Stable code.
    pub code: &'a str,
    /// How bad it is: `error` or `warning`.
    pub severity: Severity,
    /// One sentence: what was expected and what came.
    pub message: &'a str,
    /// Marked places.
    pub spans: Vec<LocatedLabel<'a>>,
    /// What to do, a line each.
    pub help: &'a [String],
    /// Replacements that belong together.
    pub fixes: Vec<LocatedFix<'a>>,
}

/// The diagnostics of `text` in their JSON form. Places outside the text are told at its end.
pub fn located<'a>(diagnostics: &'a [Diagnostic], text: &str) -> Vec<Located<'a>> {
    let one = |diagnostic: &'a Diagnostic| Located {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: &diagnostic.message,
        spans: diagnostic
            .labels
            .iter()
            .map(|label| LocatedLabel {
                place: Place::of(label.span, text),
                text: &label.text,
                primary: label.primary,
            })
            .collect(),
        help: &diagnostic.help,
        fixes: diagnostic
            .fixes
            .iter()
            .map(|fix| LocatedFix {
                span: Place::of(fix.span, text),
                text: &fix.text,
            })
            .collect(),
    };
    diagnostics.iter().map(one).collect()
}
