//! `strcat_array(list, separator) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{list, two};
use crate::functions::{Group, Scalar};
use crate::kernels;
use crate::kernels::list::{EachItem, JoinText};
use crate::types::Type;

/// `strcat_array`
pub const FUNCTION: Scalar = Scalar {
    name: "strcat_array",
    group: Group::Collection,
    signature: "strcat_array(list, separator) -> string",
    summary: "The items as one text, with the separator between them.",
    notes: "Items become text as by `tostring`. Null items are left out; no items give the empty text. Null where the \
            list or the separator is null.",
    named: false,
    arity: 2..=2,
    examples: &[
        (r#"strcat_array(["a", "b"], ", ")"#, r#""a, b""#),
        (r#"strcat_array([1, null, 3], "-")"#, r#""1-3""#),
        (r#"strcat_array([90m, 1h], " ")"#, r#""1h30m 1h""#),
        (r#"strcat_array([[1, 2], null, []], " ")"#, r#""[1,2] []""#),
        (
            r#"strcat_array([pack(a = "x")], ",")"#,
            r#""{\"a\":\"x\"}""#,
        ),
        (r#"strcat_array([], ",")"#, r#""""#),
        (r#"strcat_array(null, ",")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let (first, separator) = two(arguments)?;
    let (list, item) = list(binder, first, "the first argument of `strcat_array`")?;
    let separator = binder.coerce(separator, &Type::String, "the separator")?;
    let nullable = list.nullable || separator.nullable;
    let texts = match item {
        Type::String => list.expr,
        from => {
            let to = Type::String;
            kernels::call(EachItem { from, to }, vec![list.expr])
        }
    };
    let expr = kernels::call(JoinText, vec![texts, separator.expr]);
    Ok(Bound::computed(expr, Type::String, nullable, span))
}
