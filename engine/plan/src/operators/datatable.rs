//! `datatable`: rows that are written in the query.

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, cast, lit};
use trawl_lang::Diagnostic;
use trawl_lang::ast;
use trawl_lang::span::Span;

use crate::bind::{Binder, declared_type};
use crate::expr::{Result, Scope};
use crate::operators::{Example, Family, Operator};
use crate::relation::Relation;

/// `datatable`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "datatable",
    aliases: &[],
    family: Family::Sources,
    syntax: "datatable(NAME: TYPE, …) [VALUE, …]",
    summary: "Gives rows that stand in the query.",
    notes: r"A source: it begins a query, and stands in parentheses wherever a table can. The values are constants, row after row; at least one whole
row. `null` fits every type, a text fits a datetime, timespan or quantity. Types are `bool`, `long`, `real`, `string`, `datetime`,
`timespan`, `quantity`, `dynamic` and `list<T>`.",
    examples: &[
        Example {
            title: "Rows of several types",
            query: r#"datatable(name: string, cores: quantity, since: datetime) [
  "web", "500m", "2026-01-31",
  "db", 4, null]"#,
        },
        Example {
            title: "A table of owners, joined to what runs",
            query: r#"pods
| summarize pods = count() by namespace
| join (datatable(namespace: string, owner: string) ["payments", "ann", "search", "bo"]) on namespace
| sort by namespace asc"#,
        },
    ],
};

impl Binder<'_> {
    pub(crate) fn datatable(
        &mut self,
        columns: &[(ast::Ident, ast::TypeName)],
        cells: &[ast::Expr],
    ) -> Result<Relation> {
        let span = columns
            .first()
            .map_or(Span::default(), |(name, _)| name.span);
        let mut types = Vec::with_capacity(columns.len());
        for (_, ty) in columns {
            types.push(declared_type(ty)?);
        }
        if !cells.len().is_multiple_of(columns.len().max(1)) {
            return Err(
                Diagnostic::error("Q0312", "the cells do not fill whole rows")
                    .label(
                        span,
                        format!("{} columns, {} cells", columns.len(), cells.len()),
                    )
                    .into(),
            );
        }
        let empty = self.empty();
        let mut rows = Vec::new();
        for row in cells.chunks(columns.len().max(1)) {
            let mut values = Vec::with_capacity(row.len());
            for (cell, ty) in row.iter().zip(&types) {
                let bound = self.attempt(|binder| {
                    let bound = binder.expr(cell, &mut Scope::row(&empty))?;
                    binder.coerce(bound, ty, "a cell")
                });
                values.push(match bound.map(|bound| bound.expr) {
                    None | Some(Expr::Literal(ScalarValue::Null, _)) => {
                        cast(lit(ScalarValue::Null), ty.arrow())
                    }
                    Some(other) => other,
                });
            }
            rows.push(values);
        }
        let columns = columns.iter().map(|(name, _)| name.name.clone());
        self.values(columns.zip(types).collect(), rows, span)
    }
}
