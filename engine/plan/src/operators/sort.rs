//! `sort`: an order. It is remembered, applied where rows are cut, and once more at the root.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::Expr;
use datafusion_expr::expr::Sort;
use trawl_lang::ast::{Direction, Key};

use crate::bind::{Binder, never_constant, order_key};
use crate::expr::{Result, Scope};
use crate::operators::{Example, Family, Operator};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

/// `sort`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "sort",
    aliases: &["order"],
    family: Family::Rows,
    syntax: "sort by KEY [asc|desc], …",
    summary: "Puts rows in order.",
    notes: r"The order is descending unless told otherwise, as in KQL; `trawl fmt` writes the direction out. Null stands last and NaN before it, in
both directions. Texts compare by their bytes, false is less than true, and dynamic values go by kind: bool, number, string, then the rest
by their text. Lists, maps and structs have no order (error). Rows with equal keys come in any order.

The order lasts through `where`, `extend`, `project` and `take` to the end of the query; `summarize`, `join`, `union`, `distinct` and
`mv-expand` begin anew. Rows of different sources come as they arrive, so that without a `sort` there is no order to rely on.",
    examples: &[
        Example {
            title: "By two keys",
            query: r"nodes
| project cluster, name, state
| sort by state asc, name asc
| take 3",
        },
        Example {
            title: "Null and NaN",
            query: r#"datatable(name: string, share: real) ["a", 0.5, "b", null, "c", 2.0]
| extend share = iff(name == "a", toreal("nan"), share)
| sort by share desc"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn sort(&mut self, mut input: Relation, keys: &[Key]) -> Result<Relation> {
        let mut computed = Vec::new();
        let mut order = Vec::new();
        let mut sorted = Vec::new();
        for key in keys {
            let bound = self.attempt(|binder| {
                let bound = binder.expr(&key.expr, &mut Scope::row(&input))?;
                Ok((bound.clone(), order_key(bound)?))
            });
            let Some((bound, by)) = bound else {
                continue;
            };
            // A key once more orders nothing, and above a union DataFusion refuses its own plan.
            if sorted.contains(&by) {
                continue;
            }
            sorted.push(by.clone());
            let ascending = key.direction == Some(Direction::Asc);
            // Both NaN and null are null in the first key of a real; the second has NaN before null in both directions.
            let is_null = (bound.ty == Type::Real).then(|| bound.expr.is_null());
            let mut exprs = vec![(by, ascending)];
            exprs.extend(is_null.map(|is_null| (is_null, true)));
            for (expr, asc) in exprs {
                let expr = never_constant(expr, &input.plan);
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
