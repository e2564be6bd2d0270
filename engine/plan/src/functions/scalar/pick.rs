//! `pick(list, field, value) -> item`

use datafusion_common::ScalarValue;
use datafusion_expr::lit;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::catalog::Step;
use crate::expr::{Bound, Result, below, common_type};
use crate::functions::support::{constant_text, list, next};
use crate::functions::{Group, Scalar};
use crate::kernels;
use crate::kernels::list::{Pick, PickFrom};
use crate::suggest;
use crate::types::Type;

/// `pick`
pub const FUNCTION: Scalar = Scalar {
    name: "pick",
    group: Group::Collection,
    signature: "pick(list, field, value) -> item",
    summary: "The first struct or object of a list whose field equals the value.",
    notes: "For the lists that Kubernetes keys by a field: `pick(status.conditions, \"type\", \"Ready\").status`. The \
            field is a constant string. Equality is that of `==`; `null` finds the first item without the field. Null \
            where no item matches.",
    named: false,
    arity: 3..=3,
    examples: &[
        (
            r#"pick([pack(type = "Ready", status = "True"), pack(type = "Other", status = "False")], "type", "Other").status"#,
            r#""False""#,
        ),
        (
            r#"pick([pack(n = 1), pack(n = 2)], "n", 2.0)"#,
            r#"{"n": 2}"#,
        ),
        (
            r#"pick([pack(n = 1), pack(n = tolong("x"))], "n", null)"#,
            r#"{"n": null}"#,
        ),
        (r#"pick([pack(n = 1)], "n", 3)"#, "null"),
        (r#"pick(null, "n", 3)"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let first = next(&mut arguments)?;
    let (field, value) = (next(&mut arguments)?, next(&mut arguments)?);
    let shape = below(first.shape.as_deref(), &Step::Index(0));
    let (list, item) = list(binder, first, "the first argument of `pick`")?;
    let name = constant_text(&field, "the field of `pick`")?;
    // A list without items has no fields, and nothing is found there.
    let item = match item {
        Type::Null => Type::Dynamic,
        other => other,
    };
    let items = Type::List(Box::new(item.clone()));
    let list = binder.coerce(list, &items, "the first argument of `pick`")?;
    let (from, found) = match &item {
        Type::Dynamic => {
            if let Some(Type::Struct(fields)) = shape.as_deref()
                && !fields.iter().any(|(field, _)| *field == name)
            {
                return Err(no_field(&name, &field, fields));
            }
            (PickFrom::Documents, Type::Dynamic)
        }
        Type::Struct(fields) => match fields.iter().find(|(field, _)| *field == name) {
            Some((_, ty)) => (PickFrom::Struct(ty.clone()), ty.clone()),
            None => return Err(no_field(&name, &field, fields)),
        },
        other => {
            return Err(Diagnostic::error("Q0304", format!("{other} has no fields"))
                .label(list.span, format!("a list of {other}"))
                .help("`pick` takes a list of structs or of dynamic objects")
                .into());
        }
    };
    // The field as a value, so that both meet as the sides of a comparison do.
    let sought = Bound::computed(lit(ScalarValue::Null), found.clone(), true, field.span);
    let compared = common_type([&sought, &value].into_iter()).filter(|common| !common.is_nested());
    let Some(compared) = compared else {
        return Err(Diagnostic::error(
            "Q0305",
            format!("cannot compare {found} with {}", value.ty),
        )
        .label(value.span, value.ty.to_string())
        .secondary(field.span, format!("`{name}` is {found}"))
        .into());
    };
    let value = binder.coerce(value, &compared, "the value of `pick`")?;
    let kernel = Pick {
        field: name,
        from,
        compared,
    };
    let expr = kernels::call(kernel, vec![list.expr, value.expr]);
    Ok(Bound::computed(expr, item, true, span).shaped(shape))
}

fn no_field(name: &str, written: &Bound, fields: &[(String, Type)]) -> Box<Diagnostic> {
    let names = fields.iter().map(|(field, _)| field.as_str());
    let mut diagnostic = Diagnostic::error("Q0201", format!("no field `{name}` in the items"))
        .label(written.span, "not a field");
    if let Some(near) = suggest::nearest(name, names.clone()) {
        diagnostic = diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(written.span, format!("{near:?}"));
    }
    diagnostic
        .help(format!("fields: {}", suggest::list(names)))
        .into()
}
