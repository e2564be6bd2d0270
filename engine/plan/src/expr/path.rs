//! Paths: `status.phase`, `labels["app"]`, `ports[0]`, `containers[*].image`, `d.name` of a join. The source is asked for what it
//! can be asked for; the rest is read at run time.

use std::sync::Arc;

use datafusion_expr::lit;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, ExprKind};
use trawl_lang::span::Span;

use super::{Bound, Result, Scope};
use crate::bind::Binder;
use crate::catalog::Step;
use crate::kernels::json_get::JsonGet;
use crate::kernels::{self, dynamic::JsonPath, map_get::MapGet};
use crate::relation::{BoundColumn, Origin};
use crate::suggest;
use crate::types::Type;
use crate::value::Value;

/// One step as written.
pub(super) enum Written<'a> {
    Field(&'a ast::Ident),
    Index(&'a ast::Expr),
    Every,
}

impl Binder<'_> {
    pub(super) fn path(&mut self, expr: &ast::Expr, scope: &mut Scope<'_>) -> Result<Bound> {
        let mut steps = Vec::new();
        let mut root = expr;
        loop {
            let (step, base) = match &root.kind {
                ExprKind::Field { base, name } => (Written::Field(name), base),
                ExprKind::Index { base, index } => (Written::Index(index), base),
                ExprKind::Every(base) => (Written::Every, base),
                _ => break,
            };
            steps.push((step, root.span));
            root = base;
        }
        steps.reverse();
        let mut steps = steps.as_slice();

        let mut current = match self.joined_column(root, steps, scope)? {
            Some(column) => {
                steps = steps.get(1..).unwrap_or_default();
                column
            }
            None => {
                self.spread(root, steps, scope)?;
                self.expr(root, scope)?
            }
        };
        while let Some(((step, span), rest)) = steps.split_first() {
            current = match step {
                Written::Field(name) => self.field(current, name, *span, scope)?,
                Written::Index(index) => self.index(current, index, *span, scope)?,
                Written::Every => return self.every(current, rest, expr.span, scope),
            };
            steps = rest;
        }
        Ok(current)
    }

    /// `d.name`: a column of the side that a join named.
    fn joined_column(
        &mut self,
        root: &ast::Expr,
        steps: &[(Written<'_>, Span)],
        scope: &Scope<'_>,
    ) -> Result<Option<Bound>> {
        let ExprKind::Name(name) = &root.kind else {
            return Ok(None);
        };
        let column = scope.relation.column(name);
        let Some(parts) = column.and_then(|column| column.parts.clone()) else {
            return Ok(None);
        };
        let Some((Written::Field(field), _)) = steps.first() else {
            return Ok(None);
        };
        match parts.iter().find(|part| part.name == field.name) {
            Some(part) => Ok(Some(self.read(part, root.span.to(field.span)))),
            None => Err(no_field(
                field,
                field.span,
                &format!("`{name}`"),
                parts.iter().map(|part| part.name.as_str()),
            )
            .into()),
        }
    }

    /// `metadata.name`, where the first field is a column and what stands before it is nothing.
    fn spread(
        &self,
        root: &ast::Expr,
        steps: &[(Written<'_>, Span)],
        scope: &Scope<'_>,
    ) -> Result<()> {
        let (ExprKind::Name(name), Some((Written::Field(field), _))) = (&root.kind, steps.first())
        else {
            return Ok(());
        };
        if scope.relation.columns.is_empty() || scope.relation.column(name).is_some() {
            return Ok(());
        }
        let is_metadata = name == "metadata";
        let renamed = match field.name.as_str() {
            "creationTimestamp" if is_metadata => "created",
            "deletionTimestamp" if is_metadata => "deleted",
            "ownerReferences" if is_metadata => "owner_references",
            "resourceVersion" if is_metadata => "resource_version",
            other => other,
        };
        let column = scope.relation.column(renamed).map(|column| &column.name);
        if column.is_none() && !is_metadata {
            return Ok(());
        }
        let mut error = Diagnostic::error("Q0202", format!("no column `{name}`"))
            .label(root.span, "not a column here");
        if let Some(column) = column {
            error = error
                .help(format!("did you mean `{column}`?"))
                .fix(root.span.to(field.span), column.clone());
        }
        if is_metadata {
            error = error.help(
                "what kubectl has below `metadata` are columns: `name`, `namespace`, `labels`, `annotations`, `created`",
            );
        }
        Err(error.into())
    }

    fn field(
        &mut self,
        base: Bound,
        name: &ast::Ident,
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<Bound> {
        match base.ty.clone() {
            Type::Dynamic => self.dynamic_field(base, name, span, scope),
            Type::Map(value) => {
                let expr = kernels::call(MapGet, vec![base.expr, lit(name.name.clone())]);
                Ok(Bound::computed(expr, *value, true, span))
            }
            Type::Struct(fields) => {
                let names = fields.iter().map(|(name, _)| name.as_str());
                let Some((field, ty)) = fields.iter().find(|(field, _)| *field == name.name) else {
                    return Err(no_field(name, span, "the struct", names).into());
                };
                let expr =
                    datafusion_functions::core::expr_fn::get_field(base.expr, field.as_str());
                let shape = below(base.shape.as_deref(), &Step::Key(name.name.clone()));
                let bound = Bound::computed(expr, ty.clone(), true, span);
                self.typed_by(bound, shape)
            }
            ty @ Type::List(_) => Err(field_of_list(&ty, &base, name)),
            Type::Null => Ok(Bound { span, ..base }),
            other => Err(no_parts(&other, &base, name.span)),
        }
    }

    fn index(
        &mut self,
        base: Bound,
        index: &ast::Expr,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        match base.ty.clone() {
            Type::Dynamic => {
                let key = self.expr(index, scope)?;
                self.dynamic_index(base, key, span, scope)
            }
            Type::Map(value) => {
                let key = self.expr(index, scope)?;
                let key = self.coerce(key, &Type::String, "a key")?;
                let expr = kernels::call(MapGet, vec![base.expr, key.expr]);
                Ok(Bound::computed(expr, *value, true, span))
            }
            Type::List(item) => {
                let position = self.expr(index, scope)?;
                let bound = self.item_at(base.clone(), *item, position, span)?;
                let shape = below(base.shape.as_deref(), &Step::Index(0));
                self.typed_by(bound, shape)
            }
            Type::Struct(_) => Err(Diagnostic::error(
                "Q0304",
                "a struct has fields, not positions",
            )
            .label(index.span, "write `.field`")
            .into()),
            Type::Null => Ok(Bound { span, ..base }),
            other => Err(no_parts(&other, &base, index.span)),
        }
    }

    /// `document.name`, of the source's own column if the value is untouched.
    fn dynamic_field(
        &mut self,
        base: Bound,
        name: &ast::Ident,
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<Bound> {
        if let Some(list @ Type::List(_)) = base.shape.as_deref() {
            return Err(field_of_list(list, &base, name));
        }
        if let Some(Type::Struct(fields)) = base.shape.as_deref()
            && !fields.iter().any(|(field, _)| *field == name.name)
        {
            return Err(self.no_known_field(&base, name, span, fields));
        }
        self.dynamic_step(base, Step::Key(name.name.clone()), span, scope)
    }

    fn dynamic_index(
        &mut self,
        base: Bound,
        key: Bound,
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<Bound> {
        let step = match &key.value {
            Some(Value::String(key)) => Some(Step::Key(key.clone())),
            Some(Value::Long(position)) => u32::try_from(*position).ok().map(Step::Index),
            _ => None,
        };
        if let Some(step) = step {
            return self.dynamic_step(base, step, span, scope);
        }
        let key = match key.ty {
            Type::Long => key,
            _ => self.coerce(key, &Type::String, "a position or key")?,
        };
        let shape = match base.shape.as_deref() {
            Some(Type::List(item)) => Some(Arc::new((**item).clone())),
            Some(Type::Map(value)) => Some(Arc::new((**value).clone())),
            _ => None,
        };
        let expr = kernels::call(JsonGet, vec![base.expr, key.expr]);
        self.typed_by(Bound::computed(expr, Type::Dynamic, true, span), shape)
    }

    fn dynamic_step(
        &mut self,
        base: Bound,
        step: Step,
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<Bound> {
        let shape = below(base.shape.as_deref(), &step);
        let Some(mut origin) = base.origin.clone() else {
            let expr = kernels::call(JsonPath { steps: vec![step] }, vec![base.expr]);
            return self.typed_by(Bound::computed(expr, Type::Dynamic, true, span), shape);
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
        let bound = Bound {
            expr,
            ty: Type::Dynamic,
            nullable: true,
            origin: Some(origin),
            shape: None,
            readings,
            value: None,
            span,
        };
        self.typed_by(bound, shape)
    }

    /// A document of a known shape: one that holds a scalar, or a list of them, is read as that type at once.
    pub(crate) fn typed_by(&mut self, bound: Bound, shape: Option<Arc<Type>>) -> Result<Bound> {
        let Some(shape) = shape.filter(|shape| **shape != Type::Dynamic) else {
            return Ok(bound);
        };
        let read_as = match shape.as_ref() {
            Type::List(item) => item.is_scalar(),
            other => other.is_scalar(),
        };
        if bound.ty == Type::Dynamic && read_as {
            return self.coerce(bound, &shape, "a field");
        }
        Ok(bound.shaped(Some(shape)))
    }

    /// A field that the documents of a source do not have.
    fn no_known_field(
        &self,
        base: &Bound,
        name: &ast::Ident,
        span: Span,
        fields: &[(String, Type)],
    ) -> Box<Diagnostic> {
        let of = match &base.origin {
            Some(origin) => {
                let table = self.scan_tables.get(&origin.scan);
                let path = crate::paths::path_text(origin);
                table.map_or(path.clone(), |table| format!("{table}.{path}"))
            }
            None => "it".to_owned(),
        };
        let mut diagnostic =
            Diagnostic::error("Q0201", format!("no field `{}` in `{of}`", name.name))
                .label(span, "");
        let names = fields.iter().map(|(name, _)| name.as_str());
        if let Some(near) = suggest::nearest(&name.name, names.clone())
            && let Some((_, ty)) = fields.iter().find(|(name, _)| name == near)
        {
            let clusters = self.fleet.clusters().len();
            let known = match base.origin {
                Some(_) => format!("{}, {clusters} of {clusters} clusters", ty.outline()),
                None => ty.outline(),
            };
            return diagnostic
                .help(format!("did you mean `{near}`? ({known})"))
                .fix(name.span, near)
                .into();
        }
        diagnostic = diagnostic.help(format!("fields: {}", suggest::list(names)));
        diagnostic.into()
    }
}

/// What is known one step below a document.
pub(crate) fn below(shape: Option<&Type>, step: &Step) -> Option<Arc<Type>> {
    let ty = match (shape?, step) {
        (Type::Struct(fields), Step::Key(key)) => &fields.iter().find(|(name, _)| name == key)?.1,
        (Type::Map(value), Step::Key(_)) => value,
        (Type::List(item), Step::Index(_)) => item,
        _ => return None,
    };
    Some(Arc::new(ty.clone()))
}

pub(super) fn no_parts(ty: &Type, base: &Bound, at: Span) -> Box<Diagnostic> {
    Diagnostic::error("Q0304", format!("{ty} has no fields or items"))
        .label(base.span, format!("this is {ty}"))
        .secondary(at, "read here")
        .into()
}

/// A field is read of a list, where it is one of its items.
fn field_of_list(list: &Type, base: &Bound, name: &ast::Ident) -> Box<Diagnostic> {
    let outline = list.outline();
    let at = Span::new(base.span.end, base.span.end);
    Diagnostic::error("Q0304", format!("{outline} has no fields"))
        .label(base.span, format!("this is {outline}"))
        .secondary(name.span, "read here")
        .help(format!(
            "of every item: `[*].{0}`; of the first: `[0].{0}`; a row for each: `mv-expand`",
            name.name
        ))
        .fix(at, "[*]")
        .into()
}

pub(super) fn no_field<'a>(
    name: &ast::Ident,
    span: Span,
    of: &str,
    fields: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::error("Q0201", format!("no field `{}` in {of}", name.name))
        .label(span, "not a field");
    if let Some(near) = suggest::nearest(&name.name, fields.clone()) {
        diagnostic = diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(name.span, near);
    }
    diagnostic.help(format!("fields: {}", suggest::list(fields)))
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
        shape: None,
        parts: None,
    }
}
