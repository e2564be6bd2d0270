//! Owns `status/buildinfo`, `status/flags` and `status/tsdb`: which version answers, how it was started, and what its head
//! block holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::answer::{Answered, invalid};
use super::eval::MAX_SAMPLES;
use super::form::Form;
use super::series::{RETENTION_MS, Series};

/// How many entries each list has where nothing is said.
const ENTRIES: usize = 10;
/// The head block holds this long: three hours.
const HEAD_MS: i64 = 3 * 3_600_000;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Answers `status/buildinfo`: as of a release of Prometheus 3.5, whose ranges are open at their left end as the demo's are.
/// The revision is the demo's own, so that nobody takes it for one of Prometheus.
pub(super) fn build() -> Answered {
    Ok(json!({
        "version": "3.5.3",
        "revision": "trawl-demo",
        "branch": "HEAD",
        "buildUser": "root@trawl-demo",
        "buildDate": "20250714-15:37:30",
        "goVersion": "go1.24.5",
    })
    .into())
}

/// Answers `status/flags`: those that say something of the demo, all as text as Prometheus gives them. No feature is enabled.
pub(super) fn flags() -> Answered {
    Ok(json!({
        "config.file": "/etc/prometheus/prometheus.yml",
        "enable-feature": "",
        "log.format": "logfmt",
        "log.level": "info",
        "query.lookback-delta": "5m",
        "query.max-concurrency": "20",
        "query.max-samples": MAX_SAMPLES.to_string(),
        "query.timeout": "2m",
        "storage.tsdb.path": "/prometheus",
        "storage.tsdb.retention.time": format!("{}d", RETENTION_MS / DAY_MS),
        "web.enable-admin-api": "false",
        "web.enable-lifecycle": "false",
        "web.listen-address": "0.0.0.0:9090",
    })
    .into())
}

/// Answers `status/tsdb`.
pub(super) fn tsdb(form: &Form<'_>, series: &[Series]) -> Answered {
    let limit = match form.limit()? {
        0 if form.get("limit").is_some() => {
            return Err(invalid("limit", "limit must be a positive number"));
        }
        0 => ENTRIES,
        limit => limit,
    };
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut pairs: BTreeMap<String, usize> = BTreeMap::new();
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut bytes: BTreeMap<&str, usize> = BTreeMap::new();
    let add = |count: &mut usize, more: usize| *count = count.saturating_add(more);
    for series in series {
        add(names.entry(series.name()).or_default(), 1);
        for (label, value) in series.labels.iter() {
            add(pairs.entry(format!("{label}={value}")).or_default(), 1);
            if values.entry(label).or_default().insert(value) {
                add(bytes.entry(label).or_default(), value.len());
            }
        }
    }
    let now_ms = form.now_ms;
    let values = values.iter().map(|(label, values)| (*label, values.len()));
    Ok(json!({
        "headStats": {
            "numSeries": series.len(), "numLabelPairs": pairs.len(), "chunkCount": series.len().saturating_mul(3),
            "minTime": now_ms.saturating_sub(HEAD_MS), "maxTime": now_ms,
        },
        "seriesCountByMetricName": largest(names.into_iter(), limit),
        "labelValueCountByLabelName": largest(values, limit),
        "memoryInBytesByLabelName": largest(bytes.into_iter(), limit),
        "seriesCountByLabelValuePair": largest(pairs.into_iter(), limit),
    })
    .into())
}

fn largest<N: AsRef<str>>(counts: impl Iterator<Item = (N, usize)>, limit: usize) -> Vec<Value> {
    let mut counts: Vec<(N, usize)> = counts.collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
        .into_iter()
        .take(limit)
        .map(|(name, count)| json!({"name": name.as_ref(), "value": count}))
        .collect()
}
