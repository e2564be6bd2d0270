//! `count`: the number of rows.

use datafusion_expr::lit;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

/// `count`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "count",
    aliases: &[],
    family: Family::Groups,
    syntax: "count",
    summary: "Gives the number of rows, as one row with the column `count_`.",
    notes: r"Of no rows it is 0. For another name, or a count by key, see `summarize n = count()`.",
    examples: &[Example {
        title: "How many",
        query: r#"pods
| where environment == "production" and phase == "Pending"
| count"#,
    }],
};

impl Binder<'_> {
    pub(crate) fn count(&mut self, mut input: Relation, span: Span) -> Result<Relation> {
        let unique = self.unique("count_");
        let call = datafusion_functions_aggregate::expr_fn::count(lit(1_i64));
        input.plan = self.grouped(input.plan, &[], vec![(call, unique.clone())], span)?;
        input.cut_lineage();
        input.columns = vec![BoundColumn::computed(
            "count_".to_owned(),
            unique,
            Type::Long,
            false,
        )];
        Ok(input)
    }
}
