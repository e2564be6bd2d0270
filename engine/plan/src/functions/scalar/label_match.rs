//! `label_match(labels, selector) -> bool`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{constant, total, two};
use crate::functions::{Group, Scalar};
use crate::kernels::platform::selector::{LabelMatch, Selector};
use crate::types::Type;
use crate::value::Value;

/// `label_match`
pub const FUNCTION: Scalar = Scalar {
    name: "label_match",
    group: Group::Platform,
    signature: "label_match(labels, selector) -> bool",
    summary: "Whether labels fit a selector, written as for `kubectl -l`.",
    notes: "The selector is a constant: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined by `,`; \
        an empty one fits all. As in Kubernetes, `!=` and `notin` hold where the label is missing. Never null: null are \
        no labels.",
    named: false,
    arity: 2..=2,
    examples: &[
        (
            r#"label_match(parse_json('{"app":"web","tier":"front"}'), "app=web,tier in (front, edge)")"#,
            "true",
        ),
        (
            r#"label_match(parse_json('{"app":"web"}'), "app!=web")"#,
            "false",
        ),
        (
            r#"label_match(parse_json('{"app":"web"}'), "!canary, tier notin (db)")"#,
            "true",
        ),
        (r#"label_match(null, "app")"#, "false"),
        (r#"label_match(null, "")"#, "true"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let (labels, selector) = two(arguments)?;
    let labels = match &labels.ty {
        Type::Map(value) if **value == Type::String => labels,
        Type::Dynamic => labels,
        Type::Null => binder.coerce(labels, &Type::Dynamic, "the labels")?,
        other => {
            let message = format!("`label_match` takes labels, a map of strings, not {other}");
            return Err(Diagnostic::error("Q0301", message)
                .label(labels.span, format!("this is {other}"))
                .into());
        }
    };
    let selector = binder.coerce(selector, &Type::String, "the selector of `label_match`")?;
    let Value::String(text) = constant(&selector, "the selector of `label_match`")? else {
        return Ok(Bound::constant(Value::Bool(false), span));
    };
    let parsed: Selector = text.parse().map_err(|reason: String| {
        Diagnostic::error("Q0330", "not a label selector")
            .label(selector.span, reason)
            .help("for instance `app=web, tier in (front, edge), !canary`")
    })?;
    let matched = total(
        LabelMatch { selector: parsed },
        vec![labels],
        Type::Bool,
        span,
    );
    Ok(Bound {
        nullable: false,
        ..matched
    })
}
