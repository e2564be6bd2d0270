//! `union`: the rows of several branches under one list of columns. Owns which types meet; never widens one in silence.

mod places;

use std::sync::Arc;

use datafusion_common::{Column as PlanColumn, ScalarValue};
use datafusion_expr::{ExprSchemable, LogicalPlan, LogicalPlanBuilder, Union, cast, lit};
use trawl_lang::Diagnostic;
use trawl_lang::ast::Branch;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::Result;
use crate::operators::{Example, Family, Operator};
use crate::relation::{BoundColumn, Relation};
use crate::types::Type;

/// `union`: what its page says.
pub const OPERATOR: Operator = Operator {
    name: "union",
    aliases: &[],
    family: Family::Tables,
    syntax: "union TABLE, …",
    summary: "Adds the rows of other tables or queries.",
    notes: r"Stands at the beginning of a query as a source, `union a, (b | where …)`, and behind a `|`, where the rows so far are the first branch.

Columns meet by name, in the order in which names first appear; where a branch lacks one it is null there. The types of one name must be
the same, or meet without loss: long with real is real, a number with a quantity is a quantity, null fits all. Anything else is an error
that names both branches: write `tostring(x)` in one, or leave the column out with `project-away`.

Rows are not made different, see `distinct`, and their order is lost. A condition behind the union travels into every branch.",
    examples: &[
        Example {
            title: "Two tables",
            query: r#"union pods, nodes
| where cluster == "staging"
| summarize objects = count(), with_node = countif(isnotnull(node)) by namespaced = isnotnull(namespace)
| sort by namespaced asc"#,
        },
        Example {
            title: "Behind other operators",
            query: r#"datatable(name: string, n: long) ["a", 1]
| union (datatable(name: string, share: real) ["b", 0.5]), (print name = "c", n = 2.5)
| sort by name asc"#,
        },
    ],
};

/// One part of a union, with what messages call it.
struct Part {
    relation: Relation,
    name: String,
    /// Where it is written; nothing for the rows that the operator was given.
    span: Option<Span>,
}

/// A column of the result.
struct Merged {
    name: String,
    ty: Type,
    /// The part that gave it its type.
    of: usize,
    /// Its name in the plan, the same in every part.
    unique: String,
}

