//! Filters of a plan, and what they say about the clusters that need to be asked.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column as PlanColumn, DataFusionError};
use datafusion_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use trawl_lang::span::Span;

use super::{Binder, Joined};
use crate::catalog::ClusterSet;
use crate::expr::{Bound, Result, balanced};
use crate::relation::{Origin, Relation, ScanId};

impl Binder<'_> {
    /// Keeps the rows for which all conjuncts are true, and of the clusters those that they can be true for.
    pub(crate) fn filtered(
        &mut self,
        mut input: Relation,
        conjuncts: Vec<Expr>,
        span: Span,
    ) -> Result<Relation> {
        for conjunct in &conjuncts {
            if let Some((scan, selected)) = self.selected(&input, conjunct)
                && let Some(scope) = input.scopes.get_mut(&scan)
            {
                scope.retain(|cluster| selected.contains(cluster));
            }
        }
        if conjuncts.is_empty() {
            return Ok(input);
        }
        let mut predicate = balanced(conjuncts, true);
        // Two filters in a row become one: of `where false | where true` DataFusion drops the second and pushes the first, which has
        // no column, through an aggregate that gives a row for no rows.
        if let LogicalPlan::Filter(before) = input.plan {
            predicate = before.predicate.and(predicate);
            input.plan = Arc::unwrap_or_clone(before.input);
        }
        input.plan = self.built(LogicalPlanBuilder::from(input.plan).filter(predicate), span)?;
        Ok(input)
    }

    /// The clusters that a predicate leaves of a scan, when it is about virtual columns of that scan only.
    fn selected(&self, input: &Relation, predicate: &Expr) -> Option<(ScanId, ClusterSet)> {
        let mut scan = None;
        let bare = predicate.clone().transform(|expr| match &expr {
            Expr::Column(column) => {
                let origin = virtual_origin(input, column)
                    .filter(|origin| *scan.get_or_insert(origin.scan) == origin.scan);
                match origin {
                    Some(origin) => Ok(Transformed::yes(Expr::Column(PlanColumn::from_name(
                        &origin.column,
                    )))),
                    None => Err(DataFusionError::Plan(
                        "not about one scan's place".to_owned(),
                    )),
                }
            }
            _ => Ok(Transformed::no(expr)),
        });
        let bare = bare.ok()?.data;
        Some((scan?, self.fleet.select(&bare).ok()?))
    }

    /// Restricts a relation to clusters that the other side of a join can match in the column `cluster`; the scan beneath is
    /// pruned by it.
    pub(crate) fn restrict(
        &mut self,
        input: &mut Relation,
        cluster: &Bound,
        to: &ClusterSet,
        span: Span,
    ) -> Result<()> {
        let scope = cluster
            .origin
            .as_ref()
            .and_then(|origin| input.scopes.get_mut(&origin.scan));
        let Some(scope) = scope.filter(|scope| !scope.is_subset(to)) else {
            return Ok(());
        };
        scope.retain(|cluster| to.contains(cluster));
        let site = self.sites.iter().find(|(scan, _)| {
            cluster
                .origin
                .as_ref()
                .is_some_and(|origin| origin.scan == *scan)
        });
        self.joined.extend(site.map(|(_, site)| Joined {
            site: *site,
            join: span,
            clusters: scope.clone(),
        }));
        let names = scope.iter().map(|name| lit(name.clone())).collect();
        let filter = cluster.expr.clone().in_list(names, false);
        let plan = std::mem::take(&mut input.plan);
        input.plan = self.built(LogicalPlanBuilder::from(plan).filter(filter), span)?;
        Ok(())
    }
}

/// The lineage of a plan's column, if it is a virtual column, also behind the name of a join's side.
fn virtual_origin<'a>(relation: &'a Relation, column: &PlanColumn) -> Option<&'a Origin> {
    let parts = relation
        .columns
        .iter()
        .filter_map(|bound| bound.parts.as_deref())
        .flatten();
    relation
        .columns
        .iter()
        .chain(parts)
        .find(|bound| bound.column == *column && bound.is_virtual())
        .and_then(|bound| bound.origin.as_ref())
}
