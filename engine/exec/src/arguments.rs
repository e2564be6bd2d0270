//! The arguments of a table reference, checked against what the table declares.

use trawl_host::types;
use trawl_lang::Diagnostic;
use trawl_plan::{Reference, Value};

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
    for given in &reference.arguments {
        let param = match &given.name {
            Some(wanted) => table
                .params
                .iter()
                .find(|param| param.name == *wanted)
                .ok_or_else(|| {
                    let names = table.params.iter().map(|param| param.name.as_str());
                    let near = trawl_lang::nearest(wanted, names)
                        .map(|near| format!("did you mean `{near}`?"));
                    Diagnostic::error("Q0230", format!("`{name}` has no argument `{wanted}`"))
                        .label(given.span, "not an argument of this table")
                        .maybe_help(near)
                        .help(signature(table, name))
                })?,
            None => positional.next().ok_or_else(|| {
                Diagnostic::error("Q0230", format!("too many arguments for `{name}`"))
                    .label(given.span, "no argument stands at this position")
                    .help(signature(table, name))
            })?,
        };
        if arguments.iter().any(|argument| argument.name == param.name) {
            return Err(
                Diagnostic::error("Q0231", format!("`{}` is given twice", param.name))
                    .label(given.span, "again here")
                    .into(),
            );
        }
        let Some(value) = argument_value(&given.value, &param.data_type) else {
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

fn argument_value(value: &Value, wanted: &types::DataType) -> Option<types::ArgumentValue> {
    use types::DataType as D;
    let scalar = match (value, wanted) {
        // Text may hold bound values one day; until then it is one literal part.
        (Value::String(text), D::Utf8) => {
            return Some(types::ArgumentValue::Template(vec![types::TextPart::Text(
                text.clone(),
            )]));
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

fn type_name(wanted: &types::DataType) -> &'static str {
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
