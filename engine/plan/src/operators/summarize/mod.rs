//! `summarize`: rows to groups, one row a group.

mod whole_row;

use trawl_lang::ast::Item;
use trawl_lang::span::Span;

use crate::bind::{Binder, distinct_names, item_name};
use crate::expr::{Bound, Result, Scope};
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;
use crate::value::Value;

/// `summarize`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "summarize",
    aliases: &[],
    family: Family::Groups,
    syntax: "summarize NAME = AGGREGATE, … [by KEY, …]",
    summary: "Makes one row of each group of rows with equal keys.",
    notes: r"The columns are the keys, then the aggregates. An item is an [aggregate](../functions/README.md) or an expression over aggregates and
keys: `share = sum(n) / count()`. `count()` without a name is called `count_`.

- Without `by` all rows are one group, and there is one row also where there are no rows: `count()` is 0, most others are null.
- With `by` and no rows there is no row. `summarize by k` alone gives the different keys.
- Null is a key like another. NaN equals NaN, -0.0 equals 0.0. A dynamic key groups by its text and becomes a string; lists, maps
  and structs are equal when their parts are.
- `summarize arg_max(key, *) by …` gives of each group the whole row with the greatest key: the keys of `by`, then all other columns.
  `arg_min` gives that with the least. It stands alone and without a name; rows whose key is null or NaN do not count.
- The order of rows is lost.",
    examples: &[
        Example {
            title: "Groups, and an expression over aggregates",
            query: r#"pods
| summarize pods = count(), failed = countif(phase == "Failed") by cluster
| extend percent = round(100 * failed / pods, 1)
| sort by cluster asc"#,
        },
        Example {
            title: "Only keys",
            query: r"nodes
| summarize by cluster, region
| sort by cluster asc",
        },
        Example {
            title: "The newest node of each cluster",
            query: r"nodes
| summarize arg_max(created, *) by cluster
| project cluster, name, created
| sort by cluster asc",
        },
        Example {
            title: "No rows are one group",
            query: r"datatable(n: long) [1]
| where n > 5
| summarize rows = count(), total = sum(n)",
        },
    ],
};

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
        let plan = self.grouped(plan, &columns, aggregates.calls, span)?;
        input.plan = self.read_back(plan, &mut columns, span)?;
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
