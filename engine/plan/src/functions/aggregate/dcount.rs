//! `dcount(value) -> long`

use trawl_lang::Diagnostic;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Aggregate, Aggregated};
use crate::kernels::{self, equality::Canonical};
use crate::types::Type;

/// `dcount`
pub const FUNCTION: Aggregate = Aggregate {
    name: "dcount",
    signature: "dcount(value) -> long",
    summary: "The number of different values, exactly.",
    notes: "Null is not counted. NaN is one value, 0.0 and -0.0 are one. Dynamic values are the same where their JSON is. \
            Lists, maps and structs cannot be counted; `array_length(make_set(…))` can.",
    arity: 1..=1,
    examples: &[
        ("dcount(x)", "2"),
        ("dcount(tostring(x))", "2"),
        ("dcount(iff(x == 1, 0.0, -0.0))", "1"),
        ("dcount(null)", "0"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let expr = match &argument.ty {
        ty if ty.is_nested() => {
            return Err(Diagnostic::error(
                "Q0303",
                format!("`dcount` does not count values of {ty}"),
            )
            .label(argument.span, format!("this is {ty}"))
            .help("count one of its fields, or `array_length(make_set(…))`")
            .into());
        }
        Type::Real => kernels::call(Canonical, vec![argument.expr]),
        Type::Null => {
            binder
                .coerce(argument, &Type::Long, "the argument of `dcount`")?
                .expr
        }
        _ => argument.expr,
    };
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::count_distinct(expr),
        Type::Long,
        false,
    ))
}
