//! Functions of one row, and the few ways in which they check their arguments.

use datafusion_expr::when;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use super::Scalar;
use super::arguments::{lists, zone};
use crate::bind::Binder;
use crate::expr::{Bound, Result, common_type};
use crate::kernels;
use crate::kernels::calendar::{StartOf, Unit};
use crate::kernels::list::{SetOp, Sets};
use crate::types::Type;

mod abs;
mod ago;
mod array_concat;
mod array_length;
mod array_slice;
mod array_sort;
mod array_sum;
mod bag_keys;
mod base64_decode;
mod bin;
mod case;
mod ceiling;
mod coalesce;
mod conversion;
mod datetime_part;
mod emptiness;
mod extract;
mod extract_all;
mod extremes;
mod floor;
mod format_datetime;
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
mod pack;
mod parameters;
mod parse_image;
mod parse_json;
mod parse_version;
mod pick;
mod pow;
mod quantity;
mod replace;
mod replace_regex;
mod round;
mod set_difference;
mod set_intersect;
mod set_union;
mod split;
mod startofday;
mod startofmonth;
mod startofweek;
mod strcat;
mod strcat_array;
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
mod unixtime;

/// All of them, by name.
pub const ALL: &[&Scalar] = &[
    &abs::FUNCTION,
    &ago::FUNCTION,
    &array_concat::FUNCTION,
    &array_length::FUNCTION,
    &array_slice::FUNCTION,
    &array_sort::FUNCTION,
    &array_sum::FUNCTION,
    &bag_keys::FUNCTION,
    &base64_decode::FUNCTION,
    &bin::FUNCTION,
    &case::FUNCTION,
    &ceiling::FUNCTION,
    &coalesce::FUNCTION,
    &datetime_part::FUNCTION,
    &extract::FUNCTION,
    &extract_all::FUNCTION,
    &floor::FUNCTION,
    &format_datetime::FUNCTION,
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
    &pack::FUNCTION,
    &parse_image::FUNCTION,
    &parse_json::FUNCTION,
    &parse_version::FUNCTION,
    &pick::FUNCTION,
    &pow::FUNCTION,
    &quantity::FUNCTION,
    &replace::FUNCTION,
    &replace_regex::FUNCTION,
    &round::FUNCTION,
    &set_difference::FUNCTION,
    &set_intersect::FUNCTION,
    &set_union::FUNCTION,
    &split::FUNCTION,
    &startofday::FUNCTION,
    &startofmonth::FUNCTION,
    &startofweek::FUNCTION,
    &strcat::FUNCTION,
    &strcat_array::FUNCTION,
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
    &unixtime::FUNCTION,
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

/// `startofday` and its kin.
fn start_of(
    binder: &mut Binder<'_>,
    arguments: Vec<Bound>,
    span: Span,
    function: &str,
    unit: Unit,
) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let time = one(arguments.by_ref().take(1).collect(), span)?;
    let time = binder.coerce(time, &Type::Datetime, &format!("the time of `{function}`"))?;
    let zone = zone(arguments.next(), function)?;
    let expr = kernels::call(StartOf { unit, zone }, vec![time.expr]);
    // What began before the first instant that a time can hold is null.
    Ok(Bound::computed(expr, Type::Datetime, true, span))
}

/// `set_union` and its kin.
fn set_of(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span, op: SetOp) -> Result<Bound> {
    let (lists, item) = lists(binder, arguments, span, "a set")?;
    let nullable = lists.iter().any(|list| list.nullable);
    let kernel = Sets {
        op,
        item: item.arrow(),
    };
    let expr = kernels::call(kernel, lists.into_iter().map(|list| list.expr).collect());
    let ty = Type::List(Box::new(item));
    Ok(Bound::computed(expr, ty, nullable, span))
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
