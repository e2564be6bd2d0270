//! The root of a plan: the columns that leave, and the order once more.

use datafusion_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use trawl_lang::span::Span;

use super::Binder;
use crate::expr::Result;
use crate::relation::Relation;
use crate::types::Type;

impl Binder<'_> {
    /// The plan whose first columns are the query's, by their names; sort keys may follow and are to be dropped.
    ///
    /// The Sort stands above the projection: beneath it DataFusion lost the order (measured in the design).
    pub fn root(&mut self, relation: Relation) -> Result<(LogicalPlan, Vec<(String, Type)>)> {
        let span = Span::default();
        let mut exprs = Vec::new();
        let mut columns = Vec::new();
        for column in &relation.columns {
            exprs.push(self.read(column, span).expr.alias(column.name.clone()));
            columns.push((column.name.clone(), column.ty.clone()));
        }
        let mut order = Vec::new();
        for (position, mut key) in relation.order.into_iter().enumerate() {
            let name = self.unique(&format!("order{position}"));
            exprs.push(key.expr.alias(name.clone()));
            key.expr = Expr::Column(datafusion_common::Column::from_name(name));
            order.push(key);
        }
        let mut builder = LogicalPlanBuilder::from(relation.plan).project(exprs);
        if !order.is_empty() {
            builder = builder.and_then(|builder| builder.sort(order));
        }
        Ok((self.built(builder, span)?, columns))
    }
}
