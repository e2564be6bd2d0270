//! Groups of rows: their keys, and the plan node that makes them.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use trawl_lang::ast::Item;
use trawl_lang::span::Span;

use super::{Binder, item_name};
use crate::expr::{Aggregates, Bound, Result, Scope};
use crate::kernels::{self, dynamic::JsonAs, equality::Canonical, json::ToJson};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

impl Binder<'_> {
    /// The items behind `by`, and the aggregates of their groups, none yet, which know them.
    pub(crate) fn keys(
        &mut self,
        input: &Relation,
        by: &[Item],
        computed: &mut Vec<(Expr, String)>,
    ) -> Result<(Vec<BoundColumn>, Aggregates)> {
        let mut columns = Vec::new();
        let mut aggregates = Aggregates::default();
        for item in by {
            let Some(name) = self.attempt(|_| item_name(item)) else {
                self.attempt(|binder| binder.expr(&item.expr, &mut Scope::row(input)));
                continue;
            };
            let column = self.column_made(name, item.expr.span, computed, |binder| {
                let bound = binder.expr(&item.expr, &mut Scope::row(input))?;
                binder.as_key(bound)
            });
            let key = self.read(&column, item.expr.span);
            aggregates.keys.push((item.expr.kind.clone(), decoded(key)));
            columns.push(column);
        }
        Ok((columns, aggregates))
    }

    /// A group key: a plain column. A dynamic key groups by its text and becomes one; a list, map or struct groups by its text too,
    /// and [`Binder::read_back`] makes it what it was.
    pub(crate) fn key(
        &mut self,
        name: String,
        bound: Bound,
        computed: &mut Vec<(Expr, String)>,
    ) -> Result<BoundColumn> {
        let bound = self.as_key(bound)?;
        Ok(self.column_of(name, bound, computed))
    }

    /// A value as one that groups.
    fn as_key(&mut self, bound: Bound) -> Result<Bound> {
        match &bound.ty {
            Type::Dynamic => {
                let origin = bound.origin.clone();
                Ok(Bound {
                    origin,
                    ..self.coerce(bound, &Type::String, "a key")?
                })
            }
            // Both zeros are one key, also where a window makes the groups.
            Type::Real => Ok(Bound {
                expr: kernels::call(Canonical, vec![bound.expr]),
                origin: None,
                ..bound
            }),
            ty if ty.is_nested() => {
                let kernel = ToJson { ty: ty.clone() };
                Ok(Bound {
                    expr: kernels::call(kernel, vec![kernels::call(Canonical, vec![bound.expr])]),
                    origin: None,
                    ..bound
                })
            }
            _ => Ok(bound),
        }
    }

    /// The groups of rows with equal keys, with the aggregates of each under their names.
    pub(crate) fn grouped(
        &self,
        plan: LogicalPlan,
        keys: &[BoundColumn],
        calls: Vec<(Expr, String)>,
        span: Span,
    ) -> Result<LogicalPlan> {
        let mut group: Vec<Expr> = Vec::new();
        for key in keys {
            if !group.contains(&key.expr()) {
                group.push(key.expr());
            }
        }
        let calls = calls.into_iter().map(|(expr, name)| expr.alias(name));
        let one_row = group.is_empty();
        let mut builder = LogicalPlanBuilder::from(plan).aggregate(group, calls);
        if one_row {
            // Without keys there is a row for no rows, yet DataFusion pushes a filter without columns, a constant `false` for instance,
            // below it; nothing is pushed through a limit.
            builder = builder.and_then(|builder| builder.limit(0, Some(1)));
        }
        self.built(builder, span)
    }

    /// The keys that were grouped by their texts as what they were.
    pub(crate) fn read_back(
        &mut self,
        plan: LogicalPlan,
        keys: &mut [BoundColumn],
        span: Span,
    ) -> Result<LogicalPlan> {
        let mut computed = Vec::new();
        for key in keys.iter_mut().filter(|key| key.ty.is_nested()) {
            let value = decoded(self.read(key, span));
            let unique = self.unique(&key.name);
            computed.push((value.expr, unique.clone()));
            key.column = PlanColumn::from_name(unique);
        }
        self.with_columns(plan, computed, span)
    }
}

/// The value of a key that is grouped by its text.
fn decoded(key: Bound) -> Bound {
    if !key.ty.is_nested() {
        return key;
    }
    let ty = key.ty.clone();
    Bound {
        expr: kernels::call(JsonAs { ty }, vec![key.expr]),
        ..key
    }
}
