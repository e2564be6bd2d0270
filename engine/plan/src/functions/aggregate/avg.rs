//! `avg(number) -> real`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::one;
use crate::functions::{Aggregate, Aggregated};
use crate::types::Type;

/// `avg`
pub const FUNCTION: Aggregate = Aggregate {
    name: "avg",
    signature: "avg(number) -> real",
    summary: "The mean; nulls are skipped.",
    notes: "",
    arity: 1..=1,
    examples: &[("avg(x)", "1.6666666666666667")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let expr = match argument.ty {
        Type::Long => datafusion_expr::cast(argument.expr, Type::Real.arrow()),
        _ => {
            binder
                .coerce(argument, &Type::Real, "the argument of `avg`")?
                .expr
        }
    };
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::avg(expr),
        Type::Real,
        true,
    ))
}
