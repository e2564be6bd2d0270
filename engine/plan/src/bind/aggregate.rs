//! `summarize`, `count`, `distinct`: rows to groups.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::{Expr, LogicalPlanBuilder, lit};
use trawl_lang::Diagnostic;
use trawl_lang::ast::Item;
use trawl_lang::span::Span;

use super::Binder;
use super::project::{distinct_names, item_name};
use super::whole_row;
use crate::expr::{Aggregates, Bound, Result, Scope};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

impl Binder<'_> {
    pub(super) fn summarize(
        &mut self,
        mut input: Relation,
        items: &[Item],
        by: &[Item],
    ) -> Result<Relation> {
        if let Some(row) = whole_row::asked(items)? {
            return self.whole_row(input, &row, by);
        }
        let span = items
            .iter()
            .chain(by)
            .next()
            .map_or(Span::default(), |item| item.expr.span);
        let mut computed = Vec::new();
        let mut columns = Vec::new();
        let mut aggregates = Aggregates::default();
        for item in by {
            let name = item_name(item)?;
            let bound = self.expr(&item.expr, &mut Scope::row(&input))?;
            let column = self.key(name, bound, &mut computed)?;
            let key = self.read(&column, item.expr.span);
            aggregates.keys.push((item.expr.kind.clone(), key));
            columns.push(column);
        }

        let mut results: Vec<(String, Bound)> = Vec::new();
        for item in items {
            let name = item_name(item)?;
            let mut scope = Scope {
                relation: &input,
                right: None,
                aggregates: Some(&mut aggregates),
            };
            results.push((name, self.expr(&item.expr, &mut scope)?));
        }

        let plan = self.with_columns(input.plan.clone(), computed, span)?;
        input.plan = self.grouped(plan, &columns, aggregates.calls, span)?;
        input.cut_lineage();
        let mut computed = Vec::new();
        for (name, bound) in results {
            let column = self.column_of(name, bound, &mut computed);
            columns.push(column);
        }
        distinct_names(&columns, span)?;
        input.plan = self.with_columns(input.plan, computed, span)?;
        input.columns = columns;
        Ok(input)
    }

    pub(super) fn count(&mut self, mut input: Relation, span: Span) -> Result<Relation> {
        let unique = self.unique("count_");
        let call = datafusion_functions_aggregate::expr_fn::count(lit(1_i64));
        input.plan = self.grouped(input.plan, &[], vec![(call, unique.clone())], span)?;
        input.cut_lineage();
        input.columns = vec![BoundColumn {
            name: "count_".to_owned(),
            column: PlanColumn::from_name(unique),
            ty: Type::Long,
            nullable: false,
            origin: None,
            shape: None,
            parts: None,
        }];
        Ok(input)
    }

    /// `distinct` is grouping without aggregates; `*` means all columns.
    pub(super) fn distinct(
        &mut self,
        mut input: Relation,
        items: &[Item],
        span: Span,
    ) -> Result<Relation> {
        if !items.is_empty() {
            return self.summarize(input, &[], items);
        }
        let mut computed = Vec::new();
        let mut columns = Vec::new();
        for column in input.columns.clone() {
            let bound = self.read(&column, span);
            columns.push(self.key(column.name, bound, &mut computed)?);
        }
        let plan = self.with_columns(input.plan, computed, span)?;
        input.plan = self.grouped(plan, &columns, Vec::new(), span)?;
        input.cut_lineage();
        input.columns = columns;
        Ok(input)
    }

    /// A group key: a plain column of a type that groups. A dynamic key groups by its text.
    pub(super) fn key(
        &mut self,
        name: String,
        bound: Bound,
        computed: &mut Vec<(Expr, String)>,
    ) -> Result<BoundColumn> {
        let bound = match &bound.ty {
            Type::Dynamic => {
                let origin = bound.origin.clone();
                Bound {
                    origin,
                    ..self.coerce(bound, &Type::String, "a key")?
                }
            }
            ty if ty.is_nested() => {
                return Err(Diagnostic::error("Q0315", format!("cannot group by {ty}"))
                    .label(bound.span, ty.to_string())
                    .help("group by one of its fields, or by `tostring(…)` of a dynamic value")
                    .into());
            }
            _ => bound,
        };
        Ok(self.column_of(name, bound, computed))
    }

    pub(super) fn grouped(
        &self,
        plan: datafusion_expr::LogicalPlan,
        keys: &[BoundColumn],
        calls: Vec<(Expr, String)>,
        span: Span,
    ) -> Result<datafusion_expr::LogicalPlan> {
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
}
