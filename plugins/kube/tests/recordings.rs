//! Owns the comparison of rows with what an independent reading of the same bytes finds, and with kubectl's own table.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::{RECORDED, bytes, items, json, own_columns, path, request, run};
use serde_json::{Value, json};
use trawl_sdk::columns::parse_rfc3339_ns;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Recorded};

/// All columns of a recorded list without its token.
fn rows_of(table: &str, file: &str) -> Vec<Value> {
    let mut list = json(file);
    list["metadata"]["continue"] = json!("");
    let http = Recorded::in_order([Answer::json(list.to_string())]);
    let ran = run(&request(table, own_columns(table)), http);
    ran.result.unwrap();
    assert!(ran.reports.is_empty());
    ran.rows
}

fn time(value: &Value) -> Value {
    value
        .as_str()
        .and_then(parse_rfc3339_ns)
        .map_or(Value::Null, |ns| json!(ns))
}

/// What every kind has, read from the object by hand.
fn check_common(row: &Value, item: &Value) {
    let meta = &item["metadata"];
    for (column, key) in [
        ("namespace", "namespace"),
        ("name", "name"),
        ("uid", "uid"),
        ("labels", "labels"),
        ("annotations", "annotations"),
        ("generation", "generation"),
        ("resource_version", "resourceVersion"),
        ("owner_references", "ownerReferences"),
        ("finalizers", "finalizers"),
    ] {
        assert_eq!(row[column], meta[key], "{column}");
    }
    assert_eq!(row["created"], time(&meta["creationTimestamp"]));
    assert!(row["created"].is_i64());
    assert_eq!(row["deleted"], time(&meta["deletionTimestamp"]));
}

#[test]
fn pods_of_two_pages_are_exactly_those_of_the_bodies() {
    let last = {
        let mut page = json("pods-page-2.json");
        page["metadata"]["continue"] = json!("");
        page.to_string()
    };
    let http = Recorded::in_order([Answer::json(bytes("pods-page-1.json")), Answer::json(last)]);
    let ran = run(&request("pods", own_columns("pods")), http);
    ran.result.unwrap();
    let expected: Vec<Value> = [items("pods-page-1.json"), items("pods-page-2.json")].concat();
    assert_eq!(ran.rows.len(), expected.len());
    for (row, item) in ran.rows.iter().zip(&expected) {
        check_common(row, item);
        let (spec, status) = (&item["spec"], &item["status"]);
        assert_eq!((&row["spec"], &row["status"]), (spec, status));
        for (column, value) in [
            ("phase", &status["phase"]),
            ("node", &spec["nodeName"]),
            ("pod_ip", &status["podIP"]),
            ("host_ip", &status["hostIP"]),
            ("qos_class", &status["qosClass"]),
            ("service_account", &spec["serviceAccountName"]),
        ] {
            assert_eq!(&row[column], value, "{column}");
        }
        assert_eq!(row["start_time"], time(&status["startTime"]));
    }
    let token = json("pods-page-1.json")["metadata"]["continue"].clone();
    let second = format!(
        "GET /api/v1/pods?limit=500&continue={}",
        token.as_str().unwrap()
    );
    assert_eq!(
        ran.requests,
        ["GET /api/v1/pods?limit=500", second.as_str()]
    );
}

#[test]
fn pods_show_what_kubectl_shows() {
    // The server's own Table of the same 50 pods is what kubectl prints.
    let table = json("pods-table.json");
    let columns: Vec<&str> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    let at = |name: &str| columns.iter().position(|c| *c == name).unwrap();
    let rows = rows_of("pods", "pods-page-1.json");
    let printed = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), printed.len());
    for (row, printed) in rows.iter().zip(printed) {
        let cell = |name: &str| printed["cells"][at(name)].clone();
        assert_eq!(row["name"], cell("Name"));
        assert_eq!(row["state"], cell("Status"), "{}", row["name"]);
        assert_eq!(row["ready"], cell("Ready"), "{}", row["name"]);
        // `3 (5m ago)` begins with the number.
        let restarts = match cell("Restarts") {
            Value::String(text) => text.split(' ').next().unwrap().parse::<i64>().unwrap(),
            other => other.as_i64().unwrap(),
        };
        assert_eq!(row["restarts"], restarts);
        let ago = cell("Restarts").to_string().contains(" ago)");
        assert_eq!(row["last_restart"].is_number(), ago, "{}", row["name"]);
        let or_none = |v: &Value| v.as_str().unwrap_or("<none>").to_owned();
        assert_eq!(or_none(&row["node"]), cell("Node").as_str().unwrap());
        for (column, printed) in [
            ("pod_ip", "IP"),
            ("nominated_node", "Nominated Node"),
            ("readiness_gates", "Readiness Gates"),
        ] {
            assert_eq!(or_none(&row[column]), cell(printed).as_str().unwrap());
        }
    }
}

#[test]
fn a_pods_workload_is_its_deployment() {
    let rows = rows_of("pods", "pods-page-1.json");
    for (row, item) in rows.iter().zip(items("pods-page-1.json")) {
        let owner = &item["metadata"]["ownerReferences"][0];
        let hash = item["metadata"]["labels"]["pod-template-hash"].as_str();
        let name = owner["name"].as_str();
        let expected = match (owner["kind"].as_str(), name.zip(hash)) {
            (Some("ReplicaSet"), Some((name, hash))) => {
                let deployment = name.strip_suffix(hash).unwrap().strip_suffix('-').unwrap();
                json!({"kind": "Deployment", "name": deployment})
            }
            (Some(kind), _) => json!({"kind": kind, "name": name}),
            (None, _) => Value::Null,
        };
        assert_eq!(row["workload"], expected);
    }
}

