//! Implicit conversions, all of them: what the language allows without a function, and the message for the rest.

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, cast, lit, when};
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
            (Type::Dynamic, wanted) if *wanted != Type::Null && *wanted != Type::Quantity => {
                if let Some(origin) = bound
                    .origin
                    .as_ref()
                    .filter(|origin| !origin.path.is_empty())
                {
                    self.paths.read_as(origin, to);
                }
                if let Some((_, reading)) = bound.readings.iter().find(|(ty, _)| ty == to) {
                    return Ok(Bound::computed(reading.clone(), to.clone(), true, span));
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

    /// The value as a list: a dynamic one is read as a list of documents.
    pub(crate) fn as_list(&mut self, bound: Bound, what: &str) -> Result<Bound> {
        match &bound.ty {
            Type::List(_) => Ok(bound),
            Type::Dynamic => {
                let shape = bound.shape.clone();
                let list = self.coerce(bound, &Type::List(Box::new(Type::Dynamic)), what)?;
                Ok(list.shaped(shape))
            }
            Type::Null => self.coerce(bound, &Type::List(Box::new(Type::Null)), what),
            other => Err(Diagnostic::error(
                "Q0304",
                format!("{what} needs a list, not {}", other.outline()),
            )
            .label(bound.span, format!("this is {}", other.outline()))
            .into()),
        }
    }

    /// Both values as the one type that both fit in; `None` when there is no such type.
    pub(super) fn unify(&mut self, left: Bound, right: Bound) -> Result<Option<(Bound, Bound)>> {
        let is_text = |bound: &Bound| bound.ty == Type::String && bound.value.is_some();
        let is_time = |bound: &Bound| matches!(bound.ty, Type::Datetime | Type::Timespan);
        let target = match (&left, &right) {
            (left, right) if is_text(left) && is_time(right) => Some(right.ty.clone()),
            (left, right) if is_time(left) && is_text(right) => Some(left.ty.clone()),
            (left, right) => left.ty.common(&right.ty),
        };
        let Some(target) = target else {
            return Ok(None);
        };
        let left = self.coerce(left, &target, "a side")?;
        Ok(Some((left, self.coerce(right, &target, "a side")?)))
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
        Type::Real => {
            let null = lit(ScalarValue::Float64(None));
            let is_nan = datafusion_functions::math::expr_fn::isnan(expr.clone());
            when(is_nan, null).otherwise(expr.clone()).unwrap_or(expr)
        }
        _ => expr,
    }
}
