//! `startofweek(time [, zone]) -> datetime`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::start_of;
use crate::functions::{Group, Scalar};
use crate::kernels::calendar::Unit;

/// `startofweek`
pub const FUNCTION: Scalar = Scalar {
    name: "startofweek",
    group: Group::Time,
    signature: "startofweek(time [, zone]) -> datetime",
    summary: "The instant at which the week of a time began, on Monday.",
    notes: "By the clocks of a time zone, a constant IANA name such as `\"Europe/Berlin\"`, UTC unless given. Where these skip \
            midnight it is the first instant after the gap, where they strike it twice the first. Null for null, and where the \
            instant would be before the year 1677.",
    named: false,
    arity: 1..=2,
    examples: &[
        (
            "startofweek(datetime(2026-03-29T12:00:00Z))",
            r#""2026-03-23T00:00:00Z""#,
        ),
        (
            r#"startofweek(datetime(2026-03-29T22:30:00Z), "Europe/Berlin")"#,
            r#""2026-03-29T22:00:00Z""#,
        ),
        ("startofweek(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    start_of(binder, arguments, span, FUNCTION.name, Unit::Week)
}
