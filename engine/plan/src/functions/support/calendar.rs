//! `startofday`, `startofweek` and `startofmonth`: a unit of the calendar, by the clocks of a time zone.

use trawl_lang::span::Span;

use super::{next, zone};
use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::kernels;
use crate::kernels::calendar::{StartOf, Unit};
use crate::types::Type;

/// The instant at which the unit of a time began.
pub(crate) fn start_of(
    binder: &mut Binder<'_>,
    arguments: Vec<Bound>,
    span: Span,
    function: &str,
    unit: Unit,
) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let time = next(&mut arguments)?;
    let time = binder.coerce(time, &Type::Datetime, &format!("the time of `{function}`"))?;
    let zone = zone(arguments.next(), function)?;
    let expr = kernels::call(StartOf { unit, zone }, vec![time.expr]);
    // What began before the first instant that a time can hold is null.
    Ok(Bound::computed(expr, Type::Datetime, true, span))
}
