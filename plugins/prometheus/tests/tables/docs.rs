//! Owns `docs/prometheus.md`: what stands at its beginning, and the tables as the plugin declares them. Made with `UPDATE_EXPECT=1`,
//! compared otherwise. Refuses what else there is to say of a table: that belongs into the plugin.

use std::fmt::Write;
use std::path::Path;

use trawl_plugin_prometheus::Prometheus;
use trawl_sdk::testing::{Recorded, type_of};
use trawl_sdk::types::{DataType, Param};
use trawl_sdk::{Session, Source};

/// What stands above the generated part.
const HEAD: &str = r#"# Prometheus
The tables of the `prometheus` plugin, for Prometheus 2 and 3 and what speaks its API: Thanos, Mimir, Cortex, VictoriaMetrics. This page is
made from the plugin (`UPDATE_EXPECT=1 cargo test -p trawl-plugin-prometheus --test tables docs`); change the plugin, not the page.

```yaml
clusters:
  - name: prod-ap
    prometheus:
      url: https://mimir.example.com/prometheus     # the API is below it at /api/v1
      headers: {X-Scope-OrgID: prod-ap}             # the tenant of Mimir and Cortex
  - name: prod-us
    prometheus: {url: "https://thanos.example.com", cluster_label: k8s_cluster, cluster_name: us-1}
  - name: prod-eu
    prometheus: {url: "https://thanos.example.com", cluster_label: k8s_cluster, cluster_name: eu-1}
```
The plugin's own keys are `partial_response` (Thanos: whether an answer without some of its stores will do; false), `cluster_label` and
`cluster_name`. Where a server holds the series of several clusters, `cluster_label` is the label that tells them apart and
`cluster_name` its value for this one (its name in the inventory by default). Such clusters are one connection: `samples`, `series`,
`labels`, `alerts`, `targets` and `exemplars` read the label, and an expression of `prometheus("…")` is evaluated once for each cluster
with the matcher in every selector, so that its rows have a `cluster` even where `sum` dropped the label. Tables about the server itself
(`metrics`, `rules`, `rule_groups`, `tsdb_status`) are then nobody's: `cluster` is null. A label of rules and alerts is there only if
the rule keeps it.

**Time.** Without `step`, `prometheus("…")` is evaluated once: at `time`, else at the upper bound of `timestamp`, else at `now()`. With `step`
it is evaluated at each multiple of the step within the bounds of `timestamp`, of which the lower one is required: `prometheus("up",
step = 1m) | where timestamp > ago(6h)`. Ranges of more than 11,000 steps are asked for in parts, and are one table; 1,000 parts are the most.
Nothing is evaluated beyond `now()`. `samples` gives the samples as they were stored, without PromQL's lookback: gaps are gaps, and a
stale marker is no sample. Times are whole milliseconds.

**Values** are those of the server: NaN and infinities are kept. A native histogram has no single value; it is in the column `histogram`
and `value` is null.

**What is sent.** Conditions on `metric` and `labels.x` become matchers where those mean the same: `==`, `!=`, `in`, `startswith`,
`endswith`, `contains`, `== null` and their opposites; `matches regex` where both dialects agree on the pattern; `has` as far as it goes.
A missing label is null here and the empty text there, so that a comparison with `""` stays with trawl. Bounds of `timestamp` are exact.
`samples` needs one condition that a series without the label does not pass, and a lower bound. A limit is sent to servers that know it.
Counts, sums, averages, least and greatest values of `samples`, by labels and `bin(timestamp, …)`, are computed by the server when its
result is that of the rows: one metric, every condition a matcher, and a Prometheus (2, or 3 before 3.8) without native histograms;
how many samples there are, by every Prometheus 2 and 3.
`explain` shows what is sent, as PromQL. A value bound with `@{x}` is escaped for the string that it stands in; a text outside of quotes
becomes a string of its own.

**What is missing.** Warnings of Thanos and Mimir (a store that did not answer) and VictoriaMetrics' `isPartial` make the target `partial`, with
the server's words; PromQL's own warnings and infos are notes. A range that holds too many samples for the server is read in halves.
Answers are decoded as they arrive; one may have 256 MiB, or `limits: {max_body_bytes: …}` of the connection.
"#;

/// The table of a table's columns.
fn columns(table: &[String]) -> String {
    let connection = Prometheus::open("", Recorded::in_order([])).unwrap();
    let detail = connection.table_schema(table, &[]).unwrap();
    let mut fields = detail.schema.fields.into_iter().peekable();
    let mut out = String::from("| column | type | |\n|---|---|---|\n");
    while let Some(root) = fields.peek() {
        let name = root.name.clone();
        let description = root.description.clone().unwrap_or_default();
        let of = type_of(&mut fields);
        writeln!(out, "| `{name}` | {of} | {description} |").unwrap();
    }
    let needs: Vec<String> = detail
        .required_filters
        .iter()
        .map(|names| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(" or ")
        })
        .collect();
    if !needs.is_empty() {
        writeln!(
            out,
            "\nA query needs a condition on {}.",
            needs.join(", and one on ")
        )
        .unwrap();
    }
    out
}

/// `` `step`: timespan, what it is for ``
fn parameter(param: &Param) -> String {
    let of = match param.data_type {
        DataType::Utf8 => "string",
        DataType::Int64 => "long",
        DataType::Timestamp(_) => "datetime",
        DataType::Duration(_) => "timespan",
        ref other => panic!("no parameter is {other:?}"),
    };
    let required = if param.required { ", required" } else { "" };
    let description = param.description.clone().unwrap_or_default();
    format!("- `{}` ({of}{required}): {description}", param.name)
}

/// The page, as the plugin has it.
fn page() -> String {
    let connection = Prometheus::open("", Recorded::in_order([])).unwrap();
    let mut page = HEAD.to_owned();
    for table in connection.tables(None, None).unwrap().tables {
        let name = match table.path.as_slice() {
            [] => "prometheus(\"…\")".to_owned(),
            path => format!("prometheus.{}", path.join(".")),
        };
        let description = table.description.unwrap();
        writeln!(page, "\n## {name}\n{description}.\n").unwrap();
        for param in &table.params {
            writeln!(page, "{}", parameter(param)).unwrap();
        }
        if !table.params.is_empty() {
            page.push('\n');
        }
        page.push_str(&columns(&table.path));
    }
    page
}

#[test]
fn the_page_is_the_plugins() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/prometheus.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, page()).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, page(), "run again with UPDATE_EXPECT=1");
}
