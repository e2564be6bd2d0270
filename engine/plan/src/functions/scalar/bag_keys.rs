//! `bag_keys(value) -> list<string>`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Group, Scalar};
use crate::kernels::{self, list::Keys};
use crate::types::Type;

/// `bag_keys`
pub const FUNCTION: Scalar = Scalar {
    name: "bag_keys",
    group: Group::Collection,
    signature: "bag_keys(value) -> list<string>",
    summary: "The keys of a map, or the names of the fields of an object, in the order in which they stand.",
    notes: "Of a map, a struct or a dynamic object. Null for null, and for a dynamic value that is no object.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("bag_keys(pack(b = 1, a = null))", r#"["b", "a"]"#),
        ("bag_keys(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let value = one(arguments)?;
    let value = match &value.ty {
        Type::Map(_) | Type::Struct(_) | Type::Dynamic => value,
        Type::Null => binder.coerce(value, &Type::Dynamic, "the argument of `bag_keys`")?,
        other => {
            return Err(Diagnostic::error("Q0304", format!("{other} has no fields"))
                .label(value.span, format!("this is {other}"))
                .help("`bag_keys` takes a map, a struct or a dynamic object")
                .into());
        }
    };
    let nullable = value.nullable || value.ty == Type::Dynamic;
    let expr = kernels::call(Keys, vec![value.expr]);
    let ty = Type::List(Box::new(Type::String));
    Ok(Bound::computed(expr, ty, nullable, span))
}
