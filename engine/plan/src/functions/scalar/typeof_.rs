//! `typeof(value) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{one, total};
use crate::functions::{Group, Scalar};
use crate::kernels::json::KindOf;
use crate::types::Type;
use crate::value::Value;

/// `typeof`
pub const FUNCTION: Scalar = Scalar {
    name: "typeof",
    group: Group::Convert,
    signature: "typeof(value) -> string",
    summary: "The name of the value's type.",
    notes: "Of a dynamic value it says what the row holds: `null bool long real string list struct`. Never null.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("typeof(1)", r#""long""#),
        ("typeof(1h)", r#""timespan""#),
        (r#"typeof(split("a", ","))"#, r#""list<string>""#),
        ("typeof(null)", r#""null""#),
        (r#"typeof(tolong("x"))"#, r#""long""#),
        (r#"typeof(parse_json("[1]"))"#, r#""list""#),
        (r#"typeof(parse_json("1"))"#, r#""long""#),
        (r#"typeof(parse_json("1.0"))"#, r#""real""#),
        (r#"typeof(parse_json("{}"))"#, r#""struct""#),
        (r#"typeof(parse_json("null"))"#, r#""null""#),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let _ = binder;
    let argument = one(arguments)?;
    if argument.ty != Type::Dynamic {
        let name = argument.ty.to_string();
        return Ok(Bound::constant(Value::String(name), span));
    }
    let kind = total(KindOf, vec![argument], Type::String, span);
    Ok(Bound {
        nullable: false,
        ..kind
    })
}
