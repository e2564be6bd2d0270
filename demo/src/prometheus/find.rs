//! Owns finding series: `series`, `labels` and the values of a label.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::{Answered, limited, with_limit};
use super::eval::Failure;
use super::form::Form;
use super::query::metric;
use super::series::Series;

/// Answers `series`.
pub(super) fn series(form: &Form<'_>, series: &[Series]) -> Answered {
    if form.selectors()?.is_empty() {
        return Err(Failure::Bad("no match[] parameter provided".to_owned()));
    }
    let found = form.series(series)?;
    let mut items: Vec<Value> = found
        .into_iter()
        .map(|series| Value::Object(metric(&series.labels)))
        .collect();
    let cut = limited(&mut items, form.limit()?);
    Ok(with_limit(Value::Array(items), cut))
}

/// Answers `labels`: the names.
pub(super) fn labels(form: &Form<'_>, series: &[Series]) -> Answered {
    let found = form.series(series)?;
    let names = found.iter().flat_map(|series| series.labels.keys());
    listed(form, names.map(String::as_str).collect())
}

/// Answers `label/<name>/values`.
pub(super) fn values(form: &Form<'_>, series: &[Series], label: &str) -> Answered {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if label.is_empty()
        || !label.chars().all(valid)
        || label.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(Failure::Bad(format!("invalid label name: {label:?}")));
    }
    let found = form.series(series)?;
    let values = found.iter().filter_map(|series| series.labels.get(label));
    listed(form, values.map(String::as_str).collect())
}

fn listed(form: &Form<'_>, found: BTreeSet<&str>) -> Answered {
    let mut found: Vec<&str> = found.into_iter().collect();
    let cut = limited(&mut found, form.limit()?);
    Ok(with_limit(json!(found), cut))
}
