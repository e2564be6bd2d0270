//! `take`: at most so many rows, the first ones where rows are sorted.

use datafusion_expr::LogicalPlanBuilder;
use trawl_lang::Diagnostic;
use trawl_lang::ast;

use crate::bind::Binder;
use crate::expr::{Result, Scope};
use crate::relation::Relation;
use crate::value::Value;

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
