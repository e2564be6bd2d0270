//! Owns custom resources as tables, against what a real API server says of them: its discovery, its OpenAPI documents, its objects.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::rc::Rc;

use common::{bytes, eq, filtered, items, path, request, run};
use serde_json::{Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::schema::{SHAPE_KEY, Type};
use trawl_sdk::testing::{Answer, Recorded, request_line};
use trawl_sdk::types::{ErrorCode, Gap, Pushed};
use trawl_sdk::{Session, Source};

/// The recorded cluster.
fn cluster() -> Rc<Recorded> {
    Recorded::by(|request| {
        let line = request_line(request);
        let place = line.split(['?', ' ']).nth(1).unwrap();
        if line.contains("continue=") {
            // The recordings hold first pages.
            return Answer::json(r#"{"metadata":{},"items":[]}"#);
        }
        let file = match place {
            "/api" => "discovery-api-aggregated.json",
            "/apis" => "discovery-apis-aggregated.json",
            "/openapi/v3" => "openapi-v3-index.txt",
            "/openapi/v3/apis/argoproj.io/v1alpha1" => "openapi-v3-argoproj.json",
            "/apis/argoproj.io/v1alpha1/applications" => "argo-applications.json",
            "/apis/cert-manager.io/v1/certificates" => "cert-manager-certificates.json",
            _ => return Answer::new(404, "text/plain", "404 page not found"),
        };
        Answer::json(bytes(file))
    })
}

fn path_of(name: &str) -> Vec<String> {
    vec![name.to_owned()]
}

#[test]
fn a_custom_resource_is_found_by_each_of_its_names_and_typed() {
    let http = cluster();
    let connection = Kube::open("{}", http.clone()).unwrap();
    for name in [
        "applications",
        "application",
        "app",
        "apps",
        "applications.argoproj.io",
        "applications.v1alpha1.argoproj.io",
    ] {
        let detail = connection.table_schema(&path_of(name), &[]).unwrap();
        assert_eq!(
            detail.identity.as_deref(),
            Some("applications.argoproj.io"),
            "{name}"
        );
        assert_eq!(detail.primary_key, ["namespace", "name"]);
        let roots = detail.schema.fields.iter().map(|field| field.name.as_str());
        let roots: Vec<&str> = roots.collect();
        assert!(roots.ends_with(&["spec", "status"]), "{roots:?}");
        // The recorded definition keeps unknown fields: nothing is known of its documents.
        let shaped = detail.schema.fields.iter().filter(|field| {
            field.name != "owner_references"
                && field.metadata.iter().any(|(key, _)| key == SHAPE_KEY)
        });
        assert_eq!(shaped.count(), 0);
    }
    let requests = http.requests();
    assert_eq!(requests[0], "GET /api");
    assert_eq!(requests[1], "GET /apis");
    assert_eq!(requests[2], "GET /openapi/v3");
    assert!(
        requests[3].starts_with("GET /openapi/v3/apis/argoproj.io/v1alpha1?hash="),
        "{}",
        requests[3]
    );
    // What the cluster serves is remembered.
    assert_eq!(
        requests.iter().filter(|line| *line == "GET /apis").count(),
        1
    );
}

#[test]
fn rows_are_those_of_the_objects() {
    let columns = [
        ("namespace", Type::Utf8),
        ("name", Type::Utf8),
        ("labels.env", Type::Utf8),
        ("status.sync.status", Type::Utf8),
        ("status.health.status", Type::Utf8),
        ("spec", Type::Json),
        ("nothing", Type::Utf8),
    ];
    let projection = columns.map(|(name, of)| path(name, of)).to_vec();
    let ran = run(&request("applications.argoproj.io", projection), cluster());
    ran.result.unwrap();
    let expected: Vec<Value> = items("argo-applications.json")
        .iter()
        .map(|item| {
            json!({
                "namespace": item["metadata"]["namespace"],
                "name": item["metadata"]["name"],
                "labels.env": item["metadata"]["labels"]["env"],
                "status.sync.status": item["status"]["sync"]["status"],
                "status.health.status": item["status"]["health"]["status"],
                "spec": item["spec"],
                "nothing": null,
            })
        })
        .collect();
    assert_eq!(expected.len(), 20);
    let rows: Vec<Value> = ran
        .rows
        .into_iter()
        .map(|mut row| {
            if let Some(text) = row["spec"].as_str() {
                row["spec"] = serde_json::from_str(text).unwrap();
            }
            row
        })
        .collect();
    assert_eq!(rows, expected);
    let list = "GET /apis/argoproj.io/v1alpha1/applications?limit=500";
    assert!(
        ran.requests.iter().any(|line| line == list),
        "{:?}",
        ran.requests
    );
}

#[test]
fn a_kind_without_a_description_is_a_table_all_the_same() {
    // The recorded index names a document that is not among the recordings.
    let connection = Kube::open("{}", cluster()).unwrap();
    let detail = connection
        .table_schema(&path_of("certificates"), &[])
        .unwrap();
    let names = detail.schema.fields.iter().map(|field| field.name.as_str());
    assert!(names.collect::<Vec<_>>().ends_with(&["spec", "status"]));
    assert_eq!(detail.notes.len(), 1, "{:?}", detail.notes);
    assert!(detail.notes[0].contains("not typed"), "{}", detail.notes[0]);
    let ran = run(
        &request("certificates", vec![path("name", Type::Utf8)]),
        cluster(),
    );
    ran.result.unwrap();
    assert_eq!(
        ran.rows.len(),
        items("cert-manager-certificates.json").len()
    );
}

#[test]
fn a_kind_that_the_cluster_lacks_has_no_rows_and_says_so() {
    let connection = Kube::open("{}", cluster()).unwrap();
    let error = connection
        .table_schema(&path_of("kustomizations.kustomize.toolkit.fluxcd.io"), &[])
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    let wanted = request("kustomizations", vec![path("spec.path", Type::Utf8)]);
    let ran = run(&wanted, cluster());
    ran.result.unwrap();
    assert_eq!(ran.rows, Vec::<Value>::new());
    assert_eq!(
        ran.reports,
        [(
            Gap::Absent,
            "this cluster does not have kustomizations".to_owned()
        )]
    );
}

/// A cluster with one kind, described by this schema.
fn one_kind(schema: Value) -> Rc<Recorded> {
    let resource = json!({"resource": "endpoints", "responseKind": {"group": "s.io", "version": "v1", "kind": "Endpoint"},
        "scope": "Cluster", "singularResource": "endpoint", "verbs": ["get", "list"], "shortNames": ["sep"]});
    let groups = json!({"kind": "APIGroupDiscoveryList", "items": [
        {"metadata": {"name": "s.io"}, "versions": [{"version": "v1", "resources": [resource], "freshness": "Current"}]}]});
    let core = json!({"kind": "APIGroupDiscoveryList", "items": []});
    let index = json!({"paths": {"apis/s.io/v1": {"serverRelativeURL": "/openapi/v3/apis/s.io/v1?hash=AB"}}});
    let mut schema = schema;
    schema["x-kubernetes-group-version-kind"] =
        json!([{"group": "s.io", "version": "v1", "kind": "Endpoint"}]);
    let document = json!({"components": {"schemas": {"io.s.v1.Endpoint": schema}}});
    Recorded::by(move |request| {
        let body = match request_line(request).as_str() {
            "GET /api" => &core,
            "GET /apis" => &groups,
            "GET /openapi/v3" => &index,
            "GET /openapi/v3/apis/s.io/v1?hash=AB" => &document,
            _ => {
                return Answer::json(
                    r#"{"kind":"EndpointList","metadata":{},"items":[{"metadata":{"name":"e"},"cluster":"x"}]}"#,
                );
            }
        };
        Answer::json(body.to_string())
    })
}

#[test]
fn names_that_are_taken_are_written_with_an_underscore() {
    let http = one_kind(
        json!({"type": "object", "description": "An endpoint.\n\nMore of it.", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
        "cluster": {"type": "string"}, "name": {"type": "integer"}, "size": {"type": "integer"},
        "spec": {"type": "object", "properties": {"host": {"type": "string"}}}}}),
    );
    let connection = Kube::open("{}", http.clone()).unwrap();
    let detail = connection.table_schema(&path_of("sep"), &[]).unwrap();
    assert_eq!(detail.description.as_deref(), Some("An endpoint."));
    let own = detail.schema.fields.iter().rev().take(4);
    let mut own: Vec<_> = own
        .map(|field| (field.name.as_str(), &field.metadata))
        .collect();
    own.reverse();
    let shape = vec![(SHAPE_KEY.to_owned(), "struct<host: string>".to_owned())];
    assert_eq!(
        own,
        [
            ("cluster_", &vec![]),
            ("name_", &vec![]),
            ("size", &vec![]),
            ("spec", &shape)
        ]
    );
    let wanted = request(
        "sep",
        vec![path("name", Type::Utf8), path("cluster_", Type::Utf8)],
    );
    let ran = run(&wanted, http);
    ran.result.unwrap();
    assert_eq!(ran.rows, [json!({"name": "e", "cluster_": "x"})]);
    assert_eq!(
        ran.requests.last().unwrap(),
        "GET /apis/s.io/v1/endpoints?limit=500"
    );
}

#[test]
fn fields_that_the_definition_names_are_selected_by_the_api() {
    let http = one_kind(json!({"type": "object",
        "x-kubernetes-selectable-fields": [{"fieldPath": "spec.host"}],
        "properties": {"spec": {"type": "object", "properties": {"host": {"type": "string"}}}}}));
    let connection = Kube::open("{}", http.clone()).unwrap();
    connection
        .table_schema(&path_of("endpoint.s.io"), &[])
        .unwrap_err();
    connection
        .table_schema(&path_of("endpoints.s.io"), &[])
        .unwrap();
    let wanted = request("endpoints.s.io", vec![path("name", Type::Utf8)]);
    let wanted = filtered(wanted, "spec.host", eq);
    let plan = connection.plan(&wanted).unwrap();
    assert_eq!(plan.filters, [Pushed::Exact]);
    assert!(
        plan.explain.contains("fieldSelector=spec.host=a"),
        "{}",
        plan.explain
    );
}

#[test]
fn a_list_that_is_gone_after_its_first_page_is_no_kind_that_is_not_there() {
    let objects = cluster();
    let http = Recorded::by(move |request| {
        if request_line(request).contains("continue=") {
            return Answer::new(404, "text/plain", "404 page not found");
        }
        objects.answer(request)
    });
    let wanted = request("applications", vec![path("name", Type::Utf8)]);
    let ran = run(&wanted, http);
    assert_eq!(ran.rows.len(), 20);
    assert_eq!(ran.result.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(ran.reports, []);
}

#[test]
fn a_group_that_is_down_hides_no_kind_of_another_group() {
    let stale = json!({"kind": "APIGroupDiscoveryList", "items": [
        {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "resources": [], "freshness": "Stale"}]}]});
    let core = json!({"kind": "APIGroupDiscoveryList", "items": []});
    for (name, expected) in [
        ("applications.argoproj.io", ErrorCode::NotFound),
        ("things.metrics.k8s.io", ErrorCode::Unavailable),
        ("applications", ErrorCode::Unavailable),
    ] {
        let (stale, core) = (stale.to_string(), core.to_string());
        let http = Recorded::by(move |request| {
            let roots = [("GET /api", &core), ("GET /apis", &stale)];
            let line = request_line(request);
            match roots.iter().find(|(root, _)| *root == line) {
                Some((_, body)) => Answer::json((*body).clone()),
                None => Answer::new(500, "text/plain", "not asked for"),
            }
        });
        let connection = Kube::open("{}", http).unwrap();
        let error = connection.table_schema(&path_of(name), &[]).unwrap_err();
        assert_eq!(error.code, expected, "{name}");
    }
}
