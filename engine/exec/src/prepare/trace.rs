//! What stands between an operator and the scan beneath it: expressions above projections as expressions over the scan's columns.
//! Refuses everything that changes rows.

use std::collections::HashSet;

use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, TableScan};

use crate::limits::TRACED_NODES;

/// The scan that gives all rows of a plan, and expressions over the plan's columns as such over the scan's. None when anything
/// between them makes, drops or orders rows, or when an expression becomes too large to be looked at.
pub(super) fn to_scan(plan: &LogicalPlan, mut exprs: Vec<Expr>) -> Option<(&TableScan, Vec<Expr>)> {
    let mut plan = plan;
    loop {
        if !exprs.iter().all(is_small) {
            return None;
        }
        plan = match plan {
            LogicalPlan::TableScan(scan) if scan.fetch.is_none() => return Some((scan, exprs)),
            LogicalPlan::Projection(projection) => {
                let columns: Vec<Expr> = projection.expr.iter().map(bare).collect();
                exprs = replaced(exprs, &projection.schema, &columns)?;
                &projection.input
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let columns = alias.input.schema().columns().into_iter();
                let columns: Vec<Expr> = columns.map(Expr::Column).collect();
                exprs = replaced(exprs, &alias.schema, &columns)?;
                &alias.input
            }
            LogicalPlan::Filter(filter) if is_offered(filter) => &filter.input,
            _ => return None,
        };
    }
}

/// Whether each condition of a filter was offered to the scan beneath it.
pub(super) fn is_offered(filter: &Filter) -> bool {
    let LogicalPlan::TableScan(scan) = filter.input.as_ref() else {
        return false;
    };
    let offered: HashSet<_> = scan.filters.iter().flat_map(split_conjunction).collect();
    split_conjunction(&filter.predicate)
        .into_iter()
        .all(|condition| offered.contains(condition))
}

/// An expression without the names that it is given.
pub(super) fn bare(expr: &Expr) -> Expr {
    expr.clone().unalias_nested().data
}

fn is_small(expr: &Expr) -> bool {
    let mut nodes = 0_usize;
    let counted = expr.apply(|_| {
        nodes += 1;
        Ok(if nodes > TRACED_NODES {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    counted.is_ok() && nodes <= TRACED_NODES
}

/// The expressions with what stands behind the columns of a schema in their place.
fn replaced(exprs: Vec<Expr>, schema: &DFSchema, columns: &[Expr]) -> Option<Vec<Expr>> {
    let behind = |expr: Expr| {
        let Expr::Column(column) = &expr else {
            return Ok(Transformed::no(expr));
        };
        let position = schema.index_of_column(column)?;
        match columns.get(position) {
            Some(known) => Ok(Transformed::new(
                known.clone(),
                true,
                // What stands there is about other columns, whatever they are called.
                TreeNodeRecursion::Jump,
            )),
            None => datafusion::common::internal_err!("{column} stands for nothing"),
        }
    };
    let replaced = exprs
        .into_iter()
        .map(|expr| Some(bare(&expr.transform_down(behind).ok()?.data)));
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::logical_expr::{LogicalPlanBuilder, col, lit, table_scan};

    fn scan() -> LogicalPlanBuilder {
        use arrow::datatypes::{DataType, Field, Schema};
        let fields = ["a", "b"].map(|name| Field::new(name, DataType::Int64, true));
        table_scan(Some("t"), &Schema::new(fields.to_vec()), None).unwrap()
    }

    fn traced(plan: &LogicalPlan, expr: Expr) -> Option<String> {
        let (_, exprs) = to_scan(plan, vec![expr])?;
        exprs.first().map(ToString::to_string)
    }

    #[test]
    fn names_lead_back_to_the_scan() {
        let swapped = scan()
            .project(vec![
                col("t.a").alias("b"),
                (col("t.b") + lit(1)).alias("a"),
            ])
            .unwrap();
        let plan = swapped.alias("u").unwrap().build().unwrap();
        let expr = col("u.a") + col("u.b");
        assert_eq!(traced(&plan, expr).unwrap(), "t.b + Int32(1) + t.a");
    }

    #[test]
    fn what_changes_rows_ends_the_way() {
        let plans = [
            scan().limit(0, Some(1)),
            scan().distinct(),
            scan().filter(col("t.a").gt(lit(1_i64))),
            scan().sort(vec![col("t.a").sort(true, false)]),
        ];
        for plan in plans {
            let plan = plan.unwrap().build().unwrap();
            assert_eq!(traced(&plan, col("t.a")), None, "{plan}");
        }
    }

    #[test]
    fn an_expression_that_doubles_with_each_step_is_given_up() {
        let mut plan = scan();
        for _ in 0..60 {
            let twice = col("a") + col("a");
            plan = plan.project(vec![twice.alias("a")]).unwrap();
        }
        assert_eq!(traced(&plan.build().unwrap(), col("a")), None);
    }
}
