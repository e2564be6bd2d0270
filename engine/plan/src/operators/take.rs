//! `take`: at most so many rows, the first ones where rows are sorted.

use datafusion_expr::LogicalPlanBuilder;
use trawl_lang::Diagnostic;
use trawl_lang::ast;

use crate::bind::Binder;
use crate::expr::{Result, Scope};
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;
use crate::value::Value;

/// `take`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "take",
    aliases: &["limit"],
    family: Family::Rows,
    syntax: "take COUNT",
    summary: "Keeps at most so many rows: the first where they are sorted, else any.",
    notes: r"The count is a constant, zero or more. Without a `sort` before it the limit travels to the sources as far as the conditions do, and
fetching stops once there are enough rows: the fastest way to see what a table looks like. For the greatest or least rows see `top`.",
    examples: &[
        Example {
            title: "Any rows",
            query: r"pods
| take 3
| count",
        },
        Example {
            title: "The first rows",
            query: r#"datatable(name: string) ["c", "a", "b"]
| sort by name asc
| take 2"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn take(&mut self, mut input: Relation, count: &ast::Expr) -> Result<Relation> {
        let empty = self.empty();
        let rows = self.attempt(|binder| {
            let bound = binder.expr(count, &mut Scope::row(&empty))?;
            let rows = match bound.value {
                Some(Value::Long(rows)) => usize::try_from(rows).ok(),
                _ => None,
            };
            rows.ok_or_else(|| {
                Diagnostic::error(
                    "Q0314",
                    "the number of rows must be a whole number, zero or more",
                )
                .label(count.span, format!("this is {}", bound.ty))
                .help("a literal such as `10`, or a parameter of type long")
                .into()
            })
        });
        let Some(rows) = rows else {
            return Ok(input);
        };
        let builder = LogicalPlanBuilder::from(input.plan);
        // DataFusion panics over the first none of an order.
        let limited = if input.order.is_empty() || rows == 0 {
            builder.limit(0, Some(rows))
        } else {
            builder.sort_with_limit(input.order.clone(), Some(rows))
        };
        input.plan = self.built(limited, count.span)?;
        Ok(input)
    }
}
