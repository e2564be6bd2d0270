//! Parameters: declared types against given values.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use trawl_lang::Diagnostic;
use trawl_lang::ast;

use crate::bind::{Binder, declared_type};
use crate::operators::{Example, Family, Operator};
use crate::paths::PathUses;
use crate::quantity;
use crate::references::NoTables;
use crate::suggest;
use crate::time_text;
use crate::types::Type;
use crate::value::Value;

/// `param`: what its page says.
pub const PARAM: Operator = Operator {
    name: "param",
    aliases: &[],
    family: Family::Statements,
    syntax: "param NAME: TYPE [= DEFAULT];",
    summary: "Declares a value that is given from outside.",
    notes: r"Stands before the query and ends with `;`. Given as `-p env=staging` on the command line, or in `params` over HTTP; without a default it
must be given. A default may be any expression over constants, `ago(1h)` for instance. The value is read as its type: a list from a JSON
array, or from texts with commas between them. A value that does not fit, and one that nobody declared, is an error before anything is read.

It is written `@env`. It becomes a literal of its type and never text of the query, so that no value can change what is asked.

In text of another language that a table takes as an argument, PromQL say, `@{env}` stands for the value, escaped for that language; a
further argument of that name, `env = …`, goes before a parameter or `let`.",
    examples: &[Example {
        title: "With a default",
        query: r#"param env: string = "production";
param worst: long = 2;
nodes
| where environment == @env and state != "Ready"
| summarize nodes = count() by cluster
| top @worst by nodes"#,
    }],
};

/// The values of a file's parameters: as given, else their defaults. `now` is the query's `now()`.
///
/// Given values are JSON; text is read as the declared type, so that `-p n=5` works for a long and `-p names=a,b` for a list.
///
/// # Errors
/// One diagnostic for each parameter that is missing, unknown or of the wrong type.
pub fn parameters(
    file: &ast::File,
    given: &BTreeMap<String, Json>,
    now: i64,
) -> Result<BTreeMap<String, Value>, Vec<Diagnostic>> {
    let nothing = NoTables;
    let known = PathUses::default();
    let mut binder = Binder::new(file, BTreeMap::new(), known, &nothing, &nothing, now);
    let mut values = BTreeMap::new();
    let mut errors = Vec::new();
    for param in &file.params {
        let ty = match declared_type(&param.ty) {
            Ok(ty) => ty,
            Err(error) => {
                errors.push(*error);
                continue;
            }
        };
        let name = &param.name.name;
        if !is_declarable(&ty) {
            errors.push(
                Diagnostic::error("Q0226", format!("a parameter cannot be a {ty}"))
                    .label(param.span, "declared here")
                    .help("declare a scalar, a dynamic, or a list of scalars"),
            );
            continue;
        }
        let value = match (given.get(name), &param.default) {
            (Some(json), _) => read(json, &ty).ok_or_else(|| {
                Diagnostic::error("Q0222", format!("parameter `{name}` is not a {ty}"))
                    .label(param.span, format!("declared as {ty}, given {json}"))
            }),
            (None, Some(expr)) => default(&mut binder, expr, &ty).ok_or_else(|| {
                Diagnostic::error("Q0222", format!("the default of `{name}` is not a {ty}")).label(
                    expr.span,
                    format!("a literal of type {ty} is expected here"),
                )
            }),
            (None, None) => Err(Diagnostic::error(
                "Q0223",
                format!("parameter `{name}` is missing"),
            )
            .label(param.span, "it has no default")
            .help(format!("give it: `-p {name}=…`, or over HTTP in `params`"))),
        };
        match value {
            Ok(value) => {
                values.insert(name.clone(), value);
            }
            Err(error) => errors.push(error),
        }
    }
    for name in given
        .keys()
        .filter(|name| file.params.iter().all(|param| param.name.name != **name))
    {
        let declared = file.params.iter().map(|param| param.name.name.as_str());
        let mut error = Diagnostic::error("Q0224", format!("the query has no parameter `{name}`"));
        if let Some(near) = suggest::nearest(name, declared.clone()) {
            error = error.help(format!("did you mean `{near}`?"));
        }
        errors.push(error.help(format!("parameters: {}", suggest::list(declared))));
    }
    if errors.is_empty() {
        Ok(values)
    } else {
        Err(errors)
    }
}

