//! `lookup`: a left outer join whose right side has each key once, or the query ends with the keys that are there twice.

use std::sync::Arc;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{Expr, Extension, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion_functions_aggregate::expr_fn::count;
use trawl_lang::ast::{self, Tail};

use super::join::{Kind, Pair};
use crate::bind::{Binder, Carried};
use crate::expr::{Bound, Result};
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;
use crate::unique::{AssertUnique, UniqueKey};

/// `lookup`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "lookup",
    aliases: &[],
    family: Family::Tables,
    syntax: "lookup TABLE [as NAME] on KEY, …",
    summary: "Adds the columns of a side that has each key once.",
    notes: r"As `join kind=leftouter`: every row stays, with nulls where there is no partner. But where a key is on the right side more than once the
query fails and names such keys, instead of multiplying rows and what is summed of them. It fails also when no left row has that key; null
keys do not count. Over HTTP the failure is an error of the query, on the command line exit code 1.

Columns, keys and scope are those of `join`. The right side is read to its end before the first row comes.",
    examples: &[
        Example {
            title: "The kubelet of each pod's node",
            query: r#"pods
| where phase == "Pending"
| lookup (nodes | project cluster, node = name, kubelet = status.nodeInfo.kubeletVersion) on cluster, node
| summarize pending = count() by cluster, kubelet
| sort by cluster asc, kubelet asc
| take 4"#,
        },
        Example {
            title: "Rows without a partner stay",
            query: r#"datatable(team: string, pods: long) ["web", 3, "data", 5]
| lookup (datatable(team: string, channel: string) ["web", "on-call-web"]) on team
| sort by team asc"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn lookup(&mut self, left: Relation, tail: &Tail, op: &ast::Op) -> Result<Relation> {
        self.matched(left, Kind::Lookup, tail, op)
    }

    /// The right side with each key once. Rows whose key is null match nothing and do not count.
    pub(super) fn with_unique_keys(
        &mut self,
        mut right: Relation,
        pairs: Vec<Pair>,
        tail: &Tail,
        op: &ast::Op,
    ) -> Result<(Relation, Vec<Pair>)> {
        let mut computed = Vec::new();
        let columns: Vec<PlanColumn> = pairs
            .iter()
            .map(|pair| self.key_column(&pair.right, &mut computed))
            .collect();
        let keys: Vec<Expr> = columns.iter().cloned().map(Expr::Column).collect();
        let plan = self.with_columns(right.plan, computed, op.span)?;
        let present = keys.iter().map(|key| key.clone().is_not_null()).collect();
        let present = crate::expr::balanced(present, true);
        let plan = self.built(LogicalPlanBuilder::from(plan).filter(present), op.span)?;

        let mut carried = Carried::default();
        right.columns = carried.columns(right.columns, self);
        // Sort keys have no lineage and no use: a lookup keeps no order of its right side.
        right.hidden.retain(|column| column.origin.is_some());
        right.hidden = carried.columns(right.hidden, self);
        right.order.clear();

        let rows = self.unique("rows");
        let mut calls = carried.calls();
        calls.push(count(lit(1_i64)).alias(rows.clone()));
        let grouped = LogicalPlanBuilder::from(plan).aggregate(distinct(&keys), calls);
        let plan = self.built(grouped, op.span)?;
        let unique_keys = pairs.iter().zip(&keys).map(|(pair, expr)| UniqueKey {
            name: pair.label.clone(),
            ty: pair.right.ty.clone(),
            expr: expr.clone(),
        });
        let (count, at) = (Expr::Column(PlanColumn::from_name(rows)), tail.right.span());
        let node = AssertUnique::try_new(unique_keys.collect(), count, at, plan)
            .map_err(|error| self.bug(&error, op.span))?;
        right.plan = LogicalPlan::Extension(Extension {
            node: Arc::new(node),
        });
        let pairs = pairs
            .into_iter()
            .zip(keys)
            .map(|(pair, expr)| Pair {
                right: Bound { expr, ..pair.right },
                ..pair
            })
            .collect();
        Ok((right, pairs))
    }
}

/// A key that is written twice groups once.
fn distinct(keys: &[Expr]) -> Vec<Expr> {
    let mut distinct: Vec<Expr> = Vec::new();
    for key in keys {
        if !distinct.contains(key) {
            distinct.push(key.clone());
        }
    }
    distinct
}
