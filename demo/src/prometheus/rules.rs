//! Owns `rules` and `alerts`: alerting rules, which are evaluated like any query. There are no recording rules.

use serde_json::{Value, json};

use super::answer::{Answered, invalid};
use super::eval::{Failure, evaluate};
use super::form::Form;
use super::parse::parse;
use super::query::number_text;
use super::series::{Labels, Series};
use crate::clock::rfc3339;

/// How far back the beginning of an alert is looked for: a day.
const HISTORY_MS: i64 = 86_400_000;
/// Rules are evaluated so often.
const INTERVAL_MS: i64 = 60_000;

/// An alerting rule.
struct Rule {
    group: &'static str,
    name: &'static str,
    query: &'static str,
    /// How long it must hold before it fires.
    for_ms: i64,
    severity: &'static str,
    summary: &'static str,
}

/// In the order of their groups.
const RULES: [Rule; 4] = [
    Rule {
        group: "kubernetes-apps",
        name: "KubePodCrashLooping",
        query: "max_over_time(kube_pod_container_status_waiting_reason{reason=\"CrashLoopBackOff\"}[5m]) >= 1",
        for_ms: 900_000,
        severity: "warning",
        summary: "Pod is crash looping.",
    },
    Rule {
        group: "kubernetes-resources",
        name: "ContainerMemoryHigh",
        query: "container_memory_working_set_bytes > 64e9",
        for_ms: 300_000,
        severity: "warning",
        summary: "Container uses more memory than any node has.",
    },
    Rule {
        group: "kubernetes-system",
        name: "KubeNodeNotReady",
        query: "kube_node_status_condition{condition=\"Ready\",status=\"true\"} == 0",
        for_ms: 300_000,
        severity: "critical",
        summary: "Node is not ready.",
    },
    Rule {
        group: "kubernetes-system",
        name: "TargetDown",
        query: "up == 0",
        for_ms: 300_000,
        severity: "warning",
        summary: "One or more targets are unreachable.",
    },
];

/// An alert of a rule.
struct Alert {
    labels: Labels,
    firing: bool,
    active_ms: i64,
    value: f64,
}

/// Answers `alerts`.
pub(super) fn alerts(form: &Form<'_>, series: &[Series]) -> Answered {
    let mut all = Vec::new();
    for rule in &RULES {
        all.extend(
            active(rule, series, form.now_ms)?
                .iter()
                .map(|alert| item(rule, alert)),
        );
    }
    Ok(json!({"alerts": all}).into())
}

/// Answers `rules`.
pub(super) fn rules(form: &Form<'_>, series: &[Series]) -> Answered {
    let kind = form.get("type").unwrap_or("alert");
    if !["alert", "record"].contains(&kind) {
        return Err(invalid("type", &format!("not supported value {kind:?}")));
    }
    let at_ms = form.now_ms;
    let mut groups = Vec::new();
    for chunk in RULES.chunk_by(|a, b| a.group == b.group) {
        let mut rules = Vec::new();
        for rule in chunk.iter().filter(|_| kind == "alert") {
            let alerts = active(rule, series, at_ms)?;
            let state = match alerts.iter().map(|alert| alert.firing).max() {
                Some(true) => "firing",
                Some(false) => "pending",
                None => "inactive",
            };
            let alerts: Vec<Value> = alerts.iter().map(|alert| item(rule, alert)).collect();
            rules.push(json!({
                "state": state, "name": rule.name, "query": rule.query, "duration": rule.for_ms / 1000,
                "keepFiringFor": 0, "labels": {"severity": rule.severity}, "annotations": {"summary": rule.summary},
                "alerts": alerts, "health": "ok", "evaluationTime": 0.0021, "lastEvaluation": evaluated(at_ms),
                "type": "alerting",
            }));
        }
        let group = chunk.first().map_or("", |rule| rule.group);
        // A group without a rule of the type is left out.
        if !rules.is_empty() {
            groups.push(json!({
                "name": group, "file": format!("/etc/prometheus/rules/{group}.yaml"), "rules": rules,
                "interval": INTERVAL_MS / 1000, "limit": 0, "evaluationTime": 0.0043, "lastEvaluation": evaluated(at_ms),
            }));
        }
    }
    Ok(json!({"groups": groups}).into())
}

/// The latest evaluation.
fn evaluated(at_ms: i64) -> String {
    rfc3339(last_ms(at_ms) / 1000)
}

fn last_ms(at_ms: i64) -> i64 {
    at_ms.div_euclid(INTERVAL_MS).saturating_mul(INTERVAL_MS)
}

/// The alerts of a rule at its latest evaluation, each since when it held without a break.
fn active(rule: &Rule, series: &[Series], at_ms: i64) -> Result<Vec<Alert>, Failure> {
    let expr = parse(rule.query).map_err(Failure::Bad)?;
    let last_ms = last_ms(at_ms);
    let times_ms: Vec<i64> = (0..=HISTORY_MS / INTERVAL_MS)
        .rev()
        .map(|back| last_ms.saturating_sub(back.saturating_mul(INTERVAL_MS)))
        .collect();
    // Only what holds now has a history that matters.
    let now = evaluate(&expr, series, &[last_ms])?;
    if now.is_empty() {
        return Ok(Vec::new());
    }
    let mut alerts = Vec::new();
    for line in evaluate(&expr, series, &times_ms)? {
        let Some(value) = line.values.last().copied().flatten() else {
            continue;
        };
        let held = line
            .values
            .iter()
            .rev()
            .take_while(|value| value.is_some())
            .count();
        let first = times_ms.len().saturating_sub(held);
        let active_ms = times_ms.get(first).copied().unwrap_or(last_ms);
        let mut labels = (*line.labels).clone();
        labels.remove("__name__");
        labels.insert("alertname".to_owned(), rule.name.to_owned());
        labels.insert("severity".to_owned(), rule.severity.to_owned());
        alerts.push(Alert {
            labels,
            firing: last_ms.saturating_sub(active_ms) >= rule.for_ms,
            active_ms,
            value,
        });
    }
    Ok(alerts)
}

fn item(rule: &Rule, alert: &Alert) -> Value {
    json!({
        "labels": alert.labels,
        "annotations": {"summary": rule.summary},
        "state": if alert.firing { "firing" } else { "pending" },
        "activeAt": rfc3339(alert.active_ms / 1000),
        "value": scientific(alert.value),
    })
}

/// Values of alerts are written with an exponent of at least two digits, as Go does: `1e+00`.
fn scientific(value: f64) -> String {
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => number_text(value),
    }
}
