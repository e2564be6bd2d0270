//! `in` and `has_any` over lists of values.

use datafusion_expr::{Expr, lit};
use trawl_lang::ast::{self, CompareOp, InSet, TextOp};
use trawl_lang::span::Span;

use super::incomparable::{Side, incomparable};
use super::{Bound, Result, Scope, common_type};
use crate::bind::{Binder, Test};
use crate::kernels::{self, same::Contains, text::TextMatch};
use crate::types::Type;
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn in_set(
        &mut self,
        negated: bool,
        value: &ast::Expr,
        set: &InSet,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let value = self.part(value, scope);
        let items = match set {
            InSet::Exprs(items) => items,
            InSet::Query(query) => {
                let member = self.membership(value, query, Test::Equal, span)?;
                return Ok(negated_if(negated, member));
            }
        };
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            let item = self.member_beside(item, &value, scope);
            match &item.value {
                // `x in (@names)`: a constant list is its items.
                Some(Value::List(_, values)) => {
                    let each = values.iter().cloned();
                    bound.extend(each.map(|value| Bound::constant(value, item.span)));
                }
                _ => bound.push(item),
            }
        }
        let items = bound;
        self.known_clusters(&value, &items)?;
        let expr = if items.iter().all(|item| item.value.is_some()) {
            self.literal_set(value, items)?
        } else {
            let mut tests = Vec::with_capacity(items.len());
            for item in items {
                tests.push(self.equals_or_holds(value.clone(), item, span)?.expr);
            }
            super::compare::balanced(tests, false)
        };
        Ok(negated_if(
            negated,
            Bound::computed(expr, Type::Bool, false, span),
        ))
    }

    /// An item of a set is a value, or a list of them.
    fn equals_or_holds(&mut self, value: Bound, item: Bound, span: Span) -> Result<Bound> {
        let (Type::List(of), false) = (item.ty.clone(), matches!(value.ty, Type::List(_))) else {
            return self.comparison(CompareOp::Eq, value, item, span);
        };
        let sides = (Side::of(&value), Side::of(&item));
        let literal = Bound::computed(item.expr.clone(), (*of).clone(), true, item.span);
        let Some(common) = common_type([&value, &literal].into_iter()) else {
            return Err(incomparable(&sides.0, &sides.1));
        };
        let list = self.coerce(item, &Type::List(Box::new(common.clone())), "the list")?;
        let value = self.coerce(value, &common, "the left side of `in`")?;
        let expr = kernels::call(Contains, vec![list.expr, value.expr]);
        Ok(Bound::computed(expr, Type::Bool, false, span))
    }

    /// A set of constants becomes one `IN` list, which sources understand.
    fn literal_set(&mut self, value: Bound, items: Vec<Bound>) -> Result<Expr> {
        let has_null = items.iter().any(|item| item.value == Some(Value::Null));
        let items: Vec<Bound> = items
            .into_iter()
            .filter(|item| item.value != Some(Value::Null))
            .collect();
        // The items agree on a type first: `x in (1, 2.5)` reads a dynamic `x` as a real.
        let mut common = value.ty.clone();
        if common == Type::Dynamic {
            common = items
                .iter()
                .try_fold(Type::Null, |all, item| all.common(&item.ty))
                .unwrap_or(Type::Dynamic);
        }
        for item in &items {
            let fits = match (&common, &item.ty) {
                (all, Type::String) if all.is_written_as_text() => Some(common.clone()),
                (all, ty) => all.common(ty),
            };
            common = fits.ok_or_else(|| incomparable(&Side::of(&value), &Side::of(item)))?;
        }
        // Whether it is null is asked before it is read as the items' type: a document that is no number is not null.
        let is_null = value.expr.clone().is_null();
        let value = self.coerce(value, &common, "the left side of `in`")?;
        let list = items
            .into_iter()
            .map(|item| self.coerce(item, &common, "an item").map(|item| item.expr))
            .collect::<Result<Vec<_>>>()?;
        let member = match (list.is_empty(), value.nullable) {
            (true, _) => lit(false),
            (false, false) => value.expr.in_list(list, false),
            (false, true) => value.expr.in_list(list, false).is_true(),
        };
        Ok(if has_null { member.or(is_null) } else { member })
    }

    pub(super) fn has_any(
        &mut self,
        negated: bool,
        value: &ast::Expr,
        set: &InSet,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let value = self.part(value, scope);
        let kernel = TextMatch {
            op: TextOp::Has,
            ignore_case: true,
        };
        let items = match set {
            InSet::Exprs(items) => items,
            InSet::Query(query) => {
                let member = self.membership(value, query, Test::Has(kernel), span)?;
                return Ok(negated_if(negated, member));
            }
        };
        let text = self.coerce(value, &Type::String, "the left side of `has_any`")?;
        let mut tests = Vec::with_capacity(items.len());
        for item in items {
            let item = self.part(item, scope);
            let term = self.coerce(item, &Type::String, "a term of `has_any`")?;
            tests.push(kernels::call(
                kernel.clone(),
                vec![text.expr.clone(), term.expr],
            ));
        }
        let any = super::compare::balanced(tests, false);
        Ok(negated_if(
            negated,
            Bound::computed(any, Type::Bool, false, span),
        ))
    }
}

fn negated_if(negated: bool, test: Bound) -> Bound {
    if !negated {
        return test;
    }
    Bound {
        expr: Expr::Not(Box::new(test.expr)),
        ..test
    }
}
