//! Owns what the integration tests share: recordings, requests and running a plan; refuses assertions.
#![allow(dead_code, reason = "each test crate uses its part")]

pub mod filters;
pub mod logs;
pub mod typed;

use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::filter;
use trawl_sdk::plan::request_for;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{
    Column, CompareExpr, CompareOp, Expr, Filters, Literal, PathStep, ScanPlan, ScanRequest,
};
use trawl_sdk::{Error, Session, Source};

/// Tables with the lists recorded of each.
pub const RECORDED: &[(&str, &[&str])] = &[
    ("configmaps", &["configmaps.json"]),
    ("cronjobs", &["cronjobs.json"]),
    ("customresourcedefinitions", &["crds.json"]),
    ("daemonsets", &["daemonsets.json"]),
    ("deployments", &["deployments.json"]),
    ("events", &["events.json"]),
    ("horizontalpodautoscalers", &["hpa.json"]),
    ("ingresses", &["ingresses.json"]),
    ("jobs", &["jobs.json"]),
    ("namespaces", &["namespaces.json"]),
    ("nodes", &["nodes.json"]),
    ("persistentvolumeclaims", &["pvcs.json"]),
    ("pods", &["pods-page-1.json", "pods-page-2.json"]),
    ("replicasets", &["replicasets.json"]),
    ("services", &["services.json"]),
    ("statefulsets", &["statefulsets.json"]),
];

/// The names of the tables that have a row for each object of a kind.
pub fn kinds() -> Vec<String> {
    let versioned = |table: &String| {
        let columns = own_columns(table);
        columns
            .iter()
            .any(|column| column.name == "resource_version")
    };
    tables().into_iter().filter(versioned).collect()
}

/// The names of all tables.
pub fn tables() -> Vec<String> {
    let connection = Kube::open("{}", Recorded::in_order([])).unwrap();
    let page = connection.tables(None, None).unwrap();
    page.tables
        .into_iter()
        .map(|table| table.path.concat())
        .collect()
}

/// The bytes of a recording of a real kube-apiserver.
pub fn bytes(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/recordings")
        .join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A recording as JSON.
pub fn json(file: &str) -> Value {
    serde_json::from_slice(&bytes(file)).unwrap()
}

/// The items of a recorded list.
pub fn items(file: &str) -> Vec<Value> {
    json(file)["items"].as_array().unwrap().clone()
}

/// A column of a table with its own type, named as in the schema.
pub fn own_columns(table: &str) -> Vec<Column> {
    let connection = Kube::open("{}", Recorded::in_order([])).unwrap();
    let detail = connection.table_schema(&[table.to_owned()], &[]).unwrap();
    let mut fields = detail.schema.fields.into_iter().peekable();
    let mut columns = Vec::new();
    while let Some(root) = fields.next() {
        let mut open = root.children;
        let mut output = vec![root];
        while open > 0 {
            let child = fields.next().unwrap();
            open = open - 1 + child.children;
            output.push(child);
        }
        columns.push(Column {
            name: output[0].name.clone(),
            path: vec![],
            output,
        });
    }
    columns
}

/// A path as the host would ask for it: `status.phase` under its whole name.
pub fn path(text: &str, of: Type) -> Column {
    let mut keys = text.split('.');
    let name = keys.next().unwrap().to_owned();
    let steps = keys
        .map(|key| match key.parse() {
            Ok(index) => PathStep::Index(index),
            Err(_) if key == "*" => PathStep::Every,
            Err(_) => PathStep::Key(key.to_owned()),
        })
        .collect();
    Column {
        name,
        path: steps,
        output: trawl_sdk::schema::column(text, of, "").into_fields(),
    }
}

/// What kubectl calls a table, and the demo.
pub fn resource(table: &str) -> &str {
    match table {
        "node_metrics" => "nodes.metrics.k8s.io",
        "pod_metrics" => "pods.metrics.k8s.io",
        "pods" => "pods.",
        "nodes" => "nodes.",
        table => table,
    }
}

/// The rows of objects, as one list.
pub fn rows_of_objects(table: &str, objects: &[Value], columns: Vec<Column>) -> Vec<Value> {
    let list = json!({"kind": "List", "metadata": {}, "items": objects});
    let ran = run(
        &request(table, columns),
        Recorded::in_order([Answer::json(list.to_string())]),
    );
    ran.result.unwrap();
    assert!(ran.reports.is_empty());
    ran.rows
}

/// A request for columns.
pub fn request(table: &str, projection: Vec<Column>) -> ScanRequest {
    ScanRequest {
        projection,
        ..request_for(&[table])
    }
}

/// What came of a scan.
pub struct Ran {
    pub plan: ScanPlan,
    pub result: Result<(), Error>,
    pub rows: Vec<Value>,
    pub reports: Vec<(trawl_sdk::types::Gap, String)>,
    pub requests: Vec<String>,
    pub events: Vec<String>,
}

/// Plans with one connection and scans each partition with another.
pub fn run_with(config: &str, request: &ScanRequest, http: Rc<Recorded>) -> Ran {
    let plan = Kube::open(config, http.clone())
        .unwrap()
        .plan(request)
        .unwrap();
    let output = Collected::new(plan.schema.clone());
    let mut result = Ok(());
    for token in &plan.partitions {
        let connection = Kube::open(config, http.clone()).unwrap();
        result = result.and(connection.scan(token, &output));
    }
    Ran {
        plan,
        result,
        rows: output.rows(),
        reports: output.reports(),
        requests: http.requests(),
        events: http.events(),
    }
}

/// The same with the default configuration.
pub fn run(request: &ScanRequest, http: Rc<Recorded>) -> Ran {
    run_with("{}", request, http)
}

/// Names and phases of pods.
pub fn names() -> ScanRequest {
    request(
        "pods",
        vec![path("name", Type::Utf8), path("phase", Type::Utf8)],
    )
}

/// A page of pods that are made up.
pub fn page(names: &[&str], token: &str) -> Answer {
    let items: Vec<Value> = names
        .iter()
        .map(|name| json!({"metadata": {"name": name}, "status": {"phase": "Running"}}))
        .collect();
    Answer::json(
        json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": token}, "items": items}).to_string(),
    )
}

/// The names that came.
pub fn got(ran: &Ran) -> Vec<&str> {
    ran.rows
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

/// `where column op "text"`.
pub fn filtered(mut request: ScanRequest, column: &str, test: impl Fn() -> Expr) -> ScanRequest {
    request.refs = vec![path(column, Type::Utf8)];
    request.filters = Filters {
        nodes: vec![
            Expr::ColumnRef(0),
            Expr::Value(Literal::Utf8("a".into())),
            test(),
        ],
        roots: vec![2],
    };
    assert!(filter::predicates(&request)[0].is_some());
    request
}

/// `column == "a"`, for [`filtered`].
pub fn eq() -> Expr {
    Expr::Compare(CompareExpr {
        op: CompareOp::Eq,
        left: 0,
        right: 1,
    })
}
