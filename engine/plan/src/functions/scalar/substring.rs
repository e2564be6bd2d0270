//! `substring(text, start [, length]) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::strings::Substring;
use crate::types::Type;
use crate::value::Value;

/// `substring`
pub const FUNCTION: Scalar = Scalar {
    name: "substring",
    group: Group::String,
    signature: "substring(text, start [, length]) -> string",
    summary: "A part of the text, from a position on.",
    notes: "Positions begin at 0 and count characters; a negative start counts from the end. What lies beyond the text is empty, \
            and so is a negative length. A start before the beginning is the beginning. Null where an argument is null.",
    named: false,
    arity: 2..=3,
    examples: &[
        (r#"substring("kubelet", 4)"#, r#""let""#),
        (r#"substring("kubelet", 0, 4)"#, r#""kube""#),
        (r#"substring("kubelet", -3, 2)"#, r#""le""#),
        (r#"substring("né", 1, 1)"#, r#""é""#),
        (r#"substring("ab", -9)"#, r#""ab""#),
        (r#"substring("ab", 5)"#, r#""""#),
        (r#"substring("ab", 0, -1)"#, r#""""#),
        ("substring(null, 1)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [
        ("text", Type::String),
        ("start", Type::Long),
        ("length", Type::Long),
    ];
    let mut arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    if arguments.len() < parameters.len() {
        arguments.push(Bound::constant(Value::Long(i64::MAX), span));
    }
    Ok(total(Substring, arguments, Type::String, span))
}
