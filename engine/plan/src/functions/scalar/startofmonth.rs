//! `startofmonth(time [, zone]) -> datetime`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::start_of;
use crate::functions::{Group, Scalar};
use crate::kernels::calendar::Unit;

/// `startofmonth`
pub const FUNCTION: Scalar = Scalar {
    name: "startofmonth",
    group: Group::Time,
    signature: "startofmonth(time [, zone]) -> datetime",
    summary: "The instant at which the month of a time began.",
    notes: "By the clocks of a time zone, a constant IANA name such as `\"Europe/Berlin\"`, UTC unless given. Where these skip \
            midnight it is the first instant after the gap, where they strike it twice the first. Null for null, and where the \
            instant would be before the year 1677.",
    named: false,
    arity: 1..=2,
    examples: &[
        (
            "startofmonth(datetime(2026-03-29T12:00:00Z))",
            r#""2026-03-01T00:00:00Z""#,
        ),
        (
            r#"startofmonth(datetime(2026-03-01T02:00:00Z), "America/New_York")"#,
            r#""2026-02-01T05:00:00Z""#,
        ),
        ("startofmonth(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    start_of(binder, arguments, span, FUNCTION.name, Unit::Month)
}
