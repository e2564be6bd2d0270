//! `distinct`: rows without those that repeat.

use trawl_lang::ast::Item;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::Result;
use crate::relation::Relation;
use crate::types::Type;

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
            // Documents stay what they are; they are equal when their texts are.
            columns.push(match bound.ty {
                Type::Dynamic => self.column_of(column.name, bound, &mut computed),
                _ => self.key(column.name, bound, &mut computed)?,
            });
        }
        let plan = self.with_columns(input.plan, computed, span)?;
        let plan = self.grouped(plan, &columns, Vec::new(), span)?;
        input.plan = self.read_back(plan, &mut columns, span)?;
        input.cut_lineage();
        input.columns = columns;
        Ok(input)
    }
}
