//! Owns the shapes of JSON columns: made from the API's OpenAPI description with `UPDATE_EXPECT=1`, compared with it otherwise,
//! and with every document that a real API server or the demo gave.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;
#[path = "shapes/files.rs"]
mod files;

use std::path::Path;

use common::{RECORDED, items, own_columns, resource, tables};
use files::files;
use serde_json::Value;
use trawl_demo::{Fleet, FleetOptions};
use trawl_sdk::columns::parse_rfc3339_ns;
use trawl_sdk::schema::{SHAPE_KEY, Type};
use trawl_sdk::types::DataType;

#[test]
fn shapes_are_those_of_the_api() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shapes");
    for (name, of) in files() {
        let (path, text) = (folder.join(format!("{name}.txt")), format!("{of}\n"));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, text).unwrap();
        } else {
            let kept = std::fs::read_to_string(path).unwrap();
            assert_eq!(kept, text, "{name}: run again with UPDATE_EXPECT=1");
        }
    }
    let kept = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(kept, files().len(), "a file that nothing makes");
}

/// The JSON columns of a table, with their shapes.
fn shapes(table: &str) -> Vec<(String, Type)> {
    let json = |data_type: &DataType| matches!(data_type, DataType::Json);
    let columns = own_columns(table).into_iter();
    columns
        .filter(|column| json(&column.output[0].data_type))
        .map(|column| {
            let mut metadata = column.output[0].metadata.iter();
            let shape = metadata.find(|(key, _)| key == SHAPE_KEY);
            let (_, text) = shape.unwrap_or_else(|| panic!("{table}.{} has no shape", column.name));
            let of = text
                .parse()
                .unwrap_or_else(|e| panic!("{table}.{}: {e}", column.name));
            (column.name, of)
        })
        .collect()
}

#[test]
fn every_json_column_says_its_shape() {
    // `shapes` fails for one that does not.
    let count: usize = tables().iter().map(|table| shapes(table).len()).sum();
    assert!(count > files().len(), "{count}");
}

#[test]
fn shapes_say_what_a_query_needs() {
    let at = |table: &str, path: &[&str]| {
        let (column, steps) = path.split_first().unwrap();
        let shape = shapes(table).into_iter().find(|(name, _)| name == column);
        steps.iter().fold(shape.unwrap().1, |of, step| match of {
            Type::Object(fields) => {
                let field = fields.into_iter().find(|(name, _)| name == step);
                field.unwrap_or_else(|| panic!("{table}: {path:?}")).1
            }
            Type::List(item) if *step == "*" => *item,
            Type::Map(value) if *step == "*" => *value,
            other => panic!("{table}: {path:?} in {other}"),
        })
    };
    for (table, path, expected) in [
        (
            "pods",
            &["spec", "containers", "*", "resources", "requests"][..],
            "map<string, quantity>",
        ),
        (
            "pods",
            &[
                "spec",
                "containers",
                "*",
                "livenessProbe",
                "httpGet",
                "port",
            ],
            "dynamic",
        ),
        (
            "pods",
            &["spec", "volumes", "*", "emptyDir", "sizeLimit"],
            "quantity",
        ),
        ("pods", &["spec", "nodeSelector"], "map<string, string>"),
        (
            "pods",
            &["status", "containerStatuses", "*", "state", "waiting"],
            "struct<message: string, reason: string>",
        ),
        (
            "pods",
            &["status", "containerStatuses", "*", "restartCount"],
            "long",
        ),
        ("pods", &["status", "startTime"], "datetime"),
        ("pods", &["owner_references", "*", "controller"], "bool"),
        ("nodes", &["status", "allocatable"], "map<string, quantity>"),
        ("nodes", &["spec", "providerID"], "string"),
        (
            "deployments",
            &["spec", "strategy", "rollingUpdate", "maxSurge"],
            "dynamic",
        ),
        (
            "deployments",
            &[
                "spec",
                "template",
                "metadata",
                "managedFields",
                "*",
                "fieldsV1",
            ],
            "dynamic",
        ),
        (
            "deployments",
            &["spec", "template", "spec", "containers", "*", "image"],
            "string",
        ),
        ("events", &["series", "lastObservedTime"], "datetime"),
    ] {
        assert_eq!(at(table, path).to_string(), expected, "{table}: {path:?}");
    }
}

/// Where a document has what its shape does not, or something else there.
fn misfits(of: &Type, value: &Value, at: &str, into: &mut Vec<String>) {
    let fits = match (of, value) {
        (_, Value::Null) | (Type::Json, _) => true,
        (Type::Object(fields), Value::Object(members)) => {
            for (name, member) in members {
                match fields.iter().find(|(field, _)| field == name) {
                    Some((_, of)) => misfits(of, member, &format!("{at}.{name}"), into),
                    None => into.push(format!("{at} has no field {name}")),
                }
            }
            true
        }
        (Type::Map(of), Value::Object(members)) => {
            for (name, member) in members {
                misfits(of, member, &format!("{at}[{name}]"), into);
            }
            true
        }
        (Type::List(of), Value::Array(items)) => {
            items
                .iter()
                .for_each(|item| misfits(of, item, &format!("{at}[]"), into));
            true
        }
        (Type::Bool, value) => value.is_boolean(),
        (Type::Int64, value) => value.is_i64(),
        (Type::Float64, value) => value.is_number(),
        (Type::Utf8, value) => value.is_string(),
        (Type::Quantity, value) => value.is_string() || value.is_number(),
        (Type::Timestamp, value) => value.as_str().and_then(parse_rfc3339_ns).is_some(),
        _ => false,
    };
    if !fits {
        into.push(format!("{at} is {of}, found {value}"));
    }
}

/// Compares the objects of a table with its shapes; the answer is how many documents there were.
fn check(table: &str, objects: &[Value]) -> usize {
    let (mut compared, mut problems) = (0, Vec::new());
    for (column, of) in shapes(table) {
        for object in objects {
            let document = match column.as_str() {
                "owner_references" => &object["metadata"]["ownerReferences"],
                column => &object[column],
            };
            compared += usize::from(!document.is_null());
            misfits(&of, document, &format!("{table}.{column}"), &mut problems);
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    compared
}

#[test]
fn recorded_objects_fit_their_shapes() {
    for (table, files) in RECORDED {
        let objects: Vec<Value> = files.iter().flat_map(|file| items(file)).collect();
        let documents = check(table, &objects);
        // A config map is no document of a shape.
        assert!(
            documents >= objects.len() || *table == "configmaps",
            "{table}"
        );
    }
}

#[tokio::test]
async fn the_demos_objects_fit_their_shapes() {
    let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
    let clusters: Vec<String> = fleet
        .clusters()
        .map(|cluster| cluster.name.clone())
        .collect();
    let mut documents = 0;
    for table in tables() {
        for cluster in &clusters {
            documents += check(&table, &fleet.objects(cluster, resource(&table)));
        }
    }
    assert!(documents > 1_000, "{documents}");
    fleet.shutdown().await;
}

#[test]
fn a_document_that_does_not_fit_is_found() {
    let mut problems = Vec::new();
    let of = "struct<a: list<long>, b: datetime>".parse().unwrap();
    let document = serde_json::json!({"a": [1, "x"], "b": "soon", "c": 1});
    misfits(&of, &document, "x", &mut problems);
    assert_eq!(
        problems,
        [
            "x.a[] is long, found \"x\"",
            "x.b is datetime, found \"soon\"",
            "x has no field c"
        ]
    );
}
