//! Callers with a scope at every endpoint of the document: nothing that they get has a name of what is outside, and what is outside is
//! answered as what never was.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use trawl_demo::{Fleet, FleetOptions};
use trawl_exec::{Engine, EngineOptions};
use trawl_fleet::{Inventory, LoadOptions};
use trawl_server::{AppState, Audit, Callers, TokenHash, app, document};

/// Names of what is outside.
const OUTSIDE: [&str; 3] = ["prod-ap", "prod-us", "production"];
/// A cluster that never was, as long as one that is outside.
const NEVER: &str = "nope-us";

/// Texts that could tell of what is outside: right ones, wrong ones, and such that ask for it.
const TEXTS: [&str; 14] = [
    "nodes | summarize count() by cluster, region, environment",
    "pods | count",
    "pods | where cluster == \"prod-us\" | count",
    "pods | where environment == \"production\" | project name, cluster",
    "pods | where cluster startswith \"prod\" | project name, cluster",
    "podz | take 1",
    "pods | where clusterr == \"x\"",
    "pods | summarize by",
    "certificates | summarize count() by cluster",
    "nothings | take 1",
    "prometheus(\"up\") | summarize count() by cluster",
    "prometheus(\"nonsense(\") | take 1",
    "cloudwatch.alarms | project name, cluster, region",
    "pods | join kind=leftouter (nodes | project cluster, node = name, kubelet = created) on node | summarize count() by cluster",
];

fn state(fleet: &Fleet, callers: Callers, audit: Audit) -> AppState {
    let plugins = trawl_exec::bundled_plugins();
    let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let config = Some(fleet.clusters_yaml().to_path_buf());
    let inventory = Inventory::load(LoadOptions::of_process(config, &names)).unwrap();
    let engine = Engine::new(EngineOptions {
        inventory,
        plugins,
        declared: vec![],
        cache_dir: None,
    });
    AppState::new(Arc::new(engine.unwrap()))
        .with_callers(callers)
        .with_audit(audit)
}

async fn fleet() -> Fleet {
    let options = FleetOptions {
        pods: 20,
        ..FleetOptions::default()
    };
    Fleet::start(options).await.unwrap()
}

/// An entry of the file of tokens; the name is the token.
fn entry(name: &str, rest: &str) -> String {
    let hash = TokenHash::of(name);
    format!("- {{name: {name}, sha256: {hash}, {rest}}}\n")
}

struct Asked {
    status: StatusCode,
    /// Headers and body.
    text: String,
    body: String,
}

async fn ask(state: &AppState, token: &str, method: &Method, path: &str, body: &Value) -> Asked {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let mut sent = Body::empty();
    if !body.is_null() {
        request = request.header(header::CONTENT_TYPE, "application/json");
        sent = Body::from(body.to_string());
    }
    let request = request.body(sent).unwrap();
    let response = app(state.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let headers = format!("{:?}", response.headers());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Asked {
        status,
        text: format!("{headers}\n{body}"),
        body,
    }
}

/// The requests to an operation: each of its parameters outside, never, and within.
fn requests(path: &str, operation: &Value) -> Vec<(String, Value)> {
    let parameters = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut requests = Vec::new();
    for cluster in ["staging", "prod-us", NEVER] {
        let mut path = path.to_owned();
        let mut query = Vec::new();
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            let value = match (path.as_str(), name) {
                (path, "name") if path.contains("/tables/") => "pods",
                (path, "name") if path.contains("/queries/") => "nodes.not-ready",
                (_, "name" | "cluster") => cluster,
                (_, "id") => "01890a5d-ac96-774b-bcce-b302099a8057",
                (_, "namespace") => "payments",
                (_, "discover") => "true",
                (_, "path") => "spec",
                (_, "pod") => "none",
                _ => "x",
            };
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), value);
            } else {
                query.push(format!("{name}={value}"));
            }
        }
        let with_query = |query: &[String]| match query {
            [] => path.clone(),
            some => format!("{path}?{}", some.join("&")),
        };
        if operation.get("requestBody").is_none() {
            requests.push((with_query(&query), Value::Null));
            requests.push((path.clone(), Value::Null));
            continue;
        }
        for text in TEXTS {
            requests.push((with_query(&query), json!({ "query": text })));
        }
        let of_cluster = json!({ "query": "pods | count", "clusters": [cluster] });
        requests.push((with_query(&query), of_cluster));
        requests.push((with_query(&query), json!({})));
        requests.push((with_query(&query), json!({ "clusters": [cluster] })));
        requests.push((
            with_query(&query),
            json!({ "name": cluster, "kubeconfig": "x" }),
        ));
    }
    requests.dedup();
    requests
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_tells_of_what_is_outside() {
    let fleet = fleet().await;
    let scope = "scope: {clusters: [staging]}";
    let tokens = format!(
        "tokens:\n{}{}{}{}",
        entry("reader", &format!("role: reader, {scope}")),
        entry("operator", &format!("role: operator, {scope}")),
        entry("admin", &format!("role: admin, {scope}")),
        entry("whole", "role: admin"),
    );
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit");
    let callers = Callers::of_text(&tokens).unwrap();
    let state = state(&fleet, callers, Audit::to_file(&audit).unwrap());

    // Something of everybody's is there to be told of.
    let all = json!({ "query": "pods | summarize count() by cluster, environment" });
    let whole = ask(&state, "whole", &Method::POST, "/api/v1/query", &all).await;
    assert!(
        OUTSIDE.iter().all(|name| whole.body.contains(name)),
        "{}",
        whole.body
    );

    let document = serde_json::to_value(document()).unwrap();
    let mut answered = 0;
    for token in ["reader", "operator", "admin"] {
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let Ok(method) = Method::try_from(method.to_uppercase().as_str()) else {
                    continue;
                };
                for (path, body) in requests(path, operation) {
                    let got = ask(&state, token, &method, &path, &body).await;
                    let sent = format!("{path} {body}");
                    let what = format!("{token}: {method} {sent}: {} {}", got.status, got.text);
                    // What the caller wrote may be said back.
                    // The saved queries that come with trawl speak of production in general.
                    let is_saved = method == Method::GET && path.starts_with("/api/v1/queries");
                    let is_said =
                        |name: &str| sent.contains(name) || (is_saved && name == "production");
                    for name in OUTSIDE.iter().filter(|name| !is_said(name)) {
                        assert!(!got.text.contains(name), "{name}: {what}");
                    }
                    assert_ne!(got.status, StatusCode::INTERNAL_SERVER_ERROR, "{what}");
                    answered += u32::from(got.status == StatusCode::OK);
                    if sent.contains("prod-us") {
                        let never = |text: &str| text.replace("prod-us", NEVER);
                        let body = serde_json::from_str(&never(&body.to_string())).unwrap();
                        let other = ask(&state, token, &method, &never(&path), &body).await;
                        assert_eq!(got.status, other.status, "{what}");
                        if got.status != StatusCode::OK {
                            assert_eq!(never(&got.body), other.body, "{what}");
                        }
                    }
                }
            }
        }
    }
    assert!(answered > 100, "{answered} answers");
    // Each is in the audit, by the name of its token and never by the token itself: names and tokens differ in nothing but their hash
    // here, so that the hashes stand for them.
    let lines = std::fs::read_to_string(&audit).unwrap();
    assert!(lines.lines().count() > 300);
    assert!(!lines.contains(&TokenHash::of("reader").to_string()));
    fleet.shutdown().await;
}