impl Binder<'_> {
    /// `union a, b` as a source.
    pub(crate) fn union_source(&mut self, branches: &[Branch]) -> Result<Relation> {
        let parts = self.parts(branches)?;
        let span = branches
            .iter()
            .map(Branch::span)
            .reduce(Span::to)
            .unwrap_or_default();
        self.union_of(parts, span)
    }

    /// `| union a, b`: the rows so far are the first part.
    pub(crate) fn union(
        &mut self,
        input: Relation,
        branches: &[Branch],
        span: Span,
    ) -> Result<Relation> {
        let mut parts = vec![Part {
            relation: input,
            name: "the rows before `union`".to_owned(),
            span: None,
        }];
        parts.extend(self.parts(branches)?);
        self.union_of(parts, span)
    }

    fn parts(&mut self, branches: &[Branch]) -> Result<Vec<Part>> {
        let mut parts = Vec::with_capacity(branches.len());
        let mut first_error = None;
        for (position, branch) in branches.iter().enumerate() {
            let name = match branch {
                Branch::Table(table) => {
                    let path: Vec<_> = table.path.iter().map(|p| p.name.as_str()).collect();
                    format!("`{}`", path.join("."))
                }
                Branch::Query(_) => format!("branch {}", position + 1),
            };
            match self.branch(branch) {
                Ok(relation) => parts.push(Part {
                    relation,
                    name,
                    span: Some(branch.span()),
                }),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        match first_error {
            Some(error) => Err(error),
            None => Ok(parts),
        }
    }

    fn union_of(&mut self, parts: Vec<Part>, span: Span) -> Result<Relation> {
        let merged = self.merged(&parts, span)?;
        let places = self.places(&parts, &merged);
        let columns = merged
            .iter()
            .map(|column| BoundColumn {
                name: column.name.clone(),
                column: PlanColumn::from_name(column.unique.clone()),
                ty: column.ty.clone(),
                nullable: parts.iter().any(|part| {
                    let found = part.relation.column(&column.name);
                    found.is_none_or(|found| found.nullable)
                }),
                origin: places.origins.get(&column.name).cloned(),
                shape: same_shape(&parts, &column.name),
                parts: None,
            })
            .collect();
        let mut plans = Vec::with_capacity(parts.len());
        for part in parts {
            plans.push(self.shaped(part, &merged, span)?);
        }
        Ok(Relation {
            plan: self.all_rows(plans, span)?,
            columns,
            scopes: places.scopes,
            ..self.empty()
        })
    }

    /// The columns of all parts by name, in the order in which names first appear.
    fn merged(&mut self, parts: &[Part], span: Span) -> Result<Vec<Merged>> {
        let mut merged: Vec<Merged> = Vec::new();
        for (position, part) in parts.iter().enumerate() {
            for column in &part.relation.columns {
                let Some(known) = merged.iter_mut().find(|known| known.name == column.name) else {
                    merged.push(Merged {
                        name: column.name.clone(),
                        ty: column.ty.clone(),
                        of: position,
                        unique: self.unique(&column.name),
                    });
                    continue;
                };
                let Some(ty) = meeting(&known.ty, &column.ty) else {
                    return Err(different_types(
                        known,
                        parts.get(known.of),
                        column,
                        part,
                        span,
                    ));
                };
                if known.ty != ty {
                    known.ty = ty;
                    known.of = position;
                }
            }
        }
        Ok(merged)
    }

    /// A part as the union wants it: every column in order, null where the part lacks it.
    fn shaped(&mut self, part: Part, merged: &[Merged], span: Span) -> Result<LogicalPlan> {
        let at = part.span.unwrap_or(span);
        let mut exprs = Vec::with_capacity(merged.len());
        for column in merged {
            let wanted = column.ty.arrow();
            let expr = match part.relation.column(&column.name) {
                None => lit(ScalarValue::try_from(&wanted).unwrap_or(ScalarValue::Null)),
                Some(found) => {
                    let bound = self.read(found, at);
                    if matches!(bound.ty, Type::List(_)) {
                        bound.expr
                    } else {
                        self.coerce(bound, &column.ty, "a column of a union")?.expr
                    }
                }
            };
            // Nested types may differ in what they say of nulls, and DataFusion wants them equal to the letter.
            let schema = part.relation.plan.schema();
            let is_exact = expr.get_type(schema).is_ok_and(|ty| ty == wanted);
            let expr = if is_exact { expr } else { cast(expr, wanted) };
            exprs.push(expr.alias(column.unique.clone()));
        }
        let builder = LogicalPlanBuilder::from(part.relation.plan).project(exprs);
        self.built(builder, at)
    }

    fn all_rows(&self, mut plans: Vec<LogicalPlan>, span: Span) -> Result<LogicalPlan> {
        if plans.len() == 1
            && let Some(only) = plans.pop()
        {
            return Ok(only);
        }
        let inputs = plans.into_iter().map(Arc::new).collect();
        let union = Union::try_new(inputs).map_err(|error| self.bug(&error, span))?;
        Ok(LogicalPlan::Union(union))
    }
}

/// What all parts know of a column's documents, when they know the same.
fn same_shape(parts: &[Part], name: &str) -> Option<Arc<Type>> {
    let mut shapes = parts
        .iter()
        .map(|part| part.relation.column(name)?.shape.as_ref());
    let first = shapes.next()??;
    shapes
        .all(|shape| shape == Some(first))
        .then(|| Arc::clone(first))
}

/// The type of a column that two parts have. Stricter than a comparison: a dynamic value would change what it is without a word.
fn meeting(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::List(a), Type::List(b)) => match (a.as_ref(), b.as_ref()) {
            (Type::Null, item) | (item, Type::Null) => Some(Type::List(Box::new(item.clone()))),
            (a, b) => (a == b).then(|| Type::List(Box::new(a.clone()))),
        },
        (Type::Dynamic, other) | (other, Type::Dynamic)
            if !matches!(other, Type::Dynamic | Type::Null) =>
        {
            None
        }
        (a, b) => a.common(b),
    }
}

fn different_types(
    known: &Merged,
    first: Option<&Part>,
    column: &BoundColumn,
    part: &Part,
    span: Span,
) -> Box<Diagnostic> {
    let name = &column.name;
    let (a, b) = (&known.ty, &column.ty);
    let mut diagnostic = Diagnostic::error(
        "Q0408",
        format!(
            "`{name}` is {a} in {} and {b} in {}",
            first.map_or("another branch", |first| &first.name),
            part.name
        ),
    )
    .label(part.span.unwrap_or(span), b.to_string());
    if let Some(at) = first.and_then(|first| first.span) {
        diagnostic = diagnostic.secondary(at, a.to_string());
    }
    if !a.is_nested() && !b.is_nested() {
        let text = if *a == Type::String { b } else { a };
        diagnostic = diagnostic.help(format!(
            "make it text where it is {text}: `extend {name} = tostring({name})`"
        ));
    }
    diagnostic
        .help(format!("leave it out of one branch: `project-away {name}`"))
        .into()
}
