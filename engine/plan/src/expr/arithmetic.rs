//! `+ - * / %` and unary minus: `/` is never whole, overflow and division by zero are null, quantities are exact.

use datafusion_expr::{Expr, lit};
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, ArithmeticOp};
use trawl_lang::span::Span;

use super::{Bound, Result, Scope};
use crate::bind::Binder;
use crate::kernels::{self, arithmetic::Arithmetic, quantity::QuantityArithmetic};
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
        if op == ArithmeticOp::Div
            && let Some(error) = divided_key(left, right, span, scope)
        {
            return Err(error);
        }
        let left = self.part(left, scope);
        let right = self.part(right, scope);
        let left = self.operand(op, left, &right)?;
        let right = self.operand(op, right, &left)?;
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
        let expr = computed(op, &result, left, right);
        Ok(Bound::computed(expr, result, true, span).folded())
    }

    /// A dynamic operand takes the type of the other side, that of a number where it is a factor or both sides are dynamic. A text
    /// literal beside a quantity is one.
    fn operand(&mut self, op: ArithmeticOp, bound: Bound, other: &Bound) -> Result<Bound> {
        let target = match (&bound.ty, &other.ty) {
            (Type::Dynamic | Type::Null, Type::Dynamic | Type::Null) => Type::Real,
            (Type::Dynamic | Type::Null, Type::Timespan | Type::Quantity)
                if op == ArithmeticOp::Mul =>
            {
                Type::Real
            }
            (Type::Dynamic | Type::Null, Type::Datetime) if op == ArithmeticOp::Add => {
                Type::Timespan
            }
            (Type::Dynamic | Type::Null, other) => other.clone(),
            (Type::String, Type::Quantity) if bound.value.is_some() && op != ArithmeticOp::Mul => {
                Type::Quantity
            }
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
            // A long, which mixes with quantities.
            Type::Quantity => lit(0_i64),
            ref other => {
                return Err(Diagnostic::error("Q0307", format!("no `-` of {other}"))
                    .label(inner.span, other.to_string())
                    .into());
            }
        };
        let ty = inner.ty.clone();
        let zero = Bound::computed(zero, Type::Long, false, span);
        let expr = computed(ArithmeticOp::Sub, &ty, zero, inner);
        Ok(Bound::computed(expr, ty, true, span).folded())
    }
}

/// `labels.app.kubernetes.io/name`, which is a division of what is no number.
fn divided_key(
    left: &ast::Expr,
    right: &ast::Expr,
    span: Span,
    scope: &Scope<'_>,
) -> Option<Box<Diagnostic>> {
    let (map, left) = written_path(left)?;
    let (first, rest) = written_path(right)?;
    let column = scope.relation.column(map)?;
    if !matches!(column.ty, Type::Map(_)) || left.len() < 2 {
        return None;
    }
    let name: Vec<&str> = std::iter::once(first).chain(rest).collect();
    let whole = format!("{map}[\"{}/{}\"]", left.join("."), name.join("."));
    Some(
        Diagnostic::error(
            "Q0304",
            format!("a key of `{map}` with `/` stands in quotes"),
        )
        .label(span, "this is read as a division")
        .help(format!("`{whole}`"))
        .fix(span, whole)
        .into(),
    )
}

/// The name and the fields of `a.b.c`.
fn written_path(expr: &ast::Expr) -> Option<(&str, Vec<&str>)> {
    let mut fields = Vec::new();
    let mut root = expr;
    while let ast::ExprKind::Field { base, name } = &root.kind {
        fields.push(name.name.as_str());
        root = base;
    }
    fields.reverse();
    match &root.kind {
        ast::ExprKind::Name(name) => Some((name, fields)),
        _ => None,
    }
}

fn computed(op: ArithmeticOp, result: &Type, left: Bound, right: Bound) -> Expr {
    let result = result.clone();
    let exact = left.ty == Type::Quantity || right.ty == Type::Quantity;
    let sides = vec![left.expr, right.expr];
    if exact {
        kernels::call(QuantityArithmetic { op, result }, sides)
    } else {
        kernels::call(Arithmetic { op, result }, sides)
    }
}

fn result_type(op: ArithmeticOp, left: &Type, right: &Type) -> Option<Type> {
    use ArithmeticOp::{Add, Div, Mod, Mul, Sub};
    use Type::{Datetime, Long, Quantity, Real, Timespan};
    Some(match (op, left, right) {
        (Div, Long | Real, Long | Real) => Real,
        (_, Long, Long) => Long,
        (_, Long | Real, Long | Real) => Real,
        (Sub, Datetime, Datetime) => Timespan,
        (Add | Sub, Datetime, Timespan) | (Add, Timespan, Datetime) => Datetime,
        (Add | Sub | Mod, Timespan, Timespan) => Timespan,
        (Div, Timespan, Timespan) => Real,
        (Mul | Div, Timespan, Long | Real) | (Mul, Long | Real, Timespan) => Timespan,
        (Div, Quantity, Quantity) => Real,
        (Mul, Quantity, Quantity) => return None,
        (_, Quantity, Quantity | Long | Real) | (_, Long | Real, Quantity) => Quantity,
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
