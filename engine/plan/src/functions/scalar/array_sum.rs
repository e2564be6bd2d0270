//! `array_sum(list) -> type of the items`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{list, one};
use crate::functions::{Group, Scalar};
use crate::kernels::{self, list::SumItems};
use crate::types::Type;

/// `array_sum`
pub const FUNCTION: Scalar = Scalar {
    name: "array_sum",
    group: Group::Collection,
    signature: "array_sum(list) -> type of the items",
    summary: "The sum of the items, of their type.",
    notes: "Items are long, real, quantity or timespan; dynamic ones count as real. Null items are skipped, no items give \
            zero. Null where the sum does not fit its type.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("array_sum([1, null, 2])", "3"),
        ("array_sum([0.5, 1])", "1.5"),
        ("array_sum([1h, 30m])", r#""1h30m""#),
        ("array_sum([])", "0.0"),
        ("array_sum(array_slice([1], 1, 1))", "0"),
        ("array_sum([9223372036854775807, 1])", "null"),
        (
            "array_sum([9223372036854775807, 1, -1])",
            "9223372036854775807",
        ),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let (list, item) = list(binder, one(arguments)?, "the argument of `array_sum`")?;
    let ty = match item {
        Type::Long | Type::Real | Type::Quantity | Type::Timespan => item,
        Type::Dynamic | Type::Null => Type::Real,
        other => {
            return Err(Diagnostic::error("Q0303", format!("no sum of {other}"))
                .label(list.span, list.ty.to_string())
                .into());
        }
    };
    let items = Type::List(Box::new(ty.clone()));
    let list = binder.coerce(list, &items, "the argument of `array_sum`")?;
    let expr = kernels::call(SumItems { ty: ty.clone() }, vec![list.expr]);
    Ok(Bound::computed(expr, ty, true, span))
}
