//! `sort`: an order. It is remembered, applied where rows are cut, and once more at the root.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::Expr;
use datafusion_expr::expr::Sort;
use trawl_lang::ast::{Direction, Key};

use crate::bind::{Binder, order_key};
use crate::expr::{Result, Scope};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

impl Binder<'_> {
    pub(crate) fn sort(&mut self, mut input: Relation, keys: &[Key]) -> Result<Relation> {
        let mut computed = Vec::new();
        let mut order = Vec::new();
        for key in keys {
            let bound = self.attempt(|binder| {
                let bound = binder.expr(&key.expr, &mut Scope::row(&input))?;
                Ok((bound.clone(), order_key(bound)?))
            });
            let Some((bound, by)) = bound else {
                continue;
            };
            let ascending = key.direction == Some(Direction::Asc);
            // Both NaN and null are null in the first key of a real; the second has NaN before null in both directions.
            let is_null = (bound.ty == Type::Real).then(|| bound.expr.is_null());
            let mut exprs = vec![(by, ascending)];
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
}
