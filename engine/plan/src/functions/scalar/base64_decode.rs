//! `base64_decode(text) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::strings::DecodeBase64;
use crate::types::Type;

/// `base64_decode`
pub const FUNCTION: Scalar = Scalar {
    name: "base64_decode",
    group: Group::String,
    signature: "base64_decode(text) -> string",
    summary: "The text that Base64 stands for; null where it is none.",
    notes: "The standard alphabet; the padding may be missing, white space at the ends is ignored. Bytes that are no UTF-8 \
        give null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"base64_decode("aGVsbG8=")"#, r#""hello""#),
        (r#"base64_decode("aGVsbG8")"#, r#""hello""#),
        (r#"base64_decode("/w==")"#, "null"),
        (r#"base64_decode("?")"#, "null"),
        ("base64_decode(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("text", Type::String)])?;
    Ok(partial(DecodeBase64, arguments, Type::String, span))
}
