//! Owns paths of recorded objects as typed fields: scalars, lists and structs, compared with a plain reading of the same bytes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::typed::expected;
use common::{items, json, own_columns, path, request, run};
use serde_json::{Value, json};
use trawl_sdk::schema::{SHAPE_KEY, Type, request_column};
use trawl_sdk::testing::{Answer, Recorded};
use trawl_sdk::types::Column;

/// Rows of a recorded list without its token, or of a changed one.
fn rows(table: &str, columns: Vec<Column>, mut list: Value) -> Vec<Value> {
    list["metadata"]["continue"] = json!("");
    let http = Recorded::in_order([Answer::json(list.to_string())]);
    let ran = run(&request(table, columns), http);
    ran.result.unwrap();
    ran.rows
}

#[test]
fn whole_documents_come_as_their_shapes() {
    for (table, file) in [
        ("pods", "pods-page-1.json"),
        ("nodes", "nodes.json"),
        ("deployments", "deployments.json"),
        ("namespaces", "namespaces.json"),
    ] {
        let shaped: Vec<(String, Type)> = own_columns(table)
            .into_iter()
            .filter(|column| column.name == "spec" || column.name == "status")
            .map(|column| {
                let mut metadata = column.output[0].metadata.iter();
                let (_, shape) = metadata.find(|(key, _)| key == SHAPE_KEY).unwrap();
                (column.name, shape.parse().unwrap())
            })
            .collect();
        let columns = shaped
            .iter()
            .map(|(name, of)| request_column(name, of.clone()));
        let rows = rows(table, columns.collect(), json(file));
        assert_eq!(rows.len(), items(file).len());
        for (row, item) in rows.iter().zip(items(file)) {
            for (name, of) in &shaped {
                assert_eq!(row[name], expected(of, &item[name]), "{table}.{name}");
            }
        }
    }
}

#[test]
fn a_path_comes_as_what_it_is_asked_as() {
    let conditions = Type::list(Type::object([
        ("type", Type::Utf8),
        ("status", Type::Utf8),
        ("lastTransitionTime", Type::Timestamp),
    ]));
    let requests = Type::map(Type::Quantity);
    let wanted = [
        ("spec.enableServiceLinks", Type::Bool),
        ("spec.terminationGracePeriodSeconds", Type::Int64),
        ("spec.priority", Type::Int64),
        ("spec.schedulerName", Type::Utf8),
        ("status.startTime", Type::Timestamp),
        ("spec.containers.0.resources.requests.cpu", Type::Quantity),
        ("spec.containers.0.resources.requests", requests),
        ("spec.containers.0.resources", Type::Json),
        (
            "spec.containers.*.resources.limits.memory",
            Type::list(Type::Quantity),
        ),
        ("status.conditions", conditions.clone()),
        ("status.conditions.*", conditions),
        (
            "spec.tolerations.*.tolerationSeconds",
            Type::list(Type::Int64),
        ),
    ];
    let columns = wanted.iter().map(|(text, of)| path(text, of.clone()));
    let rows = rows("pods", columns.collect(), json("pods-page-1.json"));
    for (row, item) in rows.iter().zip(items("pods-page-1.json")) {
        for (text, of) in &wanted {
            let found = descend(&item, &text.split('.').collect::<Vec<_>>());
            assert_eq!(row[*text], expected(of, &found), "{text}");
        }
    }
    assert_eq!(
        rows[0]["spec.containers.0.resources.requests.cpu"],
        250_000_000
    );
}

/// The value along a path in a tree; `*` maps.
fn descend(value: &Value, path: &[&str]) -> Value {
    match path.split_first() {
        None => value.clone(),
        Some((&"*", rest)) => match value.as_array() {
            Some(items) => items.iter().map(|item| descend(item, rest)).collect(),
            None => Value::Null,
        },
        Some((step, rest)) => {
            let found = step
                .parse::<usize>()
                .map_or_else(|_| value.get(step), |i| value.get(i));
            found.map_or(Value::Null, |found| descend(found, rest))
        }
    }
}

#[test]
fn a_value_that_does_not_fit_is_null_and_nothing_else_is() {
    let mut list = json("pods-page-1.json");
    let status = &mut list["items"][0]["status"];
    status["conditions"] = json!([
        {"type": 5, "status": {"a": 1}, "lastTransitionTime": "soon"},
        "no condition",
        null,
        {"type": "Ready", "status": "True", "lastTransitionTime": "1970-01-01T00:00:01.5Z"},
    ]);
    status["startTime"] = json!(12);
    list["items"][0]["spec"]["containers"][0]["resources"]["requests"] = json!({"cpu": 0.1, "memory": "much", "example.com/gpu": 3, "x": "1.5Gi", "n": null, "l": []});
    let conditions = Type::list(Type::object([
        ("type", Type::Utf8),
        ("status", Type::Bool),
        ("lastTransitionTime", Type::Timestamp),
    ]));
    let columns = vec![
        path("status.conditions", conditions),
        path("status.startTime", Type::Timestamp),
        path(
            "spec.containers.0.resources.requests",
            Type::map(Type::Quantity),
        ),
        path("spec.containers", Type::object([("name", Type::Utf8)])),
        path("spec.containers.name", Type::Utf8),
        path("spec.nodeName", Type::list(Type::Utf8)),
        path("spec.terminationGracePeriodSeconds", Type::Duration),
        path("spec.containers.0.resources.requests.cpu", Type::Float64),
        path("status.phase", Type::Int64),
        path("name", Type::Utf8),
    ];
    let rows = rows("pods", columns, list);
    assert_eq!(
        rows[0],
        json!({
            "status.conditions": [
                {"type": "5", "status": null, "lastTransitionTime": null},
                null,
                null,
                {"type": "Ready", "status": null, "lastTransitionTime": 1_500_000_000},
            ],
            "status.startTime": null,
            "spec.containers.0.resources.requests": {
                "cpu": 100_000_000, "memory": null, "example.com/gpu": 3_000_000_000_i64,
                "x": 1_610_612_736_000_000_000_i64, "n": null, "l": null,
            },
            "spec.containers": null,
            "spec.containers.name": null,
            "spec.nodeName": null,
            "spec.terminationGracePeriodSeconds": null,
            "spec.containers.0.resources.requests.cpu": 0.1,
            "status.phase": null,
            "name": rows[0]["name"],
        })
    );
    assert!(rows[0]["name"].is_string());
}
