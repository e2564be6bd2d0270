//! Owns ListMetrics: which metrics there are, 500 a page.

use serde_json::{Value, json};

use super::account::Account;
use super::metric::Metric;
use super::page;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// AWS's page.
const PAGE: usize = 500;
/// The most dimensions that a filter may have, and a metric: 10 and 30 in AWS's reference.
const MAX_FILTERS: usize = 10;

/// Answers ListMetrics.
pub(super) fn answer(account: &Account, parameters: Parameters<'_>) -> Result<Value, Refusal> {
    let namespace = parameters.text("Namespace")?;
    let name = parameters.text("MetricName")?;
    parameters.choice("RecentlyActive", &["PT3H"])?;
    let mut filters = Vec::new();
    for filter in parameters.structures("Dimensions", MAX_FILTERS)? {
        filters.push((filter.required_text("Name")?, filter.text("Value")?));
    }
    let start = page::start(parameters.service, parameters.text("NextToken")?)?;
    let wanted: Vec<&Metric> = account
        .metrics()
        .iter()
        .filter(|metric| namespace.is_none_or(|wanted| metric.namespace == wanted))
        .filter(|metric| name.is_none_or(|wanted| metric.name == wanted))
        .filter(|metric| {
            filters.iter().all(|(name, value)| {
                metric.dimensions.iter().any(|(own, own_value)| {
                    own == name && value.is_none_or(|value| own_value == value)
                })
            })
        })
        .collect();
    let (metrics, next) = page::of(&wanted, start, PAGE);
    let metrics: Vec<Value> = metrics.iter().map(|metric| item(metric)).collect();
    let mut answer = json!({"Metrics": metrics, "OwningAccounts": []});
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

fn item(metric: &Metric) -> Value {
    json!({
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": dimensions(&metric.dimensions),
    })
}

/// Dimensions as the API writes them.
pub(super) fn dimensions(dimensions: &[(&'static str, String)]) -> Value {
    dimensions
        .iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect()
}
