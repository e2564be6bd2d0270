//! The arguments of a table reference, checked against what the table declares.

use trawl_host::types;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;
use trawl_plan::{Argument, Reference, TextPart, Value};

/// The arguments as the contract carries them.
///
/// # Errors
/// For an argument that is unknown, missing, given twice or of the wrong type.
pub fn check(
    reference: &Reference,
    table: &types::TableInfo,
    name: &str,
) -> Result<Vec<types::Argument>, Box<Diagnostic>> {
    let mut positional = table.params.iter().filter(|param| param.positional);
    let mut arguments: Vec<types::Argument> = Vec::new();
    for (position, given) in reference.arguments.iter().enumerate() {
        let param = match &given.name {
            Some(wanted) => match table.params.iter().find(|param| param.name == *wanted) {
                Some(param) => param,
                // It is there for the texts of the other arguments.
                None if reference.binds(wanted) => {
                    let mut before = reference.arguments.iter().take(position);
                    if before.any(|before| before.name == given.name) {
                        return Err(twice(wanted, given.span));
                    }
                    continue;
                }
                None => {
                    let names = table.params.iter().map(|param| param.name.as_str());
                    let near = trawl_lang::nearest(wanted, names)
                        .map(|near| format!("did you mean `{near}`?"));
                    return Err(Diagnostic::error(
                        "Q0230",
                        format!("`{name}` has no argument `{wanted}`"),
                    )
                    .label(given.span, "not an argument of this table")
                    .maybe_help(near)
                    .help(signature(table, name))
                    .into());
                }
            },
            None => positional.next().ok_or_else(|| {
                Diagnostic::error("Q0230", format!("too many arguments for `{name}`"))
                    .label(given.span, "no argument stands at this position")
                    .help(signature(table, name))
            })?,
        };
        if arguments.iter().any(|argument| argument.name == param.name) {
            return Err(twice(&param.name, given.span));
        }
        let Some(value) = argument_value(given, &param.data_type) else {
            let wanted = type_name(&param.data_type);
            return Err(Diagnostic::error(
                "Q0232",
                format!(
                    "`{}` must be {wanted}, not {}",
                    param.name,
                    given.value.ty()
                ),
            )
            .label(given.span, given.value.ty().to_string())
            .into());
        };
        arguments.push(types::Argument {
            name: param.name.clone(),
            value,
        });
    }
    let missing: Vec<&str> = table
        .params
        .iter()
        .filter(|param| {
            param.required && arguments.iter().all(|argument| argument.name != param.name)
        })
        .map(|param| param.name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(
            Diagnostic::error("Q0233", format!("`{name}` needs {}", missing.join(", ")))
                .label(reference.span, "missing here")
                .help(signature(table, name))
                .into(),
        );
    }
    Ok(arguments)
}

fn twice(name: &str, span: Span) -> Box<Diagnostic> {
    Diagnostic::error("Q0231", format!("`{name}` is given twice"))
        .label(span, "again here")
        .into()
}

/// Whether one of them is a text: PromQL, a selector, the name of a log group.
pub fn has_text(arguments: &[types::Argument]) -> bool {
    arguments.iter().any(|argument| {
        matches!(
            argument.value,
            types::ArgumentValue::Template(_)
                | types::ArgumentValue::Scalar(types::Literal::Utf8(_))
        )
    })
}

/// `prometheus(query, step =)`.
pub fn signature(table: &types::TableInfo, name: &str) -> String {
    let params: Vec<String> = table
        .params
        .iter()
        .map(|param| {
            if param.positional {
                param.name.clone()
            } else {
                format!("{} =", param.name)
            }
        })
        .collect();
    if params.is_empty() {
        format!("`{name}` takes no arguments")
    } else {
        format!("`{name}({})`", params.join(", "))
    }
}

fn argument_value(given: &Argument, wanted: &types::DataType) -> Option<types::ArgumentValue> {
    use types::DataType as D;
    let scalar = match (&given.value, wanted) {
        (Value::String(_), D::Utf8) if !given.parts.is_empty() => {
            let parts = given.parts.iter().map(text_part);
            return Some(types::ArgumentValue::Template(parts.collect()));
        }
        (Value::String(text), D::Utf8) => {
            let text = types::TextPart::Text(text.clone());
            return Some(types::ArgumentValue::Template(vec![text]));
        }
        (Value::Bool(value), D::Boolean) => types::Literal::Boolean(*value),
        (Value::Long(value), D::Float32 | D::Float64) => types::Literal::Float64(*value as f64),
        (Value::Long(value), D::Int8 | D::Int16 | D::Int32 | D::Int64) => {
            types::Literal::Int64(*value)
        }
        (Value::Long(value), D::Uint8 | D::Uint16 | D::Uint32 | D::Uint64) => {
            types::Literal::Uint64(u64::try_from(*value).ok()?)
        }
        (Value::Real(value), D::Float32 | D::Float64) => types::Literal::Float64(*value),
        (Value::Datetime(value), D::Timestamp(_)) => types::Literal::TimestampNs(*value),
        (Value::Timespan(value), D::Duration(_)) => types::Literal::DurationNs(*value),
        _ => return None,
    };
    Some(types::ArgumentValue::Scalar(scalar))
}

/// A part of embedded text as the contract carries it: a value in its own type, which the source escapes.
fn text_part(part: &TextPart) -> types::TextPart {
    match part {
        TextPart::Text(text) => types::TextPart::Text(text.clone()),
        TextPart::Bound { value, .. } => types::TextPart::Bound(literal(value)),
    }
}

fn literal(value: &Value) -> types::Literal {
    match value {
        Value::Bool(value) => types::Literal::Boolean(*value),
        Value::Long(value) => types::Literal::Int64(*value),
        Value::Real(value) => types::Literal::Float64(*value),
        Value::String(text) => types::Literal::Utf8(text.clone()),
        Value::Datetime(at) => types::Literal::TimestampNs(*at),
        Value::Timespan(span) => types::Literal::DurationNs(*span),
        Value::Quantity(parts) => types::Literal::Decimal(trawl_plan::quantity::format(*parts)),
        // A text that is checked and not run may hold any text here.
        Value::Unknown(trawl_plan::Type::String) => types::Literal::Utf8(String::new()),
        // The planner binds nothing else.
        Value::Null | Value::Dynamic(_) | Value::List(..) | Value::Unknown(_) => {
            types::Literal::Null
        }
    }
}

/// The language's word for the type of an argument.
pub fn type_name(wanted: &types::DataType) -> &'static str {
    use types::DataType as D;
    match wanted {
        D::Boolean => "bool",
        D::Utf8 | D::Json => "string",
        D::Float32 | D::Float64 => "real",
        D::Timestamp(_) => "datetime",
        D::Duration(_) => "timespan",
        _ => "long",
    }
}
