//! `distinct`: rows without those that repeat.

use trawl_lang::ast::Item;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::Result;
use crate::relation::Relation;

impl Binder<'_> {
    /// `distinct` is grouping without aggregates; `*` means all columns.
    pub(crate) fn distinct(
        &mut self,
        mut input: Relation,
        items: &[Item],
        span: Span,
    ) -> Result<Relation> {
        if !items.is_empty() {
            return self.summarize(input, &[], items);
        }
        let mut computed = Vec::new();
        let mut columns = Vec::new();
        for column in input.columns.clone() {
            let bound = self.read(&column, span);
            let key = self.attempt(|binder| binder.key(column.name, bound, &mut computed));
            // What is wrong with one is wrong with all of its type.
            let Some(key) = key else { return Ok(input) };
            columns.push(key);
        }
        let plan = self.with_columns(input.plan, computed, span)?;
        input.plan = self.grouped(plan, &columns, Vec::new(), span)?;
        input.cut_lineage();
        input.columns = columns;
        Ok(input)
    }
}
