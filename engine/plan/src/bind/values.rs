//! Rows that stand in the query itself.

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, LogicalPlanBuilder, cast, lit};
use trawl_lang::span::Span;

use super::{Binder, distinct_names};
use crate::expr::Result;
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

impl Binder<'_> {
    /// Rows that stand in the query under names and types of their own.
    pub(crate) fn values(
        &mut self,
        columns: Vec<(String, Type)>,
        mut rows: Vec<Vec<Expr>>,
        span: Span,
    ) -> Result<Relation> {
        // A plan of values needs a row to have types by.
        let is_empty = rows.is_empty();
        if is_empty {
            let null = |ty: &Type| cast(lit(ScalarValue::Null), ty.arrow());
            rows.push(columns.iter().map(|(_, ty)| null(ty)).collect());
        }
        let mut values = LogicalPlanBuilder::values(rows);
        if is_empty {
            values = values.and_then(|values| values.limit(0, Some(0)));
        }
        let plan = self.built(values, span)?;
        let inner = plan.schema().columns();
        let mut computed = Vec::new();
        let mut bound = Vec::new();
        for ((name, ty), column) in columns.into_iter().zip(inner) {
            let unique = self.unique(&name);
            computed.push(Expr::Column(column).alias(unique.clone()));
            bound.push(BoundColumn::computed(name, unique, ty, true));
        }
        distinct_names(&bound, span)?;
        // Only the renamed columns stay: all written rows call theirs `column1` and so on, which a join would not accept twice.
        let plan = self.built(LogicalPlanBuilder::from(plan).project(computed), span)?;
        Ok(Relation {
            plan,
            columns: bound,
            ..self.empty()
        })
    }
}
