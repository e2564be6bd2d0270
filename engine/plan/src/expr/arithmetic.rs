//! `+ - * / %` and unary minus: `/` is always real, overflow and division by zero are null.

use datafusion_expr::lit;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, ArithmeticOp};
use trawl_lang::span::Span;

use super::{Bound, Result, Scope};
use crate::bind::Binder;
use crate::kernels::{self, arithmetic::Arithmetic};
use crate::types::Type;
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let left = self.expr(left, scope)?;
        let right = self.expr(right, scope)?;
        let left = self.operand(left, &right)?;
        let right = self.operand(right, &left)?;
        let spans = (left.span, right.span);
        let Some(result) = result_type(op, &left.ty, &right.ty) else {
            return Err(Diagnostic::error(
                "Q0307",
                format!("no `{}` of {} and {}", sign(op), left.ty, right.ty),
            )
            .label(spans.1, right.ty.to_string())
            .secondary(spans.0, left.ty.to_string())
            .maybe_help((left.ty == Type::String).then_some("join texts with `strcat(a, b)`"))
            .into());
        };
        let expr = kernels::call(
            Arithmetic {
                op,
                result: result.clone(),
            },
            vec![left.expr, right.expr],
        );
        Ok(Bound::computed(expr, result, true, span))
    }

    /// A dynamic operand takes the type of the other side, a number where that is dynamic too; quantities count as reals.
    fn operand(&mut self, bound: Bound, other: &Bound) -> Result<Bound> {
        let target = match (&bound.ty, &other.ty) {
            (Type::Dynamic, Type::Dynamic) => Type::Real,
            (Type::Dynamic | Type::Null, other)
                if *other != Type::Quantity && *other != Type::Null =>
            {
                other.clone()
            }
            (Type::Dynamic | Type::Null | Type::Quantity, _) => Type::Real,
            _ => return Ok(bound),
        };
        self.coerce(bound, &target, "an operand")
    }

    pub(super) fn negate(
        &mut self,
        inner: &ast::Expr,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Result<Bound> {
        let inner = self.expr(inner, scope)?;
        match &inner.value {
            Some(Value::Long(value)) => {
                if let Some(value) = value.checked_neg() {
                    return Ok(Bound::constant(Value::Long(value), span));
                }
            }
            Some(Value::Real(value)) => return Ok(Bound::constant(Value::Real(-value), span)),
            Some(Value::Timespan(value)) => {
                return Ok(Bound::constant(
                    Value::Timespan(value.saturating_neg()),
                    span,
                ));
            }
            _ => {}
        }
        let inner = if inner.ty == Type::Dynamic {
            self.coerce(inner, &Type::Real, "an operand")?
        } else {
            inner
        };
        let zero = match inner.ty {
            Type::Long => lit(0_i64),
            Type::Real => lit(-0.0_f64),
            Type::Timespan => Value::Timespan(0).literal(),
            ref other => {
                return Err(Diagnostic::error("Q0307", format!("no `-` of {other}"))
                    .label(inner.span, other.to_string())
                    .into());
            }
        };
        let ty = inner.ty.clone();
        let expr = kernels::call(
            Arithmetic {
                op: ArithmeticOp::Sub,
                result: ty.clone(),
            },
            vec![zero, inner.expr],
        );
        Ok(Bound::computed(expr, ty, true, span))
    }
}

fn result_type(op: ArithmeticOp, left: &Type, right: &Type) -> Option<Type> {
    use ArithmeticOp::{Add, Div, Mod, Mul, Sub};
    use Type::{Datetime, Long, Real, Timespan};
    Some(match (op, left, right) {
        (Div, Long | Real, Long | Real) => Real,
        (_, Long, Long) => Long,
        (_, Long | Real, Long | Real) => Real,
        (Sub, Datetime, Datetime) => Timespan,
        (Add | Sub, Datetime, Timespan) | (Add, Timespan, Datetime) => Datetime,
        (Add | Sub | Mod, Timespan, Timespan) => Timespan,
        (Div, Timespan, Timespan) => Real,
        (Mul | Div, Timespan, Long | Real) | (Mul, Long | Real, Timespan) => Timespan,
        _ => return None,
    })
}

fn sign(op: ArithmeticOp) -> char {
    match op {
        ArithmeticOp::Add => '+',
        ArithmeticOp::Sub => '-',
        ArithmeticOp::Mul => '*',
        ArithmeticOp::Div => '/',
        ArithmeticOp::Mod => '%',
    }
}
