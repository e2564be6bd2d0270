//! Values for the parameters of a query that is checked and not run, so that a text can be checked before anybody knows them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use trawl_lang::Diagnostic;
use trawl_lang::ast;

use crate::bind::declared_type;
use crate::params::parameters;
use crate::types::Type;
use crate::value::Value;

/// `now()` where nothing runs: 2026-01-01T00:00:00Z, in nanoseconds since the Unix epoch.
const ASSUMED_NOW: i64 = 1_767_225_600_000_000_000;

/// What is assumed of a parameter without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    /// A value of its type: some places demand one, such as the number of `take`.
    Sample,
    /// As [`Assumption::Sample`], but nothing of texts: some places demand one of a few, such as the name of a cluster.
    UnknownText,
}

/// The values of a file's parameters: their defaults, and what is assumed of those without one.
///
/// # Errors
/// One diagnostic for each declaration that is wrong in itself.
pub fn assume(
    file: &ast::File,
    assumption: Assumption,
) -> Result<BTreeMap<String, Value>, Vec<Diagnostic>> {
    let open = file.params.iter().filter(|param| param.default.is_none());
    let open: Vec<(String, Type)> = open
        .filter_map(|param| Some((param.name.name.clone(), declared_type(&param.ty).ok()?)))
        .collect();
    let samples = open
        .iter()
        .map(|(name, ty)| (name.clone(), sample(ty)))
        .collect();
    let mut values = parameters(file, &samples, ASSUMED_NOW)?;
    if assumption == Assumption::UnknownText {
        for (name, ty) in open.into_iter().filter(|(_, ty)| *ty == Type::String) {
            values.insert(name, Value::Unknown(ty));
        }
    }
    Ok(values)
}

/// A value that is right wherever any value of the type is.
fn sample(ty: &Type) -> Json {
    match ty {
        Type::Bool => json!(true),
        Type::Long | Type::Real => json!(1),
        Type::Quantity => json!("1"),
        Type::String => json!("x"),
        Type::Datetime => json!("2026-01-01T00:00:00Z"),
        Type::Timespan => json!("1h"),
        Type::List(_) => json!([]),
        Type::Dynamic | Type::Map(_) | Type::Struct(_) => json!({}),
        Type::Null => Json::Null,
    }
}
