//! Columns that go through a grouping whose groups have one row at most: what they are called behind it.

use std::sync::Arc;

use datafusion_common::Column as PlanColumn;
use datafusion_expr::Expr;
use datafusion_functions_aggregate::expr_fn::first_value;

use super::Binder;
use crate::relation::BoundColumn;

/// The columns of a plan, each once, with their names behind the grouping.
#[derive(Default)]
pub(crate) struct Carried(Vec<(PlanColumn, String)>);

impl Carried {
    /// Columns as they are called behind the grouping.
    pub(crate) fn columns(
        &mut self,
        columns: Vec<BoundColumn>,
        binder: &mut Binder<'_>,
    ) -> Vec<BoundColumn> {
        columns
            .into_iter()
            .map(|column| self.column(column, binder))
            .collect()
    }

    /// The fields of a side that a join named are columns of their own.
    fn column(&mut self, column: BoundColumn, binder: &mut Binder<'_>) -> BoundColumn {
        let parts = column.parts.as_ref().map(|parts| {
            let parts = parts.iter().cloned();
            Arc::new(parts.map(|part| self.column(part, binder)).collect())
        });
        let known = self.0.iter().find(|(known, _)| *known == column.column);
        let name = match known {
            Some((_, name)) => name.clone(),
            None => {
                let name = binder.unique(&column.name);
                self.0.push((column.column, name.clone()));
                name
            }
        };
        BoundColumn {
            column: PlanColumn::from_name(name),
            parts,
            ..column
        }
    }

    /// The aggregates that carry them: the values of a group's only row.
    pub(crate) fn calls(self) -> Vec<Expr> {
        self.0
            .into_iter()
            .map(|(column, name)| first_value(Expr::Column(column), Vec::new()).alias(name))
            .collect()
    }
}
