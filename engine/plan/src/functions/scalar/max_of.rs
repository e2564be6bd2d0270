//! `max_of(a, b, …) -> type of the values`

use datafusion_functions::core::expr_fn::greatest;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::extreme;
use crate::functions::{Group, Scalar};

/// `max_of`
pub const FUNCTION: Scalar = Scalar {
    name: "max_of",
    group: Group::Math,
    signature: "max_of(a, b, …) -> type of the values",
    summary: "The greatest of the values of one row.",
    notes: "Nulls and NaN are skipped; null where nothing is left. All values have one type with an order, as in `iff`; \
        dynamic values count as reals.",
    named: false,
    arity: 1..=usize::MAX,
    examples: &[
        ("max_of(3, 1, 2)", "3"),
        ("max_of(2, null)", "2"),
        ("max_of(2, 1.5)", "2.0"),
        (r#"max_of(toreal("nan"), 2)"#, "2.0"),
        (
            "max_of(datetime(2026-01-01), datetime(2025-01-01))",
            r#""2026-01-01T00:00:00Z""#,
        ),
        ("max_of(false, true)", "true"),
        (r#"max_of(parse_json("1"), parse_json("2"))"#, "2.0"),
        (r#"max_of(toreal("nan"), toreal("nan"))"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    extreme(binder, arguments, "max_of", greatest, span)
}
