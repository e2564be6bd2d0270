//! `summarize`: rows to groups, one row a group.

mod whole_row;

use trawl_lang::ast::Item;
use trawl_lang::span::Span;

use crate::bind::{Binder, distinct_names, item_name};
use crate::expr::{Bound, Result, Scope};
use crate::relation::Relation;
use crate::value::Value;

impl Binder<'_> {
    pub(crate) fn summarize(
        &mut self,
        mut input: Relation,
        items: &[Item],
        by: &[Item],
    ) -> Result<Relation> {
        if let Some(row) = whole_row::asked(items)? {
            return self.whole_row(input, &row, by);
        }
        let span = items
            .iter()
            .chain(by)
            .next()
            .map_or(Span::default(), |item| item.expr.span);
        let mut computed = Vec::new();
        let (mut columns, mut aggregates) = self.keys(&input, by, &mut computed)?;
        let mut results: Vec<(String, Bound, bool)> = Vec::new();
        for item in items {
            let name = self.attempt(|_| item_name(item));
            let mut scope = Scope {
                relation: &input,
                right: None,
                aggregates: Some(&mut aggregates),
            };
            let (bound, is_wrong) = self.isolated(|binder| binder.expr(&item.expr, &mut scope));
            let bound = bound.unwrap_or_else(|| Bound::constant(Value::Null, item.expr.span));
            self.siblings.extend(name.clone());
            results.extend(name.map(|name| (name, bound, is_wrong)));
        }

        self.siblings.clear();
        let plan = self.with_columns(input.plan.clone(), computed, span)?;
        input.plan = self.grouped(plan, &columns, aggregates.calls, span)?;
        input.cut_lineage();
        let mut computed = Vec::new();
        for (name, bound, is_wrong) in results {
            let column = self.column_made(name, bound.span, &mut computed, |binder| {
                binder.tainted = is_wrong;
                Ok(bound)
            });
            columns.push(column);
        }
        self.attempt(|_| distinct_names(&columns, span));
        input.plan = self.with_columns(input.plan, computed, span)?;
        input.columns = columns;
        Ok(input)
    }
}
