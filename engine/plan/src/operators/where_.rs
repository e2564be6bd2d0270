//! `where`: the rows for which a condition is true.

use datafusion_expr::utils::split_conjunction_owned;
use trawl_lang::ast;

use crate::bind::Binder;
use crate::expr::{Result, Scope};
use crate::relation::Relation;

impl Binder<'_> {
    pub(crate) fn filter(&mut self, input: Relation, predicate: &ast::Expr) -> Result<Relation> {
        let outer = self.memberships.replace(Vec::new());
        let bound = self.attempt(|binder| binder.predicate(predicate, &mut Scope::row(&input)));
        let memberships = std::mem::replace(&mut self.memberships, outer).unwrap_or_default();
        let Some(bound) = bound else {
            return Ok(input);
        };
        let conjuncts = split_conjunction_owned(bound.expr);
        if memberships.is_empty() {
            return self.filtered(input, conjuncts, predicate.span);
        }
        self.filter_by(input, conjuncts, memberships, predicate.span)
    }
}
