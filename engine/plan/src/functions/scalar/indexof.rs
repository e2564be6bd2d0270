//! `indexof(text, part [, start]) -> long`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::strings::IndexOf;
use crate::types::Type;
use crate::value::Value;

/// `indexof`
pub const FUNCTION: Scalar = Scalar {
    name: "indexof",
    group: Group::String,
    signature: "indexof(text, part [, start]) -> long",
    summary: "The position of a text in another, -1 where it is not.",
    notes: "Positions begin at 0 and count characters. The search begins at `start`, a negative one at the beginning. An empty \
            part is found at `start`, unless that is beyond the end. Null where an argument is null.",
    named: false,
    arity: 2..=3,
    examples: &[
        (r#"indexof("kubelet", "let")"#, "4"),
        (r#"indexof("né-é", "é", 2)"#, "3"),
        (r#"indexof("abc", "x")"#, "-1"),
        (r#"indexof("abc", "", 3)"#, "3"),
        (r#"indexof("abc", "", 4)"#, "-1"),
        (r#"indexof("aba", "a", -5)"#, "0"),
        (r#"indexof(null, "a")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [
        ("text", Type::String),
        ("part", Type::String),
        ("start", Type::Long),
    ];
    let mut arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    if arguments.len() < parameters.len() {
        arguments.push(Bound::constant(Value::Long(0), span));
    }
    Ok(total(IndexOf, arguments, Type::Long, span))
}
