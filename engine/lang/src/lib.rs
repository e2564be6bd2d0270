//! The trawl query language: text to tokens to AST, diagnostics.
//!
//! Owns the grammar (GRAMMAR.md) and how mistakes in it are told. Refuses to know tables, types or functions: names are
//! resolved by the planner, which reports with the same [`Diagnostic`].
//!
//! ```text
//! text ─lexer─▶ tokens ─delimiters─▶ mates, limits ─repair─▶ tokens ─parser─▶ ast::File
//!                                                                     └─explain─▶ Diagnostic ─render─▶ text
//! ```

pub mod ast;
mod delimiters;
pub mod diagnostic;
pub mod embedded;
mod explain;
pub mod format;
#[cfg(any(test, feature = "generate"))]
pub mod generate;
mod lexer;
pub mod limits;
mod nearest;
mod parser;
mod repair;
pub mod span;
mod token;
pub mod words;

pub use diagnostic::{
    Diagnostic, Fix, Label, Located, Severity, Style, line_column, located, render, render_all,
};
pub use format::{format, format_file, format_with};
pub use lexer::Comment;
pub use nearest::nearest;

use delimiters::Delimiters;
use diagnostic::codes;
use limits::{MAX_DIAGNOSTICS, MAX_TEXT_BYTES, MAX_TOKENS};
use parser::Source;
use span::Span;

/// What came of a text.
#[derive(Debug)]
pub struct Parsed {
    /// The tree: all of it when no diagnostic is an error, else what could be read. `None` when a limit was exceeded.
    pub file: Option<ast::File>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The comments, for tools that print the text anew.
    pub comments: Vec<Comment>,
}

impl Parsed {
    /// Whether the text must not be run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    fn refused(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            file: None,
            diagnostics,
            comments: Vec::new(),
        }
    }
}

/// Parses a query text. Never panics and never recurses deeper than the limits allow, whatever the text is.
pub fn parse(text: &str) -> Parsed {
    if text.len() > MAX_TEXT_BYTES {
        return Parsed::refused(vec![too_long(text.len())]);
    }
    let lexed = lexer::lex(text);
    if lexed.tokens.len() > MAX_TOKENS {
        return Parsed::refused(vec![too_many_tokens(&lexed)]);
    }
    let mut tokens = lexed.tokens;
    let mut diagnostics = lexed.diagnostics;
    let mut reported = lexed.reported;
    let mut delimiters = Delimiters::of(&tokens, &lexed.unclosed);
    if let Some(exceeded) = delimiters.exceeded.take() {
        diagnostics.push(exceeded);
        return Parsed::refused(in_order(diagnostics));
    }
    diagnostics.append(&mut delimiters.diagnostics);
    let (repairs, places) = repair::repair(text, &mut tokens, &delimiters);
    diagnostics.extend(repairs);
    reported.extend(places);
    reported.extend(&delimiters.stray);

    let source = Source {
        text,
        tokens,
        delimiters,
    };
    let (mut file, failures) = parser::parse(&source, &reported);
    diagnostics.extend(failures);
    let first = source.tokens.first().map(|token| token.span.start);
    file.docs = leading_docs(text, &lexed.comments, first);
    Parsed {
        file: Some(file),
        diagnostics: in_order(diagnostics),
        comments: lexed.comments,
    }
}

/// The `///` lines before the first token, without the slashes and the space after them.
fn leading_docs(text: &str, comments: &[Comment], first_token: Option<u32>) -> Vec<String> {
    comments
        .iter()
        .filter(|comment| comment.doc && first_token.is_none_or(|first| comment.span.start < first))
        .filter_map(|comment| text.get(comment.span.start as usize..comment.span.end as usize))
        .map(|line| {
            let line = line.trim_start_matches('/');
            line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
        })
        .collect()
}

/// Sorts by place and keeps at most `MAX_DIAGNOSTICS`.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary_span().map(|span| span.start));
    let more = diagnostics.len().saturating_sub(MAX_DIAGNOSTICS);
    if more > 0 {
        diagnostics.truncate(MAX_DIAGNOSTICS);
        diagnostics.push(Diagnostic::error(
            codes::LIMIT_DIAGNOSTICS,
            format!("{more} more problems are not shown, at most {MAX_DIAGNOSTICS} are"),
        ));
    }
    diagnostics
}

fn too_long(bytes: usize) -> Diagnostic {
    Diagnostic::error(
        codes::LIMIT_BYTES,
        format!("the text has {bytes} bytes, at most {MAX_TEXT_BYTES} are read"),
    )
    .at(Span::new(0, 0))
    .help("split the query, or shorten its lists")
}

fn too_many_tokens(lexed: &lexer::Lexed<'_>) -> Diagnostic {
    let last = lexed.tokens.last().map(|token| token.span);
    Diagnostic::error(
        codes::LIMIT_TOKENS,
        format!("the text has more than {MAX_TOKENS} words and signs"),
    )
    .at(last.unwrap_or_default())
    .help("split the query, or shorten its lists")
}
