//! `datetime_part(part, time [, zone]) -> long`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{next, word, zone};
use crate::functions::{Group, Scalar};
use crate::kernels;
use crate::kernels::calendar::{PARTS, PartOf};
use crate::types::Type;

/// `datetime_part`
pub const FUNCTION: Scalar = Scalar {
    name: "datetime_part",
    group: Group::Time,
    signature: "datetime_part(part, time [, zone]) -> long",
    summary: "A part of a time, as a number.",
    notes: "The part is a constant: `year`, `quarter` (1 to 4), `month`, `week` (of ISO 8601), `day`, `dayofyear`, `dayofweek` \
            (Monday is 1, Sunday 7), `hour`, `minute`, `second`, and within the second `millisecond`, `microsecond`, \
            `nanosecond`. The zone is a constant IANA name, UTC unless given. A time that is null gives null.",
    named: false,
    arity: 2..=3,
    examples: &[
        (
            r#"datetime_part("year", datetime(2026-12-31T23:30:00Z))"#,
            "2026",
        ),
        (
            r#"datetime_part("year", datetime(2026-12-31T23:30:00Z), "Europe/Berlin")"#,
            "2027",
        ),
        (r#"datetime_part("week", datetime(2027-01-01))"#, "53"),
        (r#"datetime_part("dayofweek", datetime(2026-03-29))"#, "7"),
        (
            r#"datetime_part("millisecond", datetime(2026-01-01T00:00:01.5Z))"#,
            "500",
        ),
        (r#"datetime_part("day", null)"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let (part, time) = (next(&mut arguments)?, next(&mut arguments)?);
    let part = word(&part, "the part of `datetime_part`", &PARTS)?;
    let time = binder.coerce(time, &Type::Datetime, "the time of `datetime_part`")?;
    let zone = zone(arguments.next(), FUNCTION.name)?;
    let expr = kernels::call(PartOf { part, zone }, vec![time.expr]);
    Ok(Bound::computed(expr, Type::Long, time.nullable, span))
}
