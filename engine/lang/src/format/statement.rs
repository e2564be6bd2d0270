//! The statements of a text and what stands between them. Owns their order, which the tree keeps only in their places, and
//! that at most one empty line of several stays.

use super::Options;
use super::writer::Writer;
use crate::ast::{File, Let, LetValue, Param, Query};
use crate::span::Span;

/// The edition that is pinned.
const EDITION: u32 = 1;

/// A statement after `syntax`.
enum Statement<'a> {
    Param(&'a Param),
    Let(&'a Let),
    Query(&'a Query),
}

impl Statement<'_> {
    fn span(&self) -> Span {
        match self {
            Self::Param(param) => param.span,
            Self::Let(binding) => binding.span,
            Self::Query(query) => query.span,
        }
    }
}

impl Writer<'_> {
    /// A whole text.
    pub(super) fn file(&mut self, file: &File, options: Options) {
        let first = self.origin.as_ref().and_then(|it| it.first_token());
        match &self.origin {
            Some(origin) => {
                let docs = origin.end_of_docs(first.unwrap_or(u32::MAX));
                self.spaced_comments_before(docs);
            }
            None => file.docs.iter().for_each(|line| self.doc(line)),
        }
        let edition = file
            .syntax
            .or(options.pin_syntax.then_some(EDITION))
            .filter(|_| first.is_some() || self.origin.is_none());
        if let Some(edition) = edition {
            if let (Some(_), Some(first)) = (file.syntax, first) {
                self.spaced_comments_before(first);
            }
            self.text(format!("syntax {edition};"));
            self.end_line();
        }
        for statement in statements(file) {
            if self.origin.is_some() {
                self.spaced_comments_before(statement.span().start);
            }
            self.statement(&statement);
            self.end_line();
        }
        self.spaced_comments_before(u32::MAX);
    }

    fn doc(&mut self, line: &str) {
        let text = format!("/// {line}");
        self.text(text.trim_end());
        self.end_line();
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::Param(param) => {
                self.text("param ");
                self.ident(&param.name);
                self.text(": ");
                self.type_name(&param.ty);
                if let Some(default) = &param.default {
                    self.text(" = ");
                    self.expr(default);
                }
                self.text(";");
            }
            Statement::Let(binding) => {
                self.text("let ");
                self.ident(&binding.name);
                self.text(" = ");
                match &binding.value {
                    LetValue::Query(query) => self.query(query),
                    LetValue::Expr(expr) => {
                        self.source_may_begin();
                        self.expr(expr);
                    }
                }
                self.text(";");
            }
            Statement::Query(query) => self.query(query),
        }
    }
}

/// The statements in the order of the text; without places, that in which a tree has them.
fn statements(file: &File) -> Vec<Statement<'_>> {
    let params = file.params.iter().map(Statement::Param);
    let lets = file.lets.iter().map(Statement::Let);
    let mut all: Vec<_> = params.chain(lets).collect();
    all.sort_by_key(|statement| statement.span().start);
    all.extend(file.query.iter().map(Statement::Query));
    all
}
