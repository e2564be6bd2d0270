//! Owns the rows of stateful sets and daemon sets.

use serde_json::{Value, json};

use super::{
    AGE, CONTAINERS, Column, IMAGES, NAME, Row, SELECTOR, column, containers, count, number,
    selector,
};

/// A stateful set's columns.
pub(super) const STATEFUL_SETS: [Column; 5] = [
    NAME,
    column("Ready", "Number of the pod with ready state"),
    AGE,
    CONTAINERS,
    IMAGES,
];
/// A daemon set's columns.
pub(super) const DAEMON_SETS: [Column; 11] = [
    NAME,
    count(
        "Desired",
        "The total number of nodes that should be running the daemon pod.",
    ),
    count(
        "Current",
        "The number of nodes that are running at least 1 daemon pod and are supposed to run the daemon pod.",
    ),
    count(
        "Ready",
        "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running with a Ready Condition.",
    ),
    count(
        "Up-to-date",
        "The total number of nodes that are running updated daemon pod",
    ),
    count(
        "Available",
        "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available.",
    ),
    column(
        "Node Selector",
        "NodeSelector is a selector which must be true for the pod to fit on a node.",
    ),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

/// A stateful set's cells.
pub(super) fn stateful_set(row: Row<'_>) -> Vec<Value> {
    let ready = format!(
        "{}/{}",
        number(&row.status()["readyReplicas"]),
        number(&row.spec()["replicas"])
    );
    let [names, images] = containers(&row.spec()["template"]);
    vec![row.name(), json!(ready), row.age(), names, images]
}

/// A daemon set's cells.
pub(super) fn daemon_set(row: Row<'_>) -> Vec<Value> {
    let (spec, status) = (row.spec(), row.status());
    let mut cells = vec![row.name()];
    cells.extend(
        [
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
        ]
        .map(|member| json!(number(&status[member]))),
    );
    let [names, images] = containers(&spec["template"]);
    cells.extend([
        selector(&spec["template"]["spec"]["nodeSelector"]),
        row.age(),
        names,
        images,
        selector(&spec["selector"]["matchLabels"]),
    ]);
    cells
}
