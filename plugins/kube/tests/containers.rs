//! Owns the table of containers: its rows are compared with what is computed of the same pods by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::typed;
use common::{items, own_columns, path, request, rows_of_objects, run};
use serde_json::{Value, json};
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Recorded, type_of};
use trawl_sdk::types::{Pushed, ScanRequest};

/// The lists of a pod with the kind of their containers, and where their statuses are.
const LISTS: [(&str, &str, &str); 3] = [
    ("initContainers", "init", "initContainerStatuses"),
    ("containers", "container", "containerStatuses"),
    (
        "ephemeralContainers",
        "ephemeral",
        "ephemeralContainerStatuses",
    ),
];

/// The rows of a pod, as plain JSON.
fn containers(pod: &Value) -> Vec<Value> {
    let mut rows = Vec::new();
    for (list, kind, statuses) in LISTS {
        for spec in pod["spec"][list].as_array().into_iter().flatten() {
            let status = pod["status"][statuses]
                .as_array()
                .into_iter()
                .flatten()
                .find(|status| status["name"] == spec["name"])
                .cloned()
                .unwrap_or_default();
            let sidecar = kind == "init" && spec["restartPolicy"] == "Always";
            rows.push(row(
                pod,
                spec,
                &status,
                if sidecar { "sidecar" } else { kind },
            ));
        }
    }
    rows
}

fn row(pod: &Value, spec: &Value, status: &Value, kind: &str) -> Value {
    let (meta, state) = (&pod["metadata"], &status["state"]);
    let (waiting, ended) = (&state["waiting"], &state["terminated"]);
    let last = &status["lastState"]["terminated"];
    let either = |key: &str, other: &Value| match &ended[key] {
        Value::Null => other[key].clone(),
        value => value.clone(),
    };
    let doing = match state {
        Value::Null => Value::Null,
        _ if state["running"].is_object() => json!("Running"),
        _ if ended.is_object() => json!("Terminated"),
        _ => json!("Waiting"),
    };
    let owner = &meta["ownerReferences"][0];
    let workload = match (owner["kind"].as_str(), &meta["labels"]["pod-template-hash"]) {
        (None, _) => Value::Null,
        (Some("ReplicaSet"), Value::String(hash)) => {
            let name = owner["name"].as_str().unwrap();
            json!({"kind": "Deployment", "name": name.strip_suffix(&format!("-{hash}")).unwrap()})
        }
        (Some(kind), _) => json!({"kind": kind, "name": owner["name"]}),
    };
    let resources = &spec["resources"];
    json!({
        "namespace": meta["namespace"],
        "pod": meta["name"],
        "name": spec["name"],
        "kind": kind,
        "image": spec["image"],
        "image_id": status["imageID"],
        "ready": status["ready"] == true,
        "started": status["started"],
        "restarts": status["restartCount"].as_i64().unwrap_or(0),
        "state": doing,
        "reason": either("reason", waiting),
        "message": either("message", waiting),
        "exit_code": ended["exitCode"],
        "started_at": either("startedAt", &state["running"]),
        "finished_at": ended["finishedAt"],
        "last_reason": last["reason"],
        "last_exit_code": last["exitCode"],
        "last_finished_at": last["finishedAt"],
        "cpu_request": resources["requests"]["cpu"],
        "cpu_limit": resources["limits"]["cpu"],
        "memory_request": resources["requests"]["memory"],
        "memory_limit": resources["limits"]["memory"],
        "spec": spec,
        "status": status,
        "phase": pod["status"]["phase"],
        "node": pod["spec"]["nodeName"],
        "labels": meta["labels"],
        "annotations": meta["annotations"],
        "pod_uid": meta["uid"],
        "created": meta["creationTimestamp"],
        "owner_references": meta["ownerReferences"],
        "workload": workload,
    })
}

/// Compares every column of every container of some pods; the answer is how many there were.
fn compare(pods: &[Value]) -> usize {
    let columns = own_columns("containers");
    let rows = rows_of_objects("containers", pods, columns.clone());
    let wanted: Vec<Value> = pods.iter().flat_map(containers).collect();
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in rows.iter().zip(&wanted) {
        assert_eq!(columns.len(), wanted.as_object().unwrap().len());
        for column in &columns {
            let of = type_of(&mut column.output.clone().into_iter());
            let value = typed::expected(&of, &wanted[&column.name]);
            assert_eq!(row[&column.name], value, "{} of {wanted}", column.name);
        }
    }
    rows.len()
}

