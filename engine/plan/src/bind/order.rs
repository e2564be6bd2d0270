//! `sort`, `top`, `take`. An order is remembered and applied where rows are cut, and once more at the root.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::expr::Sort;
use datafusion_expr::{Expr, LogicalPlanBuilder};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, Direction, Key};

use super::Binder;
use crate::expr::{Bound, Result, Scope, nan_to_null};
use crate::kernels::{self, dynamic::JsonOrder};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn sort(&mut self, mut input: Relation, keys: &[Key]) -> Result<Relation> {
        let mut computed = Vec::new();
        let mut order = Vec::new();
        for key in keys {
            let bound = self.expr(&key.expr, &mut Scope::row(&input))?;
            let ascending = key.direction == Some(Direction::Asc);
            // Both NaN and null are null in the first key of a real; the second has NaN before null in both directions.
            let is_null = (bound.ty == Type::Real).then(|| bound.expr.clone().is_null());
            let mut exprs = vec![(order_key(bound)?, ascending)];
            exprs.extend(is_null.map(|is_null| (is_null, true)));
            for (expr, asc) in exprs {
                let column = match expr {
                    Expr::Column(column) => column,
                    expr => {
                        let unique = self.unique("key");
                        computed.push((expr, unique.clone()));
                        PlanColumn::from_name(unique)
                    }
                };
                input.hidden.push(BoundColumn {
                    name: column.name.clone(),
                    column: column.clone(),
                    ty: Type::Null,
                    nullable: true,
                    origin: None,
                    shape: None,
                    parts: None,
                });
                order.push(Sort {
                    expr: Expr::Column(column),
                    asc,
                    nulls_first: false,
                });
            }
        }
        let span = keys
            .first()
            .map_or_else(Default::default, |key| key.expr.span);
        input.plan = self.with_columns(input.plan, computed, span)?;
        input.order = order;
        Ok(input)
    }

    pub(super) fn take(&mut self, mut input: Relation, count: &ast::Expr) -> Result<Relation> {
        let empty = self.empty();
        let bound = self.expr(count, &mut Scope::row(&empty))?;
        let Some(rows) = (match bound.value {
            Some(Value::Long(rows)) => usize::try_from(rows).ok(),
            _ => None,
        }) else {
            return Err(Diagnostic::error(
                "Q0314",
                "the number of rows must be a whole number, zero or more",
            )
            .label(count.span, format!("this is {}", bound.ty))
            .help("a literal such as `10`, or a parameter of type long")
            .into());
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

/// What a value is ordered by: documents by a key that sorts as they do, NaN as null, so that both come last.
pub(super) fn order_key(bound: Bound) -> Result<Expr> {
    match &bound.ty {
        Type::Dynamic => Ok(kernels::call(JsonOrder, vec![bound.expr])),
        ty if ty.is_nested() => Err(Diagnostic::error("Q0303", format!("{ty} has no order"))
            .label(bound.span, ty.to_string())
            .into()),
        ty => Ok(nan_to_null(bound.expr, ty)),
    }
}
