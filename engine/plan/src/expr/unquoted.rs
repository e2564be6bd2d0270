//! Bare words beside texts: what names no column is probably a text without its quotes, or a table without its query.

use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, ExprKind};
use trawl_lang::span::Span;

use super::{Bound, Scope};
use crate::bind::Binder;
use crate::suggest;
use crate::types::Type;

impl Binder<'_> {
    /// Binds what stands beside a value: `phase == Failed`.
    pub(super) fn part_beside(
        &mut self,
        expr: &ast::Expr,
        other: &Bound,
        scope: &mut Scope<'_>,
    ) -> Bound {
        match self.bare_word(expr, other, scope) {
            Some(word) => self.wrong_part(unquoted(word, expr.span), expr.span),
            None => self.part(expr, scope),
        }
    }

    /// Binds an item of a set: `phase in (Failed)`, `name in (nodes)`.
    pub(super) fn member_beside(
        &mut self,
        expr: &ast::Expr,
        other: &Bound,
        scope: &mut Scope<'_>,
    ) -> Bound {
        if let ExprKind::Name(name) = &expr.kind
            && scope.relation.column(name).is_none()
            && self.table_let(name).is_some()
        {
            let error = Diagnostic::error("Q0202", format!("no column `{name}`"))
                .label(expr.span, "this is a table")
                .help(format!(
                    "of one of its columns: `in ({name} | project column)`"
                ));
            return self.wrong_part(error, expr.span);
        }
        match self.bare_word(expr, other, scope) {
            Some(word) => {
                let error = unquoted(word, expr.span).help(format!(
                    "if it is a table, of one of its columns: `in ({word} | project column)`"
                ));
                self.wrong_part(error, expr.span)
            }
            None => self.part(expr, scope),
        }
    }

    /// The bare word that an expression is, when it names nothing and nothing near, beside what can be a text.
    fn bare_word<'e>(
        &self,
        expr: &'e ast::Expr,
        other: &Bound,
        scope: &Scope<'_>,
    ) -> Option<&'e str> {
        let ExprKind::Name(name) = &expr.kind else {
            return None;
        };
        let is_known = scope.relation.column(name).is_some()
            || self.scalar(name).is_some()
            || suggest::nearest(name, scope.relation.names()).is_some();
        (!is_known && matches!(other.ty, Type::String | Type::Dynamic)).then_some(name)
    }
}

fn unquoted(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("Q0202", format!("no column `{word}`"))
        .label(span, "not a column here")
        .help(format!("a text stands in quotes: `{word:?}`"))
        .fix(span, format!("{word:?}"))
}
