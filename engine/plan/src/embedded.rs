//! Values in embedded text: `prometheus("up{job=\"@{job}\"}")`. Owns what `@{x}` stands for; refuses to put a value into the text,
//! which only the source can escape for its language.

use trawl_lang::Diagnostic;
use trawl_lang::ast::{Expr, ExprKind, Literal};
use trawl_lang::embedded::{self, Part};
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::catalog::{Argument, TextPart};
use crate::expr::Result;
use crate::limits;
use crate::types::Type;
use crate::value::Value;

/// Bytes that a value without text counts for: its digits.
const SCALAR_BYTES: usize = 32;

/// A string as it is written in the query.
pub(crate) struct Written {
    value: String,
    span: Span,
}

/// The string that an argument is written as, by itself or as a `let`. A parameter's text comes from outside and binds nothing:
/// it could otherwise name values that are not its business.
pub(crate) fn literal(expr: &Expr, binder: &Binder<'_>) -> Option<Written> {
    let expr = match &expr.kind {
        ExprKind::Var(name) => binder.written_let(name)?,
        _ => expr,
    };
    match &expr.kind {
        ExprKind::Literal(Literal::String(value)) => Some(Written {
            value: value.clone(),
            span: expr.span,
        }),
        _ => None,
    }
}

/// The parts of a string with their values, those of other arguments before those of parameters and `let`s; none when it binds
/// nothing. `text` is the query's.
///
/// # Errors
/// For a name that nobody declares, for a value that is no scalar constant, and for `@{…}` around something else than a name.
pub(crate) fn bind(
    written: &Written,
    text: &str,
    arguments: &[Argument],
    binder: &mut Binder<'_>,
) -> Result<Vec<TextPart>> {
    let place = |nth| embedded::place(text, written.span, &written.value, nth);
    let mut bytes = written.value.len();
    let mut parts = Vec::new();
    let mut binds = false;
    for part in embedded::parts(&written.value) {
        let (name, nth) = match part {
            Part::Text(text) => {
                parts.push(TextPart::Text(text.to_owned()));
                continue;
            }
            Part::Malformed { nth } => return Err(malformed(place(nth))),
            Part::Hole { name, nth } => (name, nth),
        };
        let given = arguments
            .iter()
            .find(|argument| argument.name.as_deref() == Some(name));
        let value = match given {
            Some(argument) => argument.value.clone(),
            None => scalar(name, place(nth), binder)?,
        };
        let value = bindable(name, value, place(nth))?;
        bytes = bytes.saturating_add(match &value {
            Value::String(text) => text.len(),
            _ => SCALAR_BYTES,
        });
        if bytes > limits::EMBEDDED_BYTES {
            let message = format!(
                "this text has more than {} bytes with the values that it binds",
                limits::EMBEDDED_BYTES
            );
            return Err(Diagnostic::error("Q0217", message)
                .label(place(nth), format!("`{name}` is too much"))
                .into());
        }
        binds = true;
        parts.push(TextPart::Bound {
            name: name.to_owned(),
            value,
        });
    }
    Ok(if binds { parts } else { Vec::new() })
}

/// The value of a parameter or scalar `let`.
fn scalar(name: &str, span: Span, binder: &mut Binder<'_>) -> Result<Value> {
    let bound = binder.variable(name, span).map_err(|error| {
        let argument = format!("or give it as a further argument: `{name} = …`");
        Box::new((*error).help(argument))
    })?;
    bound.value.ok_or_else(|| {
        Diagnostic::error("Q0217", format!("`{name}` is no constant"))
            .label(span, "the source must know it before anything is read")
            .into()
    })
}

/// The value as a text can hold it.
fn bindable(name: &str, value: Value, span: Span) -> Result<Value> {
    let ty = value.ty();
    let scalar = match value {
        Value::Dynamic(serde_json::Value::String(text)) => Some(Value::String(text)),
        Value::Dynamic(serde_json::Value::Bool(value)) => Some(Value::Bool(value)),
        Value::Dynamic(serde_json::Value::Number(number)) => number
            .as_i64()
            .map(Value::Long)
            .or_else(|| number.as_f64().map(Value::Real)),
        Value::Dynamic(_) | Value::List(..) | Value::Null => None,
        Value::Unknown(ty) if !ty.is_scalar() => None,
        scalar => Some(scalar),
    };
    scalar.ok_or_else(|| {
        let diagnostic = Diagnostic::error("Q0217", format!("`{name}` cannot stand in a text"))
            .label(span, format!("{ty}; one value is expected here"));
        match ty {
            Type::List(_) => diagnostic
                .help(format!(
                    "make one text of it: `let one = strcat_array(@{name}, \"|\");`, and bind that"
                ))
                .into(),
            _ => diagnostic.into(),
        }
    })
}

fn malformed(span: Span) -> Box<Diagnostic> {
    Diagnostic::error("Q0217", "a name is expected in `@{…}`")
        .label(span, "no name, or no `}` behind it")
        .help("compute it before: `let x = …;`, and bind it as `@{x}`")
        .into()
}
