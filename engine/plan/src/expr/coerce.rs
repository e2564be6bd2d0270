//! Implicit conversions, all of them: what the language allows without a function, and the message for the rest.

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, cast, lit};
use trawl_lang::Diagnostic;

use super::{Bound, Result};
use crate::bind::Binder;
use crate::kernels::{self, dynamic::JsonAs};
use crate::time_text;
use crate::types::Type;
use crate::value::Value;

impl Binder<'_> {
    /// The value as a type, where the language converts without being asked; `what` names the place in the message.
    pub(crate) fn coerce(&mut self, bound: Bound, to: &Type, what: &str) -> Result<Bound> {
        if bound.ty == *to {
            return Ok(bound);
        }
        let Bound { span, nullable, .. } = bound;
        match (&bound.ty, to) {
            (Type::Null, _) => {
                let null = ScalarValue::try_from(&to.arrow()).unwrap_or(ScalarValue::Null);
                Ok(Bound {
                    expr: lit(null),
                    ty: to.clone(),
                    ..bound
                })
            }
            (Type::Long, Type::Real) => Ok(match bound.value {
                Some(Value::Long(value)) => Bound::constant(Value::Real(value as f64), span),
                _ => Bound::computed(cast(bound.expr, to.arrow()), Type::Real, nullable, span),
            }),
            (from, Type::Quantity) if from.is_number() => Ok(Bound::computed(
                cast(bound.expr, to.arrow()),
                Type::Quantity,
                nullable,
                span,
            )),
            (Type::Quantity, Type::Real) => Ok(Bound::computed(
                cast(bound.expr, to.arrow()),
                Type::Real,
                nullable,
                span,
            )),
            (Type::Dynamic, scalar)
                if !scalar.is_nested() && *scalar != Type::Null && *scalar != Type::Quantity =>
            {
                if let Some(origin) = &bound.origin {
                    self.paths.read_as(origin, to);
                }
                let expr = kernels::call(JsonAs { ty: to.clone() }, vec![bound.expr]);
                Ok(Bound::computed(expr, to.clone(), true, span))
            }
            (Type::String, Type::Datetime | Type::Timespan) if bound.value.is_some() => {
                text_literal(bound, to)
            }
            (from, _) => Err(Diagnostic::error(
                "Q0301",
                format!("{what} must be {to}, not {from}"),
            )
            .label(span, format!("this is {from}"))
            .maybe_help(conversion(from, to))
            .into()),
        }
    }

    /// Both values as the one type that both fit in, if there is one.
    pub(super) fn unify(
        &mut self,
        left: Bound,
        right: Bound,
    ) -> std::result::Result<(Bound, Bound), (Type, Type)> {
        let target = match (&left, &right) {
            (
                Bound {
                    ty: Type::String,
                    value: Some(_),
                    ..
                },
                Bound {
                    ty: ty @ (Type::Datetime | Type::Timespan),
                    ..
                },
            )
            | (
                Bound {
                    ty: ty @ (Type::Datetime | Type::Timespan),
                    ..
                },
                Bound {
                    ty: Type::String,
                    value: Some(_),
                    ..
                },
            ) => Some(ty.clone()),
            // Two documents are compared by their text only when both stay dynamic.
            (left, right) => left.ty.common(&right.ty),
        };
        let kinds = (left.ty.clone(), right.ty.clone());
        let Some(target) = target else {
            return Err(kinds);
        };
        match (
            self.coerce(left, &target, "a side"),
            self.coerce(right, &target, "a side"),
        ) {
            (Ok(left), Ok(right)) => Ok((left, right)),
            _ => Err(kinds),
        }
    }
}

fn text_literal(bound: Bound, to: &Type) -> Result<Bound> {
    let span = bound.span;
    let Some(Value::String(text)) = &bound.value else {
        return Ok(bound);
    };
    let (value, expected) = match to {
        Type::Datetime => (
            time_text::parse_datetime(text).map(Value::Datetime),
            "a date such as 2026-01-31T12:00:00Z",
        ),
        _ => (
            time_text::parse_timespan(text).map(Value::Timespan),
            "a timespan such as 1h30m",
        ),
    };
    match value {
        Some(value) => Ok(Bound::constant(value, span)),
        None => Err(
            Diagnostic::error("Q0302", format!("`{text}` is not a {to}"))
                .label(span, format!("expected {expected}"))
                .into(),
        ),
    }
}

/// The function that converts, when there is one.
pub(super) fn conversion(from: &Type, to: &Type) -> Option<String> {
    let function = match to {
        Type::Bool => "tobool",
        Type::Long => "tolong",
        Type::Real => "toreal",
        Type::String => "tostring",
        Type::Datetime => "todatetime",
        Type::Timespan => "totimespan",
        _ => return None,
    };
    (!from.is_nested()).then(|| {
        format!("convert it: `{function}(…)`, which gives null where a value does not convert")
    })
}

/// An expression with NaN as null, for those places where NaN must not count: sort keys, `min` and `max`.
pub(crate) fn nan_to_null(expr: Expr, ty: &Type) -> Expr {
    match ty {
        Type::Real => datafusion_functions::core::expr_fn::nullif(expr, lit(f64::NAN)),
        _ => expr,
    }
}