/// The endpoints that are answered by queries of trawl's own say what there is for a caller, whatever else is outside, and no budget
/// makes their numbers others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_of_numbers_tell_each_caller_what_it_may_know() {
    let fleet = fleet().await;
    let tokens = format!(
        "tokens:\n{}{}{}{}{}{}",
        entry("whole", "role: admin"),
        entry("pods", "role: reader, scope: {tables: [pods]}"),
        entry("team", "role: reader, scope: {namespaces: [payments]}"),
        entry("remote", "role: reader, scope: {plugins: [prometheus]}"),
        entry("tagged", "role: reader, scope: {tags: {none: such}}"),
        entry(
            "small",
            "role: reader, budget: {max_rows: 1, concurrent: 1, queries_per_minute: 100}"
        ),
    );
    let callers = Callers::of_text(&tokens).unwrap();
    let state = state(&fleet, callers, Audit::default());
    let get = async |token: &str, path: &str| {
        let got = ask(&state, token, &Method::GET, path, &Value::Null).await;
        assert_eq!(got.status, StatusCode::OK, "{token} {path}: {}", got.body);
        serde_json::from_str::<Value>(&got.body).unwrap()
    };
    let overview = "/api/clusters/overview";
    let stats = "/api/v1/clusters/staging/stats";
    let resources = "/api/v1/clusters/prod-us/resources";

    let whole = get("small", overview).await;
    let clusters = whole["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 3);
    assert!(clusters.iter().all(|it| it["pods"] == 20), "{whole}");
    assert_eq!(whole["total_pods"], 60);
    let counted = get("small", stats).await;
    assert_eq!(counted["pods"], 20, "{counted}");
    assert!(counted["nodes"].as_u64().unwrap() > 0, "{counted}");
    let used = get("small", resources).await;
    assert_eq!(used["pods"]["items"].as_array().unwrap().len(), 1);
    assert_eq!(used["pods"]["cut_at"], 1, "{used}");
    let listed = get("small", "/api/aci/pods?cluster=staging").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["complete"], false);
    assert!(
        listed["error"]
            .as_str()
            .unwrap()
            .contains("cut after 1 rows")
    );

    let some = get("pods", overview).await;
    assert_eq!(some["clusters"][0]["pods"], 20, "{some}");
    assert_eq!(some["clusters"][0]["warnings"], Value::Null);
    assert!(
        some["clusters"][0]["error"]
            .as_str()
            .unwrap()
            .contains("no such table")
    );
    let counted = get("pods", stats).await;
    assert_eq!(
        (&counted["pods"], &counted["nodes"]),
        (&json!(20), &Value::Null)
    );

    let team = get("team", stats).await;
    assert!(team["pods"].as_u64().unwrap() < 20, "{team}");
    assert_eq!(team["namespaces"], Value::Null);
    let used = get("team", resources).await;
    assert_eq!(used["nodes"]["available"], false);
    let items = used["pods"]["items"].as_array().unwrap();
    assert!(
        items.iter().all(|it| it["namespace"] == "payments"),
        "{used}"
    );

    for path in [overview, "/api/v1/tables?discover=true", "/api/v1/plugins"] {
        let remote = get("remote", path).await;
        assert!(!remote.to_string().contains("\"pods\":20"), "{remote}");
    }
    assert_eq!(get("tagged", overview).await["clusters"], json!([]));
    // What runs for an endpoint is counted as what runs for a query.
    let got = ask(&state, "whole", &Method::GET, "/metrics", &Value::Null).await;
    assert!(
        got.body
            .contains("trawl_queries_total{outcome=\"complete\"}"),
        "{}",
        got.body
    );
    fleet.shutdown().await;
}
