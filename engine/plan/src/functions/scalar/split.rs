//! `split(text, separator) -> list<string>`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::strings::Split;
use crate::types::Type;

/// `split`
pub const FUNCTION: Scalar = Scalar {
    name: "split",
    group: Group::String,
    signature: "split(text, separator) -> list<string>",
    summary: "The parts of the text between separators.",
    notes: "An empty separator gives the whole text as the only part, and an empty text one empty part. Null where an argument is \
            null.",
    named: false,
    arity: 2..=2,
    examples: &[
        (r#"split("a,b,,c", ",")"#, r#"["a","b","","c"]"#),
        (r#"split("a::b", "::")"#, r#"["a","b"]"#),
        (r#"split("ab", "")"#, r#"["ab"]"#),
        (r#"split("", ",")"#, r#"[""]"#),
        (r#"split(null, ",")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [("text", Type::String), ("separator", Type::String)];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    let parts = Type::List(Box::new(Type::String));
    Ok(total(Split, arguments, parts, span))
}
