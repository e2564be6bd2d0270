//! `hash(value [, modulus]) -> long`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{convert, partial};
use crate::functions::{Group, Scalar};
use crate::kernels::platform::hash::HashOf;
use crate::types::Type;

/// `hash`
pub const FUNCTION: Scalar = Scalar {
    name: "hash",
    group: Group::Platform,
    signature: "hash(value [, modulus]) -> long",
    summary: "A number that depends on the value alone, the same everywhere and always.",
    notes: "From SHA-256 of the value's text (`tostring`), never negative. With a modulus the remainder, which samples: `where \
            hash(name, 10) == 0`. A modulus that is not above 0 gives null. Of null it is null.",
    named: false,
    arity: 1..=2,
    examples: &[
        (r#"hash("abc")"#, "4213142463398924266"),
        (r#"hash("abc", 10)"#, "6"),
        (r#"hash(1) == hash("1")"#, "true"),
        (r#"hash("abc", 0)"#, "null"),
        ("hash(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let value = convert(
        binder,
        arguments.next().into_iter().collect(),
        span,
        &Type::String,
    )?;
    let mut columns = vec![value];
    if let Some(modulus) = arguments.next() {
        columns.push(binder.coerce(modulus, &Type::Long, "`modulus` of `hash`")?);
    }
    Ok(partial(HashOf, columns, Type::Long, span))
}
