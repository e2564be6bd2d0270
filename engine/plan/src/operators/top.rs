//! `top`: `sort` and `take` in one.

use trawl_lang::ast::{self, Key};

use crate::bind::Binder;
use crate::expr::Result;
use crate::relation::Relation;

impl Binder<'_> {
    pub(crate) fn top(
        &mut self,
        input: Relation,
        count: &ast::Expr,
        by: &[Key],
    ) -> Result<Relation> {
        let sorted = self.sort(input, by)?;
        self.take(sorted, count)
    }
}
