//! `tostring`, `tolong` and their kin: which conversions there are, and what to write for those that there are not.

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use super::one;
use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::kernels::{self, convert::Convert, json::ToJson};
use crate::types::Type;

/// The only argument as another type, null where a value does not convert.
pub(crate) fn convert(
    binder: &mut Binder<'_>,
    arguments: Vec<Bound>,
    span: Span,
    to: &Type,
) -> Result<Bound> {
    let argument = one(arguments)?;
    let from = argument.ty.clone();
    let expr = match &from {
        same if same == to => return Ok(argument),
        Type::Null | Type::Dynamic => return binder.coerce(argument, to, "the argument"),
        nested if nested.is_nested() && *to == Type::String => {
            kernels::call(ToJson { ty: from }, vec![argument.expr])
        }
        from if Convert::exists(from, to) => {
            kernels::call(Convert { to: to.clone() }, vec![argument.expr])
        }
        from => {
            return Err(
                Diagnostic::error("Q0333", format!("{from} does not convert to {to}"))
                    .label(argument.span, from.to_string())
                    .maybe_help(instead(from, to))
                    .into(),
            );
        }
    };
    // Every value has a text; not every value has a number.
    let nullable = argument.nullable || *to != Type::String;
    Ok(Bound::computed(expr, to.clone(), nullable, span))
}

/// What says in which unit a time is a number.
fn instead(from: &Type, to: &Type) -> Option<&'static str> {
    match (from, to) {
        (Type::Datetime, to) if to.is_number() => {
            Some("seconds since the Unix epoch: `unixtime(x)`")
        }
        (from, Type::Datetime) if from.is_number() => {
            Some("of seconds since the Unix epoch: `unixtime(x)`")
        }
        (Type::Timespan, to) if to.is_number() => Some("the number of seconds: `x / 1s`"),
        (from, Type::Timespan) if from.is_number() => Some("that many seconds: `x * 1s`"),
        _ => None,
    }
}
