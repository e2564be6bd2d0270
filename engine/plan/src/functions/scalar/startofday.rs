//! `startofday(time [, zone]) -> datetime`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::start_of;
use crate::functions::{Group, Scalar};
use crate::kernels::calendar::Unit;

/// `startofday`
pub const FUNCTION: Scalar = Scalar {
    name: "startofday",
    group: Group::Time,
    signature: "startofday(time [, zone]) -> datetime",
    summary: "The instant at which the day of a time began.",
    notes: "By the clocks of a time zone, a constant IANA name such as `\"Europe/Berlin\"`, UTC unless given. Where these skip \
            midnight it is the first instant after the gap, where they strike it twice the first. Null for null, and where the \
            instant would be before the year 1677.",
    named: false,
    arity: 1..=2,
    examples: &[
        (
            "startofday(datetime(2026-03-29T12:00:00Z))",
            r#""2026-03-29T00:00:00Z""#,
        ),
        (
            r#"startofday(datetime(2026-03-29T12:00:00Z), "Europe/Berlin")"#,
            r#""2026-03-28T23:00:00Z""#,
        ),
        (
            r#"startofday(datetime(2023-04-28T12:00:00Z), "Africa/Cairo")"#,
            r#""2023-04-27T22:00:00Z""#,
        ),
        ("startofday(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    start_of(binder, arguments, span, FUNCTION.name, Unit::Day)
}
