//! Owns a pod's row: READY, the STATUS that kubectl shows (which is no field of the object), and RESTARTS.

use serde_json::{Value, json};

use super::{AGE, Column, NAME, age, column, list, or_none, text, wide};

/// A pod's columns.
pub(super) const COLUMNS: [Column; 9] = [
    NAME,
    column(
        "Ready",
        "The aggregate readiness state of this pod for accepting traffic.",
    ),
    column(
        "Status",
        "The aggregate status of the containers in this pod.",
    ),
    column(
        "Restarts",
        "The number of times the containers in this pod have been restarted and when the last container in this pod \
         has restarted.",
    ),
    AGE,
    wide(
        "IP",
        "podIP address allocated to the pod. Routable at least within the cluster.",
    ),
    wide(
        "Node",
        "NodeName indicates in which node this pod is scheduled.",
    ),
    wide(
        "Nominated Node",
        "nominatedNodeName is set only when this pod preempts other pods on the node.",
    ),
    wide(
        "Readiness Gates",
        "If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers \
         are ready AND all conditions specified in the readiness gates have status equal to \"True\"",
    ),
];

/// A pod's cells.
pub(super) fn cells(object: &Value, name: Value, age_cell: Value, now_s: i64) -> Vec<Value> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let statuses = list(&status["containerStatuses"]);
    let ready = statuses
        .iter()
        .filter(|container| container["ready"] == json!(true))
        .count();
    let total = list(&spec["containers"]).len();
    vec![
        name,
        json!(format!("{ready}/{total}")),
        json!(state(object)),
        json!(restarts(statuses, now_s)),
        age_cell,
        or_none(&status["podIP"]),
        or_none(&spec["nodeName"]),
        or_none(&status["nominatedNodeName"]),
        json!("<none>"),
    ]
}

/// The phase, unless the pod, its deletion or one of its containers has a better word (printPod). The first
/// container's word wins, because the loop runs from the last to the first.
fn state(object: &Value) -> String {
    let status = &object["status"];
    let mut word = match text(&status["reason"]) {
        "" => text(&status["phase"]).to_owned(),
        reason => reason.to_owned(),
    };
    let mut running = false;
    for container in list(&status["containerStatuses"]).iter().rev() {
        let state = &container["state"];
        let (waiting, ended) = (text(&state["waiting"]["reason"]), &state["terminated"]);
        if !waiting.is_empty() {
            word = waiting.to_owned();
        } else if !text(&ended["reason"]).is_empty() {
            word = text(&ended["reason"]).to_owned();
        } else if ended.is_object() {
            word = format!("ExitCode:{}", ended["exitCode"]);
        } else if container["ready"] == json!(true) && state["running"].is_object() {
            running = true;
        }
    }
    if word == "Completed" && running {
        word = "Running".to_owned();
    }
    if object["metadata"]["deletionTimestamp"].is_string() {
        word = "Terminating".to_owned();
    }
    word
}

fn restarts(statuses: &[Value], now_s: i64) -> String {
    let total: u64 = statuses
        .iter()
        .filter_map(|container| container["restartCount"].as_u64())
        .sum();
    let last = statuses
        .iter()
        .map(|container| &container["lastState"]["terminated"]["finishedAt"])
        .filter(|finished| finished.is_string())
        .max_by(|a, b| text(a).cmp(text(b)));
    match last {
        Some(finished) if total > 0 => format!("{total} ({} ago)", age(finished, now_s)),
        _ => total.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_recorded_pods_are_the_recorded_rows() {
        let read = |name: &str| -> Value {
            let path = format!("{}/../tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
        };
        let (pods, table) = (read("pods-page-1.json"), read("pods-table.json"));
        // The recording's clock: every pod's AGE of 11m, counted from its creation, holds at this instant.
        let now_s = crate::clock::parse_s("2026-11-21T08:37:48Z").unwrap();
        let rows = table["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 50);
        for (pod, row) in pods["items"].as_array().unwrap().iter().zip(rows) {
            let printed = super::super::Row { object: pod, now_s };
            let cells = cells(pod, printed.name(), printed.age(), now_s);
            assert_eq!(&Value::Array(cells), &row["cells"]);
        }
        for (ours, theirs) in COLUMNS
            .iter()
            .zip(table["columnDefinitions"].as_array().unwrap())
        {
            assert_eq!(
                (ours.name, u64::from(ours.priority)),
                (
                    theirs["name"].as_str().unwrap(),
                    theirs["priority"].as_u64().unwrap()
                )
            );
        }
    }
}
