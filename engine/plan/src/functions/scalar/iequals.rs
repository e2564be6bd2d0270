//! `iequals(a, b) -> bool`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::strings::EqualIgnoringCase;
use crate::types::Type;

/// `iequals`
pub const FUNCTION: Scalar = Scalar {
    name: "iequals",
    group: Group::String,
    signature: "iequals(a, b) -> bool",
    summary: "Whether two texts are equal when case does not count.",
    notes: "Both are compared in lower case by Unicode's rules. Never null: null equals only null, as with `==`.",
    named: false,
    arity: 2..=2,
    examples: &[
        (r#"iequals("Prod", "PROD")"#, "true"),
        (r#"iequals("É", "é")"#, "true"),
        (r#"iequals("a", "b")"#, "false"),
        ("iequals(null, null)", "true"),
        (r#"iequals("a", null)"#, "false"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [("a", Type::String), ("b", Type::String)];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    let equal = total(EqualIgnoringCase, arguments, Type::Bool, span);
    Ok(Bound {
        nullable: false,
        ..equal
    })
}
