//! `where`: the filter itself, and what it says about the clusters that need to be asked.

use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column as PlanColumn, DataFusionError};
use datafusion_expr::utils::split_conjunction;
use datafusion_expr::{Expr, LogicalPlanBuilder, lit};
use trawl_lang::ast;
use trawl_lang::span::Span;

use super::Binder;
use crate::catalog::ClusterSet;
use crate::expr::{Result, Scope};
use crate::relation::Relation;
use crate::virtuals;

impl Binder<'_> {
    pub(super) fn filter(
        &mut self,
        mut input: Relation,
        predicate: &ast::Expr,
    ) -> Result<Relation> {
        let bound = self.predicate(predicate, &mut Scope::row(&input))?;
        for conjunct in split_conjunction(&bound.expr) {
            if let Some(selected) = self.selected(&input, conjunct) {
                narrow(&mut input.scope, &selected);
            }
        }
        input.plan = self.built(
            LogicalPlanBuilder::from(input.plan).filter(bound.expr),
            predicate.span,
        )?;
        Ok(input)
    }

    /// The clusters that a predicate leaves, when it is about virtual columns only.
    fn selected(&self, input: &Relation, predicate: &Expr) -> Option<ClusterSet> {
        if predicate.column_refs().is_empty() {
            return None;
        }
        let bare = predicate.clone().transform(|expr| match &expr {
            Expr::Column(column) => {
                let bound = input
                    .columns
                    .iter()
                    .find(|bound| bound.column == *column && bound.is_virtual());
                match bound.and_then(|bound| bound.origin.as_ref()) {
                    Some(origin) => Ok(Transformed::yes(Expr::Column(PlanColumn::from_name(
                        &origin.column,
                    )))),
                    None => Err(DataFusionError::Plan("not a virtual column".to_owned())),
                }
            }
            _ => Ok(Transformed::no(expr)),
        });
        self.fleet.select(&bare.ok()?.data).ok()
    }

    /// Restricts a relation to clusters that the other side of a join can match; the scans beneath are pruned by it.
    pub(super) fn restrict(
        &mut self,
        mut input: Relation,
        to: &ClusterSet,
        span: Span,
    ) -> Result<Relation> {
        let wider = input
            .scope
            .as_ref()
            .is_none_or(|scope| !scope.is_subset(to));
        let Some(cluster) = input
            .columns
            .iter()
            .find(|c| c.is_virtual() && c.name == virtuals::CLUSTER)
            .filter(|_| wider)
        else {
            return Ok(input);
        };
        let names = to.iter().map(|name| lit(name.clone())).collect();
        let filter = cluster.expr().in_list(names, false);
        input.plan = self.built(LogicalPlanBuilder::from(input.plan).filter(filter), span)?;
        narrow(&mut input.scope, to);
        Ok(input)
    }
}

fn narrow(scope: &mut Option<ClusterSet>, to: &ClusterSet) {
    if let Some(scope) = scope {
        scope.retain(|cluster| to.contains(cluster));
    }
}
