//! Mistakes on the way: what is wrong is told, stands as null from there on, and nothing that follows from it is told again.

use datafusion_expr::Expr;
use trawl_lang::Diagnostic;
use trawl_lang::ast;
use trawl_lang::diagnostic::codes;
use trawl_lang::span::Span;

use super::Binder;
use crate::expr::{Bound, Result, Scope};
use crate::limits::DIAGNOSTICS;
use crate::relation::{BoundColumn, Relation};
use crate::value::Value;

/// What was told, and how much more there was to tell.
#[derive(Debug, Default)]
pub(super) struct Told {
    diagnostics: Vec<Diagnostic>,
    more: usize,
}

impl Told {
    fn add(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.contains(&diagnostic) {
            return;
        }
        if self.diagnostics.len() < DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// In the order of the text. A complaint about the plan says nothing beside a mistake of the query: it comes of the nulls that
    /// stand for what is wrong.
    fn take(&mut self) -> Vec<Diagnostic> {
        let Self { diagnostics, more } = std::mem::take(self);
        let (bugs, mut told): (Vec<_>, Vec<_>) = diagnostics
            .into_iter()
            .partition(|diagnostic| diagnostic.code == crate::BUG_CODE);
        if !told.iter().any(Diagnostic::is_error) {
            told.extend(bugs);
        }
        told.sort_by_key(|diagnostic| diagnostic.primary_span().map(|span| span.start));
        if more > 0 {
            told.push(Diagnostic::error(
                codes::LIMIT_DIAGNOSTICS,
                format!("{more} more problems are not shown, at most {DIAGNOSTICS} are"),
            ));
        }
        told
    }
}

impl Binder<'_> {
    /// Notes a mistake or a warning, once.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.told.add(diagnostic);
    }

    /// What was reported on the way, in the order of the text.
    pub fn take_diagnostics(&mut self) -> Vec<Diagnostic> {
        self.told.take()
    }

    /// Whether a mistake was reported, so that there will be no plan.
    pub fn has_errors(&self) -> bool {
        self.told.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Does what can fail. A failure is reported, unless it is about something that was reported before; it is none then.
    pub(crate) fn attempt<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T>) -> Option<T> {
        self.isolated(act).0
    }

    /// As [`Self::attempt`], and whether it had to do with something that is wrong.
    pub(crate) fn isolated<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T>,
    ) -> (Option<T>, bool) {
        let outer = std::mem::replace(&mut self.tainted, false);
        let result = act(self);
        let tainted = std::mem::replace(&mut self.tainted, outer);
        match result {
            Ok(value) => (Some(value), tainted),
            Err(_) if tainted => (None, true),
            Err(error) => {
                self.report(*error);
                (None, true)
            }
        }
    }

    /// Binds a part of an expression; a wrong one is null.
    pub(crate) fn part(&mut self, expr: &ast::Expr, scope: &mut Scope<'_>) -> Bound {
        // Sets that are queries are told apart only below `and`, `or` and `not`, which have no such parts.
        let memberships = self.memberships.take();
        let (bound, tainted) = self.isolated(|binder| binder.expr(expr, scope));
        self.memberships = memberships;
        self.tainted |= tainted;
        bound.unwrap_or_else(|| Bound::constant(Value::Null, expr.span))
    }

    /// A part that is wrong, which is null.
    pub(crate) fn wrong_part(&mut self, error: Diagnostic, span: Span) -> Bound {
        self.report(error);
        self.tainted = true;
        Bound::constant(Value::Null, span)
    }

    /// What a part makes, none where it is wrong: all parts are tried, whatever is wrong with some.
    pub(crate) fn part_of<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T>) -> Option<T> {
        let (value, tainted) = self.isolated(act);
        self.tainted |= tainted;
        value
    }

    /// A column of the value that is made; where that is wrong, a column of nulls that nothing is told about.
    pub(crate) fn column_made(
        &mut self,
        name: String,
        span: Span,
        computed: &mut Vec<(Expr, String)>,
        make: impl FnOnce(&mut Self) -> Result<Bound>,
    ) -> BoundColumn {
        let (bound, tainted) = self.isolated(make);
        let bound = bound.unwrap_or_else(|| Bound::constant(Value::Null, span));
        let column = self.column_of(name, bound, computed);
        if tainted {
            self.wrong.insert(column.column.name.clone());
        }
        column
    }

    /// Gives the relation a column of nulls for each name whose value is wrong.
    pub(crate) fn with_wrong(
        &mut self,
        mut input: Relation,
        names: Vec<String>,
        span: Span,
    ) -> Result<Relation> {
        let mut computed = Vec::new();
        for name in names {
            let null = Bound::constant(Value::Null, span);
            let column = self.column_of(name, null, &mut computed);
            self.wrong.insert(column.column.name.clone());
            input.put(column);
        }
        input.plan = self.with_columns(input.plan, computed, span)?;
        Ok(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_so_many_are_told_and_each_once() {
        let mut told = Told::default();
        for number in 0..DIAGNOSTICS + 5 {
            let mistake = Diagnostic::error("Q0204", format!("no function `f{number}`"));
            told.add(mistake.clone());
            told.add(mistake);
        }
        let told = told.take();
        assert_eq!(told.len(), DIAGNOSTICS + 1);
        let last = told.last().map(|last| last.code);
        assert_eq!(last, Some(codes::LIMIT_DIAGNOSTICS));
    }

    #[test]
    fn the_plan_is_not_complained_of_beside_a_mistake() {
        let bug = Diagnostic::error(crate::BUG_CODE, "this could not be planned");
        let mut told = Told::default();
        told.add(bug.clone());
        assert_eq!(told.take(), std::slice::from_ref(&bug));
        let mistake = Diagnostic::error("Q0204", "no function `f`");
        told.add(bug);
        told.add(mistake.clone());
        assert_eq!(told.take(), [mistake]);
    }
}
