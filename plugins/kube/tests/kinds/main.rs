//! Owns the comparison of every kind's columns with what is computed of the same objects apart from the plugin, column by column.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

#[path = "../common/mod.rs"]
mod common;
mod expected;

use std::collections::BTreeSet;
use std::path::Path;

use common::typed;
use common::{RECORDED, items, kinds, own_columns, rows_of_objects};
use serde_json::{Map, Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::testing::{Answer, Recorded, type_of};
use trawl_sdk::types::Gap;
use trawl_sdk::{Session, Source};

/// What every kind has, besides its own columns.
fn common_columns(item: &Value) -> Map<String, Value> {
    let meta = &item["metadata"];
    let mut columns: Map<String, Value> = [
        ("name", "name"),
        ("uid", "uid"),
        ("labels", "labels"),
        ("annotations", "annotations"),
        ("created", "creationTimestamp"),
        ("deleted", "deletionTimestamp"),
        ("generation", "generation"),
        ("resource_version", "resourceVersion"),
        ("owner_references", "ownerReferences"),
        ("finalizers", "finalizers"),
    ]
    .into_iter()
    .map(|(column, key)| (column.to_owned(), meta[key].clone()))
    .collect();
    if meta["namespace"].is_string() {
        columns.insert("namespace".to_owned(), meta["namespace"].clone());
    }
    columns
}

/// Compares each column of the objects' rows; `own` is what the kind's own columns must be, as plain JSON.
fn compare(table: &str, objects: &[Value], own: impl Fn(usize, &Value) -> Map<String, Value>) {
    let columns = own_columns(table);
    let rows = rows_of_objects(table, objects, columns.clone());
    assert_eq!(rows.len(), objects.len(), "{table}");
    for (index, (row, object)) in rows.iter().zip(objects).enumerate() {
        let mut wanted = common_columns(object);
        wanted.extend(own(index, object));
        let names: BTreeSet<&str> = columns.iter().map(|it| it.name.as_str()).collect();
        let unknown: Vec<_> = wanted
            .keys()
            .filter(|it| !names.contains(it.as_str()))
            .collect();
        assert!(unknown.is_empty(), "{table} has no {unknown:?}");
        for column in &columns {
            let of = type_of(&mut column.output.clone().into_iter());
            let value = wanted
                .get(&column.name)
                .unwrap_or_else(|| panic!("{table}.{}: nothing to compare with", column.name));
            assert_eq!(
                row[&column.name],
                typed::expected(&of, value),
                "{table}.{} of {}",
                column.name,
                object["metadata"]["name"]
            );
        }
    }
}

#[test]
fn recorded_rows_are_those_of_an_independent_reading() {
    for (table, files) in RECORDED {
        for file in *files {
            compare(table, &items(file), |_, item| expected::own(table, item));
        }
    }
}

/// The objects of `objects/`, with what kubectl prints of them, as columns.
fn written(table: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/kinds/objects")
        .join(format!("{table}.json"));
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{table}: {e}")))
}

#[test]
fn rows_of_objects_that_nobody_recorded() {
    for table in kinds() {
        let Some(cases) = written(&table) else {
            assert!(
                RECORDED.iter().any(|(recorded, _)| *recorded == table),
                "{table} has neither a recording nor objects/{table}.json"
            );
            continue;
        };
        assert!(!cases.is_empty());
        let objects: Vec<Value> = cases.iter().map(|case| case["object"].clone()).collect();
        compare(&table, &objects, |index, item| {
            let mut own = cases[index]["columns"].as_object().unwrap().clone();
            // What a case does not name is the API's own document, or null.
            let common = common_columns(item);
            for column in own_columns(&table) {
                if !own.contains_key(&column.name) && !common.contains_key(&column.name) {
                    own.insert(column.name.clone(), item[&column.name].clone());
                }
            }
            own
        });
    }
}

#[test]
fn an_object_of_nothing_but_a_name_has_a_row() {
    for table in kinds() {
        let object = json!({"metadata": {"name": "x", "namespace": "n"}});
        let rows = rows_of_objects(&table, &[object], own_columns(&table));
        assert_eq!(rows[0]["name"], "x", "{table}");
    }
}

/// An object of a kind: the first that was recorded or written.
fn example(table: &str) -> Value {
    let recorded = RECORDED.iter().find(|(name, _)| *name == table);
    match (written(table), recorded) {
        (Some(cases), _) => cases[0]["object"].clone(),
        (None, Some((_, files))) => items(files[0])[0].clone(),
        (None, None) => panic!("{table} has no example"),
    }
}

/// Below this many keys no column looks.
const DEEPEST: usize = 6;

/// JSON pointers to everything in a document but what every object has: its name and its namespace.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        if !["/metadata", "/metadata/name", "/metadata/namespace"].contains(&at.as_str()) {
            into.push(at.clone());
        }
        if at.matches('/').count() < DEEPEST {
            places(child, &at, into);
        }
    }
}

