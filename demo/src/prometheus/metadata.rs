//! Owns what is said of metrics: `metadata`, the type and help of each.

use serde_json::{Map, Value, json};

use super::answer::{Answered, limited};
use super::form::Form;

/// Every metric there is: name, type, help.
pub(super) const METRICS: [(&str, &str, &str); 7] = [
    (
        "container_cpu_usage_seconds_total",
        "counter",
        "Cumulative cpu time consumed in seconds.",
    ),
    (
        "container_memory_working_set_bytes",
        "gauge",
        "Current working set in bytes.",
    ),
    (
        "http_requests_total",
        "counter",
        "Requests that the program answered.",
    ),
    (
        "kube_node_status_condition",
        "gauge",
        "The condition of a cluster node.",
    ),
    (
        "kube_pod_container_status_restarts_total",
        "counter",
        "The number of container restarts per container.",
    ),
    (
        "kube_pod_container_status_waiting_reason",
        "gauge",
        "Describes the reason the container is currently in waiting state.",
    ),
    (
        "up",
        "gauge",
        "Whether the last scrape of the target succeeded.",
    ),
];

/// Answers `metadata`. What the server makes itself (`up`) has none.
pub(super) fn answer(form: &Form<'_>) -> Answered {
    let wanted = form.get("metric");
    let mut metrics: Vec<(String, Value)> = METRICS
        .into_iter()
        .filter(|(name, _, _)| *name != "up" && wanted.is_none_or(|wanted| wanted == *name))
        .map(|(name, kind, help)| {
            let about = json!([{"type": kind, "help": help, "unit": ""}]);
            (name.to_owned(), about)
        })
        .collect();
    limited(&mut metrics, form.limit()?);
    let metrics: Map<String, Value> = metrics.into_iter().collect();
    Ok(Value::Object(metrics).into())
}