/// A pod with every kind of container, some of which nobody has heard of yet.
fn mixed() -> Value {
    json!({
        "metadata": {"namespace": "n", "name": "mixed", "uid": "u", "labels": {"app": "x"}},
        "spec": {
            "nodeName": "n1",
            "initContainers": [
                {"name": "setup", "image": "s:1"},
                {"name": "proxy", "image": "p:1", "restartPolicy": "Always"},
            ],
            "containers": [
                {"name": "app", "image": "a:1", "resources": {
                    "requests": {"cpu": "250m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}}},
                {"name": "late", "image": "l:1"},
            ],
            "ephemeralContainers": [{"name": "debug", "image": "d:1", "targetContainerName": "app"}],
        },
        "status": {
            "phase": "Running",
            "initContainerStatuses": [
                {"name": "proxy", "ready": true, "started": true, "restartCount": 0, "imageID": "sha256:p",
                 "state": {"running": {"startedAt": "2026-11-21T08:00:00Z"}}},
                {"name": "setup", "ready": true, "restartCount": 1, "state": {"terminated": {
                    "exitCode": 0, "reason": "Completed", "startedAt": "2026-11-21T07:59:00Z",
                    "finishedAt": "2026-11-21T07:59:30Z"}}},
            ],
            "containerStatuses": [
                {"name": "app", "ready": false, "restartCount": 7,
                 "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
                 "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled",
                    "finishedAt": "2026-11-21T08:20:00Z"}}},
            ],
        },
    })
}

#[test]
fn recorded_pods_have_a_row_for_each_container() {
    let pods = [items("pods-page-1.json"), items("pods-page-2.json")].concat();
    assert!(compare(&pods) > pods.len());
}

#[test]
fn every_kind_of_container() {
    assert_eq!(compare(&[mixed()]), 5);
    let kinds: Vec<Value> = rows_of_objects("containers", &[mixed()], own_columns("containers"))
        .iter()
        .map(|row| row["kind"].clone())
        .collect();
    assert_eq!(
        kinds,
        ["init", "sidecar", "container", "container", "ephemeral"]
    );
}

#[test]
fn a_pod_without_containers_has_no_row() {
    let odd = |spec: Value| json!({"metadata": {"namespace": "n", "name": "x"}, "spec": spec});
    let pods = [
        odd(json!({})),
        odd(json!({"containers": {}})),
        odd(json!({"containers": null})),
        odd(json!(5)),
    ];
    assert_eq!(compare(&pods), 0);
}

#[test]
fn rows_are_counted_without_columns() {
    let rows = rows_of_objects("containers", &[mixed(), mixed()], vec![]);
    assert_eq!(rows.len(), 10);
}

/// A scan of pods that never ends on its own.
fn endless() -> std::rc::Rc<Recorded> {
    let page = std::cell::Cell::new(0);
    Recorded::by(move |_| {
        page.set(page.get() + 1);
        let metadata = json!({"continue": format!("page {}", page.get())});
        Answer::json(json!({"metadata": metadata, "items": [mixed()]}).to_string())
    })
}

#[test]
fn a_limit_ends_within_a_pod() {
    for (limit, pages) in [(1, 1), (3, 1), (5, 1), (7, 2)] {
        let wanted = ScanRequest {
            limit: Some(limit),
            ..request("containers", vec![path("name", Type::Utf8)])
        };
        let ran = run(&wanted, endless());
        ran.result.unwrap();
        assert_eq!(ran.plan.limit, Pushed::Exact);
        assert_eq!(ran.rows.len() as u64, limit);
        assert_eq!(ran.requests.len(), pages, "{:?}", ran.requests);
    }
}

#[test]
fn only_the_list_of_pods_is_read() {
    let ran = run(
        &request("containers", vec![path("labels.app", Type::Utf8)]),
        Recorded::in_order([Answer::json(
            json!({"metadata": {}, "items": [mixed()]}).to_string(),
        )]),
    );
    ran.result.unwrap();
    assert_eq!(ran.requests, ["GET /api/v1/pods?limit=500"]);
    // Metadata alone would not say how many rows there are.
    assert!(!ran.plan.explain.contains("metadata only"));
    assert_eq!(ran.rows.len(), 5);
    assert!(ran.rows.iter().all(|row| row["labels.app"] == "x"));
}

#[test]
fn a_refusal_names_what_to_grant() {
    let refused = Answer::new(
        403,
        "application/json",
        r#"{"kind":"Status","message":"no","reason":"Forbidden","code":403}"#,
    );
    // Of what is in no namespace, no part can be read instead.
    for (table, grant, namespaced) in [
        ("containers", "`list` on pods", true),
        ("pods", "`list` on pods", true),
        ("node_metrics", "`list` on nodes.metrics.k8s.io", false),
        ("nodes", "`list` on nodes", false),
        ("deployments", "`list` on deployments", true),
    ] {
        let ran = run(
            &request(table, vec![]),
            Recorded::in_order([refused.clone()]),
        );
        let hint = ran.result.unwrap_err().hint.unwrap();
        let (before, after) = hint.split_once(grant).unwrap();
        assert_eq!(before, "grant the verb ", "{hint}");
        assert!(
            if namespaced {
                after.starts_with(", or name the allowed namespaces")
            } else {
                after.is_empty()
            },
            "{hint}"
        );
    }
}

#[test]
fn a_deep_part_that_is_not_asked_for_is_skipped() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let pod = format!(
        r#"{{"metadata":{{"name":"x"}},"spec":{{"containers":[{{"name":"a","env":{deep}}}]}}}}"#
    );
    let columns = [("name", Type::Utf8), ("cpu_request", Type::Quantity)];
    let ran = run(
        &request(
            "containers",
            columns.map(|(name, of)| path(name, of)).to_vec(),
        ),
        Recorded::in_order([Answer::json(format!(
            r#"{{"metadata":{{}},"items":[{pod}]}}"#
        ))]),
    );
    ran.result.unwrap();
    assert_eq!(ran.rows, [json!({"name": "a", "cpu_request": null})]);
}
