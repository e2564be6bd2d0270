//! `quantity(value) -> quantity`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `quantity`
pub const FUNCTION: Scalar = Scalar {
    name: "quantity",
    group: Group::Convert,
    signature: "quantity(value) -> quantity",
    summary: "The value as an exact decimal, read as Kubernetes writes quantities; null where it does not convert.",
    notes: "Text: a decimal number, then nothing, an exponent (`1e3`) or one of `n u m k M G T P E Ki Mi Gi Ti Pi Ei`; \
        `\"500m\"` is a half. 29 digits before the point and 9 after it are held; further ones are rounded half away from \
        zero. A real counts as it is written in decimal; NaN and infinities are null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"quantity("500m")"#, "0.5"),
        (r#"quantity("1.5Ki")"#, "1536"),
        (r#"quantity("1e3")"#, "1000"),
        ("quantity(0.1)", "0.1"),
        (r#"quantity("0.0000000015")"#, "0.000000002"),
        (r#"quantity("100m") + quantity("200m") == 0.3"#, "true"),
        (r#"quantity("5 GB")"#, "null"),
        (r#"quantity(toreal("nan"))"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Quantity)
}
