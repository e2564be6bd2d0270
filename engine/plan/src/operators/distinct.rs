//! `distinct`: rows without those that repeat.

use trawl_lang::ast::Item;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;
use crate::types::Type;

/// `distinct`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "distinct",
    aliases: &[],
    family: Family::Rows,
    syntax: "distinct *  or  distinct NAME = EXPRESSION, …",
    summary: "Gives different rows: each combination of values once.",
    notes: r"With items the rows have only these, named as in `project`; `*` stands for all columns. Null equals null here, and NaN equals NaN. Lists,
maps and structs are equal when their parts are. A dynamic item becomes a string; with `*` documents stay what they are, and are equal when
their texts are.

The order of rows is lost.",
    examples: &[
        Example {
            title: "Combinations",
            query: r"nodes
| distinct cluster, region, environment
| sort by cluster asc",
        },
        Example {
            title: "Whole rows",
            query: r#"datatable(a: long, b: string) [1, "x", 1, "x", null, "x", null, "x"]
| distinct *
| sort by a asc"#,
        },
    ],
};

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
