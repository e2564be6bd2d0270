//! Functions of one row, and the few ways in which they check their arguments.

use datafusion_expr::when;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use super::Scalar;
use crate::bind::Binder;
use crate::expr::{Bound, Result, common_type};
use crate::types::Type;

mod abs;
mod ago;
mod base64_decode;
mod bin;
mod case;
mod ceiling;
mod coalesce;
mod conversion;
mod emptiness;
mod extract;
mod extract_all;
mod extremes;
mod floor;
mod hash;
mod iequals;
mod iff;
mod indexof;
mod ip_in_cidr;
mod isempty;
mod isnotempty;
mod isnotnull;
mod isnull;
mod label_match;
mod log;
mod max_of;
mod min_of;
mod now;
mod parameters;
mod parse_image;
mod parse_json;
mod parse_version;
mod pow;
mod quantity;
mod replace;
mod replace_regex;
mod round;
mod split;
mod strcat;
mod strlen;
mod substring;
mod tobool;
mod todatetime;
mod tolong;
mod tolower;
mod toreal;
mod tostring;
mod totimespan;
mod toupper;
mod trim;
mod typeof_;

/// All of them, by name.
pub const ALL: &[&Scalar] = &[
    &abs::FUNCTION,
    &ago::FUNCTION,
    &base64_decode::FUNCTION,
    &bin::FUNCTION,
    &case::FUNCTION,
    &ceiling::FUNCTION,
    &coalesce::FUNCTION,
    &extract::FUNCTION,
    &extract_all::FUNCTION,
    &floor::FUNCTION,
    &hash::FUNCTION,
    &iequals::FUNCTION,
    &iff::FUNCTION,
    &indexof::FUNCTION,
    &ip_in_cidr::FUNCTION,
    &isempty::FUNCTION,
    &isnotempty::FUNCTION,
    &isnotnull::FUNCTION,
    &isnull::FUNCTION,
    &label_match::FUNCTION,
    &log::FUNCTION,
    &max_of::FUNCTION,
    &min_of::FUNCTION,
    &now::FUNCTION,
    &parse_image::FUNCTION,
    &parse_json::FUNCTION,
    &parse_version::FUNCTION,
    &pow::FUNCTION,
    &quantity::FUNCTION,
    &replace::FUNCTION,
    &replace_regex::FUNCTION,
    &round::FUNCTION,
    &split::FUNCTION,
    &strcat::FUNCTION,
    &strlen::FUNCTION,
    &substring::FUNCTION,
    &tobool::FUNCTION,
    &todatetime::FUNCTION,
    &tolong::FUNCTION,
    &tolower::FUNCTION,
    &toreal::FUNCTION,
    &tostring::FUNCTION,
    &totimespan::FUNCTION,
    &toupper::FUNCTION,
    &trim::FUNCTION,
    &typeof_::FUNCTION,
];

/// The only argument; the arity was checked before.
fn one(arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    arguments.into_iter().next().ok_or_else(|| {
        Diagnostic::error("Q0309", "an argument is missing")
            .label(span, "here")
            .into()
    })
}

/// The two arguments; the arity was checked before.
fn two(arguments: Vec<Bound>, span: Span) -> Result<(Bound, Bound)> {
    match <[Bound; 2]>::try_from(arguments) {
        Ok([first, second]) => Ok((first, second)),
        Err(_) => Err(Diagnostic::error("Q0309", "two arguments are needed")
            .label(span, "here")
            .into()),
    }
}

/// The only argument, as text.
fn text(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let argument = one(arguments, span)?;
    binder.coerce(argument, &Type::String, "the argument")
}

/// The only argument, as a long or a real.
fn number(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let argument = one(arguments, span)?;
    match argument.ty {
        Type::Long | Type::Real => Ok(argument),
        _ => binder.coerce(argument, &Type::Real, "the argument"),
    }
}

/// All arguments as the one type that they fit in.
fn same_type(
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
            return Diagnostic::error("Q0303", message)
                .label(argument.span, argument.ty.to_string())
                .secondary(span, "all values must have one type")
                .into();
        };
        common = wider;
    }
    Diagnostic::error("Q0303", "the values have no common type")
        .label(span, "all values must have one type")
        .into()
}

/// Pairs of condition and value, then the value otherwise.
fn cases(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    if arguments.len().is_multiple_of(2) {
        return Err(Diagnostic::error(
            "Q0309",
            "pairs of condition and value, then one value otherwise",
        )
        .label(span, "the value otherwise is missing")
        .into());
    }
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    let count = arguments.len();
    for (position, argument) in arguments.into_iter().enumerate() {
        if position.is_multiple_of(2) && position + 1 < count {
            conditions.push(binder.coerce(argument, &Type::Bool, "a condition")?);
        } else {
            values.push(argument);
        }
    }
    let (mut values, ty) = same_type(binder, values, span)?;
    let nullable = values.iter().any(|value| value.nullable);
    let otherwise = values.pop().map(|value| value.expr);
    let mut branches = conditions.into_iter().zip(values);
    let (Some((condition, value)), Some(otherwise)) = (branches.next(), otherwise) else {
        return Err(Diagnostic::error("Q0309", "a condition is missing")
            .label(span, "here")
            .into());
    };
    let mut builder = when(condition.expr, value.expr);
    for (condition, value) in branches {
        builder = builder.when(condition.expr, value.expr);
    }
    let expr = builder
        .otherwise(otherwise)
        .map_err(|error| binder.bug(&error, span))?;
    Ok(Bound::computed(expr, ty, nullable, span))
}
