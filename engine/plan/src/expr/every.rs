//! `list[*]`: a path read of every item of a list.

use std::sync::Arc;

use trawl_lang::Diagnostic;
use trawl_lang::ast;
use trawl_lang::span::Span;

use super::path::{Written, below, no_field, no_parts};
use super::{Bound, Result, Scope};
use crate::bind::Binder;
use crate::catalog::Step;
use crate::kernels;
use crate::kernels::each::{Each, EachStep};
use crate::types::Type;
use crate::value::Value;

impl Binder<'_> {
    /// `list[*]` and what follows it, read of every item.
    pub(super) fn every(
        &mut self,
        base: Bound,
        rest: &[(Written<'_>, Span)],
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let list = self.as_list(base, "`[*]`")?;
        let item = match &list.ty {
            Type::List(item) => (**item).clone(),
            other => return Err(no_parts(other, &list, span)),
        };
        if rest.is_empty() {
            return Ok(Bound { span, ..list });
        }
        let shape = below(list.shape.as_deref(), &Step::Index(0));
        let mut steps = Vec::new();
        let Item { ty, shape } = self
            .each_step(Item { ty: item, shape }, rest, &mut steps, scope)?
            .listed();
        let each = Each {
            steps,
            result: ty.clone(),
        };
        let expr = kernels::call(each, vec![list.expr]);
        Ok(Bound::computed(expr, ty, list.nullable, span).shaped(shape))
    }

    /// The steps below one item, and the type that they end in.
    fn each_step(
        &mut self,
        item: Item,
        rest: &[(Written<'_>, Span)],
        steps: &mut Vec<EachStep>,
        scope: &mut Scope<'_>,
    ) -> Result<Item> {
        let Some(((written, span), rest)) = rest.split_first() else {
            return Ok(item);
        };
        let step = match written {
            Written::Every => return self.each_every(item, *span, rest, steps, scope),
            Written::Field(name) => Step::Key(name.name.clone()),
            Written::Index(index) => self.constant_step(index, scope)?,
        };
        let mut next = next_item(&item, &step, *span)?;
        steps.push(match (&item.ty, step) {
            (Type::Dynamic, step) => EachStep::Json(step),
            (Type::Map(_), Step::Key(key)) => EachStep::Key(key),
            (_, Step::Key(key)) => EachStep::Field(key),
            (_, Step::Index(position)) => EachStep::Item(position),
        });
        if let Some(scalar) = next.scalar() {
            steps.push(EachStep::As(scalar.clone()));
            next = Item {
                ty: scalar,
                shape: None,
            };
        }
        self.each_step(next, rest, steps, scope)
    }

    /// `[*]` below an item: a list of lists.
    fn each_every(
        &mut self,
        item: Item,
        span: Span,
        rest: &[(Written<'_>, Span)],
        steps: &mut Vec<EachStep>,
        scope: &mut Scope<'_>,
    ) -> Result<Item> {
        let ty = match &item.ty {
            Type::List(inner) => (**inner).clone(),
            Type::Dynamic => {
                steps.push(EachStep::As(Type::List(Box::new(Type::Dynamic))));
                Type::Dynamic
            }
            other => {
                return Err(Diagnostic::error(
                    "Q0304",
                    format!("`[*]` needs a list, this is {}", other.outline()),
                )
                .label(span, "not a list")
                .into());
            }
        };
        let shape = below(item.shape.as_deref(), &Step::Index(0));
        let mut inner_steps = Vec::new();
        let inner = self.each_step(Item { ty, shape }, rest, &mut inner_steps, scope)?;
        steps.push(EachStep::Every(inner_steps));
        Ok(inner.listed())
    }

    fn constant_step(&mut self, index: &ast::Expr, scope: &mut Scope<'_>) -> Result<Step> {
        let step = match self.expr(index, scope)?.value {
            Some(Value::String(key)) => Some(Step::Key(key)),
            Some(Value::Long(position)) => u32::try_from(position).ok().map(Step::Index),
            _ => None,
        };
        step.ok_or_else(|| {
            Diagnostic::error("Q0308", "after `[*]` a position or key must be a constant")
                .label(index.span, "a text or a position from 0 is expected here")
                .into()
        })
    }
}

/// What the items of a list are.
struct Item {
    ty: Type,
    shape: Option<Arc<Type>>,
}

impl Item {
    /// The scalar that a document of a known shape is.
    fn scalar(&self) -> Option<Type> {
        self.shape
            .as_deref()
            .filter(|shape| self.ty == Type::Dynamic && shape.is_scalar())
            .cloned()
    }

    /// A list of such items.
    fn listed(self) -> Self {
        Self {
            ty: Type::List(Box::new(self.ty)),
            shape: self
                .shape
                .map(|shape| Arc::new(Type::List(Box::new((*shape).clone())))),
        }
    }
}

/// The part of an item that a step leads to.
fn next_item(item: &Item, step: &Step, span: Span) -> Result<Item> {
    let known = match &item.ty {
        Type::Dynamic => item.shape.as_deref(),
        ty => Some(ty),
    };
    if let (Some(Type::Struct(fields)), Step::Key(key)) = (known, step)
        && !fields.iter().any(|(name, _)| name == key)
    {
        let names = fields.iter().map(|(name, _)| name.as_str());
        let written = ast::Ident {
            name: key.clone(),
            span,
        };
        return Err(no_field(&written, span, "the items", names).into());
    }
    let shape = below(item.shape.as_deref(), step);
    let ty = match (&item.ty, below(Some(&item.ty), step)) {
        (Type::Dynamic, _) => Type::Dynamic,
        (_, Some(part)) => (*part).clone(),
        (other, None) => {
            return Err(Diagnostic::error(
                "Q0304",
                format!("{} has no such part", other.outline()),
            )
            .label(span, format!("an item is {}", other.outline()))
            .into());
        }
    };
    Ok(Item { ty, shape })
}
