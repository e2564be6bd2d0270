//! Owns the Prometheus HTTP API of one cluster, as version 3.5 answers it. It answers a subset of PromQL, stated here, and
//! says so in a `bad_data` error for anything else:
//!
//! - a selector: `metric`, `metric{label="x", label!="y", label=~"re", label!~"re"}`, `{__name__="metric"}`;
//! - the samples of a range, `selector[5m]`, as a query of its own;
//! - `rate`, `increase` of counters; `sum_over_time`, `count_over_time`, `min_over_time`, `max_over_time`,
//!   `avg_over_time`, `last_over_time` of anything, over `selector[5m]`;
//! - `sum|min|max|avg|count [by|without (labels)] (…)` over any of these, the clause before or after;
//! - `topk(n, …)` and `bottomk(n, …)` without a clause; comparisons with a number as filters;
//!
//! over the metrics that `metadata` lists. Samples are computed and not kept: one every 30 seconds, for 15 days.

mod answer;
mod api;
mod eval;
mod exemplars;
mod find;
mod form;
mod matcher;
mod metadata;
mod over_time;
mod parse;
mod query;
mod rules;
mod series;
mod status;
mod targets;

pub(crate) use api::PrometheusApi;

#[cfg(test)]
mod tests;
