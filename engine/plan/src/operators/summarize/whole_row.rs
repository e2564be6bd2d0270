//! `summarize arg_max(key, *) by …`: of each group the one row with the greatest or least key, all columns of it.
//!
//! Rows are numbered within their group by the key, and the first stays. One `first_value` a column would be cheaper, but where
//! keys are equal nothing holds the columns to the same row.

use std::sync::Arc;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::expr::{Sort, WindowFunction};
use datafusion_expr::{
    Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFunctionDefinition,
    lit,
};
use datafusion_functions_aggregate::count::count_udaf;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{Arg, Expr as AstExpr, ExprKind, Item};
use trawl_lang::span::Span;

use crate::bind::{Binder, Carried, distinct_names, order_key};
use crate::expr::{Result, Scope};
use crate::relation::{BoundColumn, Relation};

/// `arg_max(key, *)` or `arg_min(key, *)`.
pub(super) struct WholeRow<'a> {
    key: &'a AstExpr,
    greatest: bool,
    span: Span,
}

/// The whole row that a `summarize` asks for, which is then all that it asks for.
pub(super) fn asked(items: &[Item]) -> Result<Option<WholeRow<'_>>> {
    let Some((item, call)) = items
        .iter()
        .find_map(|item| Some((item, call(&item.expr)?)))
    else {
        return Ok(None);
    };
    if items.len() == 1 && item.name.is_none() {
        return Ok(Some(call));
    }
    let function = if call.greatest { "arg_max" } else { "arg_min" };
    Err(
        Diagnostic::error("Q0316", format!("`{function}(key, *)` gives whole rows"))
            .label(call.span, "it stands alone and without a name")
            .help(format!("alone: `summarize {function}(key, *) by …`"))
            .help(format!(
                "for one column beside others: `name = {function}(key, column)`"
            ))
            .into(),
    )
}

fn call(expr: &AstExpr) -> Option<WholeRow<'_>> {
    let ExprKind::Call { name, args } = &expr.kind else {
        return None;
    };
    let greatest = match name.name.as_str() {
        "arg_max" => true,
        "arg_min" => false,
        _ => return None,
    };
    match args.as_slice() {
        [
            Arg::Item(Item {
                name: None,
                expr: key,
            }),
            Arg::Star(_),
        ] => Some(WholeRow {
            key,
            greatest,
            span: expr.span,
        }),
        _ => None,
    }
}

impl Binder<'_> {
    pub(super) fn whole_row(
        &mut self,
        mut input: Relation,
        row: &WholeRow<'_>,
        by: &[Item],
    ) -> Result<Relation> {
        let mut computed = Vec::new();
        let (keys, _) = self.keys(&input, by, &mut computed)?;
        let bound = self.expr(row.key, &mut Scope::row(&input))?;
        let by_key = self.unique("key");
        computed.push((order_key(bound)?, by_key.clone()));
        let plan = self.with_columns(input.plan, computed, row.span)?;
        // Null sorts last in either direction, and so does NaN, which the sort key has made null: both lose.
        let order = Sort {
            expr: Expr::Column(PlanColumn::from_name(by_key)),
            asc: !row.greatest,
            nulls_first: false,
        };

        let is_key = |column: &BoundColumn| keys.iter().any(|key| key.name == column.name);
        let others: Vec<BoundColumn> = input
            .columns
            .iter()
            .filter(|column| !is_key(column))
            .cloned()
            .map(without_lineage)
            .collect();
        let (plan, others) = if keys.is_empty() {
            self.only_row(plan, order, others, row.span)?
        } else {
            (self.first_rows(plan, &keys, order, row.span)?, others)
        };
        input.plan = plan;
        input.cut_lineage();
        input.columns = keys;
        input.columns.extend(others);
        distinct_names(&input.columns, row.span)?;
        Ok(input)
    }

    /// The first row of each group.
    fn first_rows(
        &mut self,
        plan: LogicalPlan,
        keys: &[BoundColumn],
        order: Sort,
        span: Span,
    ) -> Result<LogicalPlan> {
        let number = self.unique("number");
        let count = WindowFunctionDefinition::AggregateUDF(count_udaf());
        let counted = Expr::from(WindowFunction::new(count, vec![lit(1_i64)]))
            .partition_by(keys.iter().map(BoundColumn::expr).collect())
            .order_by(vec![order])
            // Rows from the first to this one: their count is this one's number, also among equal keys.
            .window_frame(WindowFrame::new(Some(true)))
            .build()
            .map_err(|error| self.bug(&error, span))?;
        let is_first = Expr::Column(PlanColumn::from_name(number.clone())).eq(lit(1_i64));
        let numbered = LogicalPlanBuilder::from(plan).window(vec![counted.alias(number)]);
        self.built(numbered.and_then(|builder| builder.filter(is_first)), span)
    }

    /// Without groups there is one row, of nulls where there are no rows: as with every aggregate.
    fn only_row(
        &mut self,
        plan: LogicalPlan,
        order: Sort,
        columns: Vec<BoundColumn>,
        span: Span,
    ) -> Result<(LogicalPlan, Vec<BoundColumn>)> {
        let mut carried = Carried::default();
        let columns = carried.columns(columns, self);
        let columns = columns.into_iter().map(BoundColumn::can_miss).collect();
        let calls = carried.calls();
        let first = LogicalPlanBuilder::from(plan).sort_with_limit(vec![order], Some(1));
        let one = first.and_then(|builder| builder.aggregate(Vec::<Expr>::new(), calls));
        Ok((self.built(one, span)?, columns))
    }
}

fn without_lineage(column: BoundColumn) -> BoundColumn {
    let parts = column.parts.map(|parts| {
        let parts = parts.iter().cloned();
        Arc::new(parts.map(without_lineage).collect())
    });
    BoundColumn {
        origin: None,
        parts,
        ..column
    }
}
