//! Owns the Prometheus HTTP API of one cluster. It answers a small subset of PromQL, stated here, and says so in
//! a `bad_data` error for anything else:
//!
//! - a selector: `metric`, `metric{label="x", label!="y", label=~"re", label!~"re"}`, `{__name__="metric"}`;
//! - `rate(selector[5m])` of a counter;
//! - `sum|min|max|avg|count [by (labels)] (…)` over any of these, the clause before or after;
//! - `topk(n, …)` and `bottomk(n, …)` without a clause;
//!
//! over the metrics `up`, `container_cpu_usage_seconds_total`, `container_memory_working_set_bytes` and
//! `kube_node_status_condition`, with one value for each series at any instant: history is not kept but computed.

mod api;
mod eval;
mod matcher;
mod parse;
mod series;

pub(crate) use api::PrometheusApi;

#[cfg(test)]
mod tests;
