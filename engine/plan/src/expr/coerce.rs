//! Implicit conversions, all of them: what the language allows without a function, and the message for the rest.

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, cast, lit, when};
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use super::{Bound, Result};
use crate::bind::Binder;
use crate::kernels::list::EachItem;
use crate::kernels::{self, convert::Convert, dynamic::JsonAs};
use crate::types::{QUANTITY_PRECISION, QUANTITY_SCALE, Type};
use crate::value::Value;
use crate::{quantity, time_text};

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
            (from, Type::Quantity) if from.is_number() => Ok(match bound.value {
                Some(Value::Long(value)) => {
                    quantity_literal(Some(quantity::from_long(value)), span)
                }
                Some(Value::Real(value)) => quantity_literal(quantity::from_real(value), span),
                _ => {
                    // A real can be beyond what a quantity holds.
                    let nullable = nullable || *from == Type::Real;
                    let expr = kernels::call(Convert { to: to.clone() }, vec![bound.expr]);
                    Bound::computed(expr, Type::Quantity, nullable, span)
                }
            }),
            (Type::Quantity, Type::Real) => {
                let expr = kernels::call(Convert { to: to.clone() }, vec![bound.expr]);
                Ok(Bound::computed(expr, Type::Real, nullable, span))
            }
            (Type::Dynamic, wanted) if *wanted != Type::Null => {
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
            (Type::List(from), Type::List(item)) if EachItem::converts(from, item) => {
                let kernel = EachItem {
                    from: (**from).clone(),
                    to: (**item).clone(),
                };
                let expr = kernels::call(kernel, vec![bound.expr]);
                Ok(Bound::computed(expr, to.clone(), nullable, span))
            }
            (Type::String, Type::Datetime | Type::Timespan | Type::Quantity)
                if bound.value.is_some() =>
            {
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
            .help("a list is written `[a, b]`")
            .into()),
        }
    }
}

/// The one type that all values fit in, `None` when there is none. Text literals take the type of a time or quantity beside them.
pub(crate) fn common_type<'a>(mut values: impl Iterator<Item = &'a Bound> + Clone) -> Option<Type> {
    let is_text = |value: &Bound| value.ty == Type::String && value.value.is_some();
    let common = |all: Type, value: &Bound| all.common(&value.ty);
    let mut others = values.clone().filter(|value| !is_text(value));
    match others.try_fold(Type::Null, common) {
        Some(ty) if ty.is_written_as_text() => Some(ty),
        _ => values.try_fold(Type::Null, common),
    }
}

/// All values as the one type that they fit in, and that type.
pub(crate) fn same_type(
    binder: &mut Binder<'_>,
    arguments: Vec<Bound>,
    span: Span,
) -> Result<(Vec<Bound>, Type)> {
    let Some(common) = common_type(arguments.iter()) else {
        return Err(no_common_type(&arguments, span));
    };
    let arguments = arguments
        .into_iter()
        .map(|argument| binder.coerce(argument, &common, "a value"))
        .collect::<Result<_>>()?;
    Ok((arguments, common))
}

/// The message about the first argument that does not fit those before it.
fn no_common_type(arguments: &[Bound], span: Span) -> Box<Diagnostic> {
    let mut common = Type::Null;
    for argument in arguments {
        let Some(wider) = common.common(&argument.ty) else {
            let message = format!("{common} and {} have no common type", argument.ty);
            return Diagnostic::error("Q0329", message)
                .label(argument.span, argument.ty.to_string())
                .secondary(span, "all values must have one type")
                .into();
        };
        common = wider;
    }
    Diagnostic::error("Q0329", "the values have no common type")
        .label(span, "all values must have one type")
        .into()
}

/// A constant quantity; null where the number was none.
fn quantity_literal(parts: Option<i128>, span: Span) -> Bound {
    if let Some(parts) = parts {
        return Bound::constant(Value::Quantity(parts), span);
    }
    let null = ScalarValue::Decimal128(None, QUANTITY_PRECISION, QUANTITY_SCALE);
    Bound::computed(lit(null), Type::Quantity, true, span)
}

fn text_literal(bound: Bound, to: &Type) -> Result<Bound> {
    let span = bound.span;
    let Some(Value::String(text)) = &bound.value else {
        return Ok(bound);
    };
    let (value, expected) = match to {
        Type::Datetime => (
            time_text::parse_datetime(text)
                .map(|value| Bound::constant(Value::Datetime(value), span)),
            "a date such as 2026-01-31T12:00:00Z",
        ),
        Type::Timespan => (
            time_text::parse_timespan(text)
                .map(|value| Bound::constant(Value::Timespan(value), span)),
            "a timespan such as 1h30m",
        ),
        _ => (
            quantity::parse(text).map(|parts| quantity_literal(Some(parts), span)),
            "a quantity such as 500m or 1.5Gi",
        ),
    };
    match value {
        Some(value) => Ok(value),
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
        Type::Quantity => "quantity",
        _ => return None,
    };
    (Convert::exists(from, to) || *from == Type::Dynamic).then(|| {
        format!("convert it: `{function}(…)`, which gives null where a value does not convert")
    })
}

/// An expression with NaN as null, for those places where NaN must not count: sort keys, `min` and `max`. Both zeros become one,
/// since DataFusion orders -0.0 before 0.0 and does not join them.
pub fn nan_to_null(expr: Expr, ty: &Type) -> Expr {
    match ty {
        Type::Real => {
            let null = lit(ScalarValue::Float64(None));
            let is_nan = datafusion_functions::math::expr_fn::isnan(expr.clone());
            let one_zero = expr.clone() + lit(0.0_f64);
            when(is_nan, null).otherwise(one_zero).unwrap_or(expr)
        }
        _ => expr,
    }
}
