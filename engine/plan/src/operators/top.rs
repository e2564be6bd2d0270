//! `top`: `sort` and `take` in one.

use trawl_lang::ast::{self, Key};

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;

/// `top`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "top",
    aliases: &[],
    family: Family::Rows,
    syntax: "top COUNT by KEY [asc|desc], …",
    summary: "Keeps the first rows of an order.",
    notes: r"The same as `sort by` and `take` behind it: descending unless told otherwise, null and NaN last. Only so many rows are held in memory.
All rows must be read to know which come first.",
    examples: &[
        Example {
            title: "The containers that restarted most",
            query: r#"pods
| where environment == "production"
| mv-expand c = status.containerStatuses
| top 3 by c.restartCount
| project cluster, namespace, container = c.name, restarts = c.restartCount"#,
        },
        Example {
            title: "The least",
            query: r#"datatable(name: string, n: long) ["a", 3, "b", null, "c", 1]
| top 2 by n asc"#,
        },
    ],
};

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
