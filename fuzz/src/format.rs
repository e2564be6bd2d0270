//! The target `format`: what is formatted means the same, stays as it is, and keeps its comments.

use trawl_lang::format::{Options, explicit};
use trawl_lang::{Diagnostic, Parsed, format as format_text, format_with, parse};

/// Texts longer than this can exceed a limit of the language by being indented.
const SHORT_BYTES: usize = 16 * 1024;

/// Formats the input as a text, again, and with its edition pinned.
///
/// # Panics
/// When a text without errors cannot be formatted, or the result is another text.
pub fn format(data: &[u8]) {
    let text = crate::text(data);
    let parsed = parse(&text);
    let formatted = match format_text(&text) {
        Ok(formatted) => formatted,
        Err(diagnostics) => {
            assert!(parsed.has_errors() || text.len() > SHORT_BYTES);
            assert!(diagnostics.iter().any(Diagnostic::is_error));
            return;
        }
    };
    let again = parse(&formatted);
    let trees = (parsed.file.as_ref(), again.file.as_ref());
    let (Some(before), Some(after)) = trees else {
        unreachable!("what can be formatted has a tree, before and after");
    };
    assert!(explicit(before) == explicit(after), "{formatted}");
    assert_eq!(comments(&text, &parsed), comments(&formatted, &again));
    assert_eq!(format_text(&formatted).as_ref(), Ok(&formatted));

    let pinned = format_with(&text, Options { pin_syntax: true });
    if let (Ok(pinned), None) = (pinned, before.syntax) {
        assert!(pinned.contains("syntax 1;") || pinned == formatted);
    }
}

/// The comments of a text, in alphabetical order: a formatter may move one past a bracket, and loses none.
fn comments<'t>(text: &'t str, parsed: &Parsed) -> Vec<&'t str> {
    let mut comments: Vec<&str> = parsed
        .comments
        .iter()
        .filter_map(|comment| text.get(comment.span.start as usize..comment.span.end as usize))
        .map(str::trim_end)
        .collect();
    comments.sort_unstable();
    comments
}
