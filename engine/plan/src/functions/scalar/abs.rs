//! `abs(number)`

use trawl_lang::span::Span;

use datafusion_expr::{lit, when};

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::number;
use crate::functions::{Group, Scalar};
use crate::kernels::{self, arithmetic::Arithmetic};
use crate::types::Type;

/// `abs`
pub const FUNCTION: Scalar = Scalar {
    name: "abs",
    group: Group::Math,
    signature: "abs(number)",
    summary: "The number without its sign; null where that does not fit.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[("abs(-2)", "2"), ("abs(-0.5)", "0.5")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let value = number(binder, arguments, span)?;
    let ty = value.ty.clone();
    let zero = if ty == Type::Long {
        lit(0_i64)
    } else {
        lit(0.0_f64)
    };
    let negated = kernels::call(
        Arithmetic {
            op: trawl_lang::ast::ArithmeticOp::Sub,
            result: ty.clone(),
        },
        vec![zero.clone(), value.expr.clone()],
    );
    let expr = when(value.expr.clone().lt(zero), negated)
        .otherwise(value.expr)
        .map_err(|error| binder.bug(&error, span))?;
    Ok(Bound::computed(expr, ty, true, span))
}
