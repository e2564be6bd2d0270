//! `pack(name = value, …) -> struct`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::constant_text;
use crate::functions::{Group, Scalar};
use crate::kernels::{self, pack::Pack};
use crate::types::Type;

/// `pack`
pub const FUNCTION: Scalar = Scalar {
    name: "pack",
    group: Group::Collection,
    signature: "pack(name = value, …) -> struct",
    summary: "A struct with these fields.",
    notes: "Names may be left out where `project` implies them: `pack(image, spec.nodeName)` has the fields `image` and \
            `nodeName`. The struct itself is never null.",
    named: true,
    arity: 2..=usize::MAX,
    examples: &[
        (
            r#"pack(name = "web", replicas = 1 + 2)"#,
            r#"{"name": "web", "replicas": 3}"#,
        ),
        ("pack(a = 1, b = null).a", "1"),
        (
            "pack(list = [1, 2], inner = pack(x = 1s))",
            r#"{"list": [1, 2], "inner": {"x": "1s"}}"#,
        ),
    ],
    bind,
};

fn bind(_: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut fields: Vec<(String, Type)> = Vec::new();
    let mut values = Vec::new();
    let mut arguments = arguments.into_iter();
    while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
        let name = constant_text(&name, "the name of a field")?;
        if fields.iter().any(|(field, _)| *field == name) {
            return Err(
                Diagnostic::error("Q0206", format!("two fields are called `{name}`"))
                    .label(value.span, "the second")
                    .help(format!("rename one: `other = {name}`"))
                    .into(),
            );
        }
        fields.push((name, value.ty));
        values.push(value.expr);
    }
    let ty = Type::Struct(fields.clone());
    let expr = kernels::call(Pack { fields }, values);
    Ok(Bound::computed(expr, ty, false, span))
}
