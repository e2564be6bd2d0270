//! Owns the rows of autoscalers, disruption budgets, quotas, priority classes and leases.

use serde_json::{Value, json};

use super::{AGE, Column, NAME, Row, column, count, list, number, or_none, text};

/// An autoscaler's columns.
pub(super) const AUTOSCALERS: [Column; 7] = [
    NAME,
    column(
        "Reference",
        "scaleTargetRef points to the target resource to scale.",
    ),
    column(
        "Targets",
        "metrics contains the specifications for which to use to calculate the desired replica count.",
    ),
    count(
        "MinPods",
        "minReplicas is the lower limit for the number of replicas.",
    ),
    count(
        "MaxPods",
        "maxReplicas is the upper limit for the number of replicas.",
    ),
    count(
        "Replicas",
        "currentReplicas is current number of replicas of pods managed by this autoscaler.",
    ),
    AGE,
];
/// A budget's columns.
pub(super) const BUDGETS: [Column; 5] = [
    NAME,
    column(
        "Min Available",
        "The minimum number of pods that must be available.",
    ),
    column(
        "Max Unavailable",
        "The maximum number of pods that may be unavailable.",
    ),
    count(
        "Allowed Disruptions",
        "Calculated number of pods that may be disrupted at this time.",
    ),
    AGE,
];
/// A quota's columns.
pub(super) const QUOTAS: [Column; 4] = [
    NAME,
    column(
        "Request",
        "Request represents a minimum amount of cpu/memory that a container may consume.",
    ),
    column(
        "Limit",
        "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
    ),
    AGE,
];
/// A priority class's columns.
pub(super) const PRIORITY_CLASSES: [Column; 5] = [
    NAME,
    count("Value", "The value of this priority class."),
    Column {
        kind: "boolean",
        ..column(
            "Global-Default",
            "globalDefault specifies whether this class is the default priority.",
        )
    },
    AGE,
    column(
        "PreemptionPolicy",
        "preemptionPolicy is the Policy for preempting pods with lower priority.",
    ),
];
/// A lease's columns.
pub(super) const LEASES: [Column; 3] = [
    NAME,
    column(
        "Holder",
        "holderIdentity contains the identity of the holder of a current lease.",
    ),
    AGE,
];

/// An autoscaler's cells.
pub(super) fn autoscaler(row: Row<'_>) -> Vec<Value> {
    let (spec, status) = (row.spec(), row.status());
    let current = list(&status["currentMetrics"]);
    let targets: Vec<String> = list(&spec["metrics"])
        .iter()
        .enumerate()
        .map(|(place, metric)| {
            let resource = &metric["resource"];
            let now = current
                .get(place)
                .and_then(|metric| metric["resource"]["current"]["averageUtilization"].as_u64())
                .map_or_else(|| "<unknown>".to_owned(), |percent| format!("{percent}%"));
            let wanted = &resource["target"]["averageUtilization"];
            format!("{}: {now}/{wanted}%", text(&resource["name"]))
        })
        .collect();
    let target = &spec["scaleTargetRef"];
    vec![
        row.name(),
        json!(format!(
            "{}/{}",
            text(&target["kind"]),
            text(&target["name"])
        )),
        or_none(&json!(targets.join(", "))),
        spec["minReplicas"].clone(),
        spec["maxReplicas"].clone(),
        json!(number(&status["currentReplicas"])),
        row.age(),
    ]
}

/// A budget's cells.
pub(super) fn budget(row: Row<'_>) -> Vec<Value> {
    let written = |value: &Value| match value {
        Value::Null => json!("N/A"),
        Value::String(_) => value.clone(),
        other => json!(other.to_string()),
    };
    vec![
        row.name(),
        written(&row.spec()["minAvailable"]),
        written(&row.spec()["maxUnavailable"]),
        json!(number(&row.status()["disruptionsAllowed"])),
        row.age(),
    ]
}

/// A quota's cells: `pods: 12/40, requests.cpu: 3/8`.
pub(super) fn quota(row: Row<'_>) -> Vec<Value> {
    let status = row.status();
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    let mut names: Vec<&String> = status["hard"]
        .as_object()
        .into_iter()
        .flat_map(|hard| hard.keys())
        .collect();
    names.sort();
    for name in names {
        let line = format!(
            "{name}: {}/{}",
            text(&status["used"][name]),
            text(&status["hard"][name])
        );
        if name.starts_with("limits.") {
            limits.push(line);
        } else {
            requests.push(line);
        }
    }
    vec![
        row.name(),
        json!(requests.join(", ")),
        json!(limits.join(", ")),
        row.age(),
    ]
}

/// A priority class's cells.
pub(super) fn priority_class(row: Row<'_>) -> Vec<Value> {
    let object = row.object;
    vec![
        row.name(),
        object["value"].clone(),
        json!(object["globalDefault"] == true),
        row.age(),
        object["preemptionPolicy"].clone(),
    ]
}

/// A lease's cells.
pub(super) fn lease(row: Row<'_>) -> Vec<Value> {
    vec![row.name(), row.spec()["holderIdentity"].clone(), row.age()]
}