#[test]
fn a_value_of_another_shape_never_costs_a_row() {
    let others = [
        json!(5),
        json!("x"),
        json!(true),
        json!(null),
        json!([7]),
        json!({"a": []}),
    ];
    for table in kinds() {
        let object = example(&table);
        let mut found = Vec::new();
        places(&object, "", &mut found);
        // One shape for each place, not the same for its neighbour.
        let changed: Vec<Value> = found
            .iter()
            .zip(others.iter().cycle())
            .map(|(at, other)| {
                let mut object = object.clone();
                *object.pointer_mut(at).unwrap() = other.clone();
                object
            })
            .collect();
        let rows = rows_of_objects(&table, &changed, own_columns(&table));
        assert_eq!(rows.len(), changed.len(), "{table}");
        let name = &object["metadata"]["name"];
        assert!(rows.iter().all(|row| row["name"] == *name), "{table}");
    }
}

#[test]
fn no_value_of_a_secret_is_in_any_column() {
    let secret = json!({
        "metadata": {
            "name": "db", "namespace": "n", "labels": {"app": "db"},
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration":
                    "{\"apiVersion\":\"v1\",\"data\":{\"password\":\"aHVudGVyMg==\"},\"kind\":\"Secret\"}",
                "owner": "team-a",
            },
            "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:data": {"f:password": {}}}}],
        },
        "type": "Opaque",
        "data": {"password": "aHVudGVyMg==", "user": "cm9vdA=="},
        "stringData": {"password": "hunter2"},
    });
    let rows = rows_of_objects("secrets", &[secret], own_columns("secrets"));
    let text = rows[0].to_string();
    for value in ["aHVudGVyMg==", "cm9vdA==", "hunter2"] {
        assert!(!text.contains(value), "{text}");
    }
    assert_eq!(rows[0]["keys"], json!(["password", "user"]));
    assert_eq!(rows[0]["annotations"], json!({"owner": "team-a"}));
}

#[test]
fn a_kind_that_a_cluster_lacks_is_absent_and_others_fail() {
    for table in kinds() {
        let not_found = Answer::new(404, "text/plain; charset=utf-8", "404 page not found\n");
        let ran = common::run(
            &common::request(&table, own_columns(&table)),
            Recorded::in_order([not_found]),
        );
        let may_lack = [
            "cronjobs",
            "endpointslices",
            "horizontalpodautoscalers",
            "node_metrics",
            "pod_metrics",
            "poddisruptionbudgets",
        ]
        .contains(&table.as_str());
        assert_eq!(ran.result.is_ok(), may_lack, "{table}");
        let gaps: Vec<_> = ran.reports.iter().map(|(gap, _)| *gap).collect();
        assert_eq!(gaps.contains(&Gap::Absent), may_lack, "{table}: {gaps:?}");
        assert!(ran.rows.is_empty());
    }
}

#[test]
fn metrics_are_read_from_their_own_api() {
    let connection = Kube::open("{}", Recorded::in_order([])).unwrap();
    for (table, list) in [
        ("node_metrics", "/apis/metrics.k8s.io/v1beta1/nodes"),
        ("pod_metrics", "/apis/metrics.k8s.io/v1beta1/pods"),
    ] {
        let plan = connection
            .plan(&common::request(table, own_columns(table)))
            .unwrap();
        assert!(plan.explain.contains(list), "{}", plan.explain);
        let operations = &Kube::describe().endpoints[0].operations;
        assert!(operations.iter().any(|it| it.path == list));
    }
}