#[test]
fn a_workload_and_its_parts_come_from_one_object() {
    let mut list = json("pods-page-1.json");
    list["metadata"]["continue"] = json!("");
    // As a pod that nobody controls, and one that is controlled but whose owner lacks a name.
    list["items"][1]["metadata"]["ownerReferences"][0]["controller"] = json!(false);
    list["items"][2]["metadata"]["ownerReferences"][0]["name"] = Value::Null;
    let mut columns = own_columns("pods");
    columns.retain(|column| column.name == "workload");
    columns.extend([
        path("workload.kind", Type::Utf8),
        path("workload.name", Type::Utf8),
        path("workload.nope", Type::Utf8),
    ]);
    let http = Recorded::in_order([Answer::json(list.to_string())]);
    let ran = run(&request("pods", columns), http);
    ran.result.unwrap();
    for (index, row) in ran.rows.iter().enumerate() {
        for part in ["kind", "name"] {
            assert_eq!(row["workload"][part], row[&format!("workload.{part}")]);
        }
        assert_eq!(row["workload.nope"], Value::Null);
        let controlled = index != 1 && index != 2;
        assert_eq!(row["workload"].is_object(), controlled, "{index}: {row}");
    }
}

#[test]
fn derived_columns_never_shadow_an_objects_own_field() {
    for (table, files) in RECORDED {
        let mut compared = 0;
        for file in *files {
            let rows = rows_of(table, file);
            assert!(
                !rows.is_empty() && rows.len() == items(file).len(),
                "{file}"
            );
            for (row, item) in rows.iter().zip(items(file)) {
                for (key, value) in item.as_object().unwrap() {
                    if let Some(column) = row.get(key) {
                        assert_eq!(column, value, "{table}.{key}");
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 0, "{table}");
    }
}

#[test]
fn paths_come_as_the_type_that_is_asked_for() {
    let names = Type::list(Type::Utf8);
    let statuses = Type::list(Type::object([
        ("name", Type::Utf8),
        ("restartCount", Type::Int64),
        (
            "state",
            Type::object([("waiting", Type::object([("reason", Type::Utf8)]))]),
        ),
    ]));
    let columns = vec![
        path("name", Type::Utf8),
        path("status.phase", Type::Utf8),
        path("spec.terminationGracePeriodSeconds", Type::Int64),
        path("spec.terminationGracePeriodSeconds", Type::Utf8),
        path("spec.containers.0.image", Type::Utf8),
        path("spec.containers.*.name", names),
        path("status.containerStatuses", statuses),
        path("spec.nope.at.all", Type::Float64),
        path("workload.kind", Type::Utf8),
        path("status.startTime", Type::Timestamp),
    ];
    let mut columns = columns;
    columns[3].output[0].name = "grace as text".into();
    let mut list = json("pods-page-1.json");
    list["metadata"]["continue"] = json!("");
    let ran = run(
        &request("pods", columns),
        Recorded::in_order([Answer::json(list.to_string())]),
    );
    ran.result.unwrap();
    for (row, item) in ran.rows.iter().zip(items("pods-page-1.json")) {
        let grace = &item["spec"]["terminationGracePeriodSeconds"];
        let containers = item["spec"]["containers"].as_array().unwrap();
        assert_eq!(row["status.phase"], item["status"]["phase"]);
        assert_eq!(&row["spec.terminationGracePeriodSeconds"], grace);
        assert_eq!(
            row["grace as text"],
            grace.as_i64().map_or(Value::Null, |g| json!(g.to_string()))
        );
        assert_eq!(row["spec.containers.0.image"], containers[0]["image"]);
        let names: Vec<_> = containers.iter().map(|c| c["name"].clone()).collect();
        assert_eq!(row["spec.containers.*.name"], json!(names));
        let found = item["status"]["containerStatuses"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for (got, want) in row["status.containerStatuses"]
            .as_array()
            .into_iter()
            .flatten()
            .zip(&found)
        {
            assert_eq!(got["restartCount"], want["restartCount"]);
            assert_eq!(
                got["state"]["waiting"]["reason"],
                want["state"]["waiting"]["reason"]
            );
        }
        assert_eq!(row["spec.nope.at.all"], Value::Null);
        assert_eq!(row["status.startTime"], time(&item["status"]["startTime"]));
        let owned = item["metadata"]["ownerReferences"].is_array();
        assert_eq!(row["workload.kind"].is_string(), owned);
    }
}

#[test]
fn metadata_alone_is_asked_for_as_metadata() {
    let mut list = json("pods-metadata-only.json");
    list["metadata"]["continue"] = json!("");
    let columns = vec![
        path("namespace", Type::Utf8),
        path("labels", Type::map(Type::Utf8)),
    ];
    let accept = std::rc::Rc::new(std::cell::RefCell::new(String::new()));
    let seen = accept.clone();
    let http = Recorded::by(move |request| {
        *seen.borrow_mut() = request.headers[0].1.clone();
        Answer::json(list.to_string())
    });
    let ran = run(&request("pods", columns), http.clone());
    ran.result.unwrap();
    assert!(accept.borrow().contains("as=PartialObjectMetadataList"));
    let expected = items("pods-page-1.json");
    assert_eq!(ran.rows.len(), expected.len());
    for (row, item) in ran.rows.iter().zip(&expected) {
        assert_eq!(row["namespace"], item["metadata"]["namespace"]);
        assert_eq!(row["labels"], item["metadata"]["labels"]);
    }
    run(&request("pods", vec![path("phase", Type::Utf8)]), http);
    assert_eq!(
        *accept.borrow(),
        "application/vnd.kubernetes.protobuf,application/json"
    );
}
