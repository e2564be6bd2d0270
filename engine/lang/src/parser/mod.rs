//! Tokens to the tree. Owns the order of statements and the recovery between them; the grammar itself is in the modules,
//! the wording of mistakes in `explain`.

mod basic;
mod expr;
mod failure;
mod input;
mod op;
mod pipeline;
mod source;
mod statement;
mod ty;

use crate::ast::{File, OpKind};
use crate::diagnostic::{Diagnostic, codes};
use crate::explain::{self, Place};
use crate::limits::MAX_STATEMENTS;
use crate::span::Span;
use crate::token::Punct;
use crate::words;

pub(crate) use failure::{Expected, Failure};
pub(crate) use input::{Source, Tokens};
pub use op::NAMES as OPERATORS;
pub(crate) use source::keyword as source_keyword;

/// Collects what is wrong; stays silent where the lexer has spoken already.
pub(crate) struct Reports<'r> {
    reported: &'r [Span],
    diagnostics: Vec<Diagnostic>,
}

impl Reports<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Words a failure inside `segment`, unless its cause has been told.
    fn explain(&mut self, failure: Failure, segment: Tokens<'_>, place: Place) {
        if let Some(diagnostic) = explain::explain(failure, segment, place, self.reported) {
            self.diagnostics.push(diagnostic);
        }
    }
}

/// Parses all tokens of `source`. `reported` are places of which the user has been told.
pub(crate) fn parse(source: &Source<'_>, reported: &[Span]) -> (File, Vec<Diagnostic>) {
    let mut reports = Reports {
        reported,
        diagnostics: Vec::new(),
    };
    let mut file = File {
        syntax: None,
        docs: Vec::new(),
        params: Vec::new(),
        lets: Vec::new(),
        query: None,
    };
    let mut statements = source.whole().split(Punct::Semicolon);
    if let Some(beyond) = statements.get(MAX_STATEMENTS).filter(|it| !it.is_empty()) {
        reports.push(too_many_statements(*beyond));
        statements.truncate(MAX_STATEMENTS);
    }
    let mut query_at: Option<Span> = None;
    for (index, statement) in statements.iter().enumerate() {
        let last = index + 1 == statements.len();
        if statement.is_empty() {
            if !last {
                reports.push(empty_statement(*statement));
            }
            continue;
        }
        let span = statement.span_until(statement.skip(statement.end));
        let declares = declaration(*statement);
        if let Some(earlier) = query_at {
            reports.push(after_the_query(declares, span, earlier));
        }
        let before = reports.diagnostics.len();
        match declares {
            Some("syntax") => {
                if index > 0 {
                    reports.push(
                        Diagnostic::error(
                            codes::SYNTAX_EDITION,
                            "`syntax` must be the first statement",
                        )
                        .at(span),
                    );
                }
                file.syntax = statement::syntax(*statement, &mut reports);
            }
            Some("param") => match pipeline::whole(statement::param, *statement) {
                Ok(param) => file.params.push(param),
                Err(failure) => reports.explain(failure, *statement, Place::Declaration),
            },
            Some(_) => file
                .lets
                .extend(statement::binding(*statement, &mut reports)),
            None => {
                let query = pipeline::recover(*statement, &mut reports);
                if query_at.is_none() {
                    file.query = query;
                }
                query_at.get_or_insert(span);
            }
        }
        // Where the declaration itself is wrong, its missing end is most likely the same mistake.
        if let (Some(word), true, true) = (declares, last, reports.diagnostics.len() == before) {
            reports.push(explain::unfinished_declaration(word, span));
        }
    }
    check_renders(&file, &mut reports);
    (file, reports.diagnostics)
}

/// The word of a declaration. `syntax` is not reserved and begins one only before something other than `|`.
fn declaration(statement: Tokens<'_>) -> Option<&'static str> {
    match statement.word(0)? {
        "let" => Some("let"),
        "param" => Some("param"),
        "syntax" if matches!(statement.kind(1), Some(crate::token::Kind::Int(_))) => Some("syntax"),
        _ => None,
    }
}

fn too_many_statements(beyond: Tokens<'_>) -> Diagnostic {
    let span = beyond.first().map_or(beyond.end_span(), |token| token.span);
    Diagnostic::error(
        codes::LIMIT_STATEMENTS,
        format!("the text has more than {MAX_STATEMENTS} statements"),
    )
    .label(span, "from here on nothing is read")
    .help("split the text, or remove declarations that the query does not use")
}

fn empty_statement(statement: Tokens<'_>) -> Diagnostic {
    let span = statement
        .source
        .tokens
        .get(statement.end)
        .map_or(statement.end_span(), |token| token.span);
    Diagnostic::error(codes::UNEXPECTED, "nothing stands before this `;`")
        .at(span)
        .help("remove it")
        .fix(span, "")
}

fn after_the_query(declares: Option<&str>, span: Span, query: Span) -> Diagnostic {
    let message = match declares {
        Some(word) => format!("`{word}` stands before the query, not after it"),
        None => "a text holds one query, this is a second one".to_owned(),
    };
    let help = match declares {
        Some(_) => "move it to the top",
        None => "name the first one with `let`, or join the two with `union`",
    };
    Diagnostic::error(codes::STATEMENT_ORDER, message)
        .at(Span::new(span.start, span.start))
        .secondary(query, "the query")
        .help(help)
}

/// An unknown rendering must not stop a query, since newer doors may know more: a table is shown instead.
fn check_renders(file: &File, reports: &mut Reports<'_>) {
    let ops = file.query.iter().flat_map(|query| &query.ops);
    for op in ops {
        let OpKind::Render { how, .. } = &op.kind else {
            continue;
        };
        if words::RENDERINGS.contains(&how.name.as_str()) {
            continue;
        }
        let nearest = crate::nearest(&how.name, words::RENDERINGS.iter().copied());
        reports.push(
            Diagnostic::warning(
                codes::UNKNOWN_RENDER,
                format!("`render {}` is unknown, a table is shown", how.name),
            )
            .at(how.span)
            .maybe_help(nearest.map(|name| format!("did you mean `{name}`?")))
            .help(format!(
                "known are {}",
                explain::enumerate(words::RENDERINGS)
            )),
        );
    }
}
