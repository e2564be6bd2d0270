//! Items of an operator, `name = value`, as columns: their names, their values, and that no two are called the same.

use datafusion_common::Column as PlanColumn;
use datafusion_expr::Expr;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{Arg, ExprKind, Ident, Item};
use trawl_lang::span::Span;

use super::Binder;
use crate::expr::{Bound, Result, Scope, unknown_column};
use crate::relation::{BoundColumn, Relation};

impl Binder<'_> {
    /// Where a column that is written by its name stands.
    pub(crate) fn position(&self, input: &Relation, name: &Ident) -> Result<usize> {
        input
            .columns
            .iter()
            .position(|column| column.name == name.name)
            .ok_or_else(|| {
                unknown_column(
                    &name.name,
                    name.span,
                    input,
                    self.scalar(&name.name).is_some(),
                )
            })
    }

    /// Binds items; computed ones become columns of the plan.
    pub(crate) fn items(
        &mut self,
        mut input: Relation,
        items: &[Item],
    ) -> Result<(Relation, Vec<BoundColumn>)> {
        let mut computed = Vec::new();
        let mut columns = Vec::new();
        for item in items {
            let Some(name) = self.attempt(|_| item_name(item)) else {
                self.attempt(|binder| binder.expr(&item.expr, &mut Scope::row(&input)));
                continue;
            };
            // A struct of a join is passed on as such, so that its fields stay columns.
            if let ExprKind::Name(source) = &item.expr.kind
                && let Some(column) = input.column(source).filter(|column| column.parts.is_some())
            {
                columns.push(BoundColumn {
                    name,
                    ..column.clone()
                });
                continue;
            }
            let column = self.column_made(name, item.expr.span, &mut computed, |binder| {
                binder.expr(&item.expr, &mut Scope::row(&input))
            });
            self.siblings.push(column.name.clone());
            columns.push(column);
        }
        self.siblings.clear();
        let span = items.first().map_or(Span::default(), |item| item.expr.span);
        self.attempt(|_| distinct_names(&columns, span));
        input.plan = self.with_columns(input.plan, computed, span)?;
        Ok((input, columns))
    }

    /// A bound value as a column: an untouched one as it is, a computed one under a new name of the plan.
    pub(crate) fn column_of(
        &mut self,
        name: String,
        bound: Bound,
        computed: &mut Vec<(Expr, String)>,
    ) -> BoundColumn {
        let Bound {
            expr,
            ty,
            nullable,
            origin,
            shape,
            ..
        } = bound;
        let column = match expr {
            Expr::Column(column) => column,
            expr => {
                let unique = self.unique(&name);
                computed.push((expr, unique.clone()));
                PlanColumn::from_name(unique)
            }
        };
        BoundColumn {
            name,
            column,
            ty,
            nullable,
            origin,
            shape,
            parts: None,
        }
    }
}

/// The name of an item: as given; else the last field of a path, `count_` of `count()`, `t` of `bin(t, …)`.
pub(crate) fn item_name(item: &Item) -> Result<String> {
    if let Some(name) = &item.name {
        return Ok(name.name.clone());
    }
    implied_name(&item.expr.kind).ok_or_else(|| {
        Diagnostic::error("Q0205", "this column has no name")
            .label(item.expr.span, "computed")
            .help("name it: `name = …`")
            .fix(
                Span::new(item.expr.span.start, item.expr.span.start),
                "name = ",
            )
            .into()
    })
}

/// The name that an expression has by itself.
pub(crate) fn implied_name(kind: &ExprKind) -> Option<String> {
    match kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field { name, .. } => Some(name.name.clone()),
        ExprKind::Call { name, args }
            if name.name == "count" && matches!(args.as_slice(), [] | [Arg::Star(_)]) =>
        {
            Some("count_".to_owned())
        }
        ExprKind::Call { name, args } if name.name == "bin" => match args.first() {
            Some(Arg::Item(item)) => implied_name(&item.expr.kind),
            _ => None,
        },
        _ => None,
    }
}

/// No two columns may be called the same.
pub(crate) fn distinct_names(columns: &[BoundColumn], span: Span) -> Result<()> {
    for (position, column) in columns.iter().enumerate() {
        if columns
            .iter()
            .take(position)
            .any(|other| other.name == column.name)
        {
            return Err(Diagnostic::error(
                "Q0206",
                format!("two columns are called `{}`", column.name),
            )
            .label(span, "in these items")
            .help(format!("rename one: `other = {}`", column.name))
            .into());
        }
    }
    Ok(())
}
