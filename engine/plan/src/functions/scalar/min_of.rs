//! `min_of(a, b, …) -> type of the values`

use datafusion_functions::core::expr_fn::least;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::extreme;
use crate::functions::{Group, Scalar};

/// `min_of`
pub const FUNCTION: Scalar = Scalar {
    name: "min_of",
    group: Group::Math,
    signature: "min_of(a, b, …) -> type of the values",
    summary: "The least of the values of one row.",
    notes: "Nulls and NaN are skipped; null where nothing is left. All values have one type with an order, as in `iff`; \
        dynamic values count as reals.",
    named: false,
    arity: 1..=usize::MAX,
    examples: &[
        ("min_of(3, 1, 2)", "1"),
        ("min_of(2, null)", "2"),
        ("min_of(2, 1.5)", "1.5"),
        (r#"min_of(toreal("nan"), 2)"#, "2.0"),
        (r#"min_of("b", "a")"#, r#""a""#),
        ("min_of(1h, 5m)", r#""5m""#),
        (r#"min_of(quantity("500m"), 1)"#, "0.5"),
        ("min_of(null, null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    extreme(binder, arguments, "min_of", least, span)
}
