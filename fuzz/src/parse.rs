//! The target `parse`: lexer, parser and everything that tells of mistakes.

use trawl_lang::limits::MAX_DIAGNOSTICS;
use trawl_lang::span::Span;
use trawl_lang::{Diagnostic, Style, parse as parse_text, render_all};

/// Parses the input as a text. Every place of every diagnostic lies inside it on whole characters, every diagnostic can be
/// drawn and written as JSON, and every fix can be applied.
///
/// # Panics
/// When one of that does not hold.
pub fn parse(data: &[u8]) {
    let text = crate::text(data);
    let parsed = parse_text(&text);
    assert!(parsed.diagnostics.len() <= MAX_DIAGNOSTICS + 1);
    for diagnostic in &parsed.diagnostics {
        check(&text, diagnostic);
    }
    for style in [Style::Plain, Style::Ansi] {
        let drawn = render_all(&parsed.diagnostics, "query", &text, style);
        assert_eq!(drawn.is_empty(), parsed.diagnostics.is_empty());
    }
    let mut end = 0;
    for comment in &parsed.comments {
        assert!(inside(&text, comment.span) && comment.span.start >= end);
        end = comment.span.end;
    }
    match &parsed.file {
        // Whoever walks a tree recurses; these do, on the small stack that the script gives.
        Some(file) => assert!(file.clone() == *file && !format!("{file:?}").is_empty()),
        None => assert!(parsed.has_errors()),
    }
}

fn check(text: &str, diagnostic: &Diagnostic) {
    assert!(!diagnostic.message.is_empty() && !diagnostic.code.is_empty());
    for label in &diagnostic.labels {
        assert!(inside(text, label.span), "{diagnostic:?}");
    }
    let mut fixed = text.to_owned();
    let mut fixes: Vec<_> = diagnostic.fixes.iter().collect();
    fixes.sort_by_key(|fix| std::cmp::Reverse(fix.span));
    for fix in fixes {
        assert!(inside(text, fix.span), "{diagnostic:?}");
        fixed.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.text);
    }
    let json = serde_json::to_value(diagnostic).unwrap_or_default();
    for key in ["code", "severity", "message", "spans", "help", "fixes"] {
        assert!(json.get(key).is_some(), "{json}");
    }
}

fn inside(text: &str, span: Span) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    start <= end && text.is_char_boundary(start) && text.is_char_boundary(end)
}
