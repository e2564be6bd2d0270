//! Paths: `status.phase`, `labels["app"]`, `d.name` of a join. The source is asked for what it can be asked for; the rest is
//! read at run time.

use datafusion_expr::lit;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, ExprKind, Literal};
use trawl_lang::span::Span;

use super::{Bound, Result, Scope, unsupported};
use crate::bind::Binder;
use crate::catalog::Step;
use crate::kernels::{self, dynamic::JsonPath, map_get::MapGet};
use crate::relation::{BoundColumn, Origin};
use crate::suggest;
use crate::types::Type;

/// One step as written.
enum Written<'a> {
    Field(&'a ast::Ident),
    Index(&'a ast::Expr, Span),
}

impl Binder<'_> {
    pub(super) fn path(&mut self, expr: &ast::Expr, scope: &mut Scope<'_>) -> Result<Bound> {
        let mut steps = Vec::new();
        let mut root = expr;
        loop {
            match &root.kind {
                ExprKind::Field { base, name } => {
                    steps.push((Written::Field(name), root.span));
                    root = base;
                }
                ExprKind::Index { base, index } => {
                    steps.push((Written::Index(index, root.span), root.span));
                    root = base;
                }
                ExprKind::Every(_) => return Err(unsupported("`[*]`", root.span)),
                _ => break,
            }
        }
        steps.reverse();
        let mut steps = steps.into_iter().peekable();

        // `d.name`: a column of the side that a join named.
        if let ExprKind::Name(name) = &root.kind
            && let Some(parts) = scope
                .relation
                .column(name)
                .and_then(|column| column.parts.clone())
            && let Some(&(Written::Field(field), _)) = steps.peek()
        {
            let Some(part) = parts.iter().find(|part| part.name == field.name) else {
                return Err(no_field(
                    &field.name,
                    name,
                    field.span,
                    parts.iter().map(|part| part.name.as_str()),
                ));
            };
            steps.next();
            let mut current = self.read(part, root.span.to(field.span));
            for (step, span) in steps {
                current = self.step(current, &step, span, scope)?;
            }
            return Ok(current);
        }

        let mut current = self.expr(root, scope)?;
        for (step, span) in steps {
            current = self.step(current, &step, span, scope)?;
        }
        Ok(current)
    }

    fn step(
        &mut self,
        base: Bound,
        step: &Written<'_>,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        match base.ty.clone() {
            Type::Dynamic => self.dynamic_step(base, step, span, scope),
            Type::Map(value) => {
                let key = match step {
                    Written::Field(name) => lit(name.name.clone()),
                    Written::Index(index, _) => {
                        let key = self.expr(index, scope)?;
                        self.coerce(key, &Type::String, "a key")?.expr
                    }
                };
                let expr = kernels::call(MapGet, vec![base.expr, key]);
                Ok(Bound::computed(expr, *value, true, span))
            }
            Type::Struct(fields) => match step {
                Written::Field(name) => {
                    match fields.iter().find(|(field, _)| *field == name.name) {
                        Some((field, ty)) => {
                            let expr = datafusion_functions::core::expr_fn::get_field(
                                base.expr,
                                field.as_str(),
                            );
                            Ok(Bound::computed(expr, ty.clone(), true, span))
                        }
                        None => Err(no_field(
                            &name.name,
                            "the struct",
                            name.span,
                            fields.iter().map(|(name, _)| name.as_str()),
                        )),
                    }
                }
                Written::Index(index, _) => Err(Diagnostic::error(
                    "Q0304",
                    "a struct has fields, not positions",
                )
                .label(index.span, "write `.field`")
                .into()),
            },
            Type::List(item) => match step {
                Written::Index(index, _) => {
                    let position = self.expr(index, scope)?;
                    Ok(self.item_at(base, *item, position, span)?)
                }
                Written::Field(name) => Err(Diagnostic::error(
                    "Q0304",
                    format!("{} has items, not fields", base.ty),
                )
                .label(base.span, format!("this is {}", base.ty))
                .secondary(name.span, "read here")
                .help("one item: `list[0]`; all of them: `mv-expand`")
                .into()),
            },
            other => {
                let at = match step {
                    Written::Field(name) => name.span,
                    Written::Index(index, _) => index.span,
                };
                Err(Diagnostic::error("Q0304", format!("{other} has no fields"))
                    .label(base.span, format!("this is {other}"))
                    .secondary(at, "read here")
                    .into())
            }
        }
    }

    fn dynamic_step(
        &mut self,
        base: Bound,
        step: &Written<'_>,
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<Bound> {
        let step = match step {
            Written::Field(name) => Step::Key(name.name.clone()),
            Written::Index(index, at) => match &index.kind {
                ExprKind::Literal(Literal::String(key)) => Step::Key(key.clone()),
                ExprKind::Literal(Literal::Int(position)) => match u32::try_from(*position) {
                    Ok(position) => Step::Index(position),
                    Err(_) => return Err(unsupported("a position counted from the end", *at)),
                },
                _ => {
                    return Err(unsupported(
                        "a computed position or key of a dynamic value",
                        *at,
                    ));
                }
            },
        };
        let Some(mut origin) = base.origin.clone() else {
            let expr = kernels::call(JsonPath { steps: vec![step] }, vec![base.expr]);
            return Ok(Bound::computed(expr, Type::Dynamic, true, span));
        };
        origin.path.push(step.clone());
        self.paths.read(&origin);
        let readings: Vec<_> = scope
            .relation
            .path_columns(&origin)
            .map(|column| (column.ty.clone(), column.expr()))
            .collect();
        let document = readings
            .iter()
            .find(|(ty, _)| *ty == Type::Dynamic)
            .map(|(_, expr)| expr.clone());
        // The source was not asked for it (first binding) or the plan no longer carries it: read the document itself.
        let expr = document
            .unwrap_or_else(|| kernels::call(JsonPath { steps: vec![step] }, vec![base.expr]));
        Ok(Bound {
            expr,
            ty: Type::Dynamic,
            nullable: true,
            origin: Some(origin),
            readings,
            value: None,
            span,
        })
    }
}

fn no_field<'a>(
    name: &str,
    of: &str,
    span: Span,
    fields: impl Iterator<Item = &'a str> + Clone,
) -> Box<Diagnostic> {
    let mut diagnostic = Diagnostic::error("Q0201", format!("no field `{name}` in `{of}`"))
        .label(span, "not a field");
    if let Some(near) = suggest::nearest(name, fields.clone()) {
        diagnostic = diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(span, near);
    }
    diagnostic
        .help(format!("fields: {}", suggest::list(fields)))
        .into()
}

/// The column that a path column makes, once its scan puts it out.
pub(crate) fn path_bound_column(
    origin: Origin,
    column: datafusion_common::Column,
    ty: Type,
) -> BoundColumn {
    BoundColumn {
        name: crate::paths::path_text(&origin),
        column,
        ty,
        nullable: true,
        origin: Some(origin),
        parts: None,
    }
}