/// Whether values of this type can be given from outside.
fn is_declarable(ty: &Type) -> bool {
    match ty {
        Type::List(item) => item.is_scalar(),
        ty => ty.is_scalar() || *ty == Type::Dynamic,
    }
}

/// A default as a value of the declared type.
fn default(binder: &mut Binder<'_>, expr: &ast::Expr, ty: &Type) -> Option<Value> {
    match (&expr.kind, ty) {
        (ast::ExprKind::List(items), Type::List(item)) => {
            let items = items.iter().map(|value| default(binder, value, item));
            Some(Value::List((**item).clone(), items.collect::<Option<_>>()?))
        }
        _ => fits(binder.constant(expr).ok()??, ty),
    }
}

fn fits(value: Value, ty: &Type) -> Option<Value> {
    match (value, ty) {
        (Value::Null, _) => Some(Value::Null),
        (value, Type::Dynamic) => document(&value).map(Value::Dynamic),
        (Value::Long(value), Type::Real) => Some(Value::Real(value as f64)),
        (Value::Long(value), Type::Quantity) => Some(Value::Quantity(quantity::from_long(value))),
        (Value::Real(value), Type::Quantity) => quantity::from_real(value).map(Value::Quantity),
        (Value::String(text), Type::Quantity) => read_text(&text, ty),
        (Value::String(text), Type::Datetime | Type::Timespan) => read_text(&text, ty),
        (value, ty) if value.ty() == *ty => Some(value),
        _ => None,
    }
}

/// A constant as a document.
fn document(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Long(value) => Json::from(*value),
        Value::Real(value) => Json::from(*value),
        Value::String(text) => Json::from(text.clone()),
        Value::Dynamic(value) => value.clone(),
        _ => return None,
    })
}

fn read(json: &Json, ty: &Type) -> Option<Value> {
    match (json, ty) {
        (Json::Null, _) => Some(Value::Null),
        (Json::Array(items), Type::List(item)) => {
            let items = items.iter().map(|value| read(value, item));
            Some(Value::List((**item).clone(), items.collect::<Option<_>>()?))
        }
        (Json::String(text), Type::Dynamic) => Some(Value::Dynamic(
            serde_json::from_str(text).unwrap_or_else(|_| Json::from(text.clone())),
        )),
        (json, Type::Dynamic) => Some(Value::Dynamic(json.clone())),
        (Json::Bool(value), Type::Bool) => Some(Value::Bool(*value)),
        (Json::Number(number), Type::Long) => number.as_i64().map(Value::Long),
        (Json::Number(number), Type::Real) => number.as_f64().map(Value::Real),
        (Json::Number(number), Type::Quantity) => {
            quantity::parse(&number.to_string()).map(Value::Quantity)
        }
        (Json::String(text), ty) => read_text(text, ty),
        _ => None,
    }
}

fn read_text(text: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::String => Some(Value::String(text.to_owned())),
        Type::Bool => text.parse().ok().map(Value::Bool),
        Type::Long => text.parse().ok().map(Value::Long),
        Type::Real => text.parse().ok().map(Value::Real),
        Type::Datetime => time_text::parse_datetime(text).map(Value::Datetime),
        Type::Timespan => time_text::parse_timespan(text).map(Value::Timespan),
        Type::Quantity => quantity::parse(text).map(Value::Quantity),
        // On a command line: `-p names=a,b`, or the list as JSON.
        Type::List(item) if text.trim_start().starts_with('[') => {
            read(&serde_json::from_str(text).ok()?, ty).filter(|_| item.is_scalar())
        }
        Type::List(item) => {
            let items = text.split(',').filter(|part| !part.is_empty());
            let items = items.map(|part| read_text(part.trim(), item));
            Some(Value::List((**item).clone(), items.collect::<Option<_>>()?))
        }
        _ => None,
    }
}
